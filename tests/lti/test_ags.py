"""The gradebook as a receiver, against real HTTP: one column, one score a check-in, and patience with a busy LMS."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlmodel import delete, select

from core.courses.enrolments import Enrolment
from core.data.db import Database
from core.data.outbox import Delivered, Refused, Result, TryLater
from core.data.outgoing import DestinationDown, DestinationRefused, Outgoing
from core.data.vault import Vault
from core.mastery.receivers import Event
from core.people.accounts import Account
from core.people.platforms import Platform
from core.people.tenants import Tenant
from lti.ags import MOST_CALLS, GradebookReceiver
from lti.gradebooks import Gradebook
from lti.keys import rotate, signing_key
from lti.tokens import AccessToken
from tests.fakes.gradebook import SCOPES, FakeGradebook, Reply
from tests.fakes.house import keep_tool_key
from tests.fakes.platform import ABSENT, FakePlatform

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])
LINEITEM, SCORE = SCOPES


@pytest.fixture
def book(lms: FakePlatform) -> FakeGradebook:
    return lms.gradebook


@pytest.fixture
def receiver(database: Database, vault: Vault, outgoing: Outgoing) -> GradebookReceiver:
    keep_tool_key(database, vault)
    return GradebookReceiver(database, vault, outgoing)


class Launched:
    """Students who have launched, and the events of their check-ins."""

    def __init__(self, app: Flask, lms: FakePlatform, database: Database, now: datetime) -> None:
        self._app, self._lms, self._database, self._now = app, lms, database, now
        self._number = 0

    def event(self, subject: str = "ada-1", *, later: timedelta = timedelta(), **changes: Any) -> Event:
        """Launch a student, who checks in."""
        assert self._lms.launch(self._app.test_client(), sub=subject, **changes).status_code == 303
        self._number += 1
        with self._database.session(writes=False) as session:
            account = session.scalars(select(Account).where(Account.subject == subject)).one()
            enrolment = session.scalars(select(Enrolment).where(Enrolment.person_id == account.person_id)).one()
        return Event(f"event-{self._number}", "check_in.made", account.tenant_id, account.person_id, enrolment.course_id, self._now + later)


@pytest.fixture
def launched(app: Flask, lms: FakePlatform, database: Database, tenant: Tenant, now: datetime) -> Launched:
    return Launched(app, lms, database, now)


def send(receiver: GradebookReceiver, event: Event) -> Result:
    (result,) = receiver.send([event])
    return result


def kept_line(database: Database) -> str | None:
    with database.session(writes=False) as session:
        return session.scalars(select(Gradebook)).one().check_ins_url


# What is sent


def test_a_check_in_is_one_point_of_one_and_says_nothing_else(receiver: GradebookReceiver, book: FakeGradebook, launched: Launched) -> None:
    assert send(receiver, launched.event()) == Delivered()
    assert book.scores == [
        {
            "userId": "ada-1",
            "scoreGiven": 1,
            "scoreMaximum": 1,
            "timestamp": "2026-11-23T18:00:00+00:00",
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        }
    ]


def test_the_column_is_made_once_and_known_from_then_on(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, database: Database
) -> None:
    for subject in ("ada-1", "ben-1", "mia-1"):
        assert send(receiver, launched.event(subject)) == Delivered()
    (item,) = book.items
    assert (item["tag"], item["label"], item["scoreMaximum"]) == ("paceline-checked-in", "Paceline: checked in", 1)
    assert kept_line(database) == item["id"]
    assert (book.counted["items"], book.counted["score"], book.counted["token"]) == (2, 3, 1)


def test_a_column_that_is_there_is_found_on_whatever_page_it_stands(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched
) -> None:
    others = [{"id": f"{book.address}/Course-1/lineitems/{number}", "tag": "other"} for number in range(1, 25)]
    ours = {"id": f"{book.address}/Course-1/lineitems/99?type=all", "tag": "paceline-checked-in", "label": "Renamed"}
    book.items, book.page_size = [*others, ours], 10
    assert send(receiver, launched.event()) == Delivered()
    assert len(book.items) == 25
    assert list(book.kept) == [("/Course-1/lineitems/99", "ada-1")]


def test_a_column_that_somebody_deleted_is_made_again(receiver: GradebookReceiver, book: FakeGradebook, launched: Launched) -> None:
    assert send(receiver, launched.event()) == Delivered()
    book.items, book.kept = [{"id": f"{book.address}/Course-1/lineitems/7", "tag": "other"}], {}
    assert send(receiver, launched.event(later=timedelta(days=1))) == Delivered()
    assert [item["tag"] for item in book.items] == ["other", "paceline-checked-in"]
    assert len(book.scores) == 1


def test_where_no_column_may_be_made_the_score_goes_to_the_links_own(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched
) -> None:
    assert send(receiver, launched.event(endpoint=book.claim | {"scope": [SCORE]})) == Delivered()
    assert list(book.kept) == [("/Course-1/link", "ada-1")]
    assert book.counted["items"] == 0


@pytest.mark.parametrize("endpoint", [ABSENT, {"scope": [LINEITEM], "lineitems": "https://x.example/items"}, {"scope": [SCORE]}])
def test_without_a_gradebook_to_write_to_nothing_is_sent(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, endpoint: object
) -> None:
    assert isinstance(send(receiver, launched.event(endpoint=endpoint)), Refused)
    assert book.counted == {}


def test_a_person_whom_the_lms_does_not_know_is_refused(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, database: Database
) -> None:
    event = launched.event()
    with database.aside() as session:
        session.execute(delete(Account))
    assert isinstance(send(receiver, event), Refused)
    assert book.counted == {}


def test_it_only_takes(receiver: GradebookReceiver, now: datetime) -> None:
    assert list(receiver.fetch(now)) == []


# Repeats and order


def test_a_repeat_changes_nothing(receiver: GradebookReceiver, book: FakeGradebook, launched: Launched) -> None:
    event = launched.event()
    assert receiver.send([event, event]) == [Delivered(), Delivered()]
    assert len(book.scores) == 1


def test_a_score_that_the_gradebook_has_or_has_a_later_one_of_is_delivered(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched
) -> None:
    later, earlier = launched.event(later=timedelta(days=1)), launched.event()
    assert [send(receiver, event) for event in (later, earlier)] == [Delivered(), Delivered()]
    assert [score["timestamp"] for score in book.scores] == ["2026-11-24T18:00:00+00:00"]


# Tokens


def test_a_token_is_asked_for_with_a_signed_assertion(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, database: Database, vault: Vault, lms: FakePlatform
) -> None:
    send(receiver, launched.event())
    (form,) = book.forms
    key = signing_key(database, vault, now=datetime.now(UTC))
    assert jwt.get_unverified_header(form["client_assertion"])["kid"] == key.kid
    claims = jwt.decode(form["client_assertion"], options={"verify_signature": False})
    assert (claims["iss"], claims["sub"], claims["aud"]) == (lms.client_id, lms.client_id, book.token_url)
    assert 0 < claims["exp"] - claims["iat"] <= 300
    assert set(form["scope"].split()) == set(SCOPES)
    assert form["grant_type"] == "client_credentials"


def test_a_platform_may_name_another_audience_for_its_tokens(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, database: Database
) -> None:
    with database.aside() as session:
        session.scalars(select(Platform)).one().auth_audience = "https://auth.example"
    send(receiver, launched.event())
    assert jwt.decode(book.forms[0]["client_assertion"], options={"verify_signature": False})["aud"] == "https://auth.example"


def test_every_assertion_is_its_own(receiver: GradebookReceiver, book: FakeGradebook, launched: Launched) -> None:
    book.expires_in = 30  # less than the margin: no token is used again
    for subject in ("ada-1", "ben-1"):
        send(receiver, launched.event(subject))
    ids = [jwt.decode(form["client_assertion"], options={"verify_signature": False})["jti"] for form in book.forms]
    assert len(ids) == len(set(ids)) > 2


def test_a_token_is_used_until_it_is_about_to_expire(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, database: Database
) -> None:
    send(receiver, launched.event())
    send(receiver, launched.event("ben-1"))
    assert book.counted["token"] == 1
    with database.aside() as session:
        session.scalars(select(AccessToken)).one().expires_at = datetime.now(UTC) + timedelta(seconds=59)
    send(receiver, launched.event("mia-1"))
    assert book.counted["token"] == 2


@pytest.mark.parametrize("expires_in", ["3600", None, -5, 0, True, 10**30, 1.5, [3600]], ids=repr)
def test_an_odd_life_of_a_token_is_a_short_one(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, database: Database, expires_in: object
) -> None:
    book.expires_in = expires_in
    assert send(receiver, launched.event()) == Delivered()
    with database.session(writes=False) as session:
        assert session.scalars(select(AccessToken)).one().expires_at <= datetime.now(UTC) + timedelta(days=1)


def test_a_token_that_is_refused_is_asked_for_again_once(receiver: GradebookReceiver, book: FakeGradebook, launched: Launched) -> None:
    send(receiver, launched.event())
    book.revoked = set(book.tokens)
    assert send(receiver, launched.event("ben-1")) == Delivered()
    assert book.counted["token"] == 2


def test_a_gradebook_that_refuses_every_token_is_not_asked_for_ever(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched
) -> None:
    book.prescribed["items"] = [Reply(401)] * 9
    result = send(receiver, launched.event())
    assert isinstance(result, Refused)
    assert "401" in result.error
    assert (book.counted["items"], book.counted["token"]) == (2, 2)


def test_after_a_rotation_the_new_key_signs(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, database: Database, vault: Vault
) -> None:
    book.expires_in = 30
    send(receiver, launched.event())
    new = rotate(database, vault, now=datetime.now(UTC))
    send(receiver, launched.event("ben-1"))
    assert jwt.get_unverified_header(book.forms[-1]["client_assertion"])["kid"] == new.kid


# Trouble


@pytest.mark.parametrize("status", [408, 425, 429])
@pytest.mark.parametrize("where", ["token", "items", "score"])
def test_who_asks_us_to_wait_is_waited_for(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, where: str, status: int
) -> None:
    book.prescribed[where] = [Reply(status, headers={"Retry-After": "120"})]
    with pytest.raises(DestinationDown) as caught:
        send(receiver, launched.event())
    assert caught.value.after == timedelta(seconds=120)
    assert send(receiver, launched.event()) == Delivered()


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("where", ["token", "items", "score"])
def test_a_platform_in_trouble_is_tried_later(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, where: str, status: int
) -> None:
    book.prescribed[where] = [Reply(status, b'{"access_token": "no"}')]
    with pytest.raises(DestinationDown):
        send(receiver, launched.event())
    assert send(receiver, launched.event()) == Delivered()
    assert len(book.items) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 301])
@pytest.mark.parametrize("where", ["token", "items", "score"])
def test_a_no_is_a_no(receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, where: str, status: int) -> None:
    book.prescribed[where] = [Reply(status, b"{}")] * 3
    result = send(receiver, launched.event())
    assert isinstance(result, Refused)
    assert str(status) in result.error


def test_a_score_is_kept_however_the_gradebook_says_so(receiver: GradebookReceiver, book: FakeGradebook, launched: Launched) -> None:
    for number, body in enumerate((b"", b"OK", b"<html>", b'{"resultUrl": "x"}', b"\xff")):
        book.prescribed["score"] = [Reply(200, body)]
        assert send(receiver, launched.event(f"student-{number}")) == Delivered()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"token"', b"{}", b'{"access_token": 7}', b"[" * 100_000], ids=repr)
def test_a_grant_without_a_token_grants_nothing(receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, body: bytes) -> None:
    book.prescribed["token"] = [Reply(200, body)]
    assert isinstance(send(receiver, launched.event()), TryLater | Refused)
    assert book.scores == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'"x"', b"7", b"[7]", b"[null]", b"[" * 100_000], ids=repr)
def test_a_list_of_columns_that_is_none_makes_no_column(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, body: bytes
) -> None:
    book.prescribed["items"] = [Reply(200, body)]
    assert isinstance(send(receiver, launched.event()), TryLater | Refused)
    assert book.items == []
    assert send(receiver, launched.event()) == Delivered()


def test_a_column_without_an_address_is_tried_later(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, database: Database
) -> None:
    book.prescribed["items"] = [Reply(200, b"[]"), Reply(201, json.dumps({"label": "x"}).encode())]
    assert isinstance(send(receiver, launched.event()), TryLater)
    assert kept_line(database) is None
    assert send(receiver, launched.event()) == Delivered()


def test_pages_without_end_end(receiver: GradebookReceiver, book: FakeGradebook, launched: Launched) -> None:
    around = Reply(200, b"[]", {"Link": '</Course-1/lineitems?From=0>; rel="next"'})
    book.prescribed["items"] = [around] * (2 * MOST_CALLS)
    with pytest.raises(DestinationDown):
        send(receiver, launched.event())
    assert book.counted["items"] == MOST_CALLS
    assert book.items == []


def test_a_gradebook_inside_our_own_network_is_not_called(
    launched: Launched, book: FakeGradebook, database: Database, vault: Vault
) -> None:
    event = launched.event()
    strict = Outgoing()
    with pytest.raises(DestinationRefused):
        GradebookReceiver(database, vault, strict).send([event])
    strict.close()
    assert book.counted == {}


def test_two_workers_at_once_make_one_column(
    receiver: GradebookReceiver, book: FakeGradebook, launched: Launched, database: Database
) -> None:
    events = [launched.event(f"student-{number}") for number in range(4)]
    book.delay = 0.05
    gate = threading.Barrier(len(events))

    def work(event: Event) -> Result | DestinationDown:
        gate.wait()
        try:
            return send(receiver, event)
        except DestinationDown as down:
            return down

    with ThreadPoolExecutor(len(events)) as pool:
        results = list(pool.map(work, events))
    assert len(book.items) == 1
    assert Delivered() in results
    assert [send(receiver, event) for event in events] == [Delivered()] * len(events), "who had to wait is served later"
    assert len(book.scores) == len(events)
    assert len(book.items) == 1


def test_an_event_of_a_course_that_is_gone_is_refused(receiver: GradebookReceiver, launched: Launched) -> None:
    event = launched.event()
    assert isinstance(send(receiver, replace(event, course_id=event.person_id)), Refused)
