"""Members in pages; and pylti1p3 as an independent client."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.grade import Grade
from pylti1p3.lineitem import LineItem
from pylti1p3.names_roles import NamesRolesProvisioningService
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector

from app.practice_lms import PracticeLms
from app.practice_lms.grants import LINE_ITEM, MEMBERS_READ, RESULT_READ, SCORE
from tests.app.practice_lms.tool import KEYS, PEOPLE, Tool, pem


def test_members_come_in_pages(tool: Tool) -> None:
    headers, address, pages = tool.bearer(MEMBERS_READ), "/practice/nrps/alg-1/members?limit=10", []
    while address:
        answer = tool.http.get(address, headers=headers)
        assert answer.headers["Content-Type"] == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
        assert answer.json()["context"] == {"id": "alg-1", "label": "ALG1-3", "title": "Algebra 1, period 3"}
        pages.append([member["user_id"] for member in answer.json()["members"]])
        address = answer.links.get("next", {}).get("url", "")
    assert [len(page) for page in pages] == [10, 10, 7]
    assert [subject for page in pages for subject in page] == [person.subject for person in PEOPLE if "alg-1" in person.contexts]


@pytest.mark.parametrize(
    ("role", "count"),
    [
        ("Learner", 24),
        ("http://purl.imsglobal.org/vocab/lis/v2/membership#Learner", 24),
        ("Instructor", 2),
        ("http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant", 1),
        ("learner", 0),
    ],
)
def test_members_of_one_role(unspoilt: Tool, role: str, count: int) -> None:
    headers, query = unspoilt.bearer(MEMBERS_READ), {"role": role, "limit": "20"}
    first = unspoilt.http.get("/practice/nrps/alg-1/members", params=query, headers=headers)
    found = first.json()["members"]
    if "next" in first.links:
        found += unspoilt.http.get(first.links["next"]["url"], headers=headers).json()["members"]  # the link keeps the role
    assert len(found) == count


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=ten", "limit=", "limit=²", "limit=1e3", "from=-1", f"from={'9' * 30}"])
def test_a_malformed_page_is_refused(unspoilt: Tool, query: str) -> None:
    answer = unspoilt.http.get(f"/practice/nrps/alg-1/members?{query}", headers=unspoilt.bearer(MEMBERS_READ))
    assert (answer.status_code, query.partition("=")[0] in answer.json()["error_description"]) == (400, True)
    assert unspoilt.http.get("/practice/nrps/nowhere/members", headers=unspoilt.bearer(MEMBERS_READ)).status_code == 404


def test_pylti1p3_gets_along_with_it(tool: Tool) -> None:
    """A second opinion: an independent client that was not written for this LMS."""
    facts = PracticeLms.facts(tool.base)
    public = KEYS[0].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    registration = Registration().set_issuer(facts["issuer"]).set_client_id(facts["client_id"])
    registration.set_auth_token_url(facts["auth_token_url"]).set_tool_private_key(pem(KEYS[0])).set_tool_public_key(public.decode())
    kid = registration.get_kid()
    assert kid
    tool.offered[kid] = KEYS[0]
    tool.clock.now = datetime.fromtimestamp(time.time(), UTC)  # pylti1p3 signs with the real time
    with requests.Session() as session:
        session.trust_env = False
        connector = ServiceConnector(registration, session)
        services: Any = {
            "scope": [LINE_ITEM, RESULT_READ, SCORE],
            "lineitems": f"{facts['auth_login_url'].removesuffix('/auth')}/ags/alg-1/lineitems",
            "lineitem": f"{facts['auth_login_url'].removesuffix('/auth')}/ags/alg-1/lineitems/paceline",
        }
        grades = AssignmentsGradesService(connector, services)
        grade = Grade().set_user_id("u-ada").set_score_given(3).set_score_maximum(4).set_timestamp(tool.clock().isoformat())
        grade.set_activity_progress("Completed").set_grading_progress("FullyGraded")
        column = LineItem().set_tag("quiz").set_label("Quiz").set_score_maximum(8)
        grades.put_grade(grade)
        grades.put_grade(grade, column)
        grades.put_grade(grade, column)
        assert [item["label"] for item in grades.get_lineitems()] == ["Paceline", "Quiz"]
        assert grades.get_lineitem().get_label() == "Paceline"
        assert [(one["userId"], one["resultScore"]) for one in grades.get_grades()] == [("u-ada", 75)]
        quiz = grades.find_lineitem_by_tag("quiz")
        assert [(one["resultScore"], one["resultMaximum"]) for one in grades.get_grades(quiz)] == [(6, 8)]
        names: Any = {"context_memberships_url": f"{facts['auth_login_url'].removesuffix('/auth')}/nrps/alg-1/members?limit=20"}
        assert len(NamesRolesProvisioningService(connector, names).get_members()) == 27
    assert [kept.repeats for kept in tool.lms.gradebook.scores("alg-1")] == [1, 0]
