"""Checking in: the work, what is in the way, every second time one prompt, one small adaptation, and last the mood.

Each answer is kept at once, so that leaving midway loses nothing; going back and answering anew corrects it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from bot import wording
from bot.adapting import adaptation, got_it, is_all_done, is_feminine, number_of
from bot.adults import reads_teacher
from bot.dialogue import Again, CourseNeed, Dialogue, Draft, Finish, Step, Took
from bot.dialogues.mood import ask_mood, forget_mood, keep_mood, take_mood
from bot.lighter import LIGHTER, is_to_lighten, put_back
from bot.phrases import Short, find_blocker, find_strategy, is_short
from bot.turn import Reply, Turn
from bot.work import Work, called, is_back, phase_of, see_work, since, steps_called, work_in
from core.courses.guide import guide_of
from core.errors import NotFound
from core.journal import prompts
from core.journal.checkins import Blocker, Confidence, Progress, has_said_mood, record_check_in
from core.journal.goals import GoalNotOpen
from core.journal.prompts import Phase
from core.journal.reflections import withdraw_reflection, write_reflection
from core.journal.stuck import say_if_strategy_helped
from core.message import Message
from intents.answers import Closed
from intents.matcher import Zone, match
from intents.slots import find_competencies, find_count

NAME = "check_in"
WHAT_HELPED = "what_helped"
"""The prompt that fits best while a part is done: what helped there leads to the next step."""

_TO_US = frozenset({"request_help_academic", "log_mood", "reflect", "view_pace", "update_goal_progress", "deny", "out_of_scope"})
"""Intents that words about an obstacle are often taken for."""

_IN_THEIR_WORDS = (Blocker.NOT_UNDERSTOOD, Blocker.SOMETHING_ELSE)


# The work


def _ask_done(turn: Turn, draft: Draft) -> Message | None:
    t, work = turn.t, work_in(draft)
    if not work.steps:
        return None
    _forget(draft, "in_the_way", "what", "about", "about_name")
    steps, hello, today = steps_called(t, work, work.planned), _hello(turn, work), turn.student.today(turn.now)
    if is_back(work, today):
        text = t("talk.check_in.back_planned", hello=hello, day=_last_day(turn, work), goal=work.aim, steps=steps)
    elif is_feminine(t, work):
        text = t.plural("talk.check_in.planned_feminine", work.planned, hello=hello, goal=called(work), steps=steps)
    else:
        text = t.plural("talk.check_in.planned", work.planned, hello=hello, goal=called(work), steps=steps)
    return Message(text=text, **_counts(turn, work))


def _forget(draft: Draft, *later: str) -> None:
    """What was said after a question goes with its answer, where they went back to it."""
    for name in later:
        draft.pop(name, None)


def _counts(turn: Turn, work: Work) -> dict[str, Any]:
    labels = [turn.t("talk.no"), turn.t("talk.yes")] if work.planned == 1 else [turn.t.number(count) for count in range(work.planned + 1)]
    return {"choices": tuple(wording.pick(label, str(count)) for count, label in enumerate(labels)), "scale": work.planned > 1}


def _hello(turn: Turn, work: Work) -> str:
    return turn.t("talk.check_in.hello", name=work.name) if work.name else turn.t("talk.check_in.hello_nameless")


def _last_day(turn: Turn, work: Work) -> str:
    return turn.t.day(date.fromisoformat(work.last_on or ""))


def _take_done(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    """How many are done; what is in the way may stand beside it."""
    work, words = work_in(draft), reply.words if reply.value is None and reply.number is None else None
    blocker = find_blocker(words) if words else None
    blocker = None if blocker is Blocker.NOTHING else blocker
    done = _counted(work, reply)
    if done is None and blocker is None:
        return None
    if done is not None and not 0 <= done <= work.planned:
        steps = steps_called(turn.t, work, work.planned)
        return Again((Message(text=turn.t("talk.check_in.too_many", steps=steps), **_counts(turn, work)),), ask=False)
    told: Draft = {"done": done}
    if blocker:
        told |= {"in_the_way": blocker, "what": words} | _about(turn, work, blocker, words)
    return _went_on(turn, draft, told, steps_done=done, blocker=blocker, blocker_words=words if blocker else None)


def _counted(work: Work, reply: Reply) -> int | None:
    if reply.value is not None:
        return int(reply.value)
    if reply.number is not None:
        return reply.number
    if is_short(reply.text, Short.ALL) or (work.planned == 1 and reply.closed is Closed.YES):
        return work.planned
    if is_short(reply.text, Short.NONE) or reply.closed is Closed.NO:
        return 0
    return _counted_in(work, reply.text)


def _counted_in(work: Work, words: str) -> int | None:
    count = find_count(words)
    if count is None:
        return None
    if count.percent is not None:
        return work.planned * count.percent // 100
    return (count.number or 0) + (work.done if count.more else 0)


def _ask_sure(turn: Turn, draft: Draft) -> Message | None:
    """How it goes where no steps can be counted: in words, never on a scale of numbers."""
    t, work = turn.t, work_in(draft)
    if work.goal is None or work.steps:
        return None
    choices = tuple(wording.pick(t(f"confidence.{one}"), one) for one in Confidence)
    if is_back(work, turn.student.today(turn.now)):
        text = t("talk.check_in.back_how", hello=_hello(turn, work), day=_last_day(turn, work), goal=called(work))
    else:
        text = t("talk.check_in.how", hello=_hello(turn, work), goal=called(work))
    return Message(text=text, choices=choices, extras=(wording.skip(t),), reads=reads_teacher(turn))


def _take_sure(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    if reply.value is None:
        return None
    return _went_on(turn, draft, {"sure": reply.value}, confidence=Confidence(reply.value))


# What is in the way


def _ask_in_the_way(turn: Turn, draft: Draft) -> Message | None:
    t = turn.t
    if is_all_done(work_in(draft), draft):
        return None
    _forget(draft, "what", "about", "about_name")
    choices = (
        wording.pick(t("talk.no"), Blocker.NOTHING),
        wording.pick(t("talk.check_in.time"), Blocker.TIME),
        wording.pick(t("talk.check_in.not_understood"), Blocker.NOT_UNDERSTOOD),
        wording.pick(t("talk.something_else"), Blocker.SOMETHING_ELSE),
    )
    lead = _so_far(turn, draft)
    text = f"{lead} {t('talk.check_in.in_the_way')}" if lead else t("talk.check_in.in_the_way")
    return Message(text=text, choices=choices, reads=reads_teacher(turn))


def _so_far(turn: Turn, draft: Draft) -> str | None:
    """How far it is, and how much farther than at the last check-in; never how far behind."""
    t, work, done = turn.t, work_in(draft), draft.get("done")
    if work.goal is None:
        return _no_goal(turn, work)
    if done is None:
        return None
    counted = {"done": t.number(done), "planned": t.number(work.planned)}
    if work.told_done is None or work.told_on is None or done < work.told_done:
        return t("talk.check_in.so_far", **counted)
    before = since(t, date.fromisoformat(work.told_on), turn.student.today(turn.now))
    if done == work.told_done:
        return t("talk.check_in.same", **counted, since=before)
    return t.plural("talk.check_in.more", done - work.told_done, **counted, since=before)


def _no_goal(turn: Turn, work: Work) -> str:
    t, hello = turn.t, _hello(turn, work)
    if is_back(work, turn.student.today(turn.now)):
        return t("talk.check_in.back_no_goal", hello=hello, day=_last_day(turn, work))
    return t("talk.check_in.no_goal", hello=hello)


def _take_in_the_way(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    if wording.skips(reply):
        return _went_on(turn, draft, {"in_the_way": None, "what": None})
    if reply.value is not None or reply.closed in (Closed.YES, Closed.NO):
        blocker = Blocker(reply.value or (Blocker.NOTHING if reply.closed is Closed.NO else Blocker.SOMETHING_ELSE))
        return _went_on(turn, draft, {"in_the_way": blocker}, blocker=blocker)
    found = find_blocker(reply.text)
    if found is Blocker.NOTHING:
        return _went_on(turn, draft, {"in_the_way": found}, blocker=found)
    if found is None and _means_else(reply):
        return None
    blocker, work = found or Blocker.SOMETHING_ELSE, work_in(draft)
    told = {"in_the_way": blocker, "what": reply.text} | _about(turn, work, blocker, reply.text)
    return _went_on(turn, draft, told, blocker=blocker, blocker_words=reply.text)


def _means_else(reply: Reply) -> bool:
    """Whether words name no obstacle that we know and ask for something else."""
    if reply.number is not None or not reply.text.strip():
        return True
    read = match(reply.text)
    return read.zone is Zone.ACT and read.intent not in _TO_US


def _ask_what(turn: Turn, draft: Draft) -> Message | None:
    """In their own words, where a button said only what kind of thing it is."""
    t, blocker = turn.t, draft.get("in_the_way")
    if blocker not in _IN_THEIR_WORDS:
        return None
    text = t("talk.check_in.which_part") if blocker == Blocker.NOT_UNDERSTOOD else t("talk.check_in.what_is_it")
    return Message(text=text, extras=(wording.skip(t),), reads=reads_teacher(turn))


def _take_what(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    if wording.skips(reply):
        return _went_on(turn, draft, {"what": None})
    if not reply.text.strip():
        return None
    blocker = Blocker(draft["in_the_way"])
    told = {"what": reply.text} | _about(turn, work_in(draft), blocker, reply.text)
    return _went_on(turn, draft, told, blocker=blocker, blocker_words=reply.text)


def _about(turn: Turn, work: Work, blocker: Blocker, words: str | None) -> Draft:
    """Which other target the words are about; beside a goal, `the negative ones` are those of the goal."""
    if blocker not in _IN_THEIR_WORDS:
        return {}
    student = turn.student
    targets = [(str(one.competency_id), one.short_name) for one in guide_of(turn.session, student.tenant_id, student.course.id)]
    named = find_competencies(words or "", targets) or find_competencies(f"{words} {work.aim}", targets)
    best = next(iter(named), None)
    if best and best.id == work.competency:
        best = None
    return {"about": best.id, "about_name": best.name[:1].lower() + best.name[1:]} if best else {"about": None, "about_name": None}


def _went_on(turn: Turn, draft: Draft, told: Draft, **progress: Any) -> Took:
    """Keep what was said; where no question about the work is left, choose the prompt, or say the adaptation."""
    if any(value is not None for value in progress.values()):
        told["recorded"] = _record(turn, draft, progress)
    known = {**draft, **told}
    if _is_open(known):
        return Took(told)
    work = work_in(known)
    told["asks"] = known["asks"] = known["asks"] if "asks" in known else _due_prompt(turn, work, known)
    if known["asks"]:
        lead = _so_far(turn, known) if is_all_done(work, known) else got_it(turn, known)
        return Took(told, (Message(text=lead),) if lead and not _counts_what_helped(known) else ())
    return _adapted(turn, known, told)


def _record(turn: Turn, draft: Draft, progress: Mapping[str, Any]) -> str:
    """Write it down for today, which is returned; a goal that ended meanwhile is left out, for the rest is true all the same."""
    today = turn.student.today(turn.now).isoformat()
    known = draft.get("recorded") == today and progress.get("steps_done") is None
    goal_id = None if known else work_in(draft).goal_id
    try:
        record_check_in(turn.session, turn.student, Progress(goal_id=goal_id, **progress), now=turn.now)
    except (GoalNotOpen, NotFound):
        record_check_in(turn.session, turn.student, Progress(**progress), now=turn.now)
    return today


def _is_open(known: Draft) -> bool:
    """Whether a question about the work is still to be asked."""
    work = work_in(known)
    if is_all_done(work, known):
        return False
    if "in_the_way" not in known:
        return True
    return known["in_the_way"] in _IN_THEIR_WORDS and "what" not in known


# Every second time one prompt


def _due_prompt(turn: Turn, work: Work, known: Draft) -> str | None:
    if work.goal is None or work.check_ins % 2 == 0:
        return None
    phase = phase_of(known["work"], turn.student.today(turn.now), known.get("done"))
    first = WHAT_HELPED if phase is Phase.PERFORMANCE else None
    speaker = turn.speaker
    asked = prompts.ask_prompt(
        turn.session, speaker.tenant_id, speaker.person_id, phase, first=first, seed=f"{speaker.person_id}:{turn.heard_id}", now=turn.now
    )
    return asked.key if asked else None


def _counts_what_helped(draft: Draft) -> bool:
    return draft.get("asks") == WHAT_HELPED and bool(draft.get("done"))


def _ask_prompt(turn: Turn, draft: Draft) -> Message | None:
    t, key = turn.t, draft.get("asks")
    if not key:
        return None
    if written := draft.pop("written", None):  # went back: the new answer takes the place of this one
        withdraw_reflection(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(written), now=turn.now)
    text = prompts.say(prompts.find_prompt(key), t.language)
    if _counts_what_helped(draft):
        lead, helped = got_it(turn, draft), t("talk.check_in.what_helped", number=number_of(t, work_in(draft), draft["done"]))
        text = f"{lead} {helped}" if lead else helped
    return Message(text=text, extras=(wording.skip(t),), reads=wording.reads_only_me(t))


def _take_prompt(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    if wording.skips(reply):
        return _adapted(turn, draft, {"prompt": None})
    if not reply.text.strip():
        return None
    work, key = work_in(draft), draft["asks"]
    made = write_reflection(turn.session, turn.student, key, reply.text, goal_id=work.goal_id, now=turn.now)
    strategy = find_strategy(reply.text)
    if strategy and key == WHAT_HELPED:
        say_if_strategy_helped(turn.session, turn.student, strategy, True, now=turn.now)
    return _adapted(turn, {**draft, "prompt": reply.text}, {"prompt": reply.text, "written": str(made.id)})


def _adapted(turn: Turn, known: Draft, told: Draft) -> Took:
    """One small adaptation: said here, unless the goal itself is to become lighter, which is asked."""
    if is_to_lighten(turn, known):
        return Took(told)
    return Took(told | {"closed": turn.heard_id}, (adaptation(turn, known),))


# The mood, last


def _ask_mood(turn: Turn, draft: Draft) -> Message | None:
    speaker = turn.speaker
    if draft.get("lighter") == "help" or has_said_mood(turn.session, speaker.tenant_id, speaker.person_id, turn.today):
        return None
    return ask_mood(turn)


def _finish(turn: Turn, draft: Draft) -> Finish:
    t, work = turn.t, work_in(draft)
    if draft.get("lighter") == "help":
        seed = {"course": str(turn.course_id), "words": draft.get("what"), "competency": draft.get("about") or work.competency}
        return Finish(then=("ask_help", {name: value for name, value in seed.items() if value}))
    if draft.get("mood") is None and "recorded" not in draft:
        return Finish((Message(text=t("talk.mood.skipped")),))
    memo: dict[str, Any] = {"course": str(turn.course_id), "goal": work.goal}
    if draft.get("changed"):
        memo["work"] = draft["work"]
    if draft.get("mood") is not None:
        return Finish((keep_mood(turn, draft["mood"]),), undo=memo | {"mood_on": turn.today.isoformat()})
    said = () if draft.get("closed") == turn.heard_id else (Message(text=t("talk.check_in.saved")),)
    return Finish(said, undo=memo, shows_undo=False)


def _undo(turn: Turn, memo: Mapping[str, Any]) -> Message:
    """A mood is forgotten, else a change of the goal taken back; what was said of the work is corrected by saying it again."""
    t = turn.t
    if memo.get("mood_on"):
        return forget_mood(turn, memo["mood_on"])
    if memo.get("work"):
        turn.course_id, work = UUID(memo["course"]), work_in(dict(memo))
        put_back(turn, work)
        return Message(text=t("talk.check_in.put_back", goal=called(work)))
    seed = {name: memo[name] for name in ("course", "goal") if memo.get(name)}
    return Message(text=t("talk.check_in.again"), choices=(wording.begin(t("talk.menu.check_in"), NAME, **seed),))


def _title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.check_in.title")


DIALOGUES = (
    Dialogue(
        NAME,
        _finish,
        steps=(
            Step("done", _ask_done, _take_done),
            Step("sure", _ask_sure, _take_sure),
            Step("in_the_way", _ask_in_the_way, _take_in_the_way, skippable=False),
            Step("what", _ask_what, _take_what, free=True, skippable=False),
            Step("prompt", _ask_prompt, _take_prompt, free=True, skippable=False),
            *LIGHTER,
            Step("mood", _ask_mood, lambda turn, _draft, reply: take_mood(turn, reply)),
        ),
        intents=(NAME,),
        course=CourseNeed.GOAL,
        begin=see_work,
        undo=_undo,
        title=_title,
    ),
)
