"""An address is its owner's: entered by them, confirmed by a code, five tries, half an hour, four codes an hour."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import Session

from core.data.db import Database
from core.data.vault import Vault
from core.people.addresses import (
    CODE_LASTS,
    CODES_COUNTED,
    MOST_CODES,
    MOST_TRIES,
    SEALED,
    Address,
    AddressUnusable,
    Entered,
    TooManyCodes,
    address_of,
    check_email,
    confirm_address,
    enter_address,
    entered_address,
    has_address,
    remove_address,
)
from tests.people_made import School

ADDRESS = "ada.lovelace+school@mail.example.org"


class Ada:
    """The student with her school, vault and clock at hand."""

    def __init__(self, session: Session, school: School, vault: Vault, now: datetime) -> None:
        self.session, self.vault, self.now = session, vault, now
        self.whose = (school.tenant.id, school.student.id)

    def enter(self, address: str = ADDRESS, *, after: timedelta = timedelta(0)) -> str:
        key = self.vault.key_of(self.whose[1])
        return enter_address(self.session, key, *self.whose, address, now=self.now + after)

    def confirm(self, code: str, *, after: timedelta = timedelta(0)) -> bool:
        return confirm_address(self.session, *self.whose, code, now=self.now + after)

    def entered(self) -> Entered | None:
        return entered_address(self.session, self.vault, *self.whose)

    def address(self) -> str | None:
        return address_of(self.session, self.vault, *self.whose)


@pytest.fixture
def ada(session: Session, school: School, vault: Vault, now: datetime) -> Ada:
    return Ada(session, school, vault, now)


def test_an_address_is_used_once_its_owner_has_typed_the_code(ada: Ada) -> None:
    assert (ada.entered(), ada.address()) == (None, None)
    code = ada.enter()
    assert (ada.entered(), ada.address()) == (Entered(ADDRESS, confirmed=False), None)
    assert not has_address(ada.session, *ada.whose)
    assert ada.confirm(code)
    assert (ada.entered(), ada.address()) == (Entered(ADDRESS, confirmed=True), ADDRESS)
    assert has_address(ada.session, *ada.whose)


def test_a_code_works_once(ada: Ada) -> None:
    code = ada.enter()
    assert ada.confirm(code)
    assert not ada.confirm(code)
    assert ada.address() == ADDRESS, "a code that is spent takes nothing back"


@pytest.mark.parametrize("typed", [str.lower, lambda code: f" {code[:4]}-{code[4:]} ", lambda code: f"{code[:4]} {code[4:]}\n"])
def test_a_code_may_be_typed_as_people_type(ada: Ada, typed: Callable[[str], str]) -> None:
    assert ada.confirm(typed(ada.enter()))


@pytest.mark.parametrize("wrong", ["", "AAAAAAAA", "é" * 8, "\ud800", "0" * 5000])
def test_another_code_opens_nothing(ada: Ada, wrong: str) -> None:
    ada.enter()
    assert not ada.confirm(wrong)
    assert ada.address() is None


def test_five_tries_and_then_the_right_code_is_too_late(ada: Ada) -> None:
    code = ada.enter()
    assert [ada.confirm("AAAAAAAA") for _ in range(MOST_TRIES)] == [False] * MOST_TRIES
    assert not ada.confirm(code)
    assert ada.confirm(ada.enter()), "another code has tries of its own"


def test_the_fifth_try_may_be_the_right_one(ada: Ada) -> None:
    code = ada.enter()
    for _ in range(MOST_TRIES - 1):
        ada.confirm("AAAAAAAA")
    assert ada.confirm(code)


def test_a_try_counts_whatever_comes_of_the_request(database: Database, kept_school: School, vault: Vault, now: datetime) -> None:
    whose = (kept_school.tenant.id, kept_school.student.id)
    with database.aside() as session:
        code = enter_address(session, vault.key_of(whose[1]), *whose, ADDRESS, now=now)
    for _ in range(MOST_TRIES):
        with database.aside() as session:
            assert not confirm_address(session, *whose, "AAAAAAAA", now=now)
    with database.aside() as session:
        assert not confirm_address(session, *whose, code, now=now)


@pytest.mark.parametrize(("after", "works"), [(CODE_LASTS - timedelta(seconds=1), True), (CODE_LASTS, False)])
def test_a_code_lasts_half_an_hour(ada: Ada, after: timedelta, works: bool) -> None:
    assert ada.confirm(ada.enter(), after=after) is works


def test_entering_again_takes_the_place_of_what_was_there(ada: Ada) -> None:
    old = ada.enter("old@example.org")
    new = ada.enter()
    assert not ada.confirm(old)
    assert ada.confirm(new)
    ada.enter("newer@example.org")
    assert (ada.entered(), ada.address()) == (Entered("newer@example.org", confirmed=False), None)


def test_nobodys_letter_box_is_filled(ada: Ada) -> None:
    for _ in range(MOST_CODES):
        code = ada.enter("somebody.else@example.org")
    with pytest.raises(TooManyCodes):
        ada.enter()
    remove_address(ada.session, *ada.whose)
    with pytest.raises(TooManyCodes):
        ada.enter(after=CODES_COUNTED - timedelta(seconds=1))
    assert not ada.confirm(code)
    assert ada.confirm(ada.enter(after=CODES_COUNTED), after=CODES_COUNTED)


def test_a_removed_address_is_gone(ada: Ada) -> None:
    ada.confirm(ada.enter())
    remove_address(ada.session, *ada.whose)
    assert (ada.entered(), ada.address(), has_address(ada.session, *ada.whose)) == (None, None, False)
    row = ada.session.execute(select(Address.sealed_address, Address.confirmed_at, Address.code_hash)).one()  # type: ignore[call-overload]
    assert tuple(row) == (None, None, None)
    remove_address(ada.session, *ada.whose)


def test_what_is_stored_tells_neither_address_nor_code(ada: Ada) -> None:
    code = ada.enter()
    row = ada.session.scalars(select(Address)).one()
    assert row.sealed_address is not None
    assert row.code_hash is not None
    assert b"ada" not in row.sealed_address.lower()
    assert code not in row.code_hash
    assert ada.vault.key_of(ada.whose[1]).open(row.sealed_address, SEALED) == ADDRESS


def test_codes_differ_and_hold_no_letter_that_is_taken_for_another(ada: Ada) -> None:
    codes = {ada.enter(after=CODES_COUNTED * number) for number in range(50)}
    assert len(codes) == 50
    assert not set("".join(codes)) & set("01OI")
    assert {len(code) for code in codes} == {8}


def test_an_erased_person_has_no_address(ada: Ada) -> None:
    ada.confirm(ada.enter())
    ada.vault.destroy(ada.whose[1])
    assert (ada.entered(), ada.address()) == (None, None)


def test_an_address_is_nobody_elses(ada: Ada, school: School, neighbours: School) -> None:
    code = ada.enter()
    for stranger in ((school.tenant.id, school.teacher.id), (neighbours.tenant.id, school.student.id)):
        assert not confirm_address(ada.session, *stranger, code, now=ada.now)
        assert entered_address(ada.session, ada.vault, *stranger) is None
        remove_address(ada.session, *stranger)
    assert ada.confirm(code)


# What is an address


@pytest.mark.parametrize(
    "address",
    ["a@b.co", "ADA@Example.ORG", " ada@example.org\n", "o'brien!#$%&*+/=?^_`{|}~-@x-y.example", f"{'a' * 64}@example.org", "1@2.3.museum"],
)
def test_an_address_that_mail_can_be_sent_to(address: str) -> None:
    assert check_email(address) == address.strip()


UNUSABLE = [
    "",
    "ada",
    "ada@",
    "@example.org",
    "ada@localhost",
    "ada@example.org@evil.example",
    "ada@@example.org",
    "ada lovelace@example.org",
    "Ada <ada@example.org>",
    "ada@example.org, eve@evil.example",
    "ada@example.org;eve@evil.example",
    '"ada lovelace"@example.org',
    '"a\\"b"@example.org',
    "ada(comment)@example.org",
    "ada@[127.0.0.1]",
    "ada@127.0.0.1",
    "ada@-example.org",
    "ada@example-.org",
    "ada@example..org",
    "ada@.example.org",
    "ada@example.org.",
    ".ada@example.org",
    "ada.@example.org",
    "a..da@example.org",
    "adá@example.org",
    "ada@exämple.org",
    "ada@example.org\r\nBcc: eve@evil.example",
    "ada\r\n@example.org",
    "ada@exam\nple.org",
    "ada\0@example.org",
    "ada\x7f@example.org",
    "ada\u2028@example.org",
    "ada@example.org\u202e",
    f"{'a' * 65}@example.org",
    f"ada@{'a' * 64}.org",
    f"ada@{'.'.join(['a' * 60] * 5)}.org",
]


@pytest.mark.parametrize("address", UNUSABLE)
def test_what_is_no_address_is_refused(ada: Ada, address: str) -> None:
    with pytest.raises(AddressUnusable):
        ada.enter(address)
    assert ada.entered() is None


@given(st.one_of(st.text(max_size=80), st.emails().flatmap(lambda one: st.text(max_size=5).map(lambda more: one + more))))
def test_whatever_passes_is_one_line_of_plain_letters_with_one_at(text: str) -> None:
    try:
        passed = check_email(text)
    except AddressUnusable:
        return
    assert passed.isascii()
    assert passed.isprintable()
    assert passed.count("@") == 1
    assert not set(passed) & set(' <>()[],;:"\\')
