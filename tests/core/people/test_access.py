"""Who may do what: the whole table, written out a second time by hand, and default deny."""

import pytest

from core.errors import NotAllowed
from core.people.access import MAY, Action, Guard, Role, demand, guard_of, guarded, may, open_to_all

TABLE = """
                   student  teacher  assistant  advisor  guardian  tenant_admin  visitor
see_home           yes      yes      yes        yes      yes       yes           yes
choose_language    yes      yes      yes        yes      yes       yes           yes
set_preferences    yes      yes      yes        yes      yes       yes           yes
switch_place       yes      yes      yes        yes      yes       yes           yes
sign_out           yes      yes      yes        yes      yes       yes           yes
export_mine        yes      yes      yes        yes      yes       yes           yes
erase_mine         yes      no       no         no       no        no            no
talk               yes      yes      no         yes      no        no            no
see_roster         no       yes      yes        no       no        no            no
set_course         no       yes      no         no       no        no            no
answer_students    no       yes      no         yes      no        no            no
go_away            no       yes      no         no       no        no            no
decide_claim       no       yes      no         no       no        no            no
read_student       no       yes      no         no       no        no            no
suggest_goal       no       yes      no         no       no        no            no
accept_invitation  no       yes      no         yes      no        yes           yes
administer         no       no       no         no       no        yes           no
read_concerns      no       yes      yes        yes      no        yes           yes
"""
_HEAD, *_ROWS = [line.split() for line in TABLE.strip().splitlines()]
WRITTEN = {(role, action): cell == "yes" for action, *cells in _ROWS for role, cell in zip(_HEAD, cells, strict=True)}


def test_the_table_has_every_role_and_every_action() -> None:
    assert WRITTEN.keys() == {(role.value, action.value) for role in Role for action in Action}


@pytest.mark.parametrize(("cell", "allowed"), WRITTEN.items(), ids=[" ".join(cell) for cell in WRITTEN])
def test_a_role_may_do_what_the_table_says_and_nothing_else(cell: tuple[str, str], allowed: bool) -> None:
    role, action = Role(cell[0]), Action(cell[1])
    assert may(role, action) is allowed
    if allowed:
        demand(role, action)
    else:
        with pytest.raises(NotAllowed) as refused:
            demand(role, action)
        assert refused.value.facts == {"action": action}


def test_an_action_that_nobody_listed_is_allowed_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MAY, Action.SEE_HOME)
    assert not any(may(role, Action.SEE_HOME) for role in Role)


def test_what_carries_no_guard_is_to_be_refused() -> None:
    def unmarked() -> None: ...

    assert guard_of(unmarked) is None


def test_a_mark_names_the_action_and_leaves_the_function_as_it_was() -> None:
    @guarded(Action.SIGN_OUT)
    def mark_me(word: str) -> str:
        return word

    assert guard_of(mark_me) == Guard(Action.SIGN_OUT)
    assert mark_me("hello") == "hello"


def test_what_is_open_says_why() -> None:
    @open_to_all("a platform knocks here before anybody is known")
    def login() -> None: ...

    assert guard_of(login) == Guard(None, "a platform knocks here before anybody is known")
