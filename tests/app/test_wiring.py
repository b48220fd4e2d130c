"""The house as production puts it together."""

from pathlib import Path

from app import wiring
from app.settings import Settings, Stage, new_master_key


def test_the_vault_keeps_every_key_through_a_power_cut(tmp_path: Path) -> None:
    house = wiring.build(Settings(stage=Stage.TEST, home=tmp_path, master_keys=new_master_key()))
    with house.vault._database.connect() as connection:
        safety = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for pragma in ("synchronous", "secure_delete")]
    house.close()
    assert safety == [2, 1]
