"""Where ports meet adapters: the one place that knows which room uses which."""

from dataclasses import dataclass
from datetime import timedelta

from app.settings import Settings
from core.data.db import Database
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.mastery.receivers import Receiver
from lti.ags import GradebookReceiver
from lti.key_sets import KeySets


@dataclass(frozen=True)
class House:
    """Everything that a process of Paceline runs on."""

    settings: Settings
    database: Database
    vault: Vault
    outgoing: Outgoing
    key_sets: KeySets
    receivers: dict[str, Receiver]

    def close(self) -> None:
        """Close all connections."""
        self.database.dispose()
        self.vault.dispose()
        self.outgoing.close()


def build(settings: Settings) -> House:
    """Put the house together. Opens no connection yet."""
    database = Database(settings.database_address)
    vault = Vault(Database(settings.vault_address, durable=True), settings.master_key_list)  # a lost key is words lost
    outgoing = Outgoing(allow_private=settings.lenient)
    gradebook = GradebookReceiver(database, vault, outgoing, lease=timedelta(seconds=settings.lease_seconds))
    return House(
        settings=settings,
        database=database,
        vault=vault,
        outgoing=outgoing,
        key_sets=KeySets(outgoing),
        receivers={gradebook.name: gradebook},
    )
