"""The vault: what is sealed opens for its owner and purpose only, and never again once its key is destroyed."""

import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.settings import new_master_key
from core.data.db import Database
from core.data.vault import SYSTEM, DataKey, KeyDestroyed, MasterKeyUnknown, Unreadable, Vault, data_keys

WORDS = "im so lost on negative slope 😢"
PURPOSE = "help_request.sealed_words"


@pytest.fixture
def masters() -> list[str]:
    return [new_master_key(), new_master_key()]


@pytest.fixture
def vault(database: Database, masters: list[str]) -> Vault:
    """A vault on each kind of database, wrapped by the first master key."""
    made = Vault(database, masters[:1])
    made.create_tables()
    return made


@pytest.fixture(scope="module")
def ada() -> DataKey:
    return DataKey(UUID(int=7), bytes(range(32)))


@given(text=st.text())
def test_what_is_sealed_opens_as_it_was(text: str) -> None:
    key = DataKey(UUID(int=7), bytes(32))
    assert key.open(key.seal(text, PURPOSE), PURPOSE) == text


def test_the_same_words_sealed_twice_look_different(ada: DataKey) -> None:
    assert ada.seal(WORDS, PURPOSE) != ada.seal(WORDS, PURPOSE)


def test_what_is_sealed_for_one_purpose_does_not_open_for_another(ada: DataKey) -> None:
    with pytest.raises(Unreadable) as refused:
        ada.open(ada.seal(WORDS, PURPOSE), "goal.sealed_words")
    assert refused.value.facts == {"purpose": "goal.sealed_words"}


def test_what_is_sealed_for_one_owner_does_not_open_for_another_with_the_same_key() -> None:
    ada, ben = DataKey(UUID(int=1), bytes(32)), DataKey(UUID(int=2), bytes(32))
    with pytest.raises(Unreadable):
        ben.open(ada.seal(WORDS, PURPOSE), PURPOSE)


@pytest.mark.parametrize(
    "alter",
    [
        lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
        lambda sealed: bytes([sealed[0] ^ 1]) + sealed[1:],
        lambda sealed: sealed[:-1],
        lambda sealed: sealed[:20],
        lambda sealed: sealed[:7],
        lambda _sealed: b"",
    ],
    ids=["last byte", "first byte", "one byte short", "no tag", "half a nonce", "empty"],
)
def test_altered_bytes_do_not_open(ada: DataKey, alter: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Unreadable):
        ada.open(alter(ada.seal(WORDS, PURPOSE)), PURPOSE)


def test_a_key_is_found_again(vault: Vault) -> None:
    owner = uuid4()
    sealed = vault.make_key(owner).seal(WORDS, PURPOSE)
    assert vault.key_of(owner).open(sealed, PURPOSE) == WORDS


def test_many_keys_are_made_and_found_at_once(vault: Vault) -> None:
    owners = [uuid4() for _ in range(20)]
    sealed = {owner: key.seal(str(owner), PURPOSE) for owner, key in vault.make_keys(owners).items()}
    stranger = uuid4()
    found = vault.keys_of([*owners, stranger, owners[0]])
    assert stranger not in found
    assert {owner: key.open(sealed[owner], PURPOSE) for owner, key in found.items()} == {owner: str(owner) for owner in owners}


@pytest.mark.parametrize("many", [lambda vault: vault.make_keys([]), lambda vault: vault.keys_of([])], ids=["made", "found"])
def test_no_owners_have_no_keys(vault: Vault, many: Callable[[Vault], dict[UUID, DataKey]]) -> None:
    assert many(vault) == {}


def test_a_vault_without_its_table_does_not_answer(vault: Vault, tmp_path: Path) -> None:
    assert vault.answers()
    empty = Vault(Database(f"sqlite:///{tmp_path / 'empty.db'}"), [new_master_key()])
    assert not empty.answers()
    empty.create_tables()
    assert empty.answers()
    empty.dispose()


def test_a_destroyed_key_is_gone_for_ever(vault: Vault) -> None:
    owner, other = uuid4(), uuid4()
    vault.make_keys([owner, other])
    vault.destroy(owner)
    vault.destroy(owner)
    with pytest.raises(KeyDestroyed):
        vault.key_of(owner)
    assert set(vault.keys_of([owner, other])) == {other}


def test_a_new_key_for_the_same_owner_does_not_open_the_old_words(vault: Vault) -> None:
    owner = uuid4()
    sealed = vault.make_key(owner).seal(WORDS, PURPOSE)
    vault.destroy(owner)
    with pytest.raises(Unreadable):
        vault.make_key(owner).open(sealed, PURPOSE)


def test_a_wrapped_key_cannot_be_passed_to_another_owner(vault: Vault, database: Database) -> None:
    ada, ben = uuid4(), uuid4()
    vault.make_keys([ada, ben])
    with database.aside() as session:
        wrapped = session.execute(select(data_keys.c.wrapped).where(data_keys.c.owner_id == ada)).scalar_one()
        session.execute(update(data_keys).where(data_keys.c.owner_id == ben).values(wrapped=wrapped))
    with pytest.raises(Unreadable):
        vault.key_of(ben)


def test_rotation_wraps_every_key_anew_and_all_words_still_open(vault: Vault, database: Database, masters: list[str]) -> None:
    owners = [uuid4() for _ in range(3)]
    sealed = {owner: key.seal(WORDS, PURPOSE) for owner, key in vault.make_keys(owners).items()}
    old, new = masters
    assert Vault(database, [new, old]).rotate() == len(owners)
    assert Vault(database, [new, old]).rotate() == 0
    alone = Vault(database, [new])
    assert {key.open(sealed[owner], PURPOSE) for owner, key in alone.keys_of(owners).items()} == {WORDS}
    with pytest.raises(MasterKeyUnknown):
        Vault(database, [old]).key_of(owners[0])


def test_an_older_master_key_still_unwraps_before_rotation(vault: Vault, database: Database, masters: list[str]) -> None:
    owner = uuid4()
    sealed = vault.make_key(owner).seal(WORDS, PURPOSE)
    assert Vault(database, masters[::-1]).key_of(owner).open(sealed, PURPOSE) == WORDS


def test_rotation_without_the_old_master_key_changes_nothing(vault: Vault, database: Database, masters: list[str]) -> None:
    first, second = uuid4(), uuid4()
    vault.make_key(first)
    Vault(database, [masters[1]]).make_key(second)
    before = wrapped_in(database)
    with pytest.raises(MasterKeyUnknown):
        Vault(database, [new_master_key(), masters[1]]).rotate()
    assert wrapped_in(database) == before


def test_a_key_under_an_unknown_master_key_is_named_so(vault: Vault, database: Database) -> None:
    vault.make_key(owner := uuid4())
    stranger = Vault(database, [new_master_key()])
    with pytest.raises(MasterKeyUnknown):
        stranger.key_of(owner)
    with pytest.raises(MasterKeyUnknown):
        stranger.keys_of([owner])


def test_what_is_sealed_is_compared_without_opening_it_twice(vault: Vault) -> None:
    owner = uuid4()
    sealed = vault.make_key(owner).seal("Ada", "person.sealed_name")
    assert not vault.matches(owner, sealed, "person.sealed_name", "Ben")
    assert vault.matches(owner, sealed, "person.sealed_name", "Ada")
    vault.destroy(owner)
    assert vault.matches(owner, sealed, "person.sealed_name", "Ada")  # remembered, as a digest under a key of this process
    with pytest.raises(KeyDestroyed):
        vault.matches(owner, sealed, "person.sealed_name", "Ben")


def test_what_is_compared_for_the_wrong_purpose_or_owner_does_not_open(vault: Vault) -> None:
    ada, ben = uuid4(), uuid4()
    sealed = vault.make_keys([ada, ben])[ada].seal("Ada", "person.sealed_name")
    for owner, purpose in ((ada, "goal.sealed_words"), (ben, "person.sealed_name")):
        with pytest.raises(Unreadable):
            vault.matches(owner, sealed, purpose, "Ada")


def test_the_system_key_is_made_once(vault: Vault) -> None:
    sealed = vault.system_key().seal("private key", "tool_key.sealed")
    assert vault.system_key().open(sealed, "tool_key.sealed") == "private key"
    assert vault.key_of(SYSTEM).open(sealed, "tool_key.sealed") == "private key"


def test_processes_that_start_together_share_one_system_key(vault: Vault) -> None:
    together = threading.Barrier(4)
    sealed: list[bytes] = []

    def start() -> None:
        together.wait()
        sealed.append(vault.system_key().seal("k", "p"))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    key = vault.system_key()
    assert [key.open(one, "p") for one in sealed] == ["k"] * 4


def test_no_part_of_what_is_stored_is_the_key(vault: Vault, database: Database) -> None:
    owner = uuid4()
    sealed = vault.make_key(owner).seal(WORDS, PURPOSE)
    stored = wrapped_in(database)[owner]
    assert WORDS.encode() not in sealed
    for start in range(len(stored) - 31):
        with pytest.raises(Unreadable):
            DataKey(owner, stored[start : start + 32]).open(sealed, PURPOSE)


def wrapped_in(database: Database) -> dict[UUID, bytes]:
    with database.session(writes=False) as session:
        return {row.owner_id: bytes(row.wrapped) for row in session.execute(select(data_keys))}
