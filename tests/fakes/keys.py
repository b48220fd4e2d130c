"""RSA keys for fakes: made once a test run, since making one takes longer than most tests; and what is signed with them."""

import base64
import hmac
import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


@cache
def rsa_key(number: int, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The key with a number, the same for the whole run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def jwk(key: rsa.RSAPrivateKey, kid: str, **changes: Any) -> dict[str, Any]:
    """The public half as a platform publishes it; a change to None leaves a member out."""
    numbers = key.public_key().public_numbers()
    facts = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": _number(numbers.n), "e": _number(numbers.e)} | changes
    return {name: value for name, value in facts.items() if value is not None}


def sign(header: Mapping[str, Any], payload: Mapping[str, Any] | bytes, key: rsa.RSAPrivateKey) -> str:
    """A compact JWS over anything at all, signed as its header says; `alg` none has no signature."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = f"{encode(json.dumps(header).encode())}.{encode(body)}"
    return f"{signed}.{encode(_signature(str(header.get('alg')), signed.encode(), key))}"


def encode(raw: bytes) -> str:
    """Base64 as JOSE has it: URL-safe, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signature(algorithm: str, signed: bytes, key: rsa.RSAPrivateKey) -> bytes:
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    match algorithm:
        case "none":
            return b""
        case "HS256":  # the classic confusion: the public key taken for a shared secret
            return hmac.new(public, signed, sha256).digest()
        case "PS256":
            return key.sign(signed, pss, hashes.SHA256())
        case "RS512":
            return key.sign(signed, padding.PKCS1v15(), hashes.SHA512())
        case _:
            return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def _number(number: int) -> str:
    return encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))
