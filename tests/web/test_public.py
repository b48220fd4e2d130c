"""The pages for whom nobody is known: the welcome, an invitation, refusals."""

from datetime import datetime

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import select, update

from core.data.clock import utc_now
from core.data.db import Database
from core.errors import CoreError
from core.i18n import LANGUAGES, translator
from core.people.access import open_to_all
from core.people.invitations import MOST_ATTEMPTS, Invitation, invite
from core.people.people import Person
from lti.refusals import DeploymentPending
from tests.people_made import School
from tests.web.looking import words
from web import public

HOSTILE = "<script>alert('é😀')</script>"


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A browser that keeps cookies."""
    return app.test_client()


@pytest.fixture
def code(database: Database, kept_school: School, now: datetime) -> str:
    """An invitation to administer the school."""
    with database.aside() as session:
        return invite(session, kept_school.tenant.id, by=None, now=now)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("language", "said"), [("en", "How to get in:"), ("es-MX,en;q=.5", "Cómo entrar:"), ("fr", "How to get in:")])
def test_the_welcome_speaks_the_browsers_language(browser: FlaskClient, language: str, said: str) -> None:
    assert said in words(browser.get("/", headers={"Accept-Language": language}).text)


def test_looking_at_an_invitation_spends_nothing(browser: FlaskClient, database: Database, code: str) -> None:
    assert "Your name" in browser.get(f"/invitation/{code}").text
    with database.session(writes=False) as session:
        invitation = session.scalars(select(Invitation)).one()
        assert (invitation.attempts, invitation.used_at) == (0, None)


def test_an_invitation_names_its_school(browser: FlaskClient, code: str) -> None:
    assert "administer Riverside High in Paceline" in words(browser.get(f"/invitation/{code}").text)


@pytest.mark.parametrize("change", [{"used_at": utc_now()}, {"expires_at": utc_now()}, {"attempts": MOST_ATTEMPTS}])
def test_an_invitation_that_opens_nothing_says_so_at_once(
    browser: FlaskClient, database: Database, code: str, change: dict[str, object]
) -> None:
    with database.aside() as session:
        session.execute(update(Invitation).values(**change))
    for dead in (code, "0" * 32 + ".x", "x", "a.b"):
        answer = browser.get(f"/invitation/{dead}")
        assert answer.status_code == 403
        assert "This invitation does not work" in answer.text
        assert "Riverside" not in answer.text


def test_an_invitation_opens_the_school_to_its_first_admin(browser: FlaskClient, code: str) -> None:
    answer = browser.post(f"/invitation/{code}", data={"name": "Pat Jones"})
    assert answer.status_code == 303
    assert answer.location.endswith("/admin")
    page = browser.get(answer.location, base_url="https://localhost")
    assert "Pat Jones" in page.text
    assert "School admins" in page.text
    assert browser.post(f"/invitation/{code}", data={"name": "Eve"}).status_code == 403


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\0b", "a\nb"])
def test_a_name_that_is_none_costs_no_invitation(browser: FlaskClient, database: Database, code: str, name: str) -> None:
    assert browser.post(f"/invitation/{code}", data={"name": name}).status_code == 422
    with database.session(writes=False) as session:
        assert session.scalars(select(Invitation)).one().used_at is None


def test_guessing_ends_an_invitation(browser: FlaskClient, database: Database, code: str) -> None:
    guess = code.partition(".")[0] + ".wrong"
    for _ in range(MOST_ATTEMPTS):
        assert browser.post(f"/invitation/{guess}", data={"name": "Eve"}).status_code == 403
    answer = browser.post(f"/invitation/{code}", data={"name": "Pat"})
    assert answer.status_code == 403
    assert "This code opens nothing" in answer.text
    with database.session(writes=False) as session:
        assert len(session.scalars(select(Person)).all()) == 2, "nobody was added"


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", ["/nowhere", "/v/forged/", "/v/forged/admin", "/invitation/", "/v/" + "x" * 3000 + "/"])
def test_where_there_is_nothing_the_page_says_so_and_what_to_do(browser: FlaskClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "What to do:" in answer.text
    assert "reference" in answer.text


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "said"),
    [
        ("DELETE", "/", "", 405, {"en": "opened by the LMS or by a button", "es": "la abre el LMS o un botón"}),
        ("GET", "/lti/launch", "", 405, {"en": "Open Paceline from your course.", "es": "Abre Paceline desde tu curso."}),
        ("POST", "/invitation/x", "x" * 1_000_000, 413, {"en": "try again with less text", "es": "inténtalo con menos texto"}),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_http_refuses_has_a_sentence_of_its_own(
    browser: FlaskClient, language: str, method: str, path: str, sent: str, status: int, said: dict[str, str]
) -> None:
    answer = browser.open(path, method=method, data={"name": sent}, headers={"Accept-Language": language})
    assert answer.status_code == status
    page = words(answer.text)
    assert said[language] in page
    assert str(status) not in page.partition(translator(language)("refusal.correlation"))[0]
    assert ("texto" in page or "text" in page) == (status == 413)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("status", [400, 415])
def test_what_cannot_be_read_says_no_more(app: Flask, browser: FlaskClient, status: int) -> None:
    app.add_url_rule("/refused", "refused", open_to_all("a test's own")(lambda: abort(status)))
    answer = browser.get("/refused")
    assert answer.status_code == status
    page = words(answer.text)
    assert "Paceline cannot read this request." in page
    assert "less text" not in page


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_names_the_facts_that_mend_it(app: Flask, language: str) -> None:
    error = DeploymentPending(deployment=HOSTILE, issuer="https://lms.example", client="c-1")
    error.return_url = "https://lms.example/back?a=1&b=2"
    with app.test_request_context("/", headers={"Accept-Language": language}):
        app.preprocess_request()
        page = public.refusal(error, "abc123")
    for said in ("https://lms.example", "c-1", "&lt;script&gt;", "abc123", 'href="https://lms.example/back?a=1&amp;b=2&amp;lti_errormsg='):
        assert said in page
    assert "<script" not in page
    to_do, _, to_mend = page.partition(translator(language)("refusal.operator"))
    assert "paceline platform approve" in to_mend
    assert "paceline platform" not in to_do


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_refusal_without_a_sentence_of_its_own_still_has_a_page(app: Flask) -> None:
    class Novel(CoreError):
        code = "novel.thing"

    with app.test_request_context("/"):
        app.preprocess_request()
        assert "Paceline could not do that." in public.refusal(Novel(unknown="fact"), "abc123")
