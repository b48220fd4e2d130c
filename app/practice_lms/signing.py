"""The practice LMS's key: what it signs launches with, and the public half that it offers as a JWKS."""

import base64
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


class KeyDamaged(Exception):
    """The key file holds no RSA key; removing it lets a new one be made."""


class SigningKey:
    """An RSA key of 2048 bits in a file that only its owner may read, made on first use."""

    def __init__(self, path: Path) -> None:
        """Load the key, or make it.

        Raises:
            KeyDamaged: the file is there and is not an RSA key.
        """
        if not path.exists():
            _make(path)
        path.chmod(0o600)
        self._key = _load(path)
        facts: dict[str, Any] = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self.kid = _thumbprint(facts)
        self.jwks: dict[str, Any] = {
            "keys": [{"kty": "RSA", "n": facts["n"], "e": facts["e"], "kid": self.kid, "alg": "RS256", "use": "sig"}]
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT over some claims: RS256, with our key's id."""
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.kid})


def _make(path: Path) -> None:
    """Write a new key, whole or not at all; of two processes that make one at once, the first wins."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _load(path: Path) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise KeyDamaged(f"{path} is not a readable key; remove it, and a new one is made.") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyDamaged(f"{path} is not an RSA key; remove it, and a new one is made.")
    return key


def _thumbprint(facts: dict[str, Any]) -> str:
    """RFC 7638: the same key has the same id after a restart."""
    text = json.dumps({name: facts[name] for name in ("e", "kty", "n")}, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
