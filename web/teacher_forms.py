"""What the forms on an adult's side may hold: answers, absences, claims, suggestions and links."""

from datetime import date
from typing import Annotated, ClassVar, Literal, TypeVar
from uuid import UUID

from flask import request
from pydantic import Field, StringConstraints, ValidationError
from werkzeug.datastructures import MultiDict

from core.courses.competencies import LONGEST_SHORT_NAME
from core.errors import InvalidInput
from core.journal.help_requests import AnswerForm, Helped
from core.journal.stuck import MOST_LINKS, Link
from web.forms import Line, Sent, Words

MOST_CALLS = 200
STARTS = ("one_line", "example", "meet")
"""The ready sentences to start an answer from; each is a key of the catalogues."""


class Calls(Sent):
    """The requests that something is done with, one or many."""

    many: ClassVar[tuple[str, ...]] = ("request",)
    request: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MOST_CALLS)]


class Answer(Calls, Words):
    """The words that each of some students gets; a meeting says when and where."""

    form: AnswerForm = AnswerForm.WORDS


class Outcome(Calls):
    """Whether an answer helped."""

    helped: Helped


class PassingOn(Sent):
    """One request, to which advisor, and whether it cannot wait."""

    request: UUID
    advisor: UUID
    urgent: bool = False


class Away(Sent):
    """Until which day, from one course or from all, and who answers meanwhile; empty fields are none."""

    until: date
    course: UUID | Literal[""] = ""
    delegate: UUID | Literal[""] = ""


class Back(Sent):
    """In which course one is there again."""

    course: UUID


class Score(Sent):
    """How well a claim was fulfilled, in percent."""

    percent: Annotated[int, Field(ge=0, le=100)] = 100


class Suggestion(Sent):
    """A competency of the guide, and by when."""

    competency: UUID
    day: date


class ShortName(Sent):
    """What students read for a competency."""

    short_name: Annotated[Line, StringConstraints(max_length=LONGEST_SHORT_NAME)]


class Group(Sent):
    """Which group of the inbox is looked at, whether one by one, and from which sentence an answer starts."""

    group: UUID | None = None
    each: bool = False
    start: Literal["", "one_line", "example", "meet"] = ""


Form = TypeVar("Form", bound=Sent)


def read(form: type[Form], sent: MultiDict[str, str] | None = None) -> Form:
    """Parse the form of this request, or the address's query if that is `sent`; fields in `many` hold all their values.

    Raises:
        InvalidInput: a field is missing or does not fit; `field` names the first.
    """
    values = request.form if sent is None else sent
    lists = {name: values.getlist(name) for name in getattr(form, "many", ())}
    try:
        return form.model_validate(values.to_dict() | lists)
    except ValidationError as error:
        raise InvalidInput(field=str(error.errors()[0]["loc"][0])) from None


def typed_links() -> list[Link]:
    """The links of the form as they were typed, in order, without empty rows."""
    pairs = zip(request.form.getlist("title"), request.form.getlist("url"), strict=False)
    return [Link(title, url) for title, url in list(pairs)[:MOST_LINKS] if title.strip() or url.strip()]
