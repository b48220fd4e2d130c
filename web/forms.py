"""What forms may hold: parsed strictly, once, at the edge. What does not fit is `InvalidInput`, naming its field."""

import unicodedata
from collections.abc import Sequence
from datetime import time
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from flask import request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from core.care.resources import Resource
from core.care.safety import Outcome
from core.errors import InvalidInput
from core.journal.words import LONGEST_WORDS
from core.people.people import LONGEST_NAME
from core.people.platforms import AgeBand
from core.people.preferences import LONGEST_SNOOZE, Topic, Way
from core.people.roles import SchoolRole

_VISIBLE = r"^[^\x00-\x1f\x7f]*$"  # PostgreSQL keeps no NUL, and one line is one line
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255, pattern=_VISIBLE)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME, pattern=_VISIBLE)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=_VISIBLE)]

AGE_BANDS = (AgeBand.UNDER_13, AgeBand.TEENS, AgeBand.ADULT, AgeBand.MIXED)
"""What a school may attest: the age band of a deployment is not left unset."""


class Sent(BaseModel):
    """The base of every form: unknown fields are ignored, known ones must fit."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Language(Sent):
    """The language that a person chose, and on which page."""

    language: Literal["en", "es"]
    page: Literal[
        "home.show",
        "home.records",
        "dashboard.show",
        "admin.show",
        "settings.show",
        "feedback.show",
        "care.show",
        "inbox.show",
        "links.show",
    ] = "home.show"


class Place(Sent):
    """Where a person goes on: into one of their courses, with `school` into the school, or with `advisor` to whom they advise."""

    course: UUID | None = None
    school: bool = False
    advisor: bool = False


class Code(Sent):
    """The code, or the whole link, of an invitation."""

    code: Line


class NewAdmin(Sent):
    """Who accepts an invitation from outside an LMS."""

    name: Name


class Gradebook(Sent):
    """Whether the gradebook gets a course's check-ins."""

    send: bool


class QuietHours(Sent):
    """Local times between which nothing is sent; equal ones for none."""

    quiet_from: time
    quiet_until: time


class Pause(Sent):
    """For how many days nothing is sent; `core.people.preferences` says how many they may be."""

    days: Annotated[int, Field(ge=1, le=LONGEST_SNOOZE.days)]


class Muting(Sent):
    """A topic, and whether to hear no more of it."""

    topic: Topic
    mute: bool


class Channel(Sent):
    """Where notes go."""

    channel: Way


class Mail(Sent):
    """An e-mail address as it was typed; `core.people.addresses` says whether it is one."""

    address: Annotated[str, StringConstraints(max_length=1000)]


class Words(Sent):
    """What somebody wrote, line breaks and all, as long as it may be."""

    words: Annotated[str, StringConstraints(max_length=LONGEST_WORDS)]


class Confirmation(Sent):
    """The word that somebody typed to say that they mean it."""

    confirm: Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)] = ""

    def is_word(self, word: str) -> bool:
        """Whether it is that word, in capitals or not."""
        return self.confirm.casefold() == word.casefold()


class NewPlatform(Sent):
    """The facts of an LMS, as its own pages name them; `frame_origin` only where its pages have another address, as Canvas's do."""

    name: Name
    issuer: Address
    client_id: Line
    auth_login_url: Address
    auth_token_url: Address
    key_set_url: Address
    frame_origin: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""

    @property
    def facts(self) -> dict[str, str]:
        """What the platform's row holds."""
        return self.model_dump(exclude={"frame_origin"})


class Approval(Sent):
    """How old the students of a deployment are, as the school attests."""

    age_band: AgeBand

    @field_validator("age_band")
    @classmethod
    def _attested(cls, value: AgeBand) -> AgeBand:
        if value not in AGE_BANDS:
            raise ValueError("unset is no attestation")
        return value


class Naming(Sent):
    """A person and a role of the school."""

    person: UUID
    role: SchoolRole


class Closing(Sent):
    """What came of a safety concern."""

    outcome: Outcome


class LinesOf(Sent):
    """The language of some crisis lines."""

    language: Literal["en", "es"]


Form = TypeVar("Form", bound=Sent)


def read(form: type[Form]) -> Form:
    """Parse the form of this request.

    Raises:
        InvalidInput: a field is missing or does not fit; `field` names the first.
    """
    try:
        return form.model_validate(request.form.to_dict())
    except ValidationError as error:
        raise InvalidInput(field=str(error.errors()[0]["loc"][0])) from None


def typed_lines() -> list[dict[str, str]]:
    """The rows of a form of crisis lines, as they were typed; rows without any word are left out."""
    columns = {name: request.form.getlist(name) for name in ("name", "kind", "reach")}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False)]
    return [row for row in rows if row["name"].strip() or row["reach"].strip()]


def read_lines(typed: Sequence[dict[str, str]]) -> list[Resource]:
    """Rows of a form as crisis lines.

    Raises:
        InvalidInput: a row lacks its name or what it leads to, or they do not fit.
    """
    try:
        return [Resource.model_validate(row) for row in typed]
    except ValidationError as error:
        raise InvalidInput(field=str(error.errors()[0]["loc"][0])) from None


def page_number(most: int) -> int:
    """Which page of a list is asked for, from 1 to `most`; what cannot be read is the first."""
    asked = request.args.get("page", "")
    return min(max(int(asked), 1), most) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1


def words(name: str) -> str:
    """What somebody typed to look for, at most 100 characters; empty when nothing."""
    return " ".join(request.args.get(name, "").split())[:100]


def plain(name: str) -> str:
    """A name as it is looked for and sorted: without accents and capitals."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter)).casefold()
