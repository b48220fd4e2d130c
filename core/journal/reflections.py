"""Reflections: answers to one prompt of self-regulated learning, read by whom the student chose; by default nobody."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, UTCDateTime

from core.data.db import Table, within_tenant
from core.data.ids import new_id

WORDS = "reflection.sealed_words"


class Phase(StrEnum):
    """The phases of self-regulated learning (Zimmerman 2002)."""

    FORETHOUGHT = "forethought"
    PERFORMANCE = "performance"
    SELF_REFLECTION = "self_reflection"


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
