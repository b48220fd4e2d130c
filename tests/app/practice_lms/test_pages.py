"""The pages, the headers, what survives a restart, and words that nobody expects."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import jwt
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.practice_lms import Course, Person, PracticeLms
from app.practice_lms.grants import SCORE
from app.practice_lms.signing import KeyDamaged
from core.people.access import guard_of
from tests.app.practice_lms.tool import ADA, COURSES, PEOPLE, Clock, Page, Tool, auth_request, serving


def test_the_first_page_offers_everybody_in_every_course(client: FlaskClient) -> None:
    page = Page(client.get("/practice/").text)
    assert "pretend LMS" in page.text
    leading = [link["href"] for link in page.all("a") if link.get("class") == "button"]
    assert leading[:2] == ["/practice/launch?user=u-ada&course=alg-1", "/practice/launch?user=u-1&course=alg-1"]
    assert "Ada Okafor (student) in Algebra 1, period 3" in " ".join(page.text.split())
    offered = [option["value"] for option in page.all("option")]
    in_courses = sum(len(person.contexts) for person in PEOPLE)
    assert len(offered) == in_courses + len(PEOPLE)
    assert "Luis Peña <b>" in page.text  # written as text, not as a tag
    labels, fields = [label["for"] for label in page.all("label")], [select["id"] for select in page.all("select")]
    assert labels == fields
    for link in leading:
        assert client.get(link).status_code == 200


def test_a_message_from_the_tool_is_shown_as_text(client: FlaskClient) -> None:
    page = Page(client.get("/practice/", query_string={"lti_errormsg": "<script>no</script>" + "x" * 9000}).text)
    assert "The tool says: <script>no</script>x" in page.text
    assert len(page.text) < 9000
    assert not page.all("script")


@pytest.mark.parametrize(
    "query", ["", "user=nobody", "user=u-ada&course=nowhere", "user=u-luis&course=alg-1", "user=%00&course=%FF", "user=%F0%9F%98%80"]
)
def test_a_launch_of_nobody_or_nowhere_says_so(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/practice/launch?{query}")
    assert (answer.status_code, "in this LMS" in answer.text or "is not in" in answer.text) == (404, True)


def test_the_gradebook_shows_what_came_and_how_often(tool: Tool) -> None:
    assert tool.http.get("/practice/gradebook").text.count("No scores yet.") == 3
    headers = tool.bearer(SCORE)
    tool.post_score(headers, comment="<i>hi</i>")
    tool.post_score(headers, comment="<i>hi</i>")
    tool.post_score(headers, userId="u-1", scoreGiven=2.5, scoreMaximum=4)
    page = Page(tool.http.get("/practice/gradebook").text)
    assert page.text.count("No scores yet.") == 2
    words = page.text.split()
    assert " ".join(words).count("Ada Okafor Paceline 1 of 1 Completed, FullyGraded") == 1
    assert "2.5 of 4" in page.text
    assert "<i>hi</i>" in page.text
    moment = f"{tool.clock():%Y-%m-%d %H:%M:%S}"
    assert f"{moment} {moment} 1 <i>hi</i>" in " ".join(words)


@pytest.mark.parametrize("path", ["/practice/", "/practice/launch?user=u-ada&course=alg-1", "/practice/auth", "/practice/gradebook"])
def test_pages_hold_nothing_inline_and_say_whom_they_trust(client: FlaskClient, path: str) -> None:
    answer = client.get(path, query_string=auth_request() if path.endswith("auth") else None)
    page = Page(answer.text)
    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["form-action"] == policy["frame-src"] == "'self' http://tool.test:7000"
    assert policy["frame-ancestors"] == "'self'"
    assert not page.all("style")
    assert not [name for _, attributes in page.tags for name in attributes if name == "style" or name.startswith("on")]
    for address in [*(script["src"] for script in page.all("script")), *(sheet["href"] for sheet in page.all("link"))]:
        with client.get(address) as found:
            assert found.status_code == 200


def test_what_it_holds_survives_a_restart(home: Path) -> None:
    clock = Clock()
    with serving(home, clock) as tool:
        headers, assertion = tool.bearer(), tool.assertion()
        assert tool.ask_token(assertion).status_code == 200
        assert tool.post_score(headers).status_code == 204
        keys = tool.http.get("/practice/jwks.json").json()
    with serving(home, clock) as tool:
        assert tool.http.get("/practice/jwks.json").json() == keys
        assert [kept.score.userId for kept in tool.lms.gradebook.scores("alg-1")] == ["u-ada"]
        assert tool.ask_token(tool.assertion(jti=jwt.decode(assertion, options={"verify_signature": False})["jti"])).status_code == 401
        assert tool.post_score(headers).status_code == 204


def test_its_key_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: PracticeLms(tmp_path, "http://localhost", PEOPLE, COURSES).key.kid, range(4)))
    assert len(set(made)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["practice_key.pem", "practice_lms.db"]
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    [offered] = PracticeLms(tmp_path, "http://localhost", PEOPLE, COURSES).key.jwks["keys"]
    assert set(offered) == {"kty", "n", "e", "kid", "alg", "use"}  # the public half alone
    (tmp_path / "practice_key.pem").write_text("damaged")
    with pytest.raises(KeyDamaged, match="remove it"):
        PracticeLms(tmp_path, "http://localhost", PEOPLE, COURSES)


@pytest.mark.parametrize(("people", "courses"), [([ADA, ADA], COURSES), ([ADA], [*COURSES, COURSES[0]]), ([ADA], COURSES[:1])])
def test_a_cast_that_does_not_fit_is_refused(home: Path, people: list[Person], courses: list[Course]) -> None:
    with pytest.raises(ValueError, match="practice LMS"):
        PracticeLms(home, "http://localhost", people, courses)


def test_every_route_says_why_it_is_open(client: FlaskClient) -> None:
    views = {rule.endpoint: client.application.view_functions[rule.endpoint] for rule in client.application.url_map.iter_rules()}
    for endpoint, view in views.items():
        guard = guard_of(view)
        assert endpoint == "static" or (guard is not None and guard.action is None and guard.why_open.startswith("practice LMS: "))
    assert len(views) == 13


ANYTHING = st.one_of(
    st.text(), st.binary().map(repr), st.sampled_from(["u-ada", "alg-1", "{}", "'; DROP TABLE score; --", "\u202eabc", "😀", "\0"])
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from([*auth_request(), "user", "course", "lti_errormsg", "limit", "grant_type", "client_assertion"]), ANYTHING
    ),
    part=ANYTHING,
)
def test_no_words_make_it_fail(client: FlaskClient, query: dict[str, str], part: str) -> None:
    fields = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
    services = ("/practice/nrps/alg-1/members", f"/practice/ags/{quote(part, safe='')}/lineitems")
    for path in ("/practice/", "/practice/launch", "/practice/auth", *services):
        assert client.get(path, query_string=fields).status_code < 500
    for path in ("/practice/auth", "/practice/token"):
        assert client.post(path, data=fields).status_code < 500
