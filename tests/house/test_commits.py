"""Who commits: only `app/`, where one request or one unit of a job is one transaction, and what `Database` puts aside."""

from collections.abc import Iterable

from tests.house.source import Call, Module, calls, modules, parse

ENDS_A_TRANSACTION = {"commit", "begin"}  # `engine.begin()` and `session.begin()` commit at the end of their block
NO_DATABASE = {"wording.begin", "dialogue.begin", "self.talk.begin"}
"""What begins something else: a button that begins a dialogue, and a dialogue itself."""

ASIDE = {("core/data/db.py", "Database.aside"), ("core/data/db.py", "Database.connect")}
"""The short transactions of their own, for what must survive a refusal: with the ORM and without."""


def commits(found: Iterable[Module]) -> list[Call]:
    return [
        call
        for call in calls(found)
        if call.name in ENDS_A_TRANSACTION
        and call.target not in NO_DATABASE
        and not call.path.startswith("app/")
        and (call.path, call.within) not in ASIDE
    ]


def test_only_app_commits_and_what_is_put_aside() -> None:
    assert [str(call) for call in commits(modules())] == []


def test_what_is_put_aside_is_committed() -> None:
    assert {(call.path, call.within) for call in calls(modules("core")) if call.name in ENDS_A_TRANSACTION} == ASIDE


def test_a_commit_elsewhere_is_found() -> None:
    harmful = "class Goals:\n    def set(self, session):\n        session.flush()\n        session.commit()\n"
    assert [str(call) for call in commits([parse(harmful, "core/journal/goals.py")])] == [
        "core/journal/goals.py:4 session.commit() in Goals.set"
    ]
    assert commits([parse("with engine.begin() as connection:\n    connection.execute(deed)\n", "lti/launch.py")])
    assert not commits([parse(harmful, "app/worker.py")])
