"""Refusals at the school's door: each says what was wrong, for whom, and (in the catalogues) how to mend it."""

from core.errors import CoreError


class LaunchRefused(CoreError):
    """A login or launch that is refused. `return_url` leads back to the LMS once the launch was known to be genuine."""

    code = "lti.refused"
    status = 403
    return_url: str | None = None


class LoginIncomplete(LaunchRefused):
    """The login lacks `iss`, `login_hint` or `target_link_uri` (OpenID Connect Core, third-party initiated login, 4)."""

    code = "lti.login_incomplete"
    status = 400


class PlatformUnknown(LaunchRefused):
    """No platform is registered with this issuer and client id."""

    code = "lti.platform_unknown"


class TargetRefused(LaunchRefused):
    """The login or the launch names an address that is not ours, or not the one that the login named."""

    code = "lti.target_refused"


class StateInvalid(LaunchRefused):
    """The launch has no state, or one that is unknown, expired or spent."""

    code = "lti.state_invalid"


class PlatformSaidError(LaunchRefused):
    """The platform answered the login with an error instead of a token (OpenID Connect Core, 3.1.2.6)."""

    code = "lti.platform_said_error"


class TokenMalformed(LaunchRefused):
    """There is no id_token, or it is not a signed JWT with JSON inside."""

    code = "lti.token_malformed"
    status = 400


class SignatureInvalid(LaunchRefused):
    """The token is not signed with RS256 by a key that the platform publishes."""

    code = "lti.signature_invalid"


class KeysUnavailable(LaunchRefused):
    """The platform's key set cannot be read now."""

    code = "lti.keys_unavailable"
    status = 503


class TokenStale(LaunchRefused):
    """The token has expired, is too old, or comes from the future: often a clock that runs wrong."""

    code = "lti.token_stale"


class ClaimInvalid(LaunchRefused):
    """A claim is missing or wrong; `claim` names it."""

    code = "lti.claim_invalid"


class NonceMismatch(LaunchRefused):
    """The token's nonce is not the one of this login."""

    code = "lti.nonce_mismatch"


class MessageUnsupported(LaunchRefused):
    """Not an LTI 1.3 resource link launch."""

    code = "lti.message_unsupported"


class SubjectMissing(LaunchRefused):
    """An anonymous launch: nobody can be given a place of their own."""

    code = "lti.subject_missing"


class DeploymentPending(LaunchRefused):
    """The deployment is known, and waits for somebody to approve it."""

    code = "lti.deployment_pending"


class DeploymentRemoved(LaunchRefused):
    """The deployment was approved once, and then removed."""

    code = "lti.deployment_removed"
