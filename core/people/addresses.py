"""Addresses: where a person can be written to outside our pages. They enter it themselves and confirm it with a code.

Kept under the person's own key. Nothing is sent to an address before it is confirmed, but for the code itself.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, update
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into, within_tenant
from core.data.ids import digest
from core.data.vault import DataKey, Vault
from core.errors import CoreError

EMAIL = "email"
SEALED = "address.sealed_address"
CODE_LASTS = timedelta(minutes=30)
MOST_TRIES = 5
MOST_CODES = 4
"""Codes that one person is sent within `CODES_COUNTED`: nobody's letter-box is filled from here."""

CODES_COUNTED = timedelta(hours=1)
LONGEST = 254
_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O and 1/I
_CODE_LENGTH = 8
_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_FORM = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}")
"""What RFC 5321 calls a dot-string at a domain with a dot: no quotes, comments, spaces or address literals."""


class Address(Table, table=True):
    """One person's address on one channel. The row of a removed one stays, empty, so that codes go on being counted."""

    __table_args__ = (within_tenant("person", "person_id", on_delete="CASCADE"),)
    person_id: UUID = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    tenant_id: UUID
    sealed_address: bytes | None = None
    confirmed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    code_hash: str | None = None
    code_expires_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    tries: int = 0
    codes: int = 0
    counted_from: datetime = Field(sa_type=UTCDateTime)


class AddressUnusable(CoreError):
    """Not an address that mail can be sent to."""

    code = "address.unusable"


class TooManyCodes(CoreError):
    """The person was sent as many codes as one hour allows."""

    code = "address.too_many_codes"


class CodeRefused(CoreError):
    """The code is another one, too old, used, or was tried too often; or none was asked for."""

    code = "address.code_refused"


class NoAddress(CoreError):
    """There is no confirmed address on this channel."""

    code = "address.none"


@dataclass(frozen=True)
class Entered:
    """An address as its owner sees it."""

    address: str
    confirmed: bool


def check_email(address: str) -> str:
    """An e-mail address without the spaces around it.

    Raises:
        AddressUnusable: it is none, or holds what a header of a mail must not.
    """
    plain = address.strip()
    if len(plain) > LONGEST or not _FORM.fullmatch(plain):
        raise AddressUnusable
    return plain


def enter_address(session: Session, key: DataKey, tenant_id: UUID, person_id: UUID, address: str, *, now: datetime) -> str:
    """Keep an e-mail address, unconfirmed, in place of any other; returns the code to send to it.

    Run it in `Database.aside()`, so that no transaction is open while the code is sent.

    Raises:
        AddressUnusable: it is no e-mail address.
        TooManyCodes: this person was sent enough of them.
    """
    plain, code = check_email(address), "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    blank = {"person_id": person_id, "channel": EMAIL, "tenant_id": tenant_id, "tries": 0, "codes": 0, "counted_from": now}
    session.execute(insert_into(session, Address).values(**blank).on_conflict_do_nothing())
    row = session.scalars(_mine(tenant_id, person_id).with_for_update().execution_options(populate_existing=True)).one()
    if row.counted_from <= now - CODES_COUNTED:
        row.codes, row.counted_from = 0, now
    if row.codes >= MOST_CODES:
        raise TooManyCodes
    row.codes += 1
    row.sealed_address, row.confirmed_at = key.seal(plain, SEALED), None
    row.code_hash, row.code_expires_at, row.tries = _hash(person_id, code), now + CODE_LASTS, 0
    session.add(row)
    session.flush()
    return code


def confirm_address(session: Session, tenant_id: UUID, person_id: UUID, code: str, *, now: datetime) -> bool:
    """Confirm an address with its code, and count the try; False when the code opens nothing.

    Run it in `Database.aside()`: the try counts whatever comes of it. Spaces, dashes and small letters are forgiven.
    """
    usable = (
        *_whose(tenant_id, person_id),
        col(Address.code_hash).is_not(None),
        col(Address.code_expires_at) > now,
        col(Address.tries) < MOST_TRIES,
    )
    counting = update(Address).where(*usable).values(tries=Address.tries + 1).returning(col(Address.code_hash))
    code_hash = session.execute(counting.execution_options(synchronize_session=False)).scalar_one_or_none()
    typed = re.sub(r"[\s-]", "", code).upper()
    if code_hash is None or not hmac.compare_digest(code_hash, _hash(person_id, typed)):
        return False
    spent = {"confirmed_at": now, "code_hash": None, "code_expires_at": None}
    session.execute(update(Address).where(*_whose(tenant_id, person_id)).values(**spent).execution_options(synchronize_session=False))
    return True


def remove_address(session: Session, tenant_id: UUID, person_id: UUID) -> None:
    """Forget an address and its code. Nothing is sent there any more; removing twice changes nothing."""
    nothing = dict.fromkeys(("sealed_address", "confirmed_at", "code_hash", "code_expires_at"))
    session.execute(update(Address).where(*_whose(tenant_id, person_id)).values(**nothing).execution_options(synchronize_session=False))


def entered_address(session: Session, vault: Vault, tenant_id: UUID, person_id: UUID) -> Entered | None:
    """The e-mail address of a person as they entered it, for their own eyes; None when there is none."""
    found = session.execute(
        select(col(Address.sealed_address), col(Address.confirmed_at)).where(
            *_whose(tenant_id, person_id), col(Address.sealed_address).is_not(None)
        )
    ).one_or_none()
    if found is None or (key := vault.keys_of([person_id]).get(person_id)) is None:
        return None
    return Entered(key.open(found[0], SEALED), found[1] is not None)


def address_of(session: Session, vault: Vault, tenant_id: UUID, person_id: UUID) -> str | None:
    """The e-mail address that a person confirmed; None when there is none, or the person was erased."""
    found = entered_address(session, vault, tenant_id, person_id)
    return found.address if found and found.confirmed else None


def has_address(session: Session, tenant_id: UUID, person_id: UUID) -> bool:
    """Whether a person confirmed an e-mail address."""
    confirmed = select(col(Address.person_id)).where(*_whose(tenant_id, person_id), col(Address.confirmed_at).is_not(None))
    return session.execute(confirmed).first() is not None


def _mine(tenant_id: UUID, person_id: UUID) -> Select[Address]:
    return select(Address).where(*_whose(tenant_id, person_id))


def _whose(tenant_id: UUID, person_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (col(Address.tenant_id) == tenant_id, col(Address.person_id) == person_id, col(Address.channel) == EMAIL)


def _hash(person_id: UUID, code: str) -> str:
    """What is stored of a code: 40 bits that open nothing but a letter-box, for half an hour, after five tries."""
    return digest(f"{person_id.hex}:{code}")
