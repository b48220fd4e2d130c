"""The pages for whom nobody is known: the welcome, an invitation, refusals."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.data.db import Database
from core.errors import CoreError
from core.i18n import LANGUAGES
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
def test_a_wrong_method_and_too_large_a_body_get_a_page(browser: FlaskClient) -> None:
    assert browser.delete("/").status_code == 405
    answer = browser.post("/invitation/x", data={"name": "x" * 1_000_000})
    assert answer.status_code == 413
    assert "it may be too large" in answer.text


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_names_the_facts_that_mend_it(app: Flask, language: str) -> None:
    error = DeploymentPending(deployment=HOSTILE, issuer="https://lms.example", client="c-1")
    error.return_url = "https://lms.example/back?a=1&b=2"
    with app.test_request_context("/", headers={"Accept-Language": language}):
        app.preprocess_request()
        page = public.refusal(error, 403, "abc123")
    for said in ("https://lms.example", "c-1", "&lt;script&gt;", "abc123", 'href="https://lms.example/back?a=1&amp;b=2"'):
        assert said in page
    assert "<script" not in page


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_refusal_without_a_sentence_of_its_own_still_has_a_page(app: Flask) -> None:
    class Novel(CoreError):
        code = "novel.thing"

    with app.test_request_context("/"):
        app.preprocess_request()
        assert "Paceline could not do that." in public.refusal(Novel(unknown="fact"), 409, "abc123")
