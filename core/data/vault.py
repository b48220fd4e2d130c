"""The vault: one data key per person, in a database of its own, wrapped by the master key.

Free text and names are sealed with the person's key (AES-256-GCM). Destroying the key makes every copy of the text
unreadable, in backups of the main database too. The vault is therefore backed up apart, and for a short time only.
"""

import hashlib
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, LargeBinary, MetaData, Table, Uuid, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from core.data.db import Database
from core.errors import CoreError

SYSTEM = UUID(int=0)
"""The owner of what belongs to no person: the tool's private keys and its tokens."""

MOST_REMEMBERED = 20_000
_NONCE = 12
_KEY_ID = 4

vault_metadata = MetaData()
data_keys = Table(
    "data_key",
    vault_metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
_many = select(data_keys.c.owner_id, data_keys.c.wrapped).where(data_keys.c.owner_id.in_(bindparam("owners", expanding=True)))
_one = select(data_keys.c.wrapped).where(data_keys.c.owner_id == bindparam("owner"))


class KeyDestroyed(CoreError):
    """The person's data key is gone: what was sealed with it can never be read again."""

    code = "vault.key_destroyed"


class Unreadable(CoreError):
    """Sealed under another key, or altered."""

    code = "vault.unreadable"


class MasterKeyUnknown(CoreError):
    """A data key is wrapped by a master key that is not among `PACELINE_MASTER_KEYS`."""

    code = "vault.master_key_unknown"


class DataKey:
    """The key of one owner, unwrapped, in memory for the length of a request."""

    def __init__(self, owner: UUID, key: bytes) -> None:
        self.owner = owner
        self._cipher = AESGCM(key)

    def seal(self, text: str, purpose: str) -> bytes:
        """Encrypt `text`. `purpose` (table.column) is bound to it: a mood cannot be passed off as a goal."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), self._bound(purpose))

    def open(self, sealed: bytes, purpose: str) -> str:
        """Decrypt what `seal` made for the same owner and purpose.

        Raises:
            Unreadable: another key, another purpose, or altered bytes.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound(purpose)).decode()
        except (InvalidTag, ValueError):  # ValueError: shorter than a nonce
            raise Unreadable(purpose=purpose) from None

    def _bound(self, purpose: str) -> bytes:
        return self.owner.bytes + purpose.encode()


class Vault:
    """The data keys of all owners."""

    def __init__(self, database: Database, master_keys: Sequence[str]) -> None:
        """`master_keys` are 32 bytes in URL-safe base64; the first wraps, the others only still unwrap."""
        raw = [urlsafe_b64decode(key) for key in master_keys]
        self._database = database
        self._current = _key_id(raw[0])
        self._memory_key, self._matched = secrets.token_bytes(32), set[bytes]()
        self._masters = {_key_id(key): AESGCM(key) for key in raw}

    def create_tables(self) -> None:
        """Lay the vault's one table, if it is not there."""
        vault_metadata.create_all(self._database.engine)

    def answers(self) -> bool:
        """Whether the vault's database can be read and its table is there."""
        try:
            with self._database.connect() as connection:
                connection.execute(_one, {"owner": SYSTEM})
        except SQLAlchemyError:
            return False
        return True

    def dispose(self) -> None:
        """Close the vault's connections."""
        self._database.dispose()

    def make_key(self, owner: UUID) -> DataKey:
        """Make the key of a new owner. It is committed at once: a key without a person harms nobody."""
        key = AESGCM.generate_key(256)
        with self._database.connect(writes=True) as connection:
            connection.execute(data_keys.insert().values(owner_id=owner, wrapped=self._wrap(owner, key)))
        return DataKey(owner, key)

    def make_keys(self, owners: Sequence[UUID]) -> dict[UUID, DataKey]:
        """Make the keys of many new owners in one transaction."""
        keys = {owner: AESGCM.generate_key(256) for owner in owners}
        with self._database.connect(writes=True) as connection:
            rows = [{"owner_id": owner, "wrapped": self._wrap(owner, key)} for owner, key in keys.items()]
            if rows:
                connection.execute(data_keys.insert(), rows)
        return {owner: DataKey(owner, key) for owner, key in keys.items()}

    def key_of(self, owner: UUID) -> DataKey:
        """The key of one owner.

        Raises:
            KeyDestroyed: there is none (any more).
            MasterKeyUnknown: the master key that wrapped it is not configured.
        """
        with self._database.connect() as connection:
            wrapped = connection.execute(_one, {"owner": owner}).scalar_one_or_none()
        if wrapped is None:
            raise KeyDestroyed
        return self._unwrap(owner, wrapped)

    def matches(self, owner: UUID, sealed: bytes, purpose: str, text: str) -> bool:
        """Whether `sealed` is this very text. A yes is remembered, as a keyed digest of both, and then costs no look-up.

        Raises:
            KeyDestroyed, MasterKeyUnknown, Unreadable: as `key_of` and `open` do.
        """
        seen = blake2b(sealed + text.encode(), key=self._memory_key, digest_size=16).digest()
        if seen in self._matched:
            return True
        if self.key_of(owner).open(sealed, purpose) != text:
            return False
        if len(self._matched) >= MOST_REMEMBERED:
            self._matched.clear()
        self._matched.add(seen)
        return True

    def keys_of(self, owners: Iterable[UUID]) -> dict[UUID, DataKey]:
        """The keys of many owners, in one statement; owners without a key are absent."""
        with self._database.connect() as connection:
            rows = connection.execute(_many, {"owners": list(set(owners))}).all()
        return {owner: self._unwrap(owner, wrapped) for owner, wrapped in rows}

    def system_key(self) -> DataKey:
        """The key of what belongs to no person, made when first asked for."""
        with suppress(KeyDestroyed):
            return self.key_of(SYSTEM)
        with suppress(IntegrityError):  # another process, starting at the same time, has just made it
            return self.make_key(SYSTEM)
        return self.key_of(SYSTEM)

    def destroy(self, owner: UUID) -> None:
        """Destroy a key for ever. Destroying it twice changes nothing."""
        with self._database.connect(writes=True) as connection:
            connection.execute(delete(data_keys).where(data_keys.c.owner_id == owner))
        self._database.empty_log()  # which would still hold the page as it was

    def rotate(self) -> int:
        """Wrap every key that an older master key wrapped under the first one; returns how many.

        Raises:
            MasterKeyUnknown: a key was wrapped by a master key that is not configured; nothing is changed.
        """
        with self._database.connect(writes=True) as connection:
            rows = connection.execute(select(data_keys.c.owner_id, data_keys.c.wrapped)).all()
            stale = [(owner, wrapped) for owner, wrapped in rows if wrapped[:_KEY_ID] != self._current]
            for owner, wrapped in stale:
                again = self._wrap(owner, self._unwrap_raw(owner, wrapped))
                connection.execute(update(data_keys).where(data_keys.c.owner_id == owner).values(wrapped=again))
        return len(stale)

    def _wrap(self, owner: UUID, key: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return self._current + nonce + self._masters[self._current].encrypt(nonce, key, owner.bytes)

    def _unwrap(self, owner: UUID, wrapped: bytes) -> DataKey:
        return DataKey(owner, self._unwrap_raw(owner, wrapped))

    def _unwrap_raw(self, owner: UUID, wrapped: bytes) -> bytes:
        master = self._masters.get(bytes(wrapped[:_KEY_ID]))
        if master is None:
            raise MasterKeyUnknown
        nonce, sealed = wrapped[_KEY_ID : _KEY_ID + _NONCE], wrapped[_KEY_ID + _NONCE :]
        try:
            return master.decrypt(nonce, sealed, owner.bytes)
        except (InvalidTag, ValueError):
            raise Unreadable(purpose="data key") from None


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"paceline master key id" + key).digest()[:_KEY_ID]
