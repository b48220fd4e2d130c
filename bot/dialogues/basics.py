"""What is said around everything else: hello, the menu, thanks, a person instead of a program, and coming back after a pause."""

from typing import Any

from bot import wording
from bot.dialogue import ANYBODY, Dialogue, Draft, Finish, Step, Took
from bot.turn import Reply, Turn
from core.journal.adults import teacher_names
from core.message import Choice, Message
from core.people.access import Role
from intents.answers import Closed
from intents.normalise import plain


def student_buttons(turn: Turn) -> tuple[Choice, ...]:
    """What a student can begin, at most four."""
    t = turn.t
    return (
        wording.begin(t("talk.menu.check_in"), "check_in"),
        wording.begin(t("talk.menu.set_goal"), "set_goal"),
        wording.begin(t("talk.menu.ask_help"), "ask_help"),
        wording.begin(t("talk.menu.progress"), "view_progress"),
    )


def adult_buttons(turn: Turn) -> tuple[Choice, ...]:
    """What a teacher or advisor can begin."""
    t = turn.t
    if turn.speaker.role is not Role.TEACHER:
        return (wording.begin(t("talk.menu.waiting"), "help_inbox"), wording.begin(t("talk.menu.settings"), "settings"))
    return (
        wording.begin(t("talk.menu.waiting"), "help_inbox"),
        wording.begin(t("talk.menu.away"), "go_away"),
        wording.begin(t("talk.menu.settings"), "settings"),
    )


def buttons(turn: Turn) -> tuple[Choice, ...]:
    """What the person who speaks can begin."""
    return student_buttons(turn) if turn.speaker.role is Role.STUDENT else adult_buttons(turn)


def find_on_menu(turn: Turn, words: str) -> tuple[str, dict[str, Any]] | None:
    """What words begin that are those of a button of the menu, whenever it was shown: the dialogue and what it knows."""
    for button in buttons(turn):
        if button.begins and plain(button.label) == plain(words):
            return button.begins, dict(button.seed)
    return None


def _menu(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    text = t("talk.menu.missed") if draft.get("missed") else t("talk.menu.what")
    return Finish((Message(text=text, choices=buttons(turn)),))


def _greet(turn: Turn, _draft: Draft) -> Finish:
    return Finish((Message(text=turn.t("talk.greet"), choices=buttons(turn)),))


def _thanks(turn: Turn, _draft: Draft) -> Finish:
    return Finish((Message(text=turn.t("talk.thanks")),))


def _goodbye(turn: Turn, _draft: Draft) -> Finish:
    return Finish((Message(text=turn.t("talk.goodbye")),), rests=True)


def _nothing_asked(turn: Turn, _draft: Draft) -> Finish:
    return Finish((Message(text=turn.t("talk.nothing_asked"), choices=buttons(turn)),))


def _hand_off(turn: Turn, draft: Draft) -> Finish:
    """After two misses: the menu and a human, named where the student has a teacher here."""
    t = turn.t
    if turn.speaker.role is not Role.STUDENT:
        return Finish((Message(text=t("talk.hand_off.adult"), choices=adult_buttons(turn)),))
    words = draft.get("words")
    ask = wording.begin(_ask_label(turn), "ask_help", **({"words": words} if words else {}))
    check_in, set_goal, _, progress = student_buttons(turn)
    return Finish((Message(text=t("talk.hand_off"), choices=(ask, check_in, set_goal, progress)),))


def _about_bot(turn: Turn, _draft: Draft) -> Finish:
    """A program says that it is one, and where a person is."""
    t = turn.t
    if turn.speaker.role is not Role.STUDENT:
        return Finish((Message(text=t("talk.about_bot.adult"), choices=adult_buttons(turn)),))
    return Finish((Message(text=t("talk.about_bot"), choices=(wording.begin(_ask_label(turn), "ask_help"),)),))


def _ask_label(turn: Turn) -> str:
    t = turn.t
    here = [place.course_id for place in turn.places if place.course_id == turn.speaker.course_id]
    courses = here or ([turn.places[0].course_id] if len(turn.places) == 1 else [])
    names = [name for teachers in teacher_names(turn.session, turn.vault, turn.speaker.tenant_id, courses).values() for _, name in teachers]
    return t("talk.hand_off.ask", name=names[0]) if names else t("talk.hand_off.ask_someone")


def _ask_if_still(turn: Turn, draft: Draft) -> Message:
    t = turn.t
    if draft.get("after_care"):
        choices = (wording.pick(t("talk.yes"), "yes"), wording.pick(t("talk.no"), "no"))
        return Message(text=t("talk.resume.use_words", title=draft["title"]), quote=draft["held"], choices=choices)
    choices = (wording.pick(t("talk.yes"), "yes"), wording.pick(t("talk.resume.no"), "no"))
    return Message(text=t("talk.resume.still", title=draft["title"]), choices=choices)


def _take_if_still(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    if reply.value in ("yes", "no"):
        return Took({"still": reply.value == "yes"})
    if reply.closed in (Closed.YES, Closed.NO):
        return Took({"still": reply.closed is Closed.YES})
    return None


def _resume(_turn: Turn, draft: Draft) -> Finish:
    """The words that were kept back are read now: for the question that was open, or as something new; after care, or not at all."""
    if draft.get("after_care") and not draft["still"]:
        return Finish()
    return Finish(replay=draft["held"], drops=not draft["still"])


DIALOGUES = (
    Dialogue("menu", _menu, intents=("help_menu",), roles=ANYBODY),
    Dialogue("greet", _greet, intents=("greet",), roles=ANYBODY),
    Dialogue("thanks", _thanks, intents=("thanks",), roles=ANYBODY),
    Dialogue("goodbye", _goodbye, intents=("goodbye",), roles=ANYBODY),
    Dialogue("about_bot", _about_bot, intents=("about_bot",), roles=ANYBODY),
    Dialogue("nothing_asked", _nothing_asked, intents=("affirm", "deny", "cancel", "undo"), roles=ANYBODY),
    Dialogue("hand_off", _hand_off, intents=("human_handoff",), roles=ANYBODY, begin=lambda _turn, opening: {"words": opening.words}),
    Dialogue(
        "resume",
        _resume,
        steps=(Step("still", _ask_if_still, _take_if_still, skippable=False),),
        handed=True,
        roles=ANYBODY,
    ),
)
