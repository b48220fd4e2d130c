"""The sample's talk: what a visitor of the demo is promised to find in it, said by the program itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import Session, col

from app.sample import content
from bot.conversation import Talk
from bot.turn import Speaker
from core.care import contacts, resources, safety
from core.care.safety import ConcernState, SafetyConcern
from core.courses.competencies import Competency
from core.data.clock import local_day
from core.data.outbox import OutboxEntry, State
from core.i18n import translator
from core.journal import claims, feedback, help_answers, help_requests, reflections
from core.journal.goals import Goal, GoalState
from core.journal.help_requests import HelpState, Kind
from core.journal.notices import TALK, Notice
from core.journal.stuck import links_of_course
from core.message import Message
from core.people.access import Role
from core.people.addresses import Address
from core.people.audit import reads_of
from core.people.releases import DataRelease
from core.people.roles import SchoolRole, holders_of
from tests.app.sample_laid import P3, ZONE, Laid, conversation, lay, person_of, said_to
from tests.bot.talking import Clock, Talker, check_speech, shown

SPEAKERS = sorted({act.who for act in content.talk().acts})
NOT_UNDERSTOOD = ("talk.no_answer", "talk.did_you_mean", "talk.answered_already", "talk.nothing_to_undo", "talk.cannot_skip")


def reader(session: Session, laid: Laid, subject: str, role: Role, language: str = "en", context: str | None = P3) -> Speaker:
    course_id = laid.school.course_ids[context] if context else None
    return Speaker(laid.school.tenant_id, person_of(session, subject), role, language, ZONE, course_id)


def talker(session: Session, laid: Laid, subject: str, role: Role = Role.STUDENT, language: str = "en") -> Talker:
    return Talker(session, Talk(laid.vault), reader(session, laid, subject, role, language), Clock(laid.now))


def texts(messages: Sequence[Message]) -> list[str]:
    return [message.text for message in messages]


# what was said


@pytest.mark.parametrize("subject", SPEAKERS)
def test_everything_was_understood_and_answered_briefly(laid: Laid, reading: Session, subject: str) -> None:
    said = said_to(reading, laid, subject)
    check_speech(said)
    for t in (translator("en"), translator("es")):
        assert {t(key) for key in NOT_UNDERSTOOD} & set(texts(said)) == set()
    heard = [line.heard for line in conversation(reading, laid, subject) if line.heard]
    told = [line for act in content.talk().acts if act.who == subject for line in act.says]
    assert len(heard) == len(told)
    assert [line for line in told if not line.startswith("[")] == [words for words in heard if words in told]


def test_ada_talked_on_several_days_and_has_a_question_and_an_answer_before_her(laid: Laid, reading: Session) -> None:
    said = conversation(reading, laid, "u-ada")
    assert len({local_day(line.said_at, ZONE) for line in said}) >= 4
    transcript = [shown(message) for line in said for message in line.messages]
    assert "What helped on the three you finished? [Skip] *(Only you, unless it sounds like someone may get hurt)*" in transcript
    assert "Then draw set 4 first: about 10 min. [Start] [Ask Ms Rivera]" in transcript
    assert any(text.startswith("Ms Rivera answered. Did it help?") and text.endswith("[Yes] [Some] [Not yet]") for text in transcript)
    assert any(text.startswith("Send this to Mr Park (Science 8, period 2)?") for text in transcript)
    ada = talker(reading, laid, "u-ada")
    assert ada.open == ["check_in"] and transcript[-1].startswith("How are you today?")


def test_luis_talks_in_spanish_with_the_teacher_s_title_in_spanish(laid: Laid, reading: Session) -> None:
    transcript = [shown(message) for message in said_to(reading, laid, "u-luis")]
    assert "Uno ya cuenta. ¿Probamos con menos?" in " ".join(transcript)
    assert transcript[-1].startswith("🙂 Se guarda 30 días")
    assert any("la Sra. Rivera puede ver la meta" in text for text in transcript)


# what waits


def test_four_of_one_section_have_asked_about_slope_since_yesterday(laid: Laid, reading: Session) -> None:
    rivera = reader(reading, laid, "u-rivera", Role.TEACHER)
    since = laid.now - timedelta(days=3)  # on a Sunday the last school day was Friday
    first = help_answers.groups(reading, rivera, laid.school.course_ids[P3], since=since)[0]
    assert first.short_name == "Slope from a graph"
    assert {one.person_id for one in first.requests} == {person_of(reading, f"u-{name}") for name in ("ben", "mia", "omar", "tom")}


def test_one_of_each_waits_for_ms_rivera(laid: Laid, reading: Session) -> None:
    rivera, ids = reader(reading, laid, "u-rivera", Role.TEACHER), laid.school.tenant_id
    waiting = help_answers.waiting_for(reading, rivera, local_day(laid.now, ZONE))
    assert [one.person_id for one in waiting if one.kind is Kind.PERSONAL] == [person_of(reading, "u-hannah")]
    assert [one.person_id for one in claims.waiting_claims(reading, rivera)] == [person_of(reading, "u-kenji")]
    grace = person_of(reading, "u-grace")
    assert grace in {one.person_id for one in reflections.shared_with(reading, rivera, most=50)}
    asked_back = [shown(message) for message in said_to(reading, laid, "u-rivera") if message.text == "Did it help?"]
    assert asked_back == ["Did it help? [Yes, all] [Some] [Not yet]"]
    answered = [one for one in help_requests.own_requests(reading, ids, person_of(reading, "u-ada"), 9) if one.state is HelpState.ANSWERED]
    assert len(answered) == 1


def test_a_goal_is_suggested_and_waits_for_its_student(laid: Laid, reading: Session) -> None:
    found = reading.scalars(select(Goal).where(col(Goal.state) == GoalState.SUGGESTED)).one()
    assert (found.person_id, found.suggested_by) == (person_of(reading, "u-chloe"), person_of(reading, "u-rivera"))
    assert shown(said_to(reading, laid, "u-chloe")[-1]).endswith("[Take it] [Change it] [No, thanks]")


def test_feedback_waits_for_the_admin(laid: Laid, reading: Session) -> None:
    ortiz = reader(reading, laid, "u-ortiz", Role.TENANT_ADMIN, context=None)
    with laid.database.session() as session:
        told = feedback.open_feedback(session, laid.vault, ortiz, now=laid.now)
    assert [one.words for one in told] == ["i want to see my old goals on my phone too"]


def test_a_made_up_concern_is_open_for_two_named_contacts_who_were_told(laid: Laid, reading: Session) -> None:
    named = set(holders_of(reading, laid.school.tenant_id, SchoolRole.SAFETY_CONTACT))
    assert named == {person_of(reading, "u-brooks"), person_of(reading, "u-hale")}
    concern = reading.scalars(select(SafetyConcern)).one()
    assert (concern.person_id, concern.state, concern.wants_help) == (person_of(reading, "u-imani"), ConcernState.OPEN, True)
    own = safety.told_of(reading, laid.school.tenant_id, concern.person_id)
    assert set(own[0].told) == named
    brooks = reader(reading, laid, "u-brooks", Role.ADVISOR, context=None)
    with laid.database.session() as session:
        words = contacts.read_concern(session, laid.vault, brooks, concern.id, why="test", now=laid.now)
    assert words and words.startswith("this is a made up example")
    assert resources.own_resources(reading, laid.school.tenant_id) == {}


def test_the_teacher_gave_links_for_two_targets(laid: Laid, reading: Session) -> None:
    found = links_of_course(reading, laid.school.tenant_id, laid.school.course_ids[P3])
    names = {reading.get_one(Competency, competency_id).short_name for competency_id in found}
    assert names == {"Slope from a graph", "Lines as y = mx + b"}
    assert all(link.url.startswith("https://") for links in found.values() for link in links)


# what leaves


def test_nothing_of_the_past_leaves_and_nobody_is_written_an_e_mail(laid: Laid, reading: Session) -> None:
    waiting = list(reading.scalars(select(OutboxEntry).where(col(OutboxEntry.state) != State.DONE)))
    assert {one.destination for one in waiting} <= {TALK}
    assert all(one.due_at > laid.now and one.kind == Notice.HELP_ASKED for one in waiting)
    assert reading.scalar(select(func.count()).select_from(DataRelease)) == 0
    assert reading.scalar(select(func.count()).select_from(Address)) == 0


def test_ada_can_see_who_read_her_words(laid: Laid, reading: Session) -> None:
    reads = reads_of(reading, laid.school.tenant_id, person_of(reading, "u-ada"))
    assert [(one.reader_id, one.why) for one in reads] == [(person_of(reading, "u-rivera"), "one_by_one")]


# what the welcome says to try


def test_what_the_welcome_says_to_ada_works(laid: Laid) -> None:
    with laid.database.session() as session:
        ada = talker(session, laid, "u-ada")
        ada.say("finish all of unit 4 by friday")
        assert ada.texts[0].startswith("Unit 4 by ") and " is 7 targets in " in ada.texts[0] and "Lately you finish about" in ada.texts[0]
    with laid.database.session() as session:
        ada = talker(session, laid, "u-ada")
        ada.say("im stuck on slope")
        assert ada.texts[0].startswith("Send this to Ms Rivera (Math 8, period 3)?")
        ada.press("Hint first")
        assert ada.open[-1] == "stuck"


def test_what_the_welcome_says_to_ms_rivera_works(laid: Laid) -> None:
    with laid.database.session() as session:
        rivera = talker(session, laid, "u-rivera", Role.TEACHER)
        rivera.say("who needs help?")
        assert rivera.texts[0].startswith("Slope from a graph: 4 students asked since ")
        assert "(Ben, Mia, Omar, Tom). [Reply to all, privately]" in rivera.texts[0]


def test_on_a_school_day_after_half_past_seven_ms_rivera_was_told_of_the_four(tmp_path: Path) -> None:
    laid = lay(tmp_path, datetime.fromisoformat("2026-12-01T18:00+00:00"))
    with laid.database.session(writes=False) as session:
        told = texts(said_to(session, laid, "u-rivera"))
        waits = session.scalar(select(func.count()).select_from(OutboxEntry).where(col(OutboxEntry.state) != State.DONE))
    laid.database.dispose()
    assert "Slope from a graph: 4 students asked since yesterday (Ben, Mia, Omar, Tom)." in told
    assert waits == 0
