"""Who may do what: default deny, one table, tested over every route and command.

A route or command carries a guard: the action that it is, or *open* with the reason why nobody need be known. What
carries none is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from core.errors import NotAllowed


class Role(StrEnum):
    """What a viewer is while they look: in a course, or in the school."""

    STUDENT = "student"
    TEACHER = "teacher"
    ASSISTANT = "assistant"
    ADVISOR = "advisor"
    GUARDIAN = "guardian"
    TENANT_ADMIN = "tenant_admin"
    VISITOR = "visitor"
    """Known, with no role here: an LMS administrator before an invitation, an observer, a content developer."""


class Action(StrEnum):
    """Something that a page or command does, as the table of `core/people/access.py` knows it."""

    SEE_HOME = "see_home"
    CHOOSE_LANGUAGE = "choose_language"
    SET_PREFERENCES = "set_preferences"
    SWITCH_PLACE = "switch_place"
    SIGN_OUT = "sign_out"
    EXPORT_MINE = "export_mine"
    ERASE_MINE = "erase_mine"
    TALK = "talk"
    """Words to the program; what they set in motion, each verb asks for itself."""
    SEE_ROSTER = "see_roster"
    SET_COURSE = "set_course"
    ANSWER_STUDENTS = "answer_students"
    """Calls for help and reflections that are this adult's to read: the verbs ask for which."""
    GO_AWAY = "go_away"
    DECIDE_CLAIM = "decide_claim"
    READ_STUDENT = "read_student"
    SUGGEST_GOAL = "suggest_goal"
    ACCEPT_INVITATION = "accept_invitation"
    ADMINISTER = "administer"
    READ_CONCERNS = "read_concerns"
    """And named as a safety contact of the school, which the verbs of `core/care/contacts.py` ask."""


EVERYONE = frozenset(Role)
MAY: dict[Action, frozenset[Role]] = {
    Action.SEE_HOME: EVERYONE,
    Action.CHOOSE_LANGUAGE: EVERYONE,
    Action.SET_PREFERENCES: EVERYONE,
    Action.SWITCH_PLACE: EVERYONE,
    Action.SIGN_OUT: EVERYONE,
    Action.EXPORT_MINE: EVERYONE,
    Action.ERASE_MINE: frozenset({Role.STUDENT}),
    Action.TALK: frozenset({Role.STUDENT, Role.TEACHER, Role.ADVISOR}),
    Action.SEE_ROSTER: frozenset({Role.TEACHER, Role.ASSISTANT}),
    Action.SET_COURSE: frozenset({Role.TEACHER}),
    Action.ANSWER_STUDENTS: frozenset({Role.TEACHER, Role.ADVISOR}),
    Action.GO_AWAY: frozenset({Role.TEACHER}),
    Action.DECIDE_CLAIM: frozenset({Role.TEACHER}),
    Action.READ_STUDENT: frozenset({Role.TEACHER}),
    Action.SUGGEST_GOAL: frozenset({Role.TEACHER}),
    Action.ACCEPT_INVITATION: frozenset({Role.TEACHER, Role.ADVISOR, Role.TENANT_ADMIN, Role.VISITOR}),
    Action.ADMINISTER: frozenset({Role.TENANT_ADMIN}),
    Action.READ_CONCERNS: frozenset({Role.TEACHER, Role.ASSISTANT, Role.ADVISOR, Role.TENANT_ADMIN, Role.VISITOR}),
}


@dataclass(frozen=True)
class Guard:
    """What stands before a route or command: an action of the table, or None with the reason why it is open."""

    action: Action | None
    why_open: str = ""


Guarded = TypeVar("Guarded", bound=Callable[..., Any])


def guarded(action: Action) -> Callable[[Guarded], Guarded]:
    """Mark a route or command with the action that it is."""
    return _mark(Guard(action))


def open_to_all(why: str) -> Callable[[Guarded], Guarded]:
    """Mark a route that nobody need be known for, and say why."""
    return _mark(Guard(None, why))


def guard_of(function: Callable[..., Any]) -> Guard | None:
    """The guard before a route or command; None means that it must be refused."""
    return getattr(function, "__guard__", None)


def may(role: Role, action: Action) -> bool:
    """Whether a role may do something."""
    return role in MAY.get(action, frozenset())


def demand(role: Role, action: Action) -> None:
    """Refuse what a role may not do.

    Raises:
        NotAllowed: the table does not allow it.
    """
    if not may(role, action):
        raise NotAllowed(action=action)


def _mark(guard: Guard) -> Callable[[Guarded], Guarded]:
    def mark(function: Guarded) -> Guarded:
        function.__guard__ = guard  # type: ignore[attr-defined]
        return function

    return mark
