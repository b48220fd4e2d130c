"""The claims of a launch, parsed strictly, and no more of them than we need (LTI Core 1.3, 5)."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from lti.refusals import ClaimInvalid

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
RESOURCE_LINK = "LtiResourceLinkRequest"


def _text(value: Any) -> Any:
    """Some platforms send numbers for ids: taken for the text they would be. True is not 1."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _address(value: Any) -> Any:
    """A platform's own address, or none: an unusable one of these must not cost a student the launch."""
    if not isinstance(value, str) or len(value) > 2000 or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.hostname else None


def _words(value: Any) -> Any:
    """A display text, or none; cut to what we keep. Zero bytes and halves of characters could not be stored anywhere."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").encode(errors="replace").decode().strip()[:255] or None


def _object(value: Any) -> Any:
    """An optional claim, or none when it is not even an object."""
    return value if isinstance(value, dict) else None


def _scopes(value: Any) -> Any:
    """The scopes that are texts; whatever else stands there grants nothing."""
    return tuple(scope for scope in value if isinstance(scope, str) and scope.isprintable()) if isinstance(value, list) else ()


Id = Annotated[str, BeforeValidator(_text), StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
Words = Annotated[str | None, BeforeValidator(_words)]
Address = Annotated[str | None, BeforeValidator(_address)]


class _Claims(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Context(_Claims):
    """The course."""

    id: Id
    title: Words = None
    label: Words = None


class ResourceLink(_Claims):
    """The link that was pressed. We need nothing of it; the standard requires it (LTI Core 1.3, 5.3.5)."""

    id: Id


class Endpoint(_Claims):
    """The gradebook of the course (Assignment and Grade Services 2.0)."""

    scope: Annotated[tuple[str, ...], BeforeValidator(_scopes)] = ()
    lineitems: Address = None
    lineitem: Address = None


_NOT_LTI_CORE = {"subject": "sub", "name": "name", "locale": "locale", "endpoint": AGS_CLAIM}


def _alias(field: str) -> str:
    return _NOT_LTI_CORE.get(field, CLAIM + field)


class Launch(_Claims):
    """A launch. The e-mail claim is not even parsed."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=_alias)

    subject: Id | None = None
    name: Words = None
    locale: Words = None
    message_type: str
    version: str
    deployment_id: Id
    target_link_uri: str
    resource_link: ResourceLink
    roles: tuple[str, ...]
    context: Context | None = None
    endpoint: Annotated[Endpoint | None, BeforeValidator(_object)] = None


def parse(claims: dict[str, Any]) -> Launch:
    """The launch that verified claims describe.

    Raises:
        ClaimInvalid: a required claim is missing, or one is not of its type.
    """
    try:
        return Launch.model_validate(claims)
    except ValidationError as error:
        raise ClaimInvalid(claim=str(error.errors()[0]["loc"][0])) from None


def way_back(claims: dict[str, Any]) -> str | None:
    """The platform's return address, from verified claims that may be wrong otherwise."""
    presentation = claims.get(CLAIM + "launch_presentation")
    return _address(presentation.get("return_url")) if isinstance(presentation, dict) else None
