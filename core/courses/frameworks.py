"""Frameworks from CASE packages (1EdTech Competencies and Academic Standards Exchange 1.0, CFPackage as JSON).

Real packages are odd: one of OpenSALT's own samples fails the schema. What can be read is read, and what was odd is
reported; only a package without a document or a single readable item is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import select
from sqlmodel import Session, col

from core.courses.competencies import LONGEST_SHORT_NAME, Competency, Framework, suggest_short_name
from core.errors import CoreError

_NO_NUL = r"^[^\x00]*$"  # PostgreSQL keeps no NUL in a text
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=_NO_NUL)]
Plain = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_NO_NUL)]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Document(_Lenient):
    identifier: UUID
    title: Text
    creator: Plain | None = None
    uri: Plain | None = None


class _Item(_Lenient):
    identifier: UUID
    statement: Text = Field(alias="fullStatement")
    abbreviated: Plain | None = Field(default=None, alias="abbreviatedStatement")
    code: Plain | None = Field(default=None, alias="humanCodingScheme")
    uri: Plain | None = None


class _Node(_Lenient):
    identifier: UUID


class _Association(_Lenient):
    kind: str = Field(alias="associationType")
    origin: _Node = Field(alias="originNodeURI")
    destination: _Node = Field(alias="destinationNodeURI")


class PackageUnreadable(CoreError):
    """Not a CASE package: no document, or not one readable item."""

    code = "framework.unreadable"


@dataclass
class Imported:
    """What an import did: the framework, how many competencies were new or changed, and what was odd."""

    framework: Framework
    added: int = 0
    changed: int = 0
    oddities: list[str] = field(default_factory=list)


def import_package(session: Session, tenant_id: UUID, package: Any, *, now: datetime) -> Imported:
    """Import a CFPackage, or bring an imported one up to date; short names that people wrote are kept.

    Args:
        package: the parsed JSON: `CFDocument`, `CFItems`, `CFAssociations`.

    Raises:
        PackageUnreadable: no document, or not one readable item; nothing is changed.
    """
    document, items, oddities = _read(package)
    framework = _framework(session, tenant_id, document, now=now)
    known = {one.case_id: one for one in session.scalars(select(Competency).where(col(Competency.framework_id) == framework.id))}
    imported = Imported(framework, oddities=oddities)
    for position, item in enumerate(items):
        _keep(session, imported, known, item, position)
    session.flush()
    parents = _parents(package, document, known, oddities)
    for case_id, competency in known.items():
        competency.parent_id = known[parents[case_id]].id if case_id in parents else None
    session.flush()
    return imported


def _read(package: Any) -> tuple[_Document, list[_Item], list[str]]:
    if not isinstance(package, dict):
        raise PackageUnreadable(why="not an object")
    try:
        document = _Document.model_validate(package.get("CFDocument"))
    except ValidationError as error:
        raise PackageUnreadable(why=_where(error)) from None
    items: dict[UUID, _Item] = {}
    oddities = []
    for number, raw in enumerate(_list(package, "CFItems")):
        try:
            item = _Item.model_validate(raw)
        except ValidationError as error:
            oddities.append(f"CFItems[{number}]: {_where(error)}")
            continue
        if items.setdefault(item.identifier, item) is not item:
            oddities.append(f"CFItems[{number}]: identifier repeated")
    if not items:
        raise PackageUnreadable(why="CFItems")
    return document, list(items.values()), oddities


def _framework(session: Session, tenant_id: UUID, document: _Document, *, now: datetime) -> Framework:
    query = select(Framework).where(col(Framework.tenant_id) == tenant_id, col(Framework.case_id) == document.identifier)
    framework = session.scalars(query).first() or Framework(tenant_id=tenant_id, case_id=document.identifier, title="", imported_at=now)
    framework.title, framework.publisher, framework.uri = document.title, document.creator, document.uri
    framework.imported_at = now
    session.add(framework)
    session.flush()
    return framework


def _keep(session: Session, imported: Imported, known: dict[UUID, Competency], item: _Item, position: int) -> None:
    framework, short_name = imported.framework, item.abbreviated or ""
    if not 0 < len(short_name) <= LONGEST_SHORT_NAME:
        short_name = suggest_short_name(item.statement)
    facts: dict[str, Any] = {"statement": item.statement, "code": item.code, "uri": item.uri, "position": position}
    competency = known.get(item.identifier)
    if competency is None:
        competency = Competency(
            tenant_id=framework.tenant_id, framework_id=framework.id, case_id=item.identifier, short_name=short_name, **facts
        )
        known[item.identifier] = competency
        session.add(competency)
        imported.added += 1
    elif any(getattr(competency, name) != value for name, value in facts.items()):
        for name, value in facts.items():
            setattr(competency, name, value)
        session.add(competency)
        imported.changed += 1


def _parents(package: Any, document: _Document, known: Mapping[UUID, Competency], oddities: list[str]) -> dict[UUID, UUID]:
    """The parent of each item that has one; of the topmost it is the document. Circles are cut where they would close."""
    parents: dict[UUID, UUID] = {}
    for number, raw in enumerate(_list(package, "CFAssociations")):
        try:
            association = _Association.model_validate(raw)
        except ValidationError as error:
            oddities.append(f"CFAssociations[{number}]: {_where(error)}")
            continue
        child, parent = association.origin.identifier, association.destination.identifier
        if association.kind != "isChildOf" or (child in known and parent == document.identifier):
            continue
        if child not in known or parent not in known:
            oddities.append(f"CFAssociations[{number}]: item unknown")
        elif _is_above(child, parent, parents):
            oddities.append(f"CFAssociations[{number}]: circle")
        else:
            parents[child] = parent
    return parents


def _is_above(high: UUID, low: UUID, parents: Mapping[UUID, UUID]) -> bool:
    while low != high and low in parents:
        low = parents[low]
    return low == high


def _list(package: dict[str, Any], name: str) -> list[Any]:
    found = package.get(name)
    return found if isinstance(found, list) else []


def _where(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])} {first['type']}".strip()
