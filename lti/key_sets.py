"""The platforms' public keys, parsed once and kept.

An unknown key id is looked up again at once, but not more than twice a minute; errors are never kept, and a second after
a failed try ended it may be repeated; when a platform's key set cannot be read, the keys that were good before stay good
for a day. One launch at a time reads a key set, and others wait for it only so long: a platform that hardly answers takes
up one of our threads, not all.
"""

import base64
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from core.data.outgoing import DestinationDown, DestinationRefused, Outgoing
from lti.refusals import KeysUnavailable, SignatureInvalid

FRESH_FOR = timedelta(hours=1)
USABLE_FOR = timedelta(days=1)
PAUSE = timedelta(seconds=30)
PAUSE_AFTER_FAILURE = timedelta(seconds=1)
LONGEST_READING = 10.0
"""Seconds that reading a key set may take: a person waits for it."""
LONGEST_WAIT = 2.0
"""Seconds that a launch waits for another one's reading."""
SMALLEST_KEY, LARGEST_KEY = 2048, 8192


@dataclass
class _Kept:
    keys: dict[str, RSAPublicKey] = field(default_factory=dict)
    fetched_at: datetime | None = None
    not_before: datetime | None = None
    tries: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_younger(self, age: timedelta, now: datetime) -> bool:
        return self.fetched_at is not None and now - self.fetched_at <= age


class KeySets:
    """All key sets this process has seen."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._kept: dict[str, _Kept] = {}

    def find(self, url: str, kid: str, *, now: datetime) -> RSAPublicKey:
        """The key with an id.

        Raises:
            KeysUnavailable: the key set cannot be read now, and was not read within a day.
            SignatureInvalid: the platform publishes no such key.
        """
        kept = self._kept.setdefault(url, _Kept())
        key, tries = kept.keys.get(kid), kept.tries
        if key and kept.is_younger(FRESH_FOR, now):
            return key
        usable = key and kept.is_younger(USABLE_FOR, now)
        asked = kept.lock.acquire(timeout=0 if usable else LONGEST_WAIT)  # an old key is better than a wait
        if asked:
            try:
                if kept.tries == tries:  # else another launch has just tried, while this one waited
                    self._fetch(url, kept, now)
            finally:
                kept.lock.release()
        if not kept.is_younger(USABLE_FOR, now):
            raise KeysUnavailable(key_set=url)
        key = kept.keys.get(kid)
        if key is None and not asked:
            raise KeysUnavailable(key_set=url)  # whether the platform has such a key, somebody is just finding out
        if key is None:
            raise SignatureInvalid(key=kid[:255], key_set=url)
        return key

    def _fetch(self, url: str, kept: _Kept, now: datetime) -> None:
        if kept.not_before and now < kept.not_before:
            return
        started = time.monotonic()
        try:
            answer = self._outgoing.call("GET", url, headers={"Accept": "application/json"}, within=LONGEST_READING)
            keys = parse_key_set(answer.json()) if answer.ok else {}
        except (DestinationDown, DestinationRefused, ValueError):
            keys = {}
        kept.tries += 1
        kept.not_before = now + timedelta(seconds=time.monotonic() - started) + PAUSE_AFTER_FAILURE
        if keys:
            self.put(url, keys, now=now)

    def put(self, url: str, keys: dict[str, RSAPublicKey], *, now: datetime) -> None:
        """Keep keys as read from `url` at an instant."""
        kept = self._kept.setdefault(url, _Kept())
        kept.keys, kept.fetched_at, kept.not_before = keys, now, now + PAUSE


def parse_key_set(document: Any) -> dict[str, RSAPublicKey]:
    """The RS256 keys of a JWK set, by key id; what is not one, or has no id, is left out (RFC 7517, 5).

    Raises:
        ValueError: it is no JWK set.
    """
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a JWK set")
    found: dict[str, RSAPublicKey] = {}
    for jwk in document["keys"]:
        key = _parse(jwk)
        if key:
            found[jwk["kid"]] = key
    return found


def _parse(jwk: Any) -> RSAPublicKey | None:
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str) or jwk.get("kty") != "RSA":
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
        return None
    try:
        key = RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
    except (KeyError, TypeError, ValueError):
        return None
    return key if SMALLEST_KEY <= key.key_size <= LARGEST_KEY else None


def _number(encoded: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)), "big")
