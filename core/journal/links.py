"""Links that people give: https only, to a named host, and nothing hidden in them."""

from urllib.parse import urlsplit

from core.errors import CoreError

LONGEST_LINK = 500


class LinkUnusable(CoreError):
    """Not a plain https address."""

    code = "link.unusable"


def check_link(url: str) -> str:
    """An address that a page may link to: https, with a host, without a user name, spaces or control characters.

    Raises:
        LinkUnusable: it is none.
    """
    told = url.strip()
    try:
        parts = urlsplit(told)
        named = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and (parts.port or 443) > 0
    except ValueError:  # brackets or a port that cannot be
        named = False
    if not named or len(told) > LONGEST_LINK or any(sign.isspace() or not sign.isprintable() for sign in told) or "\\" in told:
        raise LinkUnusable
    return told
