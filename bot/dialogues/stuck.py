"""Stuck: what was tried, one way to try, then the teacher's own link or another way, and at the second *still stuck* a person."""

from typing import Any
from uuid import UUID

from bot import wording
from bot.adapting import capital
from bot.adults import ask_button, teachers, within
from bot.dialogue import CourseNeed, Dialogue, Draft, Finish, Opening, Step, Took
from bot.phrases import Short, find_blocker, find_strategy, is_short
from bot.turn import Reply, Turn
from core.courses.guide import guide_of
from core.journal.checkins import Blocker
from core.journal.stuck import CompetencyLink, links_of, say_if_link_helped, say_if_strategy_helped, strategies_for
from core.message import Choice, Message
from intents.answers import Closed
from intents.slots import find_competencies

NAME = "stuck"
HELPED, STILL = "helped", "still"


def _begin(turn: Turn, opening: Opening) -> Draft:
    words, seed = opening.words, opening.seed
    blocker = seed.get("blocker") or find_blocker(words or "")
    told = {"words": words, "competency": seed.get("competency") or _competency(turn, words), "goal": seed.get("goal")}
    return {**told, "blocker": blocker if blocker in (Blocker.TIME, Blocker.SOMETHING_ELSE) else Blocker.NOT_UNDERSTOOD}


def _competency(turn: Turn, words: str | None) -> str | None:
    if not words:
        return None
    student = turn.student
    targets = guide_of(turn.session, student.tenant_id, student.course.id)
    found = find_competencies(words, [(str(target.competency_id), target.short_name) for target in targets])
    return found[0].id if found else None


def _ask_tried(turn: Turn, _draft: Draft) -> Message:
    t = turn.t
    return Message(text=t("talk.stuck.tried"), extras=(wording.skip(t),), reads=t("talk.stuck.reads"))


def _take_tried(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"tried": reply.text}) if reply.text.strip() else None


def _ask_first(turn: Turn, draft: Draft) -> Message | None:
    """A way that was not tried, those that helped this student before first."""
    return _say_strategy(turn, draft, "strategy", {find_strategy(draft.get("tried") or "")})


def _ask_second(turn: Turn, draft: Draft) -> Message | None:
    """The teacher's own link for the target, if there is one; else another way. Nothing is invented."""
    if draft.get("first") == HELPED:
        return None
    if draft.get("competency") and "other" not in draft:
        student = turn.student
        links = links_of(turn.session, student.tenant_id, student.course.id, UUID(draft["competency"]))
        if links:
            draft["link"], draft["link_title"] = str(links[0].id), links[0].title
            return _say_link(turn, draft, links[0])
    return _say_strategy(turn, draft, "other", {find_strategy(draft.get("tried") or ""), draft.get("strategy")})


def _say_strategy(turn: Turn, draft: Draft, name: str, tried: set[str | None]) -> Message | None:
    """The strategy of a step, chosen once."""
    t = turn.t
    if name not in draft:
        without = [one for one in tried if one]
        draft[name] = next(iter(strategies_for(turn.session, turn.student, Blocker(draft["blocker"]), without=without)), None)
    if draft[name] is None:
        return None
    return Message(text=t(f"talk.strategy.{draft[name]}"), choices=_outcomes(turn, draft))


def _say_link(turn: Turn, draft: Draft, link: CompetencyLink) -> Message:
    t, adults = turn.t, teachers(turn)
    opens = Choice(label=t("talk.open"), opens=link.url)
    whose = t("talk.stuck.link", name=capital(within(t, adults[0].name))) if len(adults) == 1 else t("talk.stuck.link_of_course")
    return Message(text=whose, quote=link.title, choices=(opens, *_outcomes(turn, draft)))


def _outcomes(turn: Turn, draft: Draft) -> tuple[Choice, ...]:
    t = turn.t
    helped, still = wording.pick(t("talk.stuck.helped"), HELPED), wording.pick(t("talk.stuck.still"), STILL)
    return (helped, still, ask_button(turn, **_to_ask(draft)))


def _take_first(turn: Turn, draft: Draft, reply: Reply) -> Took | None:
    return _took(turn, draft, reply, "first", "strategy")


def _take_second(turn: Turn, draft: Draft, reply: Reply) -> Took | None:
    return _took(turn, draft, reply, "second", "other")


def _took(turn: Turn, draft: Draft, reply: Reply, step: str, strategy: str) -> Took | None:
    """Whether it helped, kept at once."""
    said = reply.value or _meant(reply)
    if said is None:
        return None
    helped = said == HELPED
    if key := draft.get(strategy):
        say_if_strategy_helped(turn.session, turn.student, key, helped, now=turn.now)
    else:
        say_if_link_helped(turn.session, turn.student, UUID(draft["link"]), helped, now=turn.now)
    return Took({step: said})


def _meant(reply: Reply) -> str | None:
    if is_short(reply.text, Short.HELPED) or reply.closed is Closed.YES:
        return HELPED
    return STILL if is_short(reply.text, Short.STUCK) or reply.closed is Closed.NO else None


def _to_ask(draft: Draft) -> dict[str, Any]:
    """What a call for help begins with: the student's own words so far, to be edited before they are sent."""
    words = "\n".join(said for said in (draft.get("words"), draft.get("tried")) if said)
    told = {"words": words, "competency": draft.get("competency")}
    return {name: value for name, value in told.items() if value}


def _finish(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    if HELPED in (draft.get("first"), draft.get("second")):
        return Finish((_helped(turn, draft),))
    if STILL in (draft.get("first"), draft.get("second")):
        return Finish((Message(text=t("talk.stuck.person")),), then=("ask_help", {**_to_ask(draft), "course": str(turn.course_id)}))
    return Finish((Message(text=t("talk.stuck.later"), choices=(ask_button(turn, **_to_ask(draft)),)),))


def _helped(turn: Turn, draft: Draft) -> Message:
    """What helped, with the day, so that it can be tried again; then the next step."""
    t, day = turn.t, turn.t.day(turn.student.today(turn.now))
    key = draft.get("strategy") if draft.get("first") == HELPED else draft.get("other")
    trick = t(f"talk.trick.{key}") if key else f"“{draft['link_title']}”"
    seed = {"goal": draft.get("goal"), "course": str(turn.course_id)}
    start = (wording.begin(t("talk.step.next"), "start_step", **seed),) if draft.get("goal") else ()
    return Message(text=t("talk.stuck.worked", day=day, trick=trick), choices=start)


def _title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.stuck.title")


DIALOGUES = (
    Dialogue(
        NAME,
        _finish,
        steps=(
            Step("tried", _ask_tried, _take_tried, free=True),
            Step("first", _ask_first, _take_first),
            Step("second", _ask_second, _take_second),
        ),
        course=CourseNeed.ONE,
        begin=_begin,
        title=_title,
    ),
)
