"""Access tokens for the services: client_credentials with private_key_jwt (1EdTech Security Framework 1.0, 4.1; RFC 7523)."""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

import jwt
from jwt.api_jws import PyJWS
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from werkzeug.datastructures import MultiDict

from app.practice_lms.store import Store
from app.practice_lms.tool_keys import KeysUnreachable, ToolKeys

LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
RESULT_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MEMBERS_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
AGS_SCOPES = (LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE)
SCOPES = frozenset({*AGS_SCOPES, MEMBERS_READ})

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_LIFE = timedelta(hours=1)
LONGEST_ASSERTION = timedelta(hours=1)
LEEWAY = timedelta(seconds=30)

EpochSeconds = Annotated[float, Field(ge=0, le=32_503_680_000, allow_inf_nan=False)]


class TokenRefused(Exception):
    """No token: an OAuth error code (RFC 6749, 5.2), the reason for whoever wrote the tool, and the HTTP status."""

    def __init__(self, code: str, reason: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.reason, self.status = code, reason, status


class _Assertion(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    iss: str
    sub: str
    aud: str | list[str]
    iat: EpochSeconds
    exp: EpochSeconds
    jti: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Grants:
    """Gives tokens to the one tool that is registered here, and knows them again."""

    def __init__(self, store: Store, keys: ToolKeys, client_id: str, token_url: str, clock: Callable[[], datetime]) -> None:
        self._store, self._keys, self._clock = store, keys, clock
        self._client_id, self._token_url = client_id, token_url

    def grant(self, form: MultiDict[str, str]) -> dict[str, str | int]:
        """Answer a token request with the token response of RFC 6749, 5.1.

        Raises:
            TokenRefused: the form, the assertion or every scope asked for is not acceptable.
        """
        repeated = sorted(name for name, values in form.lists() if len(values) > 1)
        if repeated:
            raise TokenRefused("invalid_request", f"{', '.join(repeated)}: sent more than once")
        if form.get("grant_type") != "client_credentials":
            raise TokenRefused("unsupported_grant_type", "grant_type must be client_credentials, in a form-encoded body")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise TokenRefused("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
        assertion = self._verify(form.get("client_assertion", ""))
        granted = sorted(SCOPES.intersection(form.get("scope", "").split()))
        if not granted:
            raise TokenRefused("invalid_scope", f"scope must name at least one of: {' '.join(sorted(SCOPES))}")
        token = self._keep(assertion, granted)
        return {"access_token": token, "token_type": "Bearer", "expires_in": int(TOKEN_LIFE.total_seconds()), "scope": " ".join(granted)}

    def scopes_of(self, token: str) -> frozenset[str] | None:
        """What a token allows; None for one that was never given or is over."""
        with self._store.read() as connection:
            query = "SELECT scopes FROM token WHERE hash = ? AND expires_at > ?"
            row = connection.execute(query, (_hash(token), self._clock().timestamp())).fetchone()
        return frozenset(row["scopes"].split()) if row else None

    def _verify(self, text: str) -> _Assertion:
        """The claims of a client assertion, its signature and every claim checked but the single use."""
        try:
            kid = jwt.get_unverified_header(text).get("kid")
            if not isinstance(kid, str):
                raise TokenRefused("invalid_client", "client_assertion: its header has no kid", 401)
            key = self._keys.find(kid)
            if key is None:
                raise TokenRefused("invalid_client", "client_assertion: its kid is not in the tool's JWKS", 401)
            assertion = _Assertion.model_validate_json(PyJWS().decode(text, key, algorithms=["RS256"]))
        except (jwt.PyJWTError, RecursionError) as error:
            raise TokenRefused("invalid_client", f"client_assertion: {type(error).__name__}", 401) from error
        except ValidationError as error:
            raise TokenRefused("invalid_client", f"client_assertion: {first_reason(error)}", 401) from error
        except KeysUnreachable as error:
            raise TokenRefused("temporarily_unavailable", f"The tool's JWKS could not be fetched from {error}", 503) from error
        self._check_claims(assertion)
        return assertion

    def _check_claims(self, assertion: _Assertion) -> None:
        now = self._clock()
        audience = [assertion.aud] if isinstance(assertion.aud, str) else assertion.aud
        wrong = {
            f"iss and sub must both be {self._client_id}": (assertion.iss, assertion.sub) != (self._client_id, self._client_id),
            f"aud must be {self._token_url}": self._token_url not in audience,
            "exp is over": assertion.exp <= (now - LEEWAY).timestamp(),
            "exp is more than an hour ahead": assertion.exp > (now + LONGEST_ASSERTION + LEEWAY).timestamp(),
            "iat is in the future": assertion.iat > (now + LEEWAY).timestamp(),
        }
        for reason, is_wrong in wrong.items():
            if is_wrong:
                raise TokenRefused("invalid_client", f"client_assertion: {reason}", 401)

    def _keep(self, assertion: _Assertion, granted: list[str]) -> str:
        """Spend the assertion and keep a token's hash, both or neither."""
        now, token = self._clock(), secrets.token_urlsafe(32)
        with self._store.write() as connection:
            connection.execute("DELETE FROM token WHERE expires_at <= ?", (now.timestamp(),))
            connection.execute("DELETE FROM spent_assertion WHERE expires_at <= ?", (now.timestamp(),))
            try:
                spent_until = assertion.exp + LEEWAY.total_seconds()
                connection.execute("INSERT INTO spent_assertion VALUES (?, ?)", (assertion.jti, spent_until))
            except sqlite3.IntegrityError as error:
                raise TokenRefused("invalid_client", "client_assertion: its jti was used before", 401) from error
            expires_at = (now + TOKEN_LIFE).timestamp()
            connection.execute("INSERT INTO token VALUES (?, ?, ?)", (_hash(token), " ".join(granted), expires_at))
        return token


def first_reason(error: ValidationError) -> str:
    """The first thing wrong with a body, with where it is, and without repeating the body."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
