"""What an adult's inbox shows: who waits, over all courses, and what stands answered. Read without words, in as many
statements for a hundred calls as for one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from core.courses.competencies import short_names
from core.courses.enrolments import Place, places_of
from core.data.clock import local_day
from core.data.vault import Vault
from core.journal import inbox
from core.journal.absences import Absence, own_absences
from core.journal.adults import teacher_names
from core.journal.claims import Claim, waiting_claims
from core.journal.handovers import proposals_about
from core.journal.help_answers import Waiting, waiting_for
from core.journal.help_requests import HelpState, Kind
from core.journal.inbox import Answered
from core.journal.reflections import Shared, answered_by, shared_with
from core.people.access import Role
from core.people.people import names_of
from core.people.roles import SchoolRole, holders_of
from core.people.viewers import Me

MOST_REFLECTIONS = 10


@dataclass(frozen=True)
class Call:
    """One call for help in a group. `sent_to` is whom it was sent to, where that is another; `proposed_to` whom it may go to."""

    request_id: UUID
    name: str
    course: str
    seen: bool
    sent_to: str | None
    proposed_to: str | None


@dataclass(frozen=True)
class Group:
    """Calls that can have one answer: on one competency, or a single one. `since` is the day of the first."""

    key: UUID
    topic: str | None
    personal: bool
    since: date
    names: list[str]
    calls: list[Call]

    @property
    def request_ids(self) -> list[UUID]:
        """The requests, oldest first."""
        return [one.request_id for one in self.calls]

    @property
    def unseen(self) -> bool:
        """Whether *seen* can still be pressed."""
        return not all(one.seen for one in self.calls)

    @property
    def courses(self) -> list[str]:
        """The courses that they come from, each once."""
        return list(dict.fromkeys(one.course for one in self.calls))


@dataclass(frozen=True)
class Round:
    """Requests that stand answered, and of which it is not known yet whether that helped."""

    topic: str | None
    day: date
    names: list[str]
    request_ids: list[UUID]


@dataclass(frozen=True)
class Line:
    """A claim or a reflection that can be opened: whose, about what, when. `done`: it was answered."""

    key: UUID
    name: str
    about: str
    course: str
    day: date
    done: bool = False


@dataclass(frozen=True)
class Away:
    """One absence: from which course, until when, and who answers meanwhile."""

    course_id: UUID
    course: str
    until_on: date
    delegate: str | None


@dataclass(frozen=True)
class Inbox:
    """Everything on the page."""

    today: date
    groups: list[Group]
    personal: list[Group]
    other_time: list[Round]
    rounds: list[Round]
    claims: list[Line]
    reflections: list[Shared]
    replied: set[UUID]
    names: Mapping[UUID, str]
    courses: list[Place]
    away: list[Away]
    colleagues: list[tuple[UUID, str]]
    advisors: list[tuple[UUID, str]]
    calm: int

    @property
    def nobody_waits(self) -> bool:
        """Nothing on the page needs a decision now."""
        return not (self.groups or self.personal or self.other_time or self.claims)


def read_inbox(session: Session, vault: Vault, me: Me, *, now: datetime) -> Inbox:
    """Read an adult's inbox over all their courses. No words, and so no audit."""
    today = local_day(now, me.zone)
    waiting, answered = waiting_for(session, me, today), inbox.answered_by(session, me)
    claims, shared = waiting_claims(session, me), shared_with(session, me, MOST_REFLECTIONS)
    places = {place.course_id: place for place in places_of(session, me.tenant_id, me.person_id)}
    taught = [place for place in places.values() if place.role is Role.TEACHER]
    colleagues = _colleagues(teacher_names(session, vault, me.tenant_id, [one.course_id for one in taught]), me)
    away, advisors = own_absences(session, me, today), holders_of(session, me.tenant_id, SchoolRole.ADVISOR)
    proposals = proposals_about(session, me.tenant_id, [one.request_id for one in waiting])
    met = _people(waiting, answered, claims, shared, away) | {*advisors, *proposals.values()}
    names = names_of(session, vault, me.tenant_id, met)
    topics = short_names(session, me.tenant_id, _about(waiting, answered, claims))
    look = _Looking(me, places, names, topics, proposals)
    still_waiting = {one.person_id for one in waiting}
    return Inbox(
        today=today,
        groups=look.groups(one for one in waiting if one.kind is Kind.ACADEMIC),
        personal=look.groups(one for one in waiting if one.kind is Kind.PERSONAL),
        other_time=look.rounds(one for one in answered if one.needs_another_time),
        rounds=look.rounds(one for one in answered if not one.needs_another_time),
        claims=[look.line(one) for one in claims],
        reflections=shared,
        replied=answered_by(session, me, [one.reflection_id for one in shared]),
        names=names,
        courses=taught,
        away=[look.away(one) for one in away],
        colleagues=colleagues,
        advisors=[(one, names[one]) for one in advisors if one != me.person_id],
        calm=max(0, inbox.count_students(session, me) - len(still_waiting)) if taught else 0,
    )


@dataclass(frozen=True)
class _Looking:
    me: Me
    places: Mapping[UUID, Place]
    names: Mapping[UUID, str]
    topics: Mapping[UUID, str]
    proposals: Mapping[UUID, UUID]

    def groups(self, waiting: Iterable[Waiting]) -> list[Group]:
        """Those on one competency together, over all courses, where most ask first; any other alone."""
        found: dict[UUID, list[Waiting]] = {}
        for one in waiting:
            together = one.competency_id if one.kind is Kind.ACADEMIC else None
            found.setdefault(together or one.request_id, []).append(one)
        made = [self._group(key, requests) for key, requests in found.items()]
        return sorted(made, key=lambda group: (-len(group.names), group.since))

    def rounds(self, answered: Iterable[Answered]) -> list[Round]:
        """Those that were answered at one instant together, the first answered first."""
        found: dict[tuple[datetime, UUID | None], list[Answered]] = {}
        for one in answered:
            found.setdefault((one.answered_at, one.competency_id), []).append(one)
        return [
            Round(
                topic=self.topics.get(competency_id) if competency_id else None,
                day=self._day(together[0].answered_at, together[0].course_id),
                names=self._names(one.person_id for one in together),
                request_ids=[one.request_id for one in together],
            )
            for (_, competency_id), together in found.items()
        ]

    def line(self, claim: Claim) -> Line:
        """A claim without its words."""
        day = self._day(claim.claimed_at, claim.course_id)
        return Line(claim.id, self.names[claim.person_id], self.topics[claim.competency_id], self._course(claim.course_id), day)

    def away(self, absence: Absence) -> Away:
        """An absence with the name of who answers meanwhile."""
        delegate = self.names.get(absence.delegate_id) if absence.delegate_id else None
        return Away(absence.course_id, self._course(absence.course_id), absence.until_on, delegate)

    def _group(self, key: UUID, requests: Sequence[Waiting]) -> Group:
        first = requests[0]
        return Group(
            key=key,
            topic=self.topics.get(first.competency_id) if first.competency_id else None,
            personal=first.kind is Kind.PERSONAL,
            since=self._day(first.asked_at, first.course_id),
            names=self._names(one.person_id for one in requests),
            calls=[self._call(one) for one in requests],
        )

    def _call(self, one: Waiting) -> Call:
        proposed = self.proposals.get(one.request_id)
        return Call(
            request_id=one.request_id,
            name=self.names[one.person_id],
            course=self._course(one.course_id),
            seen=one.state is HelpState.SEEN,
            sent_to=self.names[one.to_person_id] if one.delegated else None,
            proposed_to=self.names[proposed] if proposed else None,
        )

    def _names(self, people: Iterable[UUID]) -> list[str]:
        return [self.names[one] for one in dict.fromkeys(people)]

    def _course(self, course_id: UUID) -> str:
        return self.places[course_id].title if course_id in self.places else ""

    def _day(self, instant: datetime, course_id: UUID) -> date:
        return local_day(instant, self.places[course_id].zone if course_id in self.places else self.me.zone)


def yesterday(today: date) -> date:
    """The day before."""
    return today - timedelta(days=1)


def _about(waiting: Sequence[Waiting], answered: Sequence[Answered], claims: Sequence[Claim]) -> set[UUID]:
    """The competencies that anything is about."""
    asked = {one.competency_id for one in waiting} | {one.competency_id for one in answered}
    return {one for one in asked if one} | {one.competency_id for one in claims}


def _people(
    waiting: Sequence[Waiting], answered: Sequence[Answered], claims: Sequence[Claim], shared: Sequence[Shared], away: Sequence[Absence]
) -> set[UUID]:
    students = {one.person_id for one in waiting} | {one.person_id for one in answered}
    students |= {one.person_id for one in claims} | {one.person_id for one in shared}
    return students | {one.to_person_id for one in waiting} | {one.delegate_id for one in away if one.delegate_id}


def _colleagues(teachers: Mapping[UUID, Collection[tuple[UUID, str]]], me: Me) -> list[tuple[UUID, str]]:
    """Who teaches beside somebody, each once, by name."""
    others = {one for course in teachers.values() for one in course if one[0] != me.person_id}
    return sorted(others, key=lambda one: one[1])
