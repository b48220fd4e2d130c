"""The bank of prompts: reviewed words in every language, and none twice to a student within four weeks."""

import re
from datetime import datetime, timedelta
from itertools import product

import pytest
import yaml
from sqlalchemy import func, select
from sqlmodel import Session

from app.sample import content
from core.errors import NotFound
from core.i18n import LANGUAGES
from core.journal.prompts import (
    FIRST_LANGUAGE,
    NOT_AGAIN_WITHIN,
    Kind,
    Phase,
    PromptAsked,
    ask_prompt,
    bank,
    find_prompt,
    forget_asked,
    pick,
    say,
)
from core.journal.student import Student
from tests.house.source import ROOT
from tests.people_made import School

DAY = timedelta(days=1)
LONGEST_WORD = {"en": 10, "es": 12}
SENTENCES = [(language, key) for language in LANGUAGES for key in bank()]


def shape(language: str) -> list[tuple[str, str, str]]:
    told = yaml.safe_load((ROOT / f"core/journal/prompts/{language}.yaml").read_text())
    return [(phase, kind, key) for phase, kinds in told.items() for kind, prompts in kinds.items() for key in prompts]


# The bank


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_asks_the_same_in_the_same_place_and_nothing_twice(language: str) -> None:
    assert shape(language) == shape(FIRST_LANGUAGE)
    assert len({key for _, _, key in shape(language)}) == len(shape(language))
    said = [say(prompt, language) for prompt in bank().values()]
    assert len(set(said)) == len(said)


def test_there_are_enough_of_every_phase_and_kind() -> None:
    assert len(bank()) >= 30
    for phase, kind in product(Phase, Kind):
        assert sum((one.phase, one.kind) == (phase, kind) for one in bank().values()) >= 3, (phase, kind)


@pytest.mark.parametrize(("language", "key"), SENTENCES)
def test_a_prompt_is_a_question_in_short_words(language: str, key: str) -> None:
    said = say(find_prompt(key), language)
    words = re.findall(r"[^\W\d_]+", said)
    assert "?" in said
    assert max(map(len, words)) <= LONGEST_WORD[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_borrows_from_another(language: str) -> None:
    other = next(one for one in LANGUAGES if one != language)
    assert not {say(prompt, language) for prompt in bank().values()} & {say(prompt, other) for prompt in bank().values()}


def test_a_language_without_a_bank_is_asked_in_english() -> None:
    assert say(find_prompt("first_step"), "xx") == say(find_prompt("first_step"), "en")


def test_the_prompts_of_the_design_and_of_the_sample_are_there() -> None:
    assert {"why_this_step", "why_here", "how_else"} <= set(bank())
    told = content.voices()
    written = {(one.prompt, one.phase) for one in told.reflections}
    written |= {(one.prompt, one.phase) for language in told.phrases.values() for one in language.reflections}
    assert len(written) >= 5
    assert {(key, find_prompt(key).phase) for key, _ in written} == written


def test_a_prompt_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        find_prompt("how_happy_are_you")


# The choice


def test_the_same_seed_chooses_the_same_and_others_differ() -> None:
    chosen = [pick(Phase.PERFORMANCE, seed=f"turn-{number}") for number in range(40)]
    assert chosen == [pick(Phase.PERFORMANCE, seed=f"turn-{number}") for number in range(40)]
    assert len(set(chosen)) > 5
    assert {one.phase for one in chosen if one} == {Phase.PERFORMANCE}


def test_a_kind_can_be_wanted() -> None:
    assert {one.kind for seed in range(20) if (one := pick(Phase.FORETHOUGHT, kind=Kind.LEARNING, seed=seed))} == {Kind.LEARNING}


def ask(session: Session, student: Student, now: datetime, seed: int = 1, phase: Phase = Phase.PERFORMANCE) -> str | None:
    asked = ask_prompt(session, student.tenant_id, student.person_id, phase, seed=seed, now=now)
    return asked.key if asked else None


def test_nobody_meets_one_twice_within_four_weeks(session: Session, ada: Student, now: datetime) -> None:
    of_phase = [key for key, one in bank().items() if one.phase is Phase.PERFORMANCE]
    met = [ask(session, ada, now + number * DAY) for number in range(len(of_phase))]
    assert sorted(str(key) for key in met) == sorted(of_phase)
    assert ask(session, ada, now + 27 * DAY) is None
    assert ask(session, ada, now + NOT_AGAIN_WITHIN) == met[0]
    assert ask(session, ada, now + NOT_AGAIN_WITHIN) is None
    assert ask(session, ada, now + 27 * DAY, phase=Phase.FORETHOUGHT) is not None


def test_each_student_has_their_own(session: Session, ada: Student, ben: Student, now: datetime) -> None:
    assert ask(session, ada, now, seed=7) == ask(session, ben, now, seed=7)


def test_what_was_met_long_ago_is_forgotten(session: Session, school: School, ada: Student, now: datetime) -> None:
    ask(session, ada, now)
    ask(session, ada, now + DAY)
    forget_asked(session, before=now + DAY)
    assert session.execute(select(func.count()).select_from(PromptAsked)).scalar_one() == 1
    session.delete(school.student)
    session.flush()
    assert session.execute(select(func.count()).select_from(PromptAsked)).scalar_one() == 0
