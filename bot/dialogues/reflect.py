"""Reflecting: an answer to one prompt, or the student's own words straight away; who reads it is chosen each time.

Written reflections can be looked at again, and taken back.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from bot import wording
from bot.adults import Teacher, teachers, within
from bot.dialogue import Again, CourseNeed, Dialogue, Draft, Finish, Opening, Step, Took
from bot.goals import own_aims
from bot.phrases import Reflecting, chooses, find_kind, find_reflecting, means_only_me
from bot.turn import Reply, Turn
from bot.work import phase_of, work_of
from core.data.clock import local_day
from core.journal import prompts
from core.journal.adults import adults_of
from core.journal.prompts import Kind
from core.journal.reflections import (
    REPLY,
    WORDS,
    Reflection,
    own_reflections,
    readers_of,
    replies_to,
    withdraw_reflection,
    write_reflection,
)
from core.message import MOST_CHOICES, Card, Message
from core.people.people import names_of

NAME, VIEW, WITHDRAW = "reflect", "view_reflections", "withdraw_reflection"
ONLY_ME, OTHER = "only_me", "other"
MOST_SHOWN = 3
_LONGEST = 24
_OTHERWISE = {Reflecting.SHOWS: VIEW, Reflecting.TAKES_BACK: WITHDRAW}


# Writing one


def _begin(turn: Turn, opening: Opening) -> Draft:
    """Words that are a reflection themselves are the answer to the prompt that fits; nothing is asked again."""
    words = opening.words
    wish = find_reflecting(words) if words else Reflecting.BEGINS
    if wish in _OTHERWISE:
        return {"goes": _OTHERWISE[wish]}
    aim = next((one for one in own_aims(turn) if one.course_id == turn.course_id), None)
    work = work_of(aim) if aim else None
    phase = phase_of(work, turn.student.today(turn.now))
    draft: Draft = {"goal": str(aim.goal_id) if aim else None, "phase": phase}
    if wish is None:
        fitting = prompts.pick(phase, seed=turn.heard_id)
        assert fitting, "every phase has prompts"
        return draft | {"asks": fitting.key, "words": words}
    return draft | {"asks": _ask_of_bank(turn, phase, None)}


def _ask_of_bank(turn: Turn, phase: str, kind: Kind | None) -> str:
    """A prompt of a phase that was not met for four weeks; where all were, any of it."""
    speaker, wanted = turn.speaker, prompts.Phase(phase)
    seed = f"{speaker.person_id}:{turn.heard_id}"
    asked = prompts.ask_prompt(turn.session, speaker.tenant_id, speaker.person_id, wanted, kind=kind, seed=seed, now=turn.now)
    chosen = asked or prompts.pick(wanted, kind=kind, seed=seed)
    assert chosen, "every phase has prompts of every kind"
    return chosen.key


def _ask_words(turn: Turn, draft: Draft) -> Message | None:
    if draft.get("goes"):
        return None
    t, asked = turn.t, prompts.find_prompt(draft["asks"])
    labels = {
        Kind.CONTENT: t("talk.reflect.content"),
        Kind.PROCESS: t("talk.reflect.process"),
        Kind.LEARNING: t("talk.reflect.learning"),
    }
    choices = tuple(wording.pick(label, kind) for kind, label in labels.items())
    return Message(text=prompts.say(asked, t.language), choices=choices, extras=(wording.skip(t),), reads=wording.reads_only_me(t))


def _take_words(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    """The answer; or the kind of question that they would rather have."""
    kind = Kind(reply.value) if reply.value else find_kind(reply.text)
    if kind:
        draft["asks"] = _ask_of_bank(turn, draft["phase"], kind)
        return Again()
    return Took({"words": reply.text}) if reply.text.strip() else None


def _ask_readers(turn: Turn, draft: Draft) -> Message | None:
    if not draft.get("words"):
        return None
    t, near = turn.t, teachers(turn)[:1]
    choices = [wording.pick(t("talk.reflect.only_me"), ONLY_ME)]
    choices += [wording.pick(one.name, str(one.person_id)) for one in near]
    choices.append(wording.pick(t("talk.reflect.someone_else"), OTHER))
    return Message(text=t("talk.reflect.who"), quote=draft["words"], choices=tuple(choices))


def _take_readers(turn: Turn, _draft: Draft, reply: Reply) -> Took | Again | None:
    if reply.value == ONLY_ME or means_only_me(reply.text):
        return Took({"readers": None})
    if reply.value == OTHER:
        return Again((_others(turn),), ask=False)
    if reply.value is not None and reply.words is None:
        return Took({"readers": reply.value})
    named = next((one for one in _adults(turn) if chooses(reply.text, one.name)), None)
    return Took({"readers": str(named.person_id)}) if named else None


def _others(turn: Turn) -> Message:
    """The other adults who teach or advise the student."""
    t, near = turn.t, {one.person_id for one in teachers(turn)[:1]}
    others = [one for one in _adults(turn) if one.person_id not in near][: MOST_CHOICES - 1]
    text = t("talk.reflect.which_adult") if others else t("talk.reflect.nobody_else")
    choices = [wording.pick(one.name, str(one.person_id)) for one in others]
    return Message(text=text, choices=(wording.pick(t("talk.reflect.only_me"), ONLY_ME), *choices))


def _adults(turn: Turn) -> list[Teacher]:
    speaker = turn.speaker
    found = names_of(turn.session, turn.vault, speaker.tenant_id, adults_of(turn.session, speaker.tenant_id, speaker.person_id))
    return sorted((Teacher(person_id, name) for person_id, name in found.items()), key=lambda one: one.name)


def _finish(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    if draft.get("goes"):
        return Finish(then=(draft["goes"], {}))
    if not draft.get("words"):
        return Finish((Message(text=t("talk.reflect.skipped")),))
    readers = [UUID(draft["readers"])] if draft.get("readers") else []
    goal_id = UUID(draft["goal"]) if draft["goal"] else None
    made = write_reflection(turn.session, turn.student, draft["asks"], draft["words"], readers=readers, goal_id=goal_id, now=turn.now)
    return Finish((_kept(turn, readers),), undo={"reflection": str(made.id)})


def _kept(turn: Turn, readers: Sequence[UUID]) -> Message:
    """Who can read it is said in words where somebody can."""
    t = turn.t
    if not readers:
        return Message(text=t("talk.reflect.kept"))
    names = names_of(turn.session, turn.vault, turn.speaker.tenant_id, readers)
    return Message(text=t("talk.reflect.kept_shared", name=within(t, names[readers[0]])))


def _undo(turn: Turn, memo: Mapping[str, Any]) -> Message:
    withdraw_reflection(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(memo["reflection"]), now=turn.now)
    return Message(text=turn.t("talk.reflect.withdrawn"))


# Those that there are


def _mine(turn: Turn, *, withdrawn: bool) -> list[Reflection]:
    found = own_reflections(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, 2 * MOST_SHOWN)
    return [one for one in found if withdrawn or one.withdrawn_at is None][:MOST_SHOWN]


def _view(turn: Turn, _draft: Draft) -> Finish:
    """The newest three: the question, the words, who can read them, and what was answered."""
    t, found = turn.t, _mine(turn, withdrawn=True)
    if not found:
        return Finish((Message(text=t("talk.reflect.none"), choices=(wording.begin(t("talk.reflect.write"), NAME),)),))
    readers = readers_of(turn.session, turn.speaker.tenant_id, [one.id for one in found])
    replies = {one.id: replies_to(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, one.id) for one in found}
    people = {person for chosen in readers.values() for person in chosen} | {
        reply.written_by for all_ in replies.values() for reply in all_
    }
    names = names_of(turn.session, turn.vault, turn.speaker.tenant_id, people) if people else {}
    cards = []
    for one in found:
        chosen = [names[reader] for reader in readers.get(one.id, ()) if one.withdrawn_at is None]
        lines = [(_day(turn, one), turn.key.open(one.sealed_words, WORDS))]
        lines.append((t("talk.reflect.read_by"), t.listed(chosen) if chosen else t("talk.reflect.only_you")))
        lines += [(names[reply.written_by], turn.key.open(reply.sealed_words, REPLY)) for reply in replies[one.id]]
        cards.append(Card(title=prompts.say(prompts.find_prompt(one.prompt), t.language), lines=tuple(lines)))
    choices = (wording.begin(t("talk.reflect.write"), NAME), wording.begin(t("talk.reflect.take_back"), WITHDRAW))
    return Finish((Message(text=t.plural("talk.reflect.newest", len(found)), cards=tuple(cards), choices=choices),))


def _day(turn: Turn, one: Reflection) -> str:
    return turn.t.day(local_day(one.written_at, turn.speaker.zone))


def _ask_which(turn: Turn, _draft: Draft) -> Message | None:
    t, found = turn.t, _mine(turn, withdrawn=False)
    if not found:
        return None
    return Message(text=t("talk.reflect.which"), choices=tuple(wording.pick(_label(turn, one), str(one.id)) for one in found))


def _label(turn: Turn, one: Reflection) -> str:
    words = " ".join(turn.key.open(one.sealed_words, WORDS).split())
    cut = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1].rstrip()}…"
    return turn.t("talk.reflect.dated", day=_day(turn, one), words=cut)


def _take_which(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"which": reply.value}) if reply.value else None


def _withdraw(turn: Turn, draft: Draft) -> Finish:
    t, which = turn.t, draft["which"]
    if which is None:
        return Finish((Message(text=t("talk.reflect.nothing_withdrawn")),))
    return Finish((_undo(turn, {"reflection": which}),))


def _title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.reflect.title")


DIALOGUES = (
    Dialogue(
        NAME,
        _finish,
        steps=(Step("words", _ask_words, _take_words, free=True), Step("readers", _ask_readers, _take_readers)),
        intents=(NAME,),
        course=CourseNeed.GOAL,
        begin=_begin,
        undo=_undo,
        title=_title,
    ),
    Dialogue(VIEW, _view, title=_title),
    Dialogue(WITHDRAW, _withdraw, steps=(Step("which", _ask_which, _take_which),), title=_title),
)
