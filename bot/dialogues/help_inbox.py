"""Help from the adult's side: many who ask the same stand together, one answer goes to each privately, or a time to meet.

*Seen* is only what a person pressed. Words of a student are opened one by one, and each such read is audited.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from bot import wording
from bot.dialogue import ADULT, Again, Dialogue, Draft, Finish, Opening, Step, Took
from bot.turn import Reply, Turn
from core.courses.competencies import Competency
from core.data.clock import local_day
from core.data.vault import KeyDestroyed
from core.errors import InvalidInput, NotFound
from core.journal import help_answers
from core.journal.help_answers import Waiting
from core.journal.help_requests import ANSWER, AnswerForm, HelpAnswer, Helped, HelpRequest
from core.message import Choice, Message
from core.people.greeting import called
from core.people.people import names_of
from intents.answers import Closed
from intents.slots import find_day

MOST_GROUPS = 3
MOST_NAMES = 6
_YES_NO = {Closed.YES: "send", Closed.NO: "edit"}


@dataclass(frozen=True)
class Asked:
    """Requests that stand together: those on one competency of one course, or a single one. `key` names them."""

    about: str | None
    requests: tuple[Waiting, ...]
    key: str

    @property
    def ids(self) -> list[str]:
        """Their ids, as buttons carry them."""
        return [str(one.request_id) for one in self.requests]

    @property
    def students(self) -> list[UUID]:
        """Who asked, whoever asked first before the others; each once, however often they asked."""
        return list(dict.fromkeys(one.person_id for one in self.requests))


def waiting_groups(turn: Turn) -> list[Asked]:
    """What waits for the adult, by competency and course, where most ask first. A personal request stands alone."""
    found = help_answers.waiting_for(turn.session, turn.speaker, turn.today)
    names = _competencies(turn, {one.competency_id for one in found if one.competency_id})
    together: dict[object, list[Waiting]] = {}
    for one in found:
        alone = one.kind == "personal" or one.competency_id is None
        together.setdefault(one.request_id if alone else (one.course_id, one.competency_id), []).append(one)
    groups = [Asked(names.get(requests[0].competency_id), tuple(requests), str(key)) for key, requests in together.items()]
    return sorted(groups, key=lambda group: -len(group.students))


def _competencies(turn: Turn, wanted: set[UUID]) -> dict[UUID | None, str]:
    query = select(col(Competency.id), col(Competency.short_name)).where(
        col(Competency.tenant_id) == turn.speaker.tenant_id, col(Competency.id).in_(wanted)
    )
    return dict(turn.session.execute(query).all()) if wanted else {}


def group_message(turn: Turn, group: Asked) -> Message:
    """One group: what about, how many since when, who, and what can be done."""
    t, count = turn.t, len(group.students)
    names = names_of(turn.session, turn.vault, turn.speaker.tenant_id, group.students[:MOST_NAMES])
    who = ", ".join(sorted(called(name) or name for name in names.values()))
    if count > MOST_NAMES:
        who = f"{who}, …"
    about = group.about or t("talk.inbox.something")
    text = t.plural("talk.inbox.asked", count, about=about, when=_asked(turn, group.requests[0].asked_at, count), who=who)
    meet = _meet(turn, group.ids)
    if count == 1:
        choices = [wording.begin(t("talk.inbox.read"), "help_one_by_one", requests=group.ids), _reply(turn, group.ids), meet]
    else:
        reply = wording.begin(t("talk.inbox.reply_all"), "help_answer", requests=group.ids)
        choices = [reply, meet, wording.begin(t("talk.inbox.one_by_one"), "help_one_by_one", requests=group.ids)]
    return Message(text=text, choices=tuple(wording.named(choice, about, who) for choice in choices))


def _asked(turn: Turn, asked_at: datetime, count: int) -> str:
    """When: of one, the day; of several, since the day of the first."""
    t, day = turn.t, local_day(asked_at, turn.speaker.zone)
    days = (turn.today - day).days
    if days <= 0:
        return t("talk.inbox.today")
    when = t("talk.inbox.yesterday") if days == 1 else t.day(day)
    return when if count == 1 else t("talk.inbox.since", when=when)


def _reply(turn: Turn, ids: Sequence[str]) -> Choice:
    return wording.begin(turn.t("talk.inbox.reply"), "help_answer", requests=list(ids))


def _meet(turn: Turn, ids: Sequence[str]) -> Choice:
    """A time to meet: the one that this adult named last, else the question when."""
    last = _last_meeting(turn)
    label = turn.t("talk.inbox.see_them_at", when=last) if last else turn.t("talk.inbox.see_them")
    return wording.begin(label, "help_meeting", requests=list(ids), **({"meeting": label} if last else {}))


def _last_meeting(turn: Turn) -> str | None:
    query = (
        select(col(HelpAnswer.sealed_words), col(HelpRequest.person_id))
        .join(HelpRequest, col(HelpRequest.id) == col(HelpAnswer.help_request_id))
        .where(
            col(HelpAnswer.tenant_id) == turn.speaker.tenant_id,
            col(HelpAnswer.answered_by) == turn.speaker.person_id,
            col(HelpAnswer.form) == AnswerForm.MEETING,
        )
        .order_by(col(HelpAnswer.answered_at).desc())
        .limit(1)
    )
    found = turn.session.execute(query).one_or_none()
    if found is None:
        return None
    try:
        said = turn.vault.key_of(found[1]).open(found[0], ANSWER)
    except KeyDestroyed:  # that student was erased since
        return None
    opening = turn.t("talk.inbox.see_them_at", when="").strip()
    return said[len(opening) :].strip() if said.casefold().startswith(opening.casefold()) else said


def _inbox(turn: Turn, _draft: Draft) -> Finish:
    groups = waiting_groups(turn)
    if not groups:
        return Finish((Message(text=turn.t("talk.inbox.nobody")),))
    said = [group_message(turn, group) for group in groups[:MOST_GROUPS]]
    if len(groups) > MOST_GROUPS:
        said.append(Message(text=turn.t.plural("talk.inbox.more", len(groups) - MOST_GROUPS)))
    return Finish(tuple(said))


# One answer, to each privately


def _begin(_turn: Turn, opening: Opening) -> Draft:
    return {**opening.seed, "requests": [str(one) for one in ids_of(opening.seed)]}


def ids_of(draft: Mapping[str, Any]) -> list[UUID]:
    """The requests that a button named.

    Raises:
        NotFound: it named none.
    """
    told = draft.get("requests")
    try:
        ids = [UUID(str(one)) for one in told] if isinstance(told, list) else []
    except ValueError:
        ids = []
    if not ids:
        raise NotFound(what="help_request")
    return ids


def _students(turn: Turn, draft: Draft) -> int:
    """How many students the requests of a draft are from."""
    count: int = turn.recall("students", lambda: _count_students(turn, ids_of(draft)))
    return count


def _told(turn: Turn, given: Sequence[HelpAnswer]) -> int:
    """How many students answers went to."""
    return _count_students(turn, [one.help_request_id for one in given])


def _count_students(turn: Turn, request_ids: Sequence[UUID]) -> int:
    query = select(col(HelpRequest.person_id)).where(col(HelpRequest.id).in_(request_ids), *help_answers.readable_by(turn.speaker))
    return len(set(turn.session.scalars(query)))


def _ask_answer(turn: Turn, draft: Draft) -> Message:
    t = turn.t
    if old := draft.get("edits"):
        return Message(text=t("talk.inbox.edit"), quote=old)
    return Message(text=t.plural("talk.inbox.what_to_say", _students(turn, draft)))


def _take_answer(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"words": reply.text}) if reply.text.strip() else None


def _confirm(turn: Turn, draft: Draft) -> Message:
    t = turn.t
    choices = (wording.pick(t("talk.help.send_it"), "send"), wording.pick(t("talk.help.edit_it"), "edit"))
    return Message(text=t.plural("talk.inbox.send_to", _students(turn, draft)), quote=draft["words"], choices=choices)


def _take_confirmation(_turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    meant = reply.value or (_YES_NO.get(reply.closed) if reply.closed else None)
    if meant == "send":
        return Took({"confirm": "send"})
    if meant == "edit":
        draft["edits"] = draft.pop("words")
        return Again()
    return None


def _answer(turn: Turn, draft: Draft) -> Finish:
    given = help_answers.answer(turn.session, turn.vault, turn.speaker, ids_of(draft), draft["words"], now=turn.now)
    return Finish((Message(text=turn.t.plural("talk.inbox.sent", _told(turn, given))),))


# A time to meet


def _ask_when(turn: Turn, draft: Draft) -> Message | None:
    if draft.get("meeting") or _says_when(turn, draft):
        return None
    return Message(text=turn.t("talk.inbox.when"))


def _says_when(turn: Turn, draft: Draft) -> bool:
    """Whether the button was typed, and more than what stands on it."""
    return len(draft.get("typed", "").split()) > len(turn.t("talk.inbox.see_them").split())


def _take_when(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"when": reply.text}) if reply.text.strip() else None


def _meeting(turn: Turn, draft: Draft) -> Finish:
    """The words go out as they were typed, or as the button said them."""
    words = draft.get("when") or draft.get("typed") or draft["meeting"]
    ids = ids_of(draft)
    given = help_answers.answer(turn.session, turn.vault, turn.speaker, ids, words, form=AnswerForm.MEETING, now=turn.now)
    return Finish((Message(text=turn.t.plural("talk.inbox.meeting_sent", _told(turn, given))),))


# One by one


def _one_by_one(turn: Turn, draft: Draft) -> Finish:
    t, ids = turn.t, ids_of(draft)
    first, rest = ids[0], [str(one) for one in ids[1:]]
    words = help_answers.read_words(
        turn.session, turn.vault, turn.speaker, [first], why="one_by_one", channel=turn.speaker.channel, now=turn.now
    )[first]
    student = turn.session.execute(select(col(HelpRequest.person_id)).where(col(HelpRequest.id) == first)).scalar_one()
    name = names_of(turn.session, turn.vault, turn.speaker.tenant_id, [student])[student]
    seen = wording.begin(t("talk.inbox.seen"), "help_seen", requests=[str(first)], rest=rest)
    choices = [_reply(turn, [str(first)]), _meet(turn, [str(first)]), seen]
    if rest:
        choices.append(wording.begin(t("talk.inbox.next"), "help_one_by_one", requests=rest))
    return Finish((Message(text=t("talk.inbox.wrote", name=called(name) or name), quote=words, choices=tuple(choices)),))


def _seen(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    help_answers.see(turn.session, turn.speaker, ids_of(draft), now=turn.now)
    if draft.get("rest"):
        return Finish((Message(text=t("talk.inbox.seen_told")),), then=("help_one_by_one", {"requests": draft["rest"]}))
    return Finish((Message(text=t("talk.inbox.seen_told")),))


# Did it help?


def helped_message(turn: Turn, ids: Sequence[UUID]) -> Message:
    """The question, as buttons for the adult."""
    t = turn.t
    labels = ((Helped.YES, t("talk.helped.yes_all")), (Helped.SOME, t("talk.helped.some")), (Helped.NOT_YET, t("talk.helped.not_yet")))
    told = [str(one) for one in ids]
    choices = tuple(wording.begin(label, "help_helped", requests=told, helped=helped.value) for helped, label in labels)
    return Message(text=t("talk.helped.did_it"), choices=choices)


def _helped(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    if draft.get("helped") not in set(Helped):
        raise InvalidInput(field="helped")
    helped = Helped(draft["helped"])
    help_answers.resolve_all(turn.session, turn.speaker, ids_of(draft), helped, now=turn.now)
    return Finish((Message(text=t("talk.helped.open_again") if helped is Helped.NOT_YET else t("talk.helped.noted")),))


def meeting_day(turn: Turn, said: str, today: date) -> str:
    """The day that a meeting is on, as words name it; today where they name none."""
    t, found = turn.t, find_day(said, today, language=turn.speaker.language)
    day = found.day if found else today
    return t("talk.inbox.today") if day == today else t.day(day)


def _title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.inbox.title")


_answering = (
    Step("words", _ask_answer, _take_answer, free=True, skippable=False),
    Step("confirm", _confirm, _take_confirmation, skippable=False),
)
DIALOGUES = (
    Dialogue("help_inbox", _inbox, roles=ADULT, title=_title),
    Dialogue("help_answer", _answer, steps=_answering, roles=ADULT, begin=_begin, title=_title),
    Dialogue(
        "help_meeting",
        _meeting,
        steps=(Step("when", _ask_when, _take_when, free=True, skippable=False),),
        roles=ADULT,
        begin=_begin,
        title=_title,
    ),
    Dialogue("help_one_by_one", _one_by_one, roles=ADULT, begin=_begin, title=_title),
    Dialogue("help_seen", _seen, roles=ADULT, begin=_begin, title=_title),
    Dialogue("help_helped", _helped, roles=ADULT, begin=_begin, title=_title),
)
