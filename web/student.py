"""What a student's own page shows: read in six statements and one look into the vault, however large the course is."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from core.courses.enrolments import Place
from core.data.clock import local_day
from core.data.vault import DataKey, Vault
from core.evidence.progress import Standing, standings_of
from core.journal import goals, help_requests
from core.journal.help_requests import HelpState
from core.people.greeting import called
from core.people.people import NAME
from core.people.releases import count_releases
from core.people.viewers import Me

MOST_GOALS = 12
MOST_REQUESTS = 5
MOST_TARGETS = 2


@dataclass(frozen=True)
class GoalCard:
    """One open goal, in the student's own words where there are any. `overdue`: its day has passed."""

    title: str
    words: str | None
    plan: str | None
    course: str
    day: date
    overdue: bool
    done: int
    planned: int
    next_step: str | None


@dataclass(frozen=True)
class RequestCard:
    """One help request: the words, to whom, how it stands, and the latest answer."""

    words: str
    to: str
    course: str
    state: HelpState
    asked_on: date
    answer: str | None


@dataclass(frozen=True)
class Desk:
    """Everything on a student's page, opened and ready to be written down."""

    name: str | None
    here: Place
    today: date
    checked_in: bool
    goals: list[GoalCard]
    more_goals: bool
    reached: int
    targets: int
    next_targets: list[Standing]
    requests: list[RequestCard]
    released: int
    last_released: datetime | None


def desk(session: Session, vault: Vault, me: Me, here: Place, places: list[tuple[Place, date | None]], *, now: datetime) -> Desk:
    """Read a student's page.

    Args:
        places: the student's courses, each with the day of the last check-in there.
    """
    today = local_day(now, here.zone)
    open_goals = goals.open_goals_with_steps(session, me.tenant_id, me.person_id, MOST_GOALS + 1)
    standings = standings_of(session, me.tenant_id, here.course_id, me.person_id)
    requests = help_requests.own_requests(session, me.tenant_id, me.person_id, MOST_REQUESTS)
    released, last_released = count_releases(session, me.tenant_id, me.person_id)
    keys = vault.keys_of({me.person_id, *(request.to_person_id for request in requests)})
    own, courses = keys.get(me.person_id), {place.course_id: place for place, _ in places}
    return Desk(
        name=called(_open(own, me.sealed_name, NAME)),
        here=here,
        today=today,
        checked_in=any(place == here and day == today for place, day in places),
        goals=[_goal(goal, own, courses, now) for goal in open_goals[:MOST_GOALS]],
        more_goals=len(open_goals) > MOST_GOALS,
        reached=sum(one.reached for one in standings),
        targets=len(standings),
        next_targets=_next(standings, today),
        requests=[_request(request, keys, own, courses, me) for request in requests],
        released=released,
        last_released=last_released,
    )


def _goal(goal: goals.OpenGoal, own: DataKey | None, courses: dict[UUID, Place], now: datetime) -> GoalCard:
    words = _open(own, goal.sealed_words, goals.WORDS)
    course = courses.get(goal.course_id)
    waiting = next((step for step, done in goal.steps if not done), None)
    return GoalCard(
        title=goal.short_name or words or "…",
        words=words if goal.short_name else None,
        plan=_open(own, goal.sealed_plan, goals.PLAN),
        course=course.title if course else "",
        day=goal.target_on,
        overdue=course is not None and goal.target_on < local_day(now, course.zone),
        done=sum(done for _, done in goal.steps),
        planned=len(goal.steps),
        next_step=_open(own, waiting, goals.STEP),
    )


def _request(
    request: help_requests.OwnRequest, keys: dict[UUID, DataKey], own: DataKey | None, courses: dict[UUID, Place], me: Me
) -> RequestCard:
    course = courses.get(request.course_id)
    return RequestCard(
        words=_open(own, request.sealed_words, help_requests.WORDS) or "…",
        to=_open(keys.get(request.to_person_id), request.to_sealed_name, NAME) or request.to_pseudonym,
        course=course.title if course else "",
        state=request.state,
        asked_on=local_day(request.asked_at, course.zone if course else me.zone),
        answer=_open(own, request.sealed_answer, help_requests.ANSWER),
    )


def _next(standings: list[Standing], today: date) -> list[Standing]:
    """The targets due next that are not reached yet."""
    ahead = [one for one in standings if one.due_on and one.due_on >= today and not one.reached]
    return sorted(ahead, key=lambda one: one.due_on or today)[:MOST_TARGETS]


def _open(key: DataKey | None, sealed: bytes | None, purpose: str) -> str | None:
    return key.open(sealed, purpose) if key and sealed else None
