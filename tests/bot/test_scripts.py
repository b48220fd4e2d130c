"""A hundred scripted conversations, as students have them: nothing lost, nothing doubled, never an exception, always a next step."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.db import Database
from core.data.vault import Vault
from tests.bot.scripted import Play, Script, scripts
from tests.bot.stages import Model, Stage, make_model, make_stage

ALL = scripts()
EVERY = 10
"""Which ones are played on PostgreSQL too."""


@pytest.fixture(scope="module")
def model(sqlite_template: Path, vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return make_model(sqlite_template, vault_template, tmp_path_factory.mktemp("stage"))


@pytest.fixture
def stage(model: Model, tmp_path: Path) -> Iterator[Stage]:
    with model.copy(tmp_path) as copied:
        yield copied


@pytest.mark.parametrize("script", ALL, ids=[script.id for script in ALL])
def test_a_conversation(script: Script, stage: Stage) -> None:
    Play(stage, script).play()


@pytest.mark.parametrize("kind", ["postgresql"])
@pytest.mark.parametrize("script", ALL[::EVERY], ids=[script.id for script in ALL[::EVERY]])
def test_a_conversation_on_postgresql(script: Script, database: Database, vault: Vault) -> None:
    with database.aside() as session:
        stage = make_stage(session, database, vault)
    Play(stage, script).play()


def test_there_are_a_hundred_of_them_a_fifth_in_spanish() -> None:
    assert len({script.id for script in ALL}) == len(ALL) >= 100
    assert 5 * len([script for script in ALL if script.who == "luis"]) >= len(ALL)
