"""The worker: delivers the outbox and, while it holds the lease, runs the timetable.

Any number may run beside each other. One that dies loses its leases, and another takes up what it left.
"""

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from uuid import UUID

import structlog
from prometheus_client import Counter, start_http_server
from sqlalchemy.exc import SQLAlchemyError

from app.jobs import Timetable
from app.logs import raised_at
from app.wiring import House
from bot import deliver
from core.data import outbox
from core.data.clock import utc_now
from core.data.ids import new_id
from core.data.outbox import Claim, Delivered, Dropped, Refused, Result, TryLater
from core.data.outgoing import DestinationDown, DestinationRefused
from core.errors import CoreError
from core.journal.events import RECEIVERS
from core.journal.notices import TALK
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
        self._took: dict[tuple[UUID, str], float] = {}

    def run(self) -> None:
        """Work until a signal or `stop` says so."""
        if self._house.settings.worker_metrics_port:
            start_http_server(self._house.settings.worker_metrics_port, addr="127.0.0.1")
        with self._timetable, _signals(self.stop):
            log.info("worker.started")
            while not self._stopping.is_set():
                if not self._work():
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
        for claimed in self._turns(claims):
            if self._stopping.is_set() or utc_now() - started > self._lease / 2:
                self._give_back(claimed)  # somebody may be taking it over by the time we get to it
            else:
                self._deliver(claimed)
        return len(claims)

    def _work(self) -> bool:
        """One round; whether there was something to do. A database that fails is tried again in a while: what was claimed stays leased."""
        try:
            self._timetable.keep(now=utc_now())
            return self.deliver() > 0
        except SQLAlchemyError as error:
            log.error("worker.database_failed", error=type(error).__name__, trace=raised_at(error))
            return False

    def _turns(self, claims: Sequence[Claim]) -> Iterator[Claim]:
        """The claims, in an order in which a slow destination of one school holds up nobody else.

        It is always the turn of the school and destination that took the least time lately. That is remembered from
        claim to claim, for those that are there: who used up the time of one comes last in the next.
        """
        queues: dict[tuple[UUID, str], deque[Claim]] = {}
        for claimed in claims:
            queues.setdefault((claimed.tenant_id, claimed.destination), deque()).append(claimed)
        least = min((took for whose, took in self._took.items() if whose in queues), default=0.0)
        self._took = {whose: self._took.get(whose, least) - least for whose in queues}
        while queues:
            whose = min(queues, key=self._took.__getitem__)
            claimed = queues[whose].popleft()
            if not queues[whose]:
                del queues[whose]
            started = time.monotonic()
            yield claimed
            self._took[whose] += time.monotonic() - started

    def _deliver(self, claimed: Claim) -> None:
        """Whatever goes wrong is written down with the entry, in a transaction of its own, and the others go on."""
        try:
            if claimed.destination == RECEIVERS:
                self._hand_on(claimed)
            elif claimed.destination == TALK:
                self._tell(claimed)
            elif claimed.destination in self._house.channels:
                self._write_to(claimed)
            else:
                self._post(claimed)
        except Exception as error:
            self._log(claimed, error)
            self._record(claimed, TryLater(type(error).__name__))

    def _hand_on(self, claimed: Claim) -> None:
        """An event becomes one entry a receiver, and is done, in one transaction."""
        with self._house.database.session() as session:
            now = utc_now()
            outbox.record(session, claimed, posting.hand_on(session, self._house.receivers, claimed, now=now), now=now)
            session.commit()

    def _tell(self, claimed: Claim) -> None:
        """What is said in a conversation is a row of our own: it is written and recorded in one transaction."""
        with self._house.database.session() as session:
            now = utc_now()
            outbox.record(session, claimed, deliver.tell(session, self._house.vault, self._house.talk, claimed, now=now), now=now)
            session.commit()

    def _write_to(self, claimed: Claim) -> None:
        """A note goes out by a channel outside any transaction; whether it still may is asked right before."""
        with self._house.database.session(writes=False) as session:
            found = deliver.address_for_note(session, self._house.vault, claimed)
        result: Result = Dropped("the address is gone")
        if found:
            address, language = found
            channel = self._house.channels[claimed.destination]
            result = deliver.send_note(channel, claimed, address, language, self._house.settings.address)
        DELIVERIES.labels(claimed.destination, type(result).__name__).inc()
        self._record(claimed, result)

    def _post(self, claimed: Claim) -> None:
        result = self._hold_back(claimed) or self._try(claimed)
        DELIVERIES.labels(claimed.destination, type(result).__name__).inc()
        self._record(claimed, result)

    def _record(self, claimed: Claim, result: Result) -> None:
        with self._house.database.session() as session:
            now = utc_now()
            mine = outbox.record(session, claimed, result, now=now)
            if mine and isinstance(result, Delivered) and claimed.destination in self._house.receivers:
                posting.log_posted(session, claimed, now=now)
            session.commit()

    def _hold_back(self, claimed: Claim) -> Result | None:
        """What to record of an entry that must not be sent: asked at the last moment, for much may have changed meanwhile."""
        if claimed.destination not in self._house.receivers:
            return Refused(f"no receiver is called {claimed.destination}")
        with self._house.database.session(writes=False) as session:
            unwanted = posting.why_unwanted(session, claimed)
        return Dropped(unwanted) if unwanted else None

    def _try(self, claimed: Claim) -> Result:
        """Post outside any transaction."""
        try:
            return posting.post(self._house.receivers, claimed)
        except DestinationDown as down:
            return TryLater(down.reason, down.after, down.tried)
        except DestinationRefused as refused:
            return Refused(f"{refused.code}: {refused.facts.get('address', '')}"[:500])
        except CoreError as error:
            return TryLater(error.code)
        except Exception as error:
            self._log(claimed, error)
            return TryLater(type(error).__name__)

    def _log(self, claimed: Claim, error: Exception) -> None:
        """Without the error's message, which may quote a row or a student."""
        trace = raised_at(error)
        log.error("delivery.failed", seq=claimed.seq, destination=claimed.destination, error=type(error).__name__, trace=trace)

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
