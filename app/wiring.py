"""Where ports meet adapters: the one place that knows which room uses which."""

from dataclasses import dataclass, field
from datetime import timedelta

import app.tables  # noqa: F401 - whoever has a house knows every table: export and erase forget none
from app.settings import Settings
from bot.conversation import Talk
from bot.email import EmailChannel
from core.data.db import Database
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.mastery.receivers import Receiver
from core.message import Channel
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
    talk: Talk
    channels: dict[str, Channel] = field(default_factory=dict)

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
        talk=Talk(vault),
        channels=_channels(settings),
    )


def _channels(settings: Settings) -> dict[str, Channel]:
    """The ways to reach a person outside our pages that this installation has."""
    server = settings.mail_server
    return {EmailChannel.name: EmailChannel(server, settings.smtp_from)} if server else {}
