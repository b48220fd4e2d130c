"""Launches: the login that starts one, the OIDC request that the tool answers it with, and the signed id_token."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.datastructures import MultiDict

from app.practice_lms.cast import Course, Person
from app.practice_lms.grants import AGS_SCOPES
from app.practice_lms.lms import NAME, PracticeLms

LTI = "https://purl.imsglobal.org/spec/lti/claim"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
COURSE_SECTION = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"
TOKEN_LIFE = timedelta(minutes=5)

Target = Literal["iframe", "window"]


class Hint(BaseModel):
    """`lti_message_hint`: opaque to the tool, which brings it back unchanged. JSON, as Moodle's is."""

    model_config = ConfigDict(strict=True, extra="forbid")
    course: str | None = None
    target: Target = "window"


@dataclass(frozen=True)
class Launch:
    """A launch that may be signed. `course` None: a launch without a context."""

    person: Person
    course: Course | None
    target: Target
    nonce: str
    state: str | None


class NotOurTool(Exception):
    """Client or redirect_uri is not the registered one: the person is told, and nothing is sent there (OIDC Core 3.1.2.6)."""


class AuthRefused(Exception):
    """An OIDC error that goes back to the tool."""

    def __init__(self, code: str, reason: str, state: str | None) -> None:
        super().__init__(code)
        self.code, self.reason, self.state = code, reason, state

    def fields(self) -> dict[str, str]:
        """The fields of the error response."""
        said = {"error": self.code, "error_description": self.reason}
        return said if self.state is None else {**said, "state": self.state}


def login_url(lms: PracticeLms, person: Person, course: Course | None, target: Target) -> str:
    """The address that begins a launch (1EdTech Security Framework 1.0, 5.1.1.1)."""
    hint = Hint(course=course.context if course else None, target=target)
    query = {
        "iss": lms.issuer,
        "login_hint": person.subject,
        "lti_message_hint": hint.model_dump_json(),
        "client_id": lms.client_id,
        "lti_deployment_id": lms.deployment_id,
        "target_link_uri": lms.tool.launch_url,
    }
    return f"{lms.tool.login_url}?{urlencode(query)}"


def read_request(lms: PracticeLms, asked: MultiDict[str, str]) -> Launch:
    """Read the tool's authentication request.

    Raises:
        NotOurTool: client_id or redirect_uri is wrong.
        AuthRefused: anything else is.
    """
    if asked.getlist("client_id") != [lms.client_id]:
        raise NotOurTool("client_id is not that of a tool registered here.")
    if asked.getlist("redirect_uri") != [lms.tool.launch_url]:
        raise NotOurTool(f"redirect_uri is not the one registered here, which is {lms.tool.launch_url}")
    _check_form(asked)
    person, course, target = _whom(lms, asked)
    return Launch(person, course, target, asked["nonce"], asked.get("state"))


def id_token(lms: PracticeLms, launch: Launch) -> str:
    """The signed launch. Its audience is one client, so OIDC Core asks for no azp."""
    now, person = lms.clock(), launch.person
    claims: dict[str, Any] = {
        "iss": lms.issuer,
        "aud": lms.client_id,
        "sub": person.subject,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFE).timestamp()),
        "nonce": launch.nonce,
        "name": person.name,
        "given_name": person.given,
        "family_name": person.family,
        "email": person.email,
        "locale": person.locale,
        **_message_claims(lms, launch),
        **(_course_claims(lms, launch.course) if launch.course else {}),
    }
    return lms.key.sign(claims)


def _message_claims(lms: PracticeLms, launch: Launch) -> dict[str, Any]:
    link = launch.course.resource_link if launch.course else "paceline-without-a-course"
    return {
        f"{LTI}/message_type": "LtiResourceLinkRequest",
        f"{LTI}/version": "1.3.0",
        f"{LTI}/deployment_id": lms.deployment_id,
        f"{LTI}/target_link_uri": lms.tool.launch_url,
        f"{LTI}/resource_link": {"id": link, "title": "Paceline"},
        f"{LTI}/roles": launch.person.roles(in_course=launch.course is not None),
        f"{LTI}/tool_platform": {"guid": lms.deployment_id, "name": NAME, "product_family_code": "paceline-practice", "version": "1"},
        f"{LTI}/launch_presentation": {
            "document_target": launch.target,
            "return_url": f"{lms.address}/",
            "locale": launch.person.locale,
        },
    }


def _course_claims(lms: PracticeLms, course: Course) -> dict[str, Any]:
    context = {"id": course.context, "label": course.label or course.title, "title": course.title, "type": [COURSE_SECTION]}
    services = {"lineitems": lms.line_items_url(course), "lineitem": lms.line_item_url(course), "scope": list(AGS_SCOPES)}
    members = {"context_memberships_url": lms.members_url(course), "service_versions": ["2.0"]}
    return {f"{LTI}/context": context, AGS_CLAIM: services, NRPS_CLAIM: members}


def _check_form(asked: MultiDict[str, str]) -> None:
    """What OIDC and the 1EdTech Security Framework (5.1.1.2) fix about every request."""
    state = asked.get("state")
    repeated = sorted(name for name, values in asked.lists() if len(values) > 1)
    if repeated:
        raise AuthRefused("invalid_request", f"{', '.join(repeated)}: sent more than once", state)
    if asked.get("response_type") != "id_token":
        raise AuthRefused("unsupported_response_type", "response_type must be id_token", state)
    if "openid" not in asked.get("scope", "").split():
        raise AuthRefused("invalid_scope", "scope must be openid", state)
    for name, wanted in (("response_mode", "form_post"), ("prompt", "none")):
        if asked.get(name) != wanted:
            raise AuthRefused("invalid_request", f"{name} must be {wanted}", state)
    if not asked.get("nonce", "").strip():
        raise AuthRefused("invalid_request", "nonce is missing", state)


def _whom(lms: PracticeLms, asked: MultiDict[str, str]) -> tuple[Person, Course | None, Target]:
    state = asked.get("state")
    person = lms.cast.person(asked.get("login_hint", ""))
    if person is None:
        raise AuthRefused("login_required", "login_hint names nobody who is signed in here", state)
    try:
        hint = Hint.model_validate_json(asked.get("lti_message_hint", "{}"))
    except ValidationError as error:
        raise AuthRefused("invalid_request", "lti_message_hint is not the one that was sent", state) from error
    course = lms.cast.course(hint.course) if hint.course is not None else None
    if hint.course is not None and (course is None or course.context not in person.contexts):
        raise AuthRefused("access_denied", "that person is not in that course", state)
    return person, course, hint.target
