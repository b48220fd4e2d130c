"""Whatever is said, pressed or made up, in whatever order: never an exception, always an answer, never too much left open."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bot.conversation import Talk
from bot.dialogue import DialogueUnknown
from bot.registry import registry
from bot.stack import MOST_FRAMES
from bot.turn import Inbound
from core.people.access import Role
from intents.loader import data
from tests.bot.stages import Model, Stage, make_model
from tests.bot.talking import Clock, Talker

SPOKEN = sorted({text for _, _, text in data().spoken()})
SHORT = [
    "yes",
    "no",
    "skip",
    "undo",
    "cancel",
    "sí",
    "deshacer",
    "cancelar",
    "2",
    "7",
    "slope",
    "friday",
    "el viernes",
    "at home",
    "idk",
    "ok",
]
ODD = ["", " ", "\x00", "😀", "\ud800", "a" * 2500, "🇪🇸", "﷽", "١٢", "½", "1/0", "31/2"]
NOISE = some.text(max_size=60) | some.sampled_from(ODD)
NUMBERS = some.integers(-1, 10**19)
TOKENS = some.from_regex(r"\A[0-9a-z.-]{0,12}\Z") | some.builds("{}.{}.{}".format, NUMBERS, NUMBERS, NUMBERS)
DEEDS = some.one_of(
    some.tuples(some.just("say"), some.sampled_from(SPOKEN) | some.sampled_from(SHORT) | NOISE),
    some.tuples(some.just("press"), some.integers(0, 60)),
    some.tuples(some.just("press"), some.integers(0, 6)),
    some.tuples(some.just("token"), TOKENS),
    some.tuples(some.just("begin"), some.sampled_from(sorted(registry().names))),
    some.tuples(some.just("wait"), some.sampled_from([20, 45, 60 * 24, 60 * 24 * 15])),
)


@pytest.fixture(scope="module")
def model(sqlite_template: Path, vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return make_model(sqlite_template, vault_template, tmp_path_factory.mktemp("stage"))


@pytest.fixture
def stage(model: Model, tmp_path: Path) -> Iterator[Stage]:
    with model.copy(tmp_path) as copied:
        yield copied


@pytest.fixture
def cast(stage: Stage) -> list[Talker]:
    room = stage.classroom
    people = [(room.school.student, Role.STUDENT, "en"), (stage.luis, Role.STUDENT, "es"), (room.school.teacher, Role.TEACHER, "en")]
    return [room.talker(person, role, language=language) for person, role, language in people]


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(who=some.integers(0, 2), deeds=some.lists(DEEDS, min_size=1, max_size=12))
def test_anything_is_answered(stage: Stage, cast: list[Talker], who: int, deeds: list[tuple[str, str | int]]) -> None:
    with stage.database.session() as session:
        clock = Clock(stage.classroom.clock.now)
        talker = replace(cast[who], session=session, talk=Talk(stage.vault), clock=clock, heard=(), line=0, lines=[])
        for deed, what in deeds:
            do(talker, deed, what)
            assert talker.heard or deed in ("wait", "begin")
            assert len(talker.open) <= MOST_FRAMES
        session.rollback()


def do(talker: Talker, deed: str, what: str | int) -> None:
    """One deed; a button is the so-manieth of all that were ever shown, the newest first."""
    if deed == "wait":
        talker.clock.now += timedelta(minutes=int(what))
    elif deed == "press":
        tokens = [token for line in reversed(talker.lines) for token in buttons(talker, line)]
        talker.send(Inbound(uuid4().hex, token=tokens[int(what) % len(tokens)] if tokens else "1.0.0"))
    elif deed == "begin":
        with suppress(DialogueUnknown):
            talker.begin(str(what))
    elif deed == "token":
        talker.send(Inbound(uuid4().hex, token=str(what)))
    else:
        talker.say(str(what))


def buttons(talker: Talker, line: int) -> list[str]:
    return [f"{line}.{at}.{index}" for at, message in enumerate(talker.read(line)) for index, _ in enumerate(message.buttons)]


@pytest.mark.parametrize("name", sorted(registry().names))
def test_a_page_may_ask_for_any_dialogue(cast: list[Talker], stage: Stage, name: str) -> None:
    """Though the request was made up: what needs something that only a button hands over is refused."""
    dialogue = registry().names[name]
    for talker in cast:
        with stage.database.session() as session:
            there = replace(talker, session=session, lines=[])
            if dialogue.handed or talker.speaker.role not in dialogue.roles:
                with pytest.raises(DialogueUnknown):
                    there.begin(name)
            else:
                there.begin(name)
                there.say("yes")
            session.rollback()
