"""Crisis resources: whom a student can reach at once, day and night. A school names its own lines; until then there are
defaults, `resources.yaml`, that hold in one country only.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from uuid import UUID

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter
from sqlalchemy import delete, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table
from core.errors import InvalidInput
from core.i18n import LANGUAGES

MOST = 4
LONGEST = 80
_NUMBER = re.compile(r"\+?[0-9][0-9 .()-]*")
_HTTPS = re.compile(r"https://[^\s/@:]+\.[^\s/@:]+(/\S*)?")


class ResourceKind(StrEnum):
    """How a line is reached."""

    PHONE = "phone"
    TEXT = "text"
    URL = "url"


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Resource(BaseModel):
    """One line: what it is called, and the number or address, with what to press or to write."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Line
    kind: ResourceKind
    reach: Line

    @property
    def address(self) -> str:
        """What a browser or telephone opens: `tel:`, `sms:` or the https address itself."""
        if self.kind is ResourceKind.URL:
            return self.reach
        number = _NUMBER.search(self.reach)
        dialled = re.sub(r"[^0-9+]", "", number.group()) if number else ""
        return f"{'tel' if self.kind is ResourceKind.PHONE else 'sms'}:{dialled}"


class CrisisResource(Table, table=True):
    """One line that a school named, in one language; `position` counts from 0."""

    __tablename__ = "crisis_resource"
    tenant_id: UUID = Field(primary_key=True, foreign_key="tenant.id")
    language: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    name: str
    kind: str
    reach: str
    set_by: UUID
    set_at: datetime = Field(sa_type=UTCDateTime)


@cache
def defaults() -> Mapping[str, tuple[Resource, ...]]:
    """The lines of each language that are shown until a school names its own."""
    read = yaml.safe_load(files("core.care").joinpath("resources.yaml").read_text())
    return TypeAdapter(dict[str, tuple[Resource, ...]]).validate_python(read)


def resources_of(session: Session, tenant_id: UUID, language: str) -> tuple[Resource, ...]:
    """The lines to show to somebody, in their language: the school's own, in its other language if it named none in this one.

    A school that named any line is shown no default: those of another country would lead nowhere.
    """
    own = own_resources(session, tenant_id)
    if own:
        return own.get(language) or next(iter(own.values()))
    return defaults().get(language, defaults()[LANGUAGES[0]])


def own_resources(session: Session, tenant_id: UUID) -> dict[str, tuple[Resource, ...]]:
    """The lines that a school named, by language; empty while the defaults are shown."""
    query = select(CrisisResource).where(col(CrisisResource.tenant_id) == tenant_id)
    found: dict[str, tuple[Resource, ...]] = {}
    for row in session.scalars(query.order_by(col(CrisisResource.language), col(CrisisResource.position))):
        found[row.language] = (*found.get(row.language, ()), Resource(name=row.name, kind=ResourceKind(row.kind), reach=row.reach))
    return found


def set_resources(session: Session, tenant_id: UUID, language: str, lines: Sequence[Resource], *, by: UUID, now: datetime) -> None:
    """Put a school's lines of one language in place of those that it had; none at all takes them away.

    Raises:
        InvalidInput: more than four, an unknown language, an address that is not https, or a number without three digits.
    """
    if language not in LANGUAGES:
        raise InvalidInput(field="language")
    if len(lines) > MOST or not all(_can_be_reached(line) for line in lines):
        raise InvalidInput(field="reach")
    session.execute(delete(CrisisResource).where(col(CrisisResource.tenant_id) == tenant_id, col(CrisisResource.language) == language))
    shared: dict[str, Any] = {"tenant_id": tenant_id, "language": language, "set_by": by, "set_at": now}
    session.add_all(
        CrisisResource(**shared, position=place, name=line.name, kind=line.kind, reach=line.reach) for place, line in enumerate(lines)
    )
    session.flush()


def _can_be_reached(line: Resource) -> bool:
    if line.kind is ResourceKind.URL:
        return _HTTPS.fullmatch(line.reach) is not None
    return sum(letter.isdigit() for letter in line.address) >= 3
