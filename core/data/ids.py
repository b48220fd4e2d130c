"""Identifiers: UUID version 7 (RFC 9562), so that rows sort by the time they were made; and secrets that people carry."""

import hashlib
import secrets
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new time-ordered identifier."""
    return uuid7()


def new_secret() -> str:
    """A random URL-safe secret of 192 bits, 32 characters long."""
    return secrets.token_urlsafe(24)


def digest(secret: str) -> str:
    """What is stored of a random secret: SHA-256 in hex. For secrets of high entropy only, never for passwords.

    Whatever a stranger sends instead of a secret has a digest too: halves of characters included.
    """
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
