"""The tool's public keys, fetched over HTTP from the address in its registration."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

TIMEOUT = httpx.Timeout(3.0)
FRESH_FOR = timedelta(minutes=5)
REFETCH_AFTER = timedelta(seconds=1)
"""A flood of made-up key ids costs one fetch a second, not one each."""


class KeysUnreachable(Exception):
    """The tool's JWKS could not be fetched, or is not one."""


class ToolKeys:
    """The RSA keys of the tool's JWKS by key id; kept five minutes, fetched again for an unknown id."""

    def __init__(self, address: str, clock: Callable[[], datetime]) -> None:
        self._address, self._clock = address, clock
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at: datetime | None = None

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key with an id, or None when the tool does not offer it.

        Raises:
            KeysUnreachable: a fetch was needed and did not work; what was known before is asked again next time.
        """
        with self._lock:
            if self._older_than(FRESH_FOR) or (kid not in self._keys and self._older_than(REFETCH_AFTER)):
                self._keys = self._fetch()
                self._fetched_at = self._clock()
            return self._keys.get(kid)

    def _older_than(self, age: timedelta) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at >= age

    def _fetch(self) -> dict[str, jwt.PyJWK]:
        try:
            answer = httpx.get(self._address, timeout=TIMEOUT, follow_redirects=False, trust_env=False)
            answer.raise_for_status()
            keys = answer.json()["keys"]
            return {key["kid"]: parsed for key in keys if (parsed := _parse(key)) is not None}
        except (httpx.HTTPError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise KeysUnreachable(f"{self._address}: {type(error).__name__}") from error


def _parse(facts: Any) -> jwt.PyJWK | None:
    """A key of the set, or None when it cannot check RS256: one odd key must not spoil the others."""
    try:
        key = jwt.PyJWK.from_dict(facts, algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        return None
    usable = isinstance(key.key, RSAPublicKey) and key.key.key_size >= 2048 and isinstance(facts.get("kid"), str)
    return key if usable else None
