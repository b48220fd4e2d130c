"""What an export shows on a page: its rows in words, by record class. The JSON has every field; here are those that people read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from babel.dates import format_date

from core.i18n import Translator
from core.journal import prompts
from core.privacy.export import Export, Named, Records, Row, Somebody

CLASSES = ("identity", "enrolment", "journal", "mood", "help", "evidence", "conversation", "safety", "audit", "access", "delivery")
"""The record classes in the order of the page; one that is not here comes last."""

TECHNICAL = frozenset(
    (
        *("id", "seq", "event_id", "heard_id", "record_id", "once_key", "order_key", "position", "payload", "realm", "rule", "tier"),
        *("attempts", "tries", "codes", "counted_from", "code_expires_at", "leased_until", "last_error", "bound_at", "handled_at"),
        *("recorded_at", "check_due_at", "is_family", "why", "pacing_bp", "sealed_state", "sealed_inbound"),
    )
)
"""Columns that say nothing to a person; the JSON has them."""

_FACES = ("😢", "🙁", "😐", "🙂", "😄")
_MINUTES = ("quiet_from", "quiet_until")
_CODES = {
    "role": "role",
    "reader_role": "role",
    "blocker": "blocker",
    "muted": "topic",
    "strategy": "talk.strategy",
    "event_kind": "event",
    "receiver": "receiver",
    "record_class": "record",
}
"""The columns whose codes have sentences of their own, and where those are; all others are in `export.value`."""


@dataclass(frozen=True)
class Fact:
    """One thing that is known: what it is called and what it is. `words` are a person's own; `anchor` leads to another row."""

    label: str
    said: str
    words: bool = False
    anchor: str | None = None


@dataclass(frozen=True)
class Entry:
    """One row, in words; others lead to it by its anchor. Without a title it is the only one of its sheet."""

    anchor: str
    title: str | None
    facts: list[Fact]


@dataclass(frozen=True)
class Sheet:
    """The rows of one table. `heading` stands on the first sheet of a record class."""

    heading: str | None
    title: str
    entries: Iterator[Entry]


class Page:
    """An export in the language of its reader, with times in their zone. It is read once, from the top."""

    def __init__(self, export: Export, t: Translator) -> None:
        """Of an export whose session is open."""
        self.export, self._t = export, t
        self.empty: list[str] = []
        self._anchors: dict[UUID, tuple[str, str]] = {}

    def sheets(self) -> Iterator[Sheet]:
        """The sheets that hold something, by record class. What holds nothing is in `empty` afterwards."""
        t, last = self._t, None
        for records in sorted(self.export.records, key=_place):
            entries = self._entries(records)
            first = next(entries, None)
            if first is None:
                self.empty.append(t(f"export.table.{records.table}"))
                continue
            heading = t(f"export.class.{records.record_class}") if records.record_class != last else None
            yield Sheet(heading, t(f"export.table.{records.table}"), chain([first], entries))
            last = records.record_class

    def _entries(self, records: Records) -> Iterator[Entry]:
        t = self._t
        what = t(f"export.table.{records.table}")
        for number, row in enumerate(records.rows(), start=1):
            anchor, title = f"{records.table}-{number}", t("export.card", what=what, number=number)
            if isinstance(row.get("id"), UUID):
                self._anchors[row["id"]] = (anchor, title)
            yield Entry(anchor, None if records.is_single else title, list(self._facts(row)))

    def _facts(self, row: Row) -> Iterator[Fact]:
        t = self._t
        for column, value in row.items():
            if value is None or column in TECHNICAL:
                continue
            label = t(f"export.column.{column}")
            if isinstance(value, UUID):
                if value in self._anchors:
                    anchor, title = self._anchors[value]
                    yield Fact(label, title, anchor=anchor)
            elif column.startswith("sealed_"):
                yield from (Fact(label, said, words=True) for said in _words(value) if said)
            elif said := self._said(column, value):
                yield Fact(label, said)

    def _said(self, column: str, value: Any) -> str:
        t = self._t
        match value:
            case Named():
                said = value.name or ""
            case Somebody():
                said = t("export.me") if value.is_me else value.name or t("export.somebody")
            case dict():
                said = " → ".join(self._day(value[name]) for name in _moved(value))
            case list():
                said = ", ".join(self._said(column, one) for one in value)
            case datetime():
                said = t.moment(value, self.export.zone)
            case date():
                said = self._day(value)
            case bool():
                said = t("export.yes" if value else "export.no")
            case int():
                said = self._number(column, value)
            case _:
                said = self._code(column, value)
        return said

    def _day(self, day: date | str) -> str:
        return format_date(date.fromisoformat(day) if isinstance(day, str) else day, "medium", locale=self._t.language)

    def _number(self, column: str, value: int) -> str:
        if column == "value":
            return _FACES[value - 1]
        if column in _MINUTES:
            return f"{value // 60:02}:{value % 60:02}"
        return f"{self._t.number(value // 100)} %" if column.endswith("_bp") else self._t.number(value)

    def _code(self, column: str, value: str) -> str:
        """A code in words, where it has some; else as it is: a name, a day of a goal's history, a zone."""
        t = self._t
        if column == "prompt":
            return prompts.say(prompts.find_prompt(value), t.language) if value in prompts.bank() else value
        if value.startswith("notice."):
            return t("export.value.notice")
        keys = (f"{_CODES.get(column, 'export.value')}.{value}", f"event.{value}", f"receiver.{value}", f"school_role.{value}")
        return next((t(key) for key in keys if key in t.keys), value)


def _place(records: Records) -> int:
    return CLASSES.index(records.record_class) if records.record_class in CLASSES else len(CLASSES)


def _moved(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The days in a line of a goal's history: from one to another, or its first."""
    return ("from", "to") if {"from", "to"} <= facts.keys() else ("target_on",) if "target_on" in facts else ()


def _words(value: Any) -> Iterator[str]:
    """All words in what was sealed: a text, the messages of one turn, or what a goal said before."""
    match value:
        case str():
            yield value
        case {"text": text}:
            yield text
            yield value.get("quote") or ""
        case Mapping():
            for one in value.values():
                yield from _words(one)
        case list():
            for one in value:
                yield from _words(one)
