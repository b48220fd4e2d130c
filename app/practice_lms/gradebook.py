"""The gradebook: line items and the scores received for them (LTI AGS 2.0)."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from app.practice_lms.cast import Course
from app.practice_lms.store import Store

DEFAULT_ITEM = "paceline"
"""The id of the line item that comes with a course's link to Paceline."""


RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _instant(said: Any) -> datetime:
    """An RFC 3339 instant as UTC. Pydantic's own reading also takes plain numbers, and strictly only outside validators."""
    if not isinstance(said, str) or not RFC_3339.fullmatch(said):
        raise ValueError("must be an ISO 8601 instant with its time zone, such as 2026-11-22T10:15:30.000Z")
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the calendar") from error


Instant = Annotated[datetime, BeforeValidator(_instant)]
Points = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Maximum = Annotated[float, Field(ge=0.01, le=1_000_000, allow_inf_nan=False)]
Text = Annotated[str, StringConstraints(max_length=255)]
Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]


class _Body(BaseModel):
    """A JSON body, read strictly. Extensions named by an address pass, as AGS wants; other unknown names are mistakes."""

    model_config = ConfigDict(strict=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_extensions(cls, body: Any) -> Any:
        return {name: value for name, value in body.items() if "://" not in name} if isinstance(body, dict) else body


class LineItem(_Body):
    """What a tool says about one column of the gradebook. An `id` that it sends is not used: the LMS gives the id."""

    id: Text | None = None
    label: Filled
    scoreMaximum: Maximum  # noqa: N815 - AGS's own names, here and below
    resourceId: Text | None = None  # noqa: N815
    resourceLinkId: Text | None = None  # noqa: N815
    tag: Text | None = None
    startDateTime: Instant | None = None  # noqa: N815
    endDateTime: Instant | None = None  # noqa: N815
    gradesReleased: bool | None = None  # noqa: N815
    submissionReview: dict[str, Any] | None = None  # noqa: N815


class Submission(_Body):
    """When the student began and handed in."""

    startedAt: Instant | None = None  # noqa: N815
    submittedAt: Instant | None = None  # noqa: N815


class Score(_Body):
    """One score as AGS sends it. Without `scoreGiven` it clears what was there."""

    userId: Filled  # noqa: N815
    timestamp: Instant
    activityProgress: Literal["Initialized", "Started", "InProgress", "Submitted", "Completed"]  # noqa: N815
    gradingProgress: Literal["FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"]  # noqa: N815
    scoreGiven: Points | None = None  # noqa: N815
    scoreMaximum: Maximum | None = None  # noqa: N815
    scoringUserId: Text | None = None  # noqa: N815
    comment: Annotated[str, StringConstraints(max_length=2000)] | None = None
    submission: Submission | None = None

    @model_validator(mode="after")
    def _maximum_with_points(self) -> "Score":
        if self.scoreGiven is not None and self.scoreMaximum is None:
            raise ValueError("scoreGiven needs scoreMaximum")
        return self


@dataclass(frozen=True)
class KeptItem:
    """A line item in the gradebook, with the id that the LMS gave it."""

    id: str
    facts: LineItem


@dataclass(frozen=True)
class ReceivedScore:
    """A score in the gradebook: what it said, when it came, and how often the very same came again."""

    item_id: str
    score: Score
    received_at: datetime
    repeats: int


class OlderScore(Exception):
    """A score's timestamp is not later than that of the score kept (AGS 2.0: it must be)."""

    def __init__(self, kept_at: datetime) -> None:
        super().__init__(kept_at)
        self.kept_at = kept_at


class Gradebook:
    """The line items of every course and what was received for them."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock

    def open_course(self, course: Course) -> None:
        """Make the line item that comes with a course's link to Paceline; twice changes nothing."""
        facts = LineItem(label="Paceline", scoreMaximum=100.0, resourceLinkId=course.resource_link)
        with self._store.write() as connection:
            connection.execute("INSERT OR IGNORE INTO line_item VALUES (?, ?, ?)", (course.context, DEFAULT_ITEM, facts.model_dump_json()))

    def add_item(self, context: str, facts: LineItem) -> KeptItem:
        """Add a line item to a course."""
        kept = KeptItem(token_hex(8), facts)
        with self._store.write() as connection:
            connection.execute("INSERT INTO line_item VALUES (?, ?, ?)", (context, kept.id, facts.model_dump_json()))
        return kept

    def items(self, context: str) -> list[KeptItem]:
        """The line items of a course, oldest first."""
        with self._store.read() as connection:
            rows = connection.execute("SELECT id, facts FROM line_item WHERE context = ? ORDER BY rowid", (context,)).fetchall()
        return [KeptItem(row["id"], LineItem.model_validate_json(row["facts"])) for row in rows]

    def item(self, context: str, item_id: str) -> KeptItem | None:
        """One line item of a course."""
        return next((item for item in self.items(context) if item.id == item_id), None)

    def take(self, context: str, item_id: str, score: Score) -> bool:
        """Keep a score; False when the very same is there already, which is counted and changes nothing else.

        Raises:
            OlderScore: a score with a later timestamp is there, or another one with the same.
        """
        facts, at = score.model_dump_json(), _text(score.timestamp)
        with self._store.write() as connection:
            last = _last(connection, context, item_id, score.userId)
            if last is not None and (last["at"], last["facts"]) == (at, facts):
                connection.execute("UPDATE score SET repeats = repeats + 1 WHERE rowid = ?", (last["rowid"],))
                return False
            if last is not None and at <= last["at"]:
                raise OlderScore(datetime.fromisoformat(last["at"]))
            connection.execute(
                "INSERT INTO score (context, line_item, subject, at, facts, received_at) VALUES (?, ?, ?, ?, ?, ?)",
                (context, item_id, score.userId, at, facts, _text(self._clock())),
            )
        return True

    def scores(self, context: str, limit: int = 1_000_000) -> list[ReceivedScore]:
        """The scores a course received, newest first."""
        with self._store.read() as connection:
            query = "SELECT line_item, facts, received_at, repeats FROM score WHERE context = ? ORDER BY rowid DESC LIMIT ?"
            return [_received(row) for row in connection.execute(query, (context, limit))]

    def results(self, context: str, item_id: str) -> list[ReceivedScore]:
        """The score that counts, for each person who has one: the one with the latest timestamp."""
        latest: dict[str, ReceivedScore] = {}
        for received in self.scores(context):  # scores only ever get later, so the newest comes first
            if received.item_id == item_id:
                latest.setdefault(received.score.userId, received)
        return sorted(latest.values(), key=lambda received: received.score.userId)


def _last(connection: sqlite3.Connection, context: str, item_id: str, subject: str) -> sqlite3.Row | None:
    query = "SELECT rowid, at, facts FROM score WHERE context = ? AND line_item = ? AND subject = ? ORDER BY at DESC LIMIT 1"
    row: sqlite3.Row | None = connection.execute(query, (context, item_id, subject)).fetchone()
    return row


def _received(row: sqlite3.Row) -> ReceivedScore:
    score = Score.model_validate_json(row["facts"])
    return ReceivedScore(row["line_item"], score, datetime.fromisoformat(row["received_at"]), row["repeats"])


def _text(instant: datetime) -> str:
    """An instant as text of one length, so that text order is time order."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
