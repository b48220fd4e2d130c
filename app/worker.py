"""The worker: delivers the outbox and, while it holds the lease, runs the timetable.

Any number may run beside each other. One that dies loses its leases, and another takes up what it left.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from uuid import UUID

import structlog
from prometheus_client import Counter, start_http_server

from app.jobs import Timetable
from app.logs import raised_at
from app.wiring import House
from core.data import outbox
from core.data.clock import utc_now
from core.data.ids import new_id
from core.data.outbox import Claim, Delivered, Refused, Result, TryLater
from core.data.outgoing import DestinationDown, DestinationRefused
from core.errors import CoreError
from core.journal.checkins import RECEIVERS
from core.mastery import posting

log = structlog.get_logger()
DELIVERIES = Counter("paceline_deliveries_total", "Outbox entries handled", ["destination", "result"])


class Worker:
    """One worker process, or a thread of a test."""

    def __init__(self, house: House, holder: UUID | None = None) -> None:
        self._house = house
        self._lease = timedelta(seconds=house.settings.lease_seconds)
        self._timetable = Timetable(house, holder or new_id())
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until a signal or `stop` says so."""
        if self._house.settings.worker_metrics_port:
            start_http_server(self._house.settings.worker_metrics_port, addr="127.0.0.1")
        with self._timetable, _signals(self.stop):
            log.info("worker.started")
            while not self._stopping.is_set():
                self._timetable.keep(now=utc_now())
                if self.deliver() == 0:
                    self._stopping.wait(self._house.settings.poll_seconds)
        log.info("worker.stopped")

    def stop(self) -> None:
        """Finish the delivery in hand, then stop."""
        self._stopping.set()

    def deliver(self) -> int:
        """Claim what is due and deliver it; returns how many entries were claimed."""
        started = utc_now()
        with self._house.database.session() as session:
            claims = outbox.claim(session, now=started, lease=self._lease)
            session.commit()
        for claimed in claims:
            if self._stopping.is_set() or utc_now() - started > self._lease / 2:
                self._give_back(claimed)  # somebody may be taking it over by the time we get to it
            else:
                self._deliver(claimed)
        return len(claims)

    def _deliver(self, claimed: Claim) -> None:
        if claimed.destination == RECEIVERS:
            self._hand_on(claimed)
        else:
            self._post(claimed)

    def _hand_on(self, claimed: Claim) -> None:
        """An event becomes one entry a receiver, and is done, in one transaction."""
        with self._house.database.session() as session:
            now = utc_now()
            outbox.record(session, claimed, posting.hand_on(session, claimed, now=now), now=now)
            session.commit()

    def _post(self, claimed: Claim) -> None:
        result = self._try(claimed)
        DELIVERIES.labels(claimed.destination, type(result).__name__).inc()
        with self._house.database.session() as session:
            now = utc_now()
            mine = outbox.record(session, claimed, result, now=now)
            if mine and isinstance(result, Delivered):
                posting.log_posted(session, claimed, now=now)
            session.commit()

    def _try(self, claimed: Claim) -> Result:
        """Post outside any transaction. Whatever goes wrong is written down with the entry, and the others go on."""
        if claimed.destination not in self._house.receivers:
            return Refused(f"no receiver is called {claimed.destination}")
        try:
            return posting.post(self._house.receivers, claimed)
        except DestinationDown as down:
            return TryLater(down.reason, down.after)
        except DestinationRefused as refused:
            return Refused(f"{refused.code}: {refused.facts.get('address', '')}"[:500])
        except CoreError as error:
            return TryLater(error.code)
        except Exception as error:
            log.error(
                "delivery.failed", seq=claimed.seq, destination=claimed.destination, error=type(error).__name__, trace=raised_at(error)
            )
            return TryLater(type(error).__name__)

    def _give_back(self, claimed: Claim) -> None:
        with self._house.database.session() as session:
            outbox.give_back(session, claimed)
            session.commit()


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop the worker after the delivery in hand; threads other than the main one get no signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
