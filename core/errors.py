"""Errors of the domain: a stable code and facts; no prose and no HTTP.

`core/i18n` holds the sentence of each code in every language; the edges choose the status.
"""

from typing import ClassVar


class CoreError(Exception):
    """A refusal that a person can understand and mend."""

    code: ClassVar[str] = "error"

    def __init__(self, **facts: str | int) -> None:
        super().__init__(self.code)
        self.facts = facts


class NotFound(CoreError):
    """There is no such thing, or it belongs to somebody else: the two look the same from outside."""

    code = "not_found"


class NotAllowed(CoreError):
    """The role of the person does not allow it."""

    code = "not_allowed"


class InvalidInput(CoreError):
    """What was sent cannot be read; `field` names it."""

    code = "invalid_input"
