"""What a check-in leads to: one small adaptation, by what helped, what is in the way and how far the work is."""

from bot import wording
from bot.adults import ask_button
from bot.dialogue import Draft
from bot.phrases import find_strategy, in_words
from bot.turn import Turn
from bot.work import Work, called, step_label, steps_called, work_in
from core.i18n import Translator
from core.journal.checkins import Blocker, Confidence
from core.message import Choice, Message


def is_all_done(work: Work, draft: Draft) -> bool:
    """Whether the student says that every step is done."""
    return work.planned > 0 and draft.get("done") == work.planned


def got_it(turn: Turn, draft: Draft) -> str | None:
    """What the student's words are about, said back; None where they name nothing that we know."""
    name = draft.get("about_name")
    return turn.t("talk.check_in.got_it", what=name) if name else None


def adaptation(turn: Turn, draft: Draft) -> Message:
    """One next thing, after what was said back, where no question did that before."""
    work = work_in(draft)
    text, choices = _next(turn, work, draft)
    said_back = None if draft.get("asks") else got_it(turn, draft)
    return Message(text=f"{said_back} {text}" if said_back else text, choices=choices)


def _next(turn: Turn, work: Work, draft: Draft) -> tuple[str, tuple[Choice, ...]]:
    t, blocker = turn.t, draft.get("in_the_way")
    ask = ask_button(turn, **_to_ask(work, draft))
    if work.goal is None:
        text = t("talk.check_in.set_one")
        return text, (wording.begin(t("talk.menu.set_goal"), "set_goal", course=str(turn.course_id)), ask)
    reached = wording.begin(t("talk.check_in.reached"), "complete_goal", goal=work.goal, course=str(turn.course_id))
    if is_all_done(work, draft):
        return t("talk.check_in.if_reached", steps=steps_called(t, work, work.planned), goal=called(work)), (reached, ask)
    if draft.get("sure") == Confidence.COULD_TEACH:
        return t("talk.check_in.if_reached_could_teach", goal=called(work)), (reached, ask)
    step = next_step(work, draft)
    strategy = find_strategy(draft.get("prompt") or "")
    start = wording.begin(t("talk.check_in.start"), "start_step", goal=work.goal, course=str(turn.course_id))
    if strategy:
        return t(f"talk.check_in.then.{strategy}", step=step), (start, ask)
    if blocker in (Blocker.NOT_UNDERSTOOD, Blocker.SOMETHING_ELSE):
        seed = {**_to_ask(work, draft), "blocker": blocker, "goal": work.goal}
        try_one = wording.begin(t("talk.check_in.try_one"), "stuck", course=str(turn.course_id), **seed)
        return t("talk.check_in.try_or_ask", step=step), (try_one, start, ask)
    return t("talk.check_in.next", step=step), (start, ask)


def next_step(work: Work, draft: Draft) -> str:
    """The next step that is left, within a sentence; the goal itself where it has none."""
    left = work.left(done_in(work, draft))
    return step_label(left[0]) if left else called(work)


def _to_ask(work: Work, draft: Draft) -> dict[str, str]:
    """What a call for help or a strategy knows from here: the student's words, and what they are about."""
    told = {"competency": draft.get("about") or work.competency, "words": draft.get("what")}
    return {name: value for name, value in told.items() if value}


def is_overdue(turn: Turn, work: Work) -> bool:
    """Whether the goal's day has passed."""
    return work.due_on is not None and work.due_on < turn.student.today(turn.now)


def number_of(t: Translator, work: Work, count: int) -> str:
    """A count of the goal's steps as a word."""
    return in_words(t.language, count, feminine=is_feminine(t, work))


def is_feminine(t: Translator, work: Work) -> bool:
    """Whether Spanish calls the goal's steps *ellas*."""
    if t.language != "es":
        return False
    noun = steps_called(t, work, 1).split()[1]
    return noun.endswith(("a", "ión", "dad")) and noun not in _MASCULINE


_MASCULINE = ("problema", "tema", "mapa", "día", "sistema", "esquema", "programa", "diagrama", "poema")


def capital(word: str) -> str:
    """A word that opens a sentence."""
    return word[:1].upper() + word[1:]


def done_in(work: Work, draft: Draft) -> int:
    """How many steps are done, as far as was said; else as it stood before."""
    done = draft.get("done")
    return work.done if done is None else int(done)
