"""Login and launch: the two legs of an LTI 1.3 launch (1EdTech Security Framework 1.1, 5.1.1), and our key set.

The state is spent before anything else, in a transaction of its own, so a refused launch cannot be tried again.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, g, jsonify, request, url_for
from sqlalchemy import Row
from sqlmodel import Session

from core.courses.arrivals import Arriving, arrive, look
from core.data.clock import utc_now
from core.data.db import Database
from core.data.ids import digest, new_secret
from core.data.vault import Vault
from core.i18n import LANGUAGES, best_language
from core.people.access import Role, open_to_all
from core.people.platforms import notice_deployment
from core.people.viewers import cookie_of, open_viewer
from lti import claims, keys, launch_states
from lti.claims import Launch
from lti.gradebooks import keep_gradebook
from lti.key_sets import KeySets
from lti.refusals import (
    ClaimInvalid,
    DeploymentPending,
    DeploymentRemoved,
    LaunchRefused,
    LoginIncomplete,
    MessageUnsupported,
    NonceMismatch,
    PlatformSaidError,
    PlatformUnknown,
    StateInvalid,
    SubjectMissing,
    TargetRefused,
    TokenMalformed,
)
from lti.registration import Registration, Registrations
from lti.roles import course_role, is_family
from lti.verification import verify

LONGEST_HINT = 8_000  # they come back in the address of a redirect; Moodle's longest is a few hundred
bp = Blueprint("lti", __name__, url_prefix="/lti")


@dataclass(frozen=True)
class Door:
    """What the school's door needs of the house; `app/wiring.py` puts it into `app.extensions["paceline.lti"]`."""

    database: Database
    vault: Vault
    key_sets: KeySets
    registrations: Registrations
    base_url: str

    @property
    def launch_url(self) -> str:
        """The one redirect address, and the one target, that we have."""
        return f"{self.base_url}/lti/launch"

    def is_ours(self, target: str) -> bool:
        """Whether a target is an address of ours: the launch itself, or the bare house."""
        return target in (self.base_url, f"{self.base_url}/", self.launch_url)


def door() -> Door:
    """The door of this application."""
    return cast(Door, current_app.extensions["paceline.lti"])


@bp.route("/login", methods=["GET", "POST"])
@open_to_all("an LMS begins every launch here, before anybody is known")
def login() -> Response:
    """Answer a third-party initiated login with an authentication request (Security Framework 1.1, 5.1.1.2)."""
    here = door()
    said = request.values
    issuer, hint, target = said.get("iss", ""), said.get("login_hint", ""), said.get("target_link_uri", "")
    if not issuer or not hint or not target:
        raise LoginIncomplete(missing=next(name for name in ("iss", "login_hint", "target_link_uri") if not said.get(name)))
    if not here.is_ours(target):
        raise TargetRefused(target=target[:500])
    if max(map(len, (hint, said.get("lti_message_hint", "")))) > LONGEST_HINT:
        raise LoginIncomplete(missing="login_hint")
    state, nonce = new_secret(), new_secret()
    now, client_id = utc_now(), said.get("client_id") or None
    platform = here.registrations.find(issuer, client_id, now=now)
    if platform is None:
        raise PlatformUnknown(issuer=issuer[:500], client=(client_id or "")[:255])
    with here.database.connect(writes=True) as connection:
        launch_states.keep(
            connection,
            state,
            nonce,
            platform_id=platform.id,
            deployment_id=said.get("lti_deployment_id", "")[:256] or None,  # a longer one than 255 is nobody's
            target_link_uri=target,
            now=now,
        )
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": here.launch_url,
        "login_hint": hint,
        "state": state,
        "nonce": nonce,
    }
    if "lti_message_hint" in said:
        asked["lti_message_hint"] = said["lti_message_hint"]
    glue = "&" if urlsplit(platform.auth_login_url).query else "?"
    return Response(status=302, headers={"Location": f"{platform.auth_login_url}{glue}{urlencode(asked)}"})


@bp.post("/launch")
@open_to_all("the token of the platform is what proves who comes")
def launch() -> Response:
    """Let a person in: spend the state, verify the token, find or make their place, open a viewer."""
    now, here, form = utc_now(), door(), request.form
    db: Session = g.db
    promise, platform = _spend(here, form.get("state", ""), now)
    try:
        told = _told(form, platform, here.key_sets, now)
        try:
            launched = _checked(told, promise)
            arriving = _arriving(platform, launched)
            found = _approved(db, here, arriving)
        except LaunchRefused as refused:
            refused.return_url = claims.way_back(told)
            raise
    except LaunchRefused as refused:
        refused.facts = {"issuer": platform.issuer, "client": platform.client_id, **refused.facts}
        raise
    arrived = arrive(db, here.vault, arriving, found, now=now)
    if launched.endpoint and arrived.course_id:
        keep_gradebook(db, arrived.tenant_id, arrived.course_id, platform.id, launched.endpoint, now=now)
    opened = open_viewer(
        db,
        tenant_id=arrived.tenant_id,
        person_id=arrived.person_id,
        course_id=arrived.course_id,
        role=arrived.role,
        platform_id=platform.id,
        now=now,
    )
    response = Response(status=303, headers={"Location": url_for(_PAGE.get(arrived.role, "home.show"), handle=opened.handle)})
    response.set_cookie(**cookie_of(opened))
    return response


_PAGE = {Role.TEACHER: "dashboard.show", Role.ASSISTANT: "dashboard.show", Role.TENANT_ADMIN: "admin.show"}


@bp.get("/jwks.json")
@open_to_all("public keys are public")
def jwks() -> Response:
    """Our public keys (RFC 7517)."""
    now = utc_now()
    keys.signing_key(door().database, door().vault, now=now)
    response = jsonify(keys=keys.published(g.db, now=now))
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _spend(here: Door, state: str, now: datetime) -> tuple[launch_states.Promise, Registration]:
    """Spend the state of a launch, whatever comes of it, and find its platform."""
    promise = None
    if state:
        with here.database.connect(writes=True) as connection:
            promise = launch_states.spend(connection, state, now=now)
    platform = here.registrations.of(promise.platform_id, now=now) if promise else None
    if promise is None or platform is None:
        raise StateInvalid
    return promise, platform


def _told(form: Mapping[str, str], platform: Registration, key_sets: KeySets, now: datetime) -> dict[str, Any]:
    """The claims of the launch's token, which the platform is known to have made."""
    if "error" in form:
        raise PlatformSaidError(error=form["error"][:200])
    if "id_token" not in form:
        raise TokenMalformed
    return verify(form["id_token"], platform, key_sets, now=now)


def _checked(told: dict[str, Any], promise: launch_states.Promise) -> Launch:
    """The launch, when it is the one that its login promised, and one that we serve."""
    if not hmac.compare_digest(digest(told["nonce"]), promise.nonce_hash):
        raise NonceMismatch
    launched = claims.parse(told)
    if launched.version != "1.3.0" or launched.message_type != claims.RESOURCE_LINK:
        raise MessageUnsupported(message=launched.message_type[:100], version=launched.version[:20])
    if launched.target_link_uri != promise.target_link_uri:
        raise TargetRefused(target=launched.target_link_uri[:500])
    if promise.deployment_id not in (None, launched.deployment_id):
        raise ClaimInvalid(claim="deployment_id")
    if launched.subject is None:
        raise SubjectMissing
    return launched


def _arriving(platform: Registration, launched: Launch) -> Arriving:
    language = best_language(launched.locale, otherwise="")
    context = launched.context
    return Arriving(
        platform_id=platform.id,
        deployment_id=launched.deployment_id,
        subject=launched.subject or "",
        name=launched.name,
        language=language if language in LANGUAGES else None,
        role=course_role(launched.roles),
        is_family=is_family(launched.roles),
        context_id=context.id if context else None,
        context_title=(context.title or context.label) if context else None,
    )


def _approved(db: Session, here: Door, arriving: Arriving) -> Row[Any]:
    """What is known of whoever comes, through an approved deployment; an unheard-of one is written down, to be approved."""
    found = look(db, arriving)
    if found is not None and found.was_approved and not found.was_removed:
        return found
    db.rollback()
    with here.database.aside() as session:
        notice_deployment(session, arriving.platform_id, arriving.deployment_id, now=utc_now())
    if found is not None and found.was_removed:
        raise DeploymentRemoved(deployment=arriving.deployment_id)
    raise DeploymentPending(deployment=arriving.deployment_id)
