"""The verification of a launch's token, by the letter of the 1EdTech Security Framework 1.1, 5.1.3, and a little stricter.

Ours rather than a library's: pylti1p3 accepts a token without `exp` or `iat`, a year-old one and a wrong `azp`, and
refuses several audiences. RS256 only; `kid`, `exp` and `iat` are required; 30 seconds of leeway; ten minutes of age at
most.
"""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from lti.key_sets import KeySets
from lti.refusals import ClaimInvalid, SignatureInvalid, TokenMalformed, TokenStale
from lti.registration import Registration

LEEWAY = 30
OLDEST = 600
LATEST = 10**12
"""Seconds since 1970 beyond which a time is a mistake, such as milliseconds."""
LONGEST_TOKEN = 100_000

_PADDING, _HASH = PKCS1v15(), SHA256()


def verify(token: str, platform: Registration, key_sets: KeySets, *, now: datetime) -> dict[str, Any]:
    """The claims of a token that this platform made for us, now.

    Raises:
        TokenMalformed: not a JWT.
        SignatureInvalid: not RS256 by a key that the platform publishes and the token names.
        KeysUnavailable: the platform's keys cannot be read.
        ClaimInvalid: `iss`, `aud`, `azp`, `exp`, `iat` or `nonce` is missing or wrong.
        TokenStale: expired, too old, or from the future.
    """
    signed, _, signature = token.rpartition(".")
    head, _, body = signed.partition(".")
    if not head or not body or "." in body or len(token) > LONGEST_TOKEN:
        raise TokenMalformed
    header = _json(head)
    if header.get("alg") != "RS256" or "crit" in header:  # what is critical and not understood must be refused (RFC 7515, 4.1.11)
        raise SignatureInvalid(algorithm=str(header.get("alg"))[:20])
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise SignatureInvalid(key="")
    key = key_sets.find(platform.key_set_url, kid, now=now)
    try:
        key.verify(_bytes(signature), signed.encode("ascii"), _PADDING, _HASH)
    except (InvalidSignature, UnicodeEncodeError):
        raise SignatureInvalid(key=kid[:255]) from None
    claims = _json(body)
    _check_parties(claims, platform)
    _check_times(claims, now.timestamp())
    return claims


def _check_parties(claims: dict[str, Any], platform: Registration) -> None:
    """Who made it, and for whom. Of several audiences we must be one, and then `azp` must name us."""
    if claims.get("iss") != platform.issuer:
        raise ClaimInvalid(claim="iss")
    audiences = claims.get("aud")
    audiences = audiences if isinstance(audiences, list) else [audiences]
    if platform.client_id not in audiences:
        raise ClaimInvalid(claim="aud")
    if ("azp" in claims or len(audiences) > 1) and claims.get("azp") != platform.client_id:
        raise ClaimInvalid(claim="azp")


def _check_times(claims: dict[str, Any], now: float) -> None:
    for name in ("exp", "iat"):
        value = claims.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LATEST:  # NaN is in no range
            raise ClaimInvalid(claim=name)
    if claims["exp"] <= now - LEEWAY:
        raise TokenStale(claim="exp", seconds=round(now - claims["exp"]))
    if not now - OLDEST - LEEWAY <= claims["iat"] <= now + LEEWAY:
        raise TokenStale(claim="iat", seconds=round(now - claims["iat"]))
    if not isinstance(claims.get("nonce"), str):
        raise ClaimInvalid(claim="nonce")


def _json(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        raise TokenMalformed from None
    if not isinstance(found, dict):
        raise TokenMalformed
    return found


def _bytes(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenMalformed from None
