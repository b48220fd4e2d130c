"""The outbox: what is promised is delivered once, in order, by whoever holds the lease."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, func, insert, select, text
from sqlmodel import Session, col

from core.data import outbox
from core.data.db import Database
from core.data.outbox import (
    FIRST_WAIT,
    LONGEST_UNTRIED,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    MOST_LOOKS,
    MOST_OF_ONE,
    Claim,
    Delivered,
    Dropped,
    OutboxEntry,
    Refused,
    Result,
    State,
    TryLater,
)
from core.errors import NotFound
from core.people.tenants import Tenant, add_tenant

LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)


@pytest.fixture
def tenant(session: Session, now: datetime) -> Tenant:
    return add_tenant(session, "Riverside", zone="UTC", language="en", now=now)


@pytest.fixture
def kept_tenant(database: Database, now: datetime) -> Tenant:
    with database.aside() as session:
        return add_tenant(session, "Riverside", zone="UTC", language="en", now=now)


def promise(session: Session, tenant: Tenant, once_key: str, *, due_at: datetime, **more: Any) -> bool:
    facts = {"tenant_id": tenant.id, "subject_id": None, "payload": {"id": once_key}} | more
    return outbox.promise(session, "check_in.made", "gradebook", once_key=once_key, due_at=due_at, **facts)


def claim(session: Session, now: datetime, most: int = 50) -> list[Claim]:
    return outbox.claim(session, now=now, lease=LEASE, most=most)


def keys(claims: list[Claim]) -> list[str]:
    return [one.once_key for one in claims]


def entry(session: Session, once_key: str) -> OutboxEntry:
    query = select(OutboxEntry).where(col(OutboxEntry.once_key) == once_key)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def kill(session: Session, tenant: Tenant, once_key: str, now: datetime) -> int:
    """Promise an entry and have its destination refuse it; returns its number."""
    promise(session, tenant, once_key, due_at=now)
    (mine,) = [one for one in claim(session, now) if one.once_key == once_key]
    outbox.record(session, mine, Refused("HTTP 403"), now=now)
    return mine.seq


def test_a_promise_keeps_what_it_was_given(session: Session, tenant: Tenant, now: datetime) -> None:
    subject = uuid4()
    assert promise(session, tenant, "a", due_at=now, subject_id=subject, payload={"course": "c", "done": [1, None]})
    (claimed,) = claim(session, now)
    assert claimed == Claim(
        seq=claimed.seq,
        tenant_id=tenant.id,
        kind="check_in.made",
        destination="gradebook",
        once_key="a",
        subject_id=subject,
        payload={"course": "c", "done": [1, None]},
        attempt=1,
    )


def test_the_same_thing_is_promised_once(session: Session, tenant: Tenant, now: datetime) -> None:
    assert promise(session, tenant, "a", due_at=now)
    assert not promise(session, tenant, "a", due_at=now + SECOND, payload={"id": "other"})
    assert [dict(one.payload) for one in claim(session, now)] == [{"id": "a"}]


def test_a_kept_promise_is_not_made_again(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "a", due_at=now)
    outbox.record(session, claim(session, now)[0], Delivered(), now=now)
    assert not promise(session, tenant, "a", due_at=now)
    assert claim(session, now + LEASE) == []


def test_a_promise_is_undone_with_its_deed(database: Database, kept_tenant: Tenant, now: datetime) -> None:
    with database.session() as session:
        promise(session, kept_tenant, "a", due_at=now)
        session.rollback()
    with database.aside() as session:
        assert claim(session, now) == []


def test_nothing_is_claimed_before_it_is_due(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "a", due_at=now + SECOND)
    assert claim(session, now) == []
    assert keys(claim(session, now + SECOND)) == ["a"]


def test_what_fell_due_first_is_claimed_first(session: Session, tenant: Tenant, now: datetime) -> None:
    for key, seconds in (("late", 1), ("latest", 0), ("early", 5), ("middle", 3)):
        promise(session, tenant, key, due_at=now - seconds * SECOND)
    claimed = [keys(claim(session, now, most=1)) for _ in range(4)]
    assert claimed == [["early"], ["middle"], ["late"], ["latest"]]


def test_no_more_is_claimed_than_asked_for(session: Session, tenant: Tenant, now: datetime) -> None:
    for number in range(30):
        promise(session, tenant, f"{number:02}", due_at=now)
    assert [len(claim(session, now, most=8)) for _ in range(5)] == [8, 8, 8, 6, 0]


# One school's long queue


def flood(session: Session, tenant: Tenant, count: int, *, due_at: datetime, destination: str = "gradebook") -> None:
    """Fill the outbox with entries of one school for one destination."""
    values: dict[str, Any] = {"tenant_id": tenant.id, "kind": "check_in.made", "destination": destination, "payload": {}}
    values |= {"attempts": 0, "state": State.WAITING}
    rows = [{**values, "once_key": uuid4().hex, "order_key": uuid4().hex, "due_at": due_at + number * SECOND} for number in range(count)]
    session.execute(insert(OutboxEntry), rows)


def test_a_long_queue_takes_a_share_and_hides_nobody(session: Session, tenant: Tenant, now: datetime) -> None:
    neighbour = add_tenant(session, "Lakeside", zone="UTC", language="en", now=now)
    hours_ago = now - timedelta(hours=5)
    flood(session, tenant, 600, due_at=hours_ago)
    flood(session, tenant, 300, due_at=hours_ago + timedelta(hours=1), destination="records")
    for key in ("b1", "b2"):
        promise(session, neighbour, key, due_at=now)
    claims = claim(session, now)
    shares = Counter((one.tenant_id, one.destination) for one in claims)
    assert shares == {(tenant.id, "gradebook"): MOST_OF_ONE, (tenant.id, "records"): MOST_OF_ONE, (neighbour.id, "gradebook"): 2}
    assert len({one.seq for one in claims}) == len(claims)


def test_of_a_long_queue_the_oldest_come_first(session: Session, tenant: Tenant, now: datetime) -> None:
    flood(session, tenant, 200, due_at=now - timedelta(hours=1))
    taken = [[one.seq for one in claim(session, now)] for _ in range(3)]
    assert [len(some) for some in taken] == [MOST_OF_ONE] * 3
    numbers = [number for some in taken for number in some]
    assert numbers == list(range(min(numbers), min(numbers) + 3 * MOST_OF_ONE))


@pytest.mark.parametrize("kind", ["sqlite"])
def test_with_more_schools_than_places_the_first_of_each_come_first(session: Session, tenant: Tenant, now: datetime) -> None:
    schools = [tenant, *(add_tenant(session, f"School {number}", zone="UTC", language="en", now=now) for number in range(6))]
    for number, school in enumerate(schools):
        flood(session, school, 9, due_at=now - timedelta(hours=7 - number))
    claims = claim(session, now, most=14)
    assert Counter(one.tenant_id for one in claims) == {school.id: 2 for school in schools}


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_claim_looks_past_long_queues_and_not_for_ever(session: Session, tenant: Tenant, now: datetime) -> None:
    for number in range(MOST_LOOKS + 3):
        flood(session, tenant, 5, due_at=now - timedelta(hours=20 - number), destination=f"receiver {number}")
    with statements(session) as seen:
        claims = claim(session, now, most=5)
    assert len(claims) == 5
    assert len({one.destination for one in claims}) == 5
    assert len(seen) == MOST_LOOKS + 1


def test_entries_that_share_an_order_wait_for_the_earlier(session: Session, tenant: Tenant, now: datetime) -> None:
    for key, order in (("ada 1", "ada"), ("ada 2", "ada"), ("ben 1", "ben"), ("free", None)):
        promise(session, tenant, key, due_at=now, order_key=order)
    first = claim(session, now)
    assert keys(first) == ["ada 1", "ben 1", "free"]
    assert claim(session, now) == []
    outbox.record(session, first[0], Delivered(), now=now)
    assert keys(claim(session, now)) == ["ada 2"]


def test_the_order_holds_when_the_later_falls_due_first(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "first", due_at=now + LEASE, order_key="ada")
    promise(session, tenant, "second", due_at=now, order_key="ada")
    assert claim(session, now) == []
    assert keys(claim(session, now + LEASE)) == ["first"]


def test_a_dead_letter_does_not_block_what_follows_it(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "first", due_at=now, order_key="ada")
    promise(session, tenant, "second", due_at=now, order_key="ada")
    outbox.record(session, claim(session, now)[0], Refused("HTTP 400"), now=now)
    assert keys(claim(session, now)) == ["second"]


def test_a_lease_keeps_others_away_until_it_expires(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "a", due_at=now)
    assert [one.attempt for one in claim(session, now)] == [1]
    assert claim(session, now + LEASE - SECOND) == []
    assert [one.attempt for one in claim(session, now + LEASE)] == [2]


def test_who_lost_the_lease_cannot_record_over_the_successor(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "a", due_at=now)
    (slow,) = claim(session, now)
    (quick,) = claim(session, now + LEASE)
    assert not outbox.record(session, slow, TryLater("slow"), now=now + LEASE)
    assert entry(session, "a").last_error is None
    assert outbox.record(session, quick, Delivered(), now=now + LEASE)
    assert not outbox.record(session, slow, Refused("slow"), now=now + LEASE)
    assert entry(session, "a").state == State.DONE


def test_who_is_late_but_without_a_successor_still_records(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "a", due_at=now)
    (slow,) = claim(session, now)
    assert outbox.record(session, slow, Delivered(), now=now + 2 * LEASE)


@pytest.mark.parametrize(
    ("result", "state", "error"),
    [(Delivered(), State.DONE, None), (TryLater("HTTP 503"), State.WAITING, "HTTP 503"), (Refused("HTTP 403"), State.DEAD, "HTTP 403")],
    ids=["delivered", "try later", "refused"],
)
def test_each_result_is_written_down(
    session: Session, tenant: Tenant, now: datetime, result: Result, state: State, error: str | None
) -> None:
    promise(session, tenant, "a", due_at=now)
    (claimed,) = claim(session, now)
    assert outbox.record(session, claimed, result, now=now)
    kept = entry(session, "a")
    assert (kept.state, kept.last_error, kept.leased_until) == (state, error, None)


def test_what_is_dropped_is_done_and_says_why(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "a", due_at=now)
    assert outbox.record(session, claim(session, now)[0], Dropped("switched off"), now=now)
    kept = entry(session, "a")
    assert (kept.state, kept.last_error, kept.leased_until) == (State.DONE, "switched off", None)
    assert claim(session, now + LEASE) == []


@pytest.mark.parametrize("after", [None, timedelta(seconds=30), timedelta(hours=3)])
def test_a_call_that_was_never_made_is_no_attempt(session: Session, tenant: Tenant, now: datetime, after: timedelta | None) -> None:
    promise(session, tenant, "a", due_at=now)
    for _ in range(MOST_ATTEMPTS + 5):
        (claimed,) = claim(session, now)
        assert claimed.attempt == 1
        assert outbox.record(session, claimed, TryLater("breaker open", after, tried=False), now=now)
        kept = entry(session, "a")
        assert (after or timedelta(0)) <= kept.due_at - now <= max(LONGEST_UNTRIED, after or timedelta(0))
        now += max(LONGEST_UNTRIED, after or timedelta(0))
    assert (kept.state, kept.attempts, kept.last_error) == (State.WAITING, 0, "breaker open")


def test_who_could_not_try_and_lost_the_lease_takes_no_attempt_away(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "a", due_at=now)
    (slow,) = claim(session, now)
    claim(session, now + LEASE)
    assert not outbox.record(session, slow, TryLater("breaker open", tried=False), now=now + LEASE)
    assert entry(session, "a").attempts == 2


def test_it_is_tried_for_about_three_days() -> None:
    tries = [sum((outbox.wait_before(number) for number in range(2, MOST_ATTEMPTS + 1)), timedelta()) for _ in range(300)]
    assert timedelta(days=2.9) < sum(tries, timedelta()) / len(tries) < timedelta(days=3.1)
    assert timedelta(days=2) < min(tries)
    assert max(tries) < timedelta(days=4)


def test_what_failed_is_claimed_again_after_its_wait(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "a", due_at=now)
    outbox.record(session, claim(session, now)[0], TryLater("HTTP 503", after=timedelta(minutes=5)), now=now)
    assert claim(session, now + timedelta(minutes=5) - SECOND) == []
    (again,) = claim(session, now + timedelta(minutes=5))
    assert again.attempt == 2


def test_after_the_last_attempt_an_entry_is_dead(session: Session, tenant: Tenant, now: datetime) -> None:
    promise(session, tenant, "a", due_at=now)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert entry(session, "a").state == State.WAITING
        (claimed,) = claim(session, now)
        assert claimed.attempt == attempt
        outbox.record(session, claimed, TryLater("HTTP 503"), now=now)
        now += LONGEST_WAIT
    assert entry(session, "a").state == State.DEAD
    assert claim(session, now) == []


@given(attempt=st.integers(2, 10_000), after=st.none() | st.timedeltas(timedelta(0), timedelta(days=1)))
def test_a_wait_has_a_doubling_ceiling_and_honours_the_destination(attempt: int, after: timedelta | None) -> None:
    asked = after or timedelta(0)
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 30))
    assert asked <= outbox.wait_before(attempt, after) <= max(ceiling, asked)


def test_waits_are_spread_so_that_workers_do_not_come_back_together() -> None:
    waits = {outbox.wait_before(8) for _ in range(50)}
    assert len(waits) > 40
    assert min(waits) < FIRST_WAIT * 2**6 < max(waits)


def test_a_dead_letter_is_tried_again_from_the_start(session: Session, tenant: Tenant, now: datetime) -> None:
    seq = kill(session, tenant, "a", now)
    later = now + timedelta(days=3)
    outbox.retry(session, tenant.id, seq, now=later)
    assert claim(session, later - SECOND) == []
    assert [one.attempt for one in claim(session, later)] == [1]


def test_a_school_tries_all_its_dead_letters_again_and_no_others(session: Session, tenant: Tenant, now: datetime) -> None:
    neighbour = add_tenant(session, "Lakeside", zone="UTC", language="en", now=now)
    for key, owner in (("a", tenant), ("b", tenant), ("theirs", neighbour)):
        kill(session, owner, key, now)
    promise(session, tenant, "done", due_at=now)
    outbox.record(session, claim(session, now)[0], Delivered(), now=now)
    promise(session, tenant, "later", due_at=now + timedelta(days=9))
    later = now + timedelta(days=3)
    assert outbox.retry_all(session, tenant.id, now=later) == 2
    assert outbox.retry_all(session, tenant.id, now=later) == 0
    assert [(one.once_key, one.attempt) for one in claim(session, later)] == [("a", 1), ("b", 1)]
    assert (entry(session, "theirs").state, entry(session, "done").state) == (State.DEAD, State.DONE)
    assert entry(session, "later").due_at == now + timedelta(days=9)


def test_a_dropped_dead_letter_is_forgotten(session: Session, tenant: Tenant, now: datetime) -> None:
    outbox.drop(session, tenant.id, kill(session, tenant, "a", now))
    assert session.execute(select(func.count()).select_from(OutboxEntry)).scalar_one() == 0


@pytest.mark.parametrize("deed", ["retry", "drop"])
def test_only_a_dead_letter_is_decided_by_hand(session: Session, tenant: Tenant, now: datetime, deed: str) -> None:
    promise(session, tenant, "a", due_at=now)
    with pytest.raises(outbox.StillWaiting):
        decide(session, deed, tenant.id, claim(session, now)[0].seq, now)


@pytest.mark.parametrize("deed", ["retry", "drop"])
def test_another_schools_dead_letter_is_not_found(session: Session, tenant: Tenant, now: datetime, deed: str) -> None:
    neighbour = add_tenant(session, "Lakeside", zone="UTC", language="en", now=now)
    seq = kill(session, tenant, "a", now)
    for number in (seq, seq + 1):
        with pytest.raises(NotFound):
            decide(session, deed, neighbour.id, number, now)
    assert entry(session, "a").state == State.DEAD


def decide(session: Session, deed: str, tenant_id: UUID, seq: int, now: datetime) -> None:
    if deed == "retry":
        outbox.retry(session, tenant_id, seq, now=now)
    else:
        outbox.drop(session, tenant_id, seq)


def test_a_school_sees_its_own_dead_letters_the_newest_first(session: Session, tenant: Tenant, now: datetime) -> None:
    neighbour = add_tenant(session, "Lakeside", zone="UTC", language="en", now=now)
    for key, owner in (("a", tenant), ("b", neighbour), ("c", tenant)):
        kill(session, owner, key, now)
    promise(session, tenant, "waiting", due_at=now)
    assert [one.once_key for one in outbox.dead_letters(session, tenant.id)] == ["c", "a"]


def test_delivered_entries_are_forgotten_after_a_while_and_no_others(session: Session, tenant: Tenant, now: datetime) -> None:
    kill(session, tenant, "dead", now)
    for key, due in (("old", now), ("new", now + LEASE)):
        promise(session, tenant, key, due_at=due)
        outbox.record(session, claim(session, due)[0], Delivered(), now=due)
    promise(session, tenant, "waiting", due_at=now)
    assert outbox.forget_delivered(session, before=now + LEASE) == 1
    left = session.scalars(select(col(OutboxEntry.once_key)).order_by(col(OutboxEntry.seq)))
    assert list(left) == ["dead", "new", "waiting"]


def test_the_depth_counts_what_waits_and_what_is_dead(session: Session, tenant: Tenant, now: datetime) -> None:
    assert outbox.depth(session) == outbox.Depth(waiting=0, dead=0, oldest_due=None)
    kill(session, tenant, "dead", now)
    promise(session, tenant, "done", due_at=now)
    outbox.record(session, claim(session, now)[0], Delivered(), now=now)
    promise(session, tenant, "later", due_at=now + LEASE)
    promise(session, tenant, "sooner", due_at=now + SECOND)
    assert outbox.depth(session) == outbox.Depth(waiting=2, dead=1, oldest_due=now + SECOND)


@pytest.mark.parametrize("most", [1, 7])
def test_workers_side_by_side_never_hold_the_same_entry(database: Database, kept_tenant: Tenant, now: datetime, most: int) -> None:
    with database.aside() as session:
        for number in range(60):
            promise(session, kept_tenant, str(number), due_at=now, order_key=None if number % 3 else "shared")
    together = threading.Barrier(4)
    held: list[list[int]] = []

    def work() -> None:
        mine: list[int] = []
        together.wait()
        while True:
            with database.aside() as session:
                claims = claim(session, now, most=most)
                mine.extend(one.seq for one in claims)
            assert len(claims) <= most
            if not claims:
                break
            with database.aside() as session:
                assert all(outbox.record(session, one, Delivered(), now=now) for one in claims)
        held.append(mine)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.aside() as session:  # all of the shared order is delivered once every worker has stopped
        while claims := claim(session, now):
            held.append([one.seq for one in claims])
            for one in claims:
                outbox.record(session, one, Delivered(), now=now)
    numbers = [number for mine in held for number in mine]
    assert len(numbers) == len(set(numbers)) == 60


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_worker_skips_what_another_is_taking(database: Database, kept_tenant: Tenant, now: datetime) -> None:
    with database.aside() as session:
        for key in "abcd":
            promise(session, kept_tenant, key, due_at=now)
    with database.session() as one, database.session() as two:
        assert keys(claim(one, now, most=2)) == ["a", "b"]
        assert keys(claim(two, now, most=2)) == ["c", "d"]
        one.rollback()
        two.commit()
    with database.aside() as session:
        assert keys(claim(session, now)) == ["a", "b"]


@pytest.mark.parametrize("kind", ["postgresql"])
@pytest.mark.parametrize("joins", ["enable_nestloop", "enable_hashjoin"])
def test_no_plan_of_postgresql_claims_more_than_asked_for(database: Database, kept_tenant: Tenant, now: datetime, joins: str) -> None:
    with database.session() as session:
        for number in range(40):
            promise(session, kept_tenant, str(number), due_at=now)
        for setting in {"enable_nestloop", "enable_hashjoin", "enable_mergejoin", "enable_hashagg", "enable_sort", "enable_material"} - {
            joins
        }:
            session.execute(text(f"SET LOCAL {setting} = off"))
        assert len(claim(session, now, most=3)) == 3
        session.rollback()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_claim_reads_what_is_due_and_not_the_whole_history(session: Session, tenant: Tenant, now: datetime) -> None:
    for number in range(20):
        promise(session, tenant, str(number), due_at=now, order_key="ada" if number % 2 else None)
    with statements(session) as seen:
        claim(session, now)
    claiming = seen[0]
    plan = [row.detail for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {claiming[0]}", claiming[1])]
    assert any("USING INDEX ix_outbox_due (due_at<?)" in step for step in plan), plan
    assert any("ix_outbox_order (order_key=? AND seq<?)" in step for step in plan), plan
    assert not [step for step in plan if step.startswith("SCAN outbox")], plan


@pytest.mark.parametrize("kind", ["postgresql"])
def test_nor_does_postgresql(session: Session, tenant: Tenant, now: datetime) -> None:
    session.execute(
        text(
            "INSERT INTO outbox (tenant_id, kind, destination, once_key, payload, due_at, attempts, state)"
            " SELECT :tenant, 'k', 'd', 'done ' || number, '{}', :now, 1, 'done' FROM generate_series(1, 5000) AS number"
        ),
        {"tenant": tenant.id, "now": now},
    )
    promise(session, tenant, "a", due_at=now)
    session.execute(text("ANALYZE outbox"))
    with statements(session) as seen:
        claim(session, now)
    claiming = seen[0]
    plan = "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {claiming[0]}", claiming[1]).scalars())
    assert "ix_outbox_due" in plan
    assert "Seq Scan on outbox" not in plan


@contextmanager
def statements(session: Session) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    """Every statement that a session sends to its database meanwhile, with its parameters."""
    seen: list[tuple[str, Mapping[str, Any]]] = []
    engine = session.get_bind()
    assert isinstance(engine, Engine)

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)
