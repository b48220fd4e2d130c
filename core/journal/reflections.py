"""Reflections: answers to one prompt of self-regulated learning, read by whom the student chose; by default nobody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.data.vault import Vault
from core.errors import NotFound
from core.journal.adults import demand_adults, looks_after
from core.journal.events import EventKind, promise_event
from core.journal.goals import own_goal
from core.journal.notices import Notice, To, promise_notice, promise_notices
from core.journal.prompts import find_prompt
from core.journal.student import Student
from core.journal.words import check_words, seal_words
from core.people.audit import Reader, audit_reads

WORDS = "reflection.sealed_words"
REPLY = "reflection_reply.sealed_words"
RECORD = "reflection"


class Reflection(Table, table=True):
    """One answer. `prompt` is the key of the prompt in the bank; a withdrawn one is unreadable to all but its author."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_reflection_student", "tenant_id", "person_id"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("course", "course_id"),
        within_tenant("goal", "goal_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID
    course_id: UUID
    goal_id: UUID | None = None
    phase: str
    prompt: str
    sealed_words: bytes
    written_at: datetime = Field(sa_type=UTCDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ReflectionReader(Table, table=True):
    """One adult whom the student chose to let read one reflection."""

    __tablename__ = "reflection_reader"
    __table_args__ = (
        within_tenant("reflection", "reflection_id", on_delete="CASCADE"),
        within_tenant("person", "reader_id", on_delete="CASCADE"),
    )
    reflection_id: UUID = Field(primary_key=True)
    reader_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    chosen_at: datetime = Field(sa_type=UTCDateTime)


class ReflectionReply(Table, table=True):
    """An adult's answer to a reflection that they may read, sealed with the student's key: it is the student's record too."""

    __tablename__ = "reflection_reply"
    __table_args__ = (within_tenant("reflection", "reflection_id", on_delete="CASCADE"), within_tenant("person", "written_by"))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    reflection_id: UUID = Field(index=True)
    written_by: UUID
    sealed_words: bytes
    written_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True)
class Shared:
    """A reflection that somebody chose to let a reader read; its words only where they were opened, and that was audited."""

    reflection_id: UUID
    person_id: UUID
    course_id: UUID
    prompt: str
    written_at: datetime
    words: str | None = None


def write_reflection(
    session: Session,
    student: Student,
    prompt: str,
    words: str,
    *,
    readers: Collection[UUID] = (),
    goal_id: UUID | None = None,
    now: datetime,
) -> Reflection:
    """Keep an answer to a prompt. Nobody but its author reads it, unless they are chosen here, for this one.

    Args:
        prompt: its key in the bank.
        readers: adults who teach or advise the student; none by default.
        goal_id: the goal that it is about.

    Raises:
        NotFound: no such prompt, or the goal is not the student's.
        NotTheirAdult: a reader neither teaches nor advises the student.
        WordsMissing, WordsTooLong: the words cannot be kept.
    """
    asked = find_prompt(prompt)
    demand_adults(session, student.tenant_id, student.person_id, readers)
    if goal_id:
        own_goal(session, student.tenant_id, student.person_id, goal_id)
    made = Reflection(
        tenant_id=student.tenant_id,
        person_id=student.person_id,
        course_id=student.course.id,
        goal_id=goal_id,
        phase=asked.phase,
        prompt=asked.key,
        sealed_words=seal_words(student.key, words, WORDS),
        written_at=now,
    )
    session.add(made)
    session.flush()
    session.add_all(ReflectionReader(reflection_id=made.id, reader_id=one, tenant_id=made.tenant_id, chosen_at=now) for one in set(readers))
    session.flush()
    _promise(session, EventKind.REFLECTION_WRITTEN, made, now)
    told = [To(one, {"reflection": made.id}, made.id) for one in sorted(set(readers))]
    promise_notices(session, Notice.REFLECTION_SHARED, told, tenant_id=made.tenant_id, due_at=now)
    return made


def withdraw_reflection(session: Session, tenant_id: UUID, person_id: UUID, reflection_id: UUID, *, now: datetime) -> Reflection:
    """Take a reflection back: from now on nobody but its author reads it. Twice changes nothing.

    Raises:
        NotFound: no such reflection, or somebody else's.
    """
    query = select(Reflection).where(
        col(Reflection.tenant_id) == tenant_id, col(Reflection.person_id) == person_id, col(Reflection.id) == reflection_id
    )
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(what="reflection")
    if found.withdrawn_at is None:
        found.withdrawn_at = now
        session.add(found)
        _promise(session, EventKind.REFLECTION_WITHDRAWN, found, now)
    return found


def own_reflections(session: Session, tenant_id: UUID, person_id: UUID, most: int) -> Sequence[Reflection]:
    """A student's reflections over all courses, newest first, those taken back included."""
    query = select(Reflection).where(col(Reflection.tenant_id) == tenant_id, col(Reflection.person_id) == person_id)
    return session.scalars(query.order_by(col(Reflection.written_at).desc(), col(Reflection.id).desc()).limit(most)).all()


def readers_of(session: Session, tenant_id: UUID, reflection_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Whom the author of each reflection chose; one that is for the author only is absent."""
    query = select(col(ReflectionReader.reflection_id), col(ReflectionReader.reader_id)).where(
        col(ReflectionReader.tenant_id) == tenant_id, col(ReflectionReader.reflection_id).in_(reflection_ids)
    )
    found: dict[UUID, list[UUID]] = {}
    for reflection_id, reader_id in session.execute(query.order_by(col(ReflectionReader.reader_id))):
        found.setdefault(reflection_id, []).append(reader_id)
    return found


def replies_to(session: Session, tenant_id: UUID, person_id: UUID, reflection_id: UUID) -> Sequence[ReflectionReply]:
    """What adults answered to a student's reflection, oldest first; nothing for somebody else's."""
    query = (
        select(ReflectionReply)
        .join(Reflection, col(Reflection.id) == col(ReflectionReply.reflection_id))
        .where(col(ReflectionReply.tenant_id) == tenant_id, col(Reflection.id) == reflection_id, col(Reflection.person_id) == person_id)
    )
    return session.scalars(query.order_by(col(ReflectionReply.written_at), col(ReflectionReply.id))).all()


def shared_with(session: Session, reader: Reader, most: int) -> list[Shared]:
    """The reflections that students let a reader read, newest first, without their words."""
    query = select(Reflection).where(*_readable_by(reader))
    found = session.scalars(query.order_by(col(Reflection.written_at).desc(), col(Reflection.id).desc()).limit(most))
    return [_shared(one) for one in found]


def read_reflection(
    session: Session, vault: Vault, reader: Reader, reflection_id: UUID, *, why: str, channel: str = "web", now: datetime
) -> Shared:
    """Open the words of a reflection for an adult. The read is audited in the same transaction, and fails without that.

    Args:
        why: a code of the occasion, such as `inbox`.

    Raises:
        NotFound: no such reflection; or the author did not choose this reader, or took it back; or the reader neither
            teaches nor advises the author any more.
        KeyDestroyed: the author was erased.
    """
    found = _readable(session, reader, reflection_id)
    audit_reads(session, reader, RECORD, [(found.person_id, found.id)], why=why, channel=channel, now=now)
    return _shared(found, vault.key_of(found.person_id).open(found.sealed_words, WORDS))


def reply(session: Session, vault: Vault, reader: Reader, reflection_id: UUID, words: str, *, now: datetime) -> ReflectionReply:
    """Answer a reflection that one may read. Only its author reads the answer. The last words said again are not sent twice.

    Raises:
        NotFound, KeyDestroyed: as `read_reflection`.
        WordsMissing, WordsTooLong: the words cannot be kept.
    """
    found = _readable(session, reader, reflection_id)
    key = vault.key_of(found.person_id)
    said = [one for one in replies_to(session, found.tenant_id, found.person_id, found.id) if one.written_by == reader.person_id]
    if said and key.open(said[-1].sealed_words, REPLY) == check_words(words):
        return said[-1]
    sealed = seal_words(key, words, REPLY)
    made = ReflectionReply(
        tenant_id=found.tenant_id, reflection_id=found.id, written_by=reader.person_id, sealed_words=sealed, written_at=now
    )
    session.add(made)
    session.flush()
    about = {"reflection_reply": made.id}
    promise_notice(session, Notice.REFLECTION_ANSWERED, found.person_id, about, tenant_id=found.tenant_id, once=made.id, due_at=now)
    return made


def answered_by(session: Session, reader: Reader, reflection_ids: Collection[UUID]) -> set[UUID]:
    """Which of some reflections a reader has answered."""
    query = select(col(ReflectionReply.reflection_id)).where(
        col(ReflectionReply.tenant_id) == reader.tenant_id,
        col(ReflectionReply.written_by) == reader.person_id,
        col(ReflectionReply.reflection_id).in_(reflection_ids),
    )
    return set(session.scalars(query))


def _readable(session: Session, reader: Reader, reflection_id: UUID) -> Reflection:
    found = session.scalars(select(Reflection).where(col(Reflection.id) == reflection_id, *_readable_by(reader))).one_or_none()
    if found is None:
        raise NotFound(what="reflection")
    return found


def _readable_by(reader: Reader) -> tuple[ColumnElement[bool], ...]:
    chosen = select(col(ReflectionReader.reflection_id)).where(
        col(ReflectionReader.tenant_id) == reader.tenant_id, col(ReflectionReader.reader_id) == reader.person_id
    )
    return (
        col(Reflection.tenant_id) == reader.tenant_id,
        col(Reflection.withdrawn_at).is_(None),
        col(Reflection.id).in_(chosen),
        looks_after(reader, col(Reflection.person_id)),
    )


def _shared(found: Reflection, words: str | None = None) -> Shared:
    return Shared(found.id, found.person_id, found.course_id, found.prompt, found.written_at, words)


def _promise(session: Session, kind: EventKind, found: Reflection, now: datetime) -> None:
    about = {"tenant_id": found.tenant_id, "person_id": found.person_id, "course_id": found.course_id}
    promise_event(session, kind, {"reflection": found.id}, **about, once=found.id, now=now)
