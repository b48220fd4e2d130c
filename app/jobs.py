"""What the clock does: a timetable that exactly one process runs at a time, the one that holds its lease.

Jobs are harmless when run twice. APScheduler runs them; its job store is never shared, and a job that fell due while
nobody ran is caught up at the start.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from uuid import UUID

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from app.logs import raised_at
from app.wiring import House
from bot import lines
from core.care import safety
from core.data import leases, outbox
from core.data.clock import utc_now
from core.journal import absences, checkins, prompts
from core.people import viewers
from core.privacy import erase
from lti import launch_states

log = structlog.get_logger()
LEASE = "timetable"
LEASE_LENGTH = timedelta(seconds=30)
DELIVERED_KEPT = timedelta(days=30)
MISFIRE_GRACE = 24 * 3600
WAITS_AT_LEAST = timedelta(seconds=30)
"""A message that was kept this long ago is not being kept any more."""


def sweep(house: House, *, now: datetime) -> None:
    """Delete what has expired: viewers, launch states, moods, prompts met, absences, safety concerns, and delivered outbox entries."""
    with house.database.session() as session:
        viewers.forget_expired(session, now=now)
        launch_states.forget_expired(session, now=now)
        lines.forget_lines(session, before=now - lines.KEPT)
        checkins.forget_moods(session, before=now - checkins.MOOD_KEPT)
        prompts.forget_asked(session, before=now - prompts.NOT_AGAIN_WITHIN)
        absences.forget_absences(session, before=now - absences.KEPT)
        safety.forget_concerns(session, before=now - safety.KEPT)
        forgotten = outbox.forget_delivered(session, before=now - DELIVERED_KEPT)
        session.commit()
    log.info("sweep.done", outbox_entries=forgotten)


def watch_over_concerns(house: House, *, now: datetime) -> None:
    """Tell safety contacts of what nobody has looked at: checks that were not answered in time, and contacts named since."""
    with house.database.session() as session:
        unanswered = safety.escalate_unanswered(session, now=now)
        told = safety.tell_newly_named(session, now=now)
        session.commit()
    log.info("concerns.watched", unanswered=unanswered, told=told)


def finish_erasures(house: House, *, now: datetime) -> None:
    """Destroy the keys of those whose rows were erased and whose key was not, because of a crash or a vault that was away."""
    log.info("erasures.finished", keys=erase.finish_erasures(house.database, house.vault, now=now))


def answer_waiting(house: House, *, now: datetime) -> None:
    """Answer what was heard and could not be answered then: each in a transaction of its own, so that one that fails stops no other."""
    with house.database.session(writes=False) as session:
        waiting = [one.id for one in lines.waiting(session, before=now - WAITS_AT_LEAST)]
    for heard_id in waiting:
        try:
            with house.database.session() as session:
                found = lines.lock_waiting(session, heard_id)
                if found:
                    house.talk.take_up(session, found, now=now)
                    session.commit()
        except Exception as error:
            log.error("talk.not_answered", heard=heard_id, error=type(error).__name__, trace=raised_at(error))
            with house.database.aside() as session:
                lines.count_try(session, heard_id)


TIMETABLE: tuple[tuple[Callable[..., None], timedelta], ...] = (
    (sweep, timedelta(minutes=10)),
    (watch_over_concerns, timedelta(minutes=5)),
    (finish_erasures, timedelta(minutes=5)),
    (answer_waiting, timedelta(minutes=1)),
)


class Timetable:
    """The timetable of one process: it runs while the process holds the lease, and stops when the lease is lost."""

    def __init__(self, house: House, holder: UUID) -> None:
        self._house = house
        self._holder = holder
        self._scheduler: BackgroundScheduler | None = None
        self._renew_at: datetime | None = None

    def __enter__(self) -> "Timetable":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()
        with self._house.database.aside() as session:
            leases.release(session, LEASE, self._holder)

    @property
    def running(self) -> bool:
        """Whether this process is the one that runs it."""
        return self._scheduler is not None

    def keep(self, *, now: datetime) -> None:
        """Take or renew the lease when it is time; start or stop accordingly."""
        if self._renew_at and now < self._renew_at:
            return
        with self._house.database.aside() as session:
            held = leases.hold(session, LEASE, self._holder, now=now, length=LEASE_LENGTH)
        self._renew_at = now + LEASE_LENGTH / 3
        if held and not self._scheduler:
            self._start()
        elif not held and self._scheduler:
            self._stop()

    def _start(self) -> None:
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": MISFIRE_GRACE})
        for job, every in TIMETABLE:
            self._scheduler.add_job(
                self._run, "interval", args=[job], seconds=every.total_seconds(), next_run_time=utc_now(), id=job.__name__
            )
        self._scheduler.start()
        log.info("timetable.started")

    def _stop(self) -> None:
        if self._scheduler:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None
            log.info("timetable.stopped")

    def _run(self, job: Callable[..., None]) -> None:
        """Run a job. One that fails is run again when it is next due; the scheduler's own log would quote rows."""
        try:
            job(self._house, now=utc_now())
        except Exception as error:
            log.error("job.failed", job=job.__name__, error=type(error).__name__, trace=raised_at(error))
