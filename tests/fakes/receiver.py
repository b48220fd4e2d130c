"""A receiver in memory, which keeps the contract of `tests/contracts/test_receivers.py` and can be told to make trouble."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.data.outbox import Delivered, Refused, Result
from core.data.outgoing import DestinationDown
from core.evidence.evidence import Observation
from core.journal.events import EventKind
from core.mastery.receivers import Event


@dataclass
class FakeReceiver:
    """Keeps events by id. `is_down`: nothing can be judged. `refuses`: people whose events it will never take."""

    name: str = "fake"
    takes: frozenset[str] = frozenset({EventKind.CHECK_IN_MADE})
    is_down: bool = False
    tried: bool = True
    refuses: set[object] = field(default_factory=set)
    kept: dict[str, Event] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, batch: Sequence[Event]) -> list[Result]:
        """Keep what is not refused.

        Raises:
            DestinationDown: it was told to be down.
        """
        with self._lock:
            self.sent += [event.id for event in batch]
            if self.is_down and batch:
                raise DestinationDown(reason="told to be down", tried=self.tried)
            return [self._keep(event) for event in batch]

    def fetch(self, since: datetime) -> Iterable[Observation]:
        """Nothing: it only takes."""
        return ()

    def _keep(self, event: Event) -> Result:
        if event.person_id in self.refuses:
            return Refused("told to refuse")
        self.kept[event.id] = event
        return Delivered()
