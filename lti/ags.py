"""The gradebook as a receiver: a plain "checked in" score over Assignment and Grade Services 2.0.

It says that a student checked in, and nothing of what they said. pylti1p3 builds the messages; our own client carries
them, so that time-outs, Retry-After and the breaker hold here too, and our own token store keeps the tokens.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urljoin
from uuid import UUID

from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.exception import LtiException
from pylti1p3.grade import Grade
from pylti1p3.lineitem import LineItem
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector, TServiceConnectorResponse

from core.data import leases
from core.data.clock import utc_now
from core.data.db import Database
from core.data.ids import new_id
from core.data.outbox import Delivered, Refused, Result, TryLater
from core.data.outgoing import Answer, DestinationDown, Outgoing
from core.data.vault import Vault
from core.evidence.evidence import Observation
from core.journal.events import EventKind
from core.mastery.receivers import Event
from core.people.accounts import LTI, subject_of
from core.people.platforms import Platform
from lti.gradebooks import Gradebook
from lti.keys import signing_key
from lti.tokens import drop_token, find_token, keep_token

LINEITEM_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
TAG = "paceline-checked-in"
LABEL = "Paceline: checked in"
MOST_CALLS = 50
LONGEST_TOKEN = 86_400
NOT_NOW = frozenset({408, 425, 429})
"""Request Timeout, Too Early, Too Many Requests: the same call may work later."""


class ServiceRefused(Exception):
    """The platform answered, and said no for good."""

    def __init__(self, answer: Answer, what: str) -> None:
        super().__init__(f"{what}: HTTP {answer.status}")
        self.status = answer.status


class Connector(ServiceConnector):
    """pylti1p3's connector over our own outgoing client and token store."""

    def __init__(self, platform: Platform, database: Database, vault: Vault, outgoing: Outgoing) -> None:
        super().__init__(Registration().set_issuer(platform.issuer).set_client_id(platform.client_id))
        self._platform, self._database, self._vault, self._outgoing = platform, database, vault, outgoing
        self._calls = 0

    def get_access_token(self, scopes: Sequence[str]) -> str:
        """A token for some scopes, from the store or asked for with a signed assertion (RFC 7523)."""
        now = utc_now()
        with self._database.session(writes=False) as session:
            kept = find_token(session, self._vault, self._platform.id, scopes, now=now)
        return kept or self._ask(scopes, now)

    def make_service_request(
        self,
        scopes: Sequence[str],
        url: str,
        is_post: bool = False,
        data: str | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        case_insensitive_headers: bool = False,  # noqa: ARG002 - pylti1p3's signature
    ) -> TServiceConnectorResponse:
        """One call of a service; a token that is refused once is asked for again."""
        self._calls += 1
        if self._calls > MOST_CALLS:
            raise DestinationDown(reason="pages without end")
        answer = self._call(scopes, url, is_post, data, content_type, accept)
        if answer.status == 401:
            drop_token(self._database, self._platform.id, scopes)
            answer = self._call(scopes, url, is_post, data, content_type, accept)
        _check_patience(answer, utc_now())
        if not answer.ok:
            raise ServiceRefused(answer, "service")
        following = urljoin(url, answer.next_page) if answer.next_page else None
        has_facts = answer.body and content_type != SCORE_TYPE  # to a score that they took, some platforms answer in mere words
        return {"headers": dict(answer.headers), "body": answer.json() if has_facts else None, "next_page_url": following}

    def _call(self, scopes: Sequence[str], url: str, is_post: bool, data: str | None, content_type: str, accept: str) -> Answer:
        headers = {"Authorization": f"Bearer {self.get_access_token(scopes)}", "Accept": accept}
        if not is_post:
            return self._outgoing.call("GET", url, headers=headers)
        return self._outgoing.call("POST", url, headers={**headers, "Content-Type": content_type}, content=(data or "").encode())

    def _ask(self, scopes: Sequence[str], now: datetime) -> str:
        audience = self._platform.auth_audience or self._platform.auth_token_url
        key, issued = signing_key(self._database, self._vault, now=now), int(now.timestamp())
        claims: dict[str, str | int] = {"iss": self._platform.client_id, "sub": self._platform.client_id, "aud": audience}
        claims |= {"iat": issued - 5, "exp": issued + 60, "jti": new_id().hex}
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.encode_jwt(claims, key.pem, {"kid": key.kid}),
            "scope": " ".join(sorted(scopes)),
        }
        answer = self._outgoing.call("POST", self._platform.auth_token_url, form=form)
        _check_patience(answer, now)
        if not answer.ok:
            raise ServiceRefused(answer, "token")
        return self._keep(answer, scopes, now)

    def _keep(self, answer: Answer, scopes: Sequence[str], now: datetime) -> str:
        granted = answer.json()
        if not isinstance(granted, dict) or not isinstance(granted.get("access_token"), str):
            raise ServiceRefused(answer, "token without access_token")
        token: str = granted["access_token"]
        seconds = granted.get("expires_in")
        lasts = timedelta(seconds=min(seconds, LONGEST_TOKEN) if isinstance(seconds, int) and seconds > 0 else 300)
        keep_token(self._database, self._vault, self._platform.id, scopes, token, expires_at=now + lasts)
        return token


class GradebookReceiver:
    """Puts 1 of 1 into the "checked in" column of the course's gradebook, dated by the latest check-in."""

    name = "gradebook"
    takes: frozenset[str] = frozenset({EventKind.CHECK_IN_MADE})

    def __init__(self, database: Database, vault: Vault, outgoing: Outgoing, *, lease: timedelta = timedelta(minutes=1)) -> None:
        """`lease` is how long making a column may take before another worker tries it."""
        self._database, self._vault, self._outgoing, self._lease = database, vault, outgoing, lease

    def send(self, batch: Sequence[Event]) -> list[Result]:
        """One score an event. A repeat carries the same timestamp, which a platform takes for the same score.

        Raises:
            DestinationDown: the platform could not be asked.
        """
        return [self._send(event) for event in batch]

    def fetch(self, since: datetime) -> Iterable[Observation]:  # noqa: ARG002 - the port's signature
        """Nothing: a gradebook's columns are not competencies."""
        return ()

    def _send(self, event: Event) -> Result:
        with self._database.session(writes=False) as session:
            gradebook = session.get(Gradebook, event.course_id)
            platform = session.get(Platform, gradebook.platform_id) if gradebook else None
            subject = subject_of(session, event.tenant_id, event.person_id, LTI, platform.id.hex) if platform else None
        if gradebook is None or platform is None or SCORE_SCOPE not in gradebook.scopes:
            return Refused("the LMS gave this course no gradebook to write to")
        if subject is None:
            return Refused("the LMS does not know this person")
        service = AssignmentsGradesService(
            Connector(platform, self._database, self._vault, self._outgoing),
            {"scope": cast(Any, gradebook.scopes), "lineitems": gradebook.lineitems_url or "", "lineitem": gradebook.lineitem_url or ""},
        )
        try:
            self._put(service, gradebook, _score(subject, event.at))
        except ServiceRefused as refused:
            return Delivered() if refused.status == 409 else Refused(str(refused)[:500])  # 409: it has this score, or a later one
        except LtiException as refused:
            return Refused(str(refused)[:500])
        except (ValueError, AttributeError) as unreadable:
            return TryLater(f"unreadable answer: {unreadable}"[:500])
        return Delivered()

    def _put(self, service: AssignmentsGradesService, gradebook: Gradebook, score: Grade) -> None:
        """Put a score into its column; one that somebody deleted in the LMS is made again."""
        if gradebook.lineitems_url is None or LINEITEM_SCOPE not in gradebook.scopes:
            service.put_grade(score)  # into the column of the link that was launched
            return
        try:
            service.put_grade(score, LineItem({"id": gradebook.check_ins_url or self._make_line(service, gradebook)}))
        except ServiceRefused as refused:
            if refused.status != 404 or gradebook.check_ins_url is None:
                raise
            service.put_grade(score, LineItem({"id": self._make_line(service, gradebook)}))

    def _make_line(self, service: AssignmentsGradesService, known: Gradebook) -> str:
        """The address of the column of check-ins, found or made. One worker at a time: two would make two."""
        with self._alone(known.course_id):
            with self._database.session(writes=False) as session:
                now_kept = session.get_one(Gradebook, known.course_id).check_ins_url
            if now_kept and now_kept != known.check_ins_url:
                return now_kept
            wanted = LineItem().set_tag(TAG).set_score_maximum(1).set_label(LABEL)
            url = service.find_or_create_lineitem(wanted, find_by="tag").get_id()
            if not url:
                raise ValueError("a line item without an id")
            with self._database.aside() as session:
                session.get_one(Gradebook, known.course_id).check_ins_url = url
        return url

    @contextmanager
    def _alone(self, course_id: UUID) -> Iterator[None]:
        name, holder = f"gradebook:{course_id}", new_id()
        with self._database.aside() as session:
            held = leases.hold(session, name, holder, now=utc_now(), length=self._lease)
        if not held:
            raise DestinationDown(reason="another worker is making the column")
        try:
            yield
        finally:
            with self._database.aside() as session:
                leases.release(session, name, holder)


def _check_patience(answer: Answer, now: datetime) -> None:
    """Raises DestinationDown for an answer that asks to come again later."""
    if answer.status in NOT_NOW:
        raise DestinationDown(reason=f"HTTP {answer.status}", after=answer.retry_after(now))


def _score(subject: str, at: datetime) -> Grade:
    """Full marks for having checked in (AGS 2.0, 3.4): the timestamp is the check-in's, so that a repeat is the same score."""
    score = Grade().set_score_given(1).set_score_maximum(1).set_user_id(subject)
    return score.set_timestamp(at.isoformat()).set_activity_progress("Completed").set_grading_progress("FullyGraded")
