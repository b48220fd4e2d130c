"""Prompts: a reviewed bank of questions, `prompts/<language>.yaml`, by phase of learning and by what they are about.

A student meets none of them twice within four weeks, answered or skipped.
"""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from uuid import UUID

import yaml
from sqlalchemy import delete, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into, within_tenant
from core.errors import NotFound
from core.i18n import LANGUAGES

NOT_AGAIN_WITHIN = timedelta(weeks=4)
FIRST_LANGUAGE = LANGUAGES[0]


class Phase(StrEnum):
    """The phases of self-regulated learning (Zimmerman 2002)."""

    FORETHOUGHT = "forethought"
    PERFORMANCE = "performance"
    SELF_REFLECTION = "self_reflection"


class Kind(StrEnum):
    """What a prompt is about: the content, the way of working, or oneself as a learner."""

    CONTENT = "content"
    PROCESS = "process"
    LEARNING = "learning"


@dataclass(frozen=True)
class Prompt:
    """One question of the bank; `say` tells it in a language."""

    key: str
    phase: Phase
    kind: Kind


class PromptAsked(Table, table=True):
    """When a student last met a prompt, so that they do not meet it again too soon. Not whether they answered."""

    __tablename__ = "prompt_asked"
    __table_args__ = (within_tenant("person", "person_id", on_delete="CASCADE"),)
    person_id: UUID = Field(primary_key=True)
    prompt: str = Field(primary_key=True)
    tenant_id: UUID
    asked_at: datetime = Field(sa_type=UTCDateTime)


@cache
def bank() -> Mapping[str, Prompt]:
    """All prompts, by key, in the order of the bank."""
    phases = _read(FIRST_LANGUAGE).items()
    return {key: Prompt(key, Phase(phase), Kind(kind)) for phase, kinds in phases for kind, prompts in kinds.items() for key in prompts}


def find_prompt(key: str) -> Prompt:
    """A prompt of the bank.

    Raises:
        NotFound: none of that key.
    """
    if key not in bank():
        raise NotFound(what="prompt")
    return bank()[key]


def say(prompt: Prompt, language: str) -> str:
    """The question in a language; in English when it is none of ours."""
    return _said(language if language in LANGUAGES else FIRST_LANGUAGE)[prompt.key]


def pick(phase: Phase, *, kind: Kind | None = None, without: Collection[str] = (), seed: int | str) -> Prompt | None:
    """One prompt of a phase, and of a kind if one is wanted; the same for the same seed. None when none is left."""
    left = [one for one in bank().values() if one.phase is phase and kind in (None, one.kind) and one.key not in without]
    return random.Random(seed).choice(left) if left else None


def ask_prompt(
    session: Session,
    tenant_id: UUID,
    person_id: UUID,
    phase: Phase,
    *,
    kind: Kind | None = None,
    first: str | None = None,
    seed: int | str,
    now: datetime,
) -> Prompt | None:
    """Choose a prompt that a student has not met for four weeks, and remember that they meet it now.

    Args:
        first: the key of the prompt that fits best here: it is chosen unless they met it.
        seed: decides which one, such as the id of the conversation's turn: a turn that is run again asks the same.

    Returns None when the student has met them all: then there is no prompt today.
    """
    met = select(col(PromptAsked.prompt)).where(
        col(PromptAsked.tenant_id) == tenant_id, col(PromptAsked.person_id) == person_id, col(PromptAsked.asked_at) > now - NOT_AGAIN_WITHIN
    )
    without = set(session.scalars(met))
    chosen = find_prompt(first) if first and first not in without else pick(phase, kind=kind, without=without, seed=seed)
    if chosen:
        row = {"person_id": person_id, "prompt": chosen.key, "tenant_id": tenant_id, "asked_at": now}
        insert = insert_into(session, PromptAsked).values(**row)
        session.execute(insert.on_conflict_do_update(index_elements=["person_id", "prompt"], set_={"asked_at": now}))
    return chosen


def forget_asked(session: Session, *, before: datetime) -> None:
    """Delete what students met before an instant: it is of no use after four weeks."""
    session.execute(delete(PromptAsked).where(col(PromptAsked.asked_at) < before))


@cache
def _said(language: str) -> Mapping[str, str]:
    return {key: words for kinds in _read(language).values() for prompts in kinds.values() for key, words in prompts.items()}


def _read(language: str) -> dict[str, dict[str, dict[str, str]]]:
    read: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(files("core.journal").joinpath("prompts", f"{language}.yaml").read_text())
    return read
