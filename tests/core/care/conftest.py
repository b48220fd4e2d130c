"""Who takes part in care: Ada, who is taught by Ms Rivera; Ms Okafor, the safety contact; Kim Lee, the admin."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from core.care.safety import Reason, SafetyConcern, Tier, raise_concern
from core.data.outbox import OutboxEntry
from core.data.vault import Vault
from core.people import roles
from core.people.access import Role
from core.people.people import Person, add_person
from core.people.roles import SchoolRole
from tests.people_made import School

ZONE = "America/Los_Angeles"
HURT = "i want to hurt myself"


@dataclass(frozen=True)
class Adult:
    """Somebody who reads, as a door speaks for them."""

    tenant_id: UUID
    person_id: UUID
    role: Role


Named = Callable[..., Adult]
Raise = Callable[..., SafetyConcern]
Noticed = Callable[[], list[tuple[UUID | None, dict[str, Any]]]]


def adult(person: Person, role: Role) -> Adult:
    return Adult(person.tenant_id, person.id, role)


@pytest.fixture
def named(session: Session, vault: Vault, school: School, now: datetime) -> Named:
    """Add a person of the school and name them to a role: `named("Ms Okafor", SchoolRole.SAFETY_CONTACT, Role.ADVISOR)`."""

    def name(called: str, school_role: SchoolRole, role: Role = Role.VISITOR) -> Adult:
        person = add_person(session, vault, school.tenant.id, called, now=now)
        roles.grant(session, school.tenant.id, person.id, school_role, by=None, now=now)
        return adult(person, role)

    return name


@pytest.fixture
def okafor(named: Named) -> Adult:
    return named("Ms Okafor", SchoolRole.SAFETY_CONTACT, Role.ADVISOR)


@pytest.fixture
def kim(named: Named) -> Adult:
    return named("Kim Lee", SchoolRole.TENANT_ADMIN, Role.TENANT_ADMIN)


@pytest.fixture
def rivera(school: School) -> Adult:
    return adult(school.teacher, Role.TEACHER)


@pytest.fixture
def raised(session: Session, vault: Vault, school: School, now: datetime) -> Raise:
    """Raise a concern about Ada, or about whoever is given."""

    def concern(tier: str = Tier.ACUTE, words: str = HURT, person: Person | None = None, **more: Any) -> SafetyConcern:
        about = person or school.student
        facts: dict[str, Any] = {"reason": Reason.SELF_HARM, "rule": "en.hurt_myself", "channel": "web", "zone": ZONE, "now": now}
        return raise_concern(
            session, vault.key_of(about.id), tenant_id=about.tenant_id, person_id=about.id, tier=tier, words=words, **facts | more
        )

    return concern


@pytest.fixture
def noticed(session: Session) -> Noticed:
    """To whom notices were promised so far, and their payloads, in order."""

    def entries() -> list[tuple[UUID | None, dict[str, Any]]]:
        session.flush()
        found = session.scalars(select(OutboxEntry).order_by(col(OutboxEntry.seq)))
        return [(one.subject_id, dict(one.payload)) for one in found]

    return entries
