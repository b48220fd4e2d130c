"""The practice LMS as a whole: its cast, key, gradebook and tokens, and the one tool that is registered in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from app.practice_lms.cast import Cast, Course, Person
from app.practice_lms.gradebook import DEFAULT_ITEM, Gradebook
from app.practice_lms.grants import Grants
from app.practice_lms.signing import SigningKey
from app.practice_lms.store import Store
from app.practice_lms.tool_keys import ToolKeys
from core.data.clock import utc_now

NAME = "Practice LMS"
ISSUER = "https://practice-lms.example"  # a name, not an address: the same one wherever the demo listens
CLIENT_ID = "paceline-practice"
DEPLOYMENT_ID = "practice-1"
KEY_FILE = "practice_key.pem"
STORE_FILE = "practice_lms.db"


@dataclass(frozen=True)
class Tool:
    """Paceline as the LMS knows it: its addresses."""

    base_url: str

    @property
    def login_url(self) -> str:
        """Where a launch begins: third-party-initiated login."""
        return f"{self.base_url}/lti/login"

    @property
    def launch_url(self) -> str:
        """The only redirect_uri and target_link_uri."""
        return f"{self.base_url}/lti/launch"

    @property
    def jwks_url(self) -> str:
        """Where the tool's public keys are."""
        return f"{self.base_url}/lti/jwks.json"

    @property
    def origin(self) -> str:
        """The tool's origin, for the page's content security policy."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"


class PracticeLms:
    """A pretend LMS. One a process; safe to use from many threads, and from several processes on one `home`."""

    def __init__(
        self,
        home: Path,
        base_url: str,
        people: Iterable[Person],
        courses: Iterable[Course],
        *,
        tool_url: str | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Open the LMS, or make its key and gradebook.

        Args:
            home: the folder of its key and gradebook; must exist.
            base_url: where `/practice` is mounted, as a browser and the tool reach it.
            people: the first students and the first of each other role stand out on the page.
            tool_url: where Paceline is, when it is not at `base_url`.

        Raises:
            ValueError: the cast does not fit the courses.
            KeyDamaged: the key file is not an RSA key.
        """
        facts = self.facts(base_url)
        self.address, self.token_url = facts["auth_token_url"].removesuffix("/token"), facts["auth_token_url"]
        self.issuer = ISSUER
        self.client_id, self.deployment_id = CLIENT_ID, DEPLOYMENT_ID
        self.tool = Tool((tool_url or base_url).rstrip("/"))
        self.clock = clock
        self.cast = Cast(people, courses)
        self.key = SigningKey(home / KEY_FILE)
        store = Store(home / STORE_FILE)
        self.grants = Grants(store, ToolKeys(self.tool.jwks_url, clock), CLIENT_ID, self.token_url, clock)
        self.gradebook = Gradebook(store, clock)
        for course in self.cast.courses:
            self.gradebook.open_course(course)

    @staticmethod
    def facts(base_url: str) -> dict[str, str]:
        """What Paceline must be told to trust this LMS: the facts of a platform, and its deployment id."""
        address = f"{base_url.rstrip('/')}/practice"
        return {
            "issuer": ISSUER,
            "client_id": CLIENT_ID,
            "auth_login_url": f"{address}/auth",
            "auth_token_url": f"{address}/token",
            "key_set_url": f"{address}/jwks.json",
            "deployment_id": DEPLOYMENT_ID,
        }

    def line_items_url(self, course: Course) -> str:
        """AGS: the line items of a course."""
        return f"{self.address}/ags/{course.context}/lineitems"

    def line_item_url(self, course: Course, item_id: str = DEFAULT_ITEM) -> str:
        """AGS: one line item; without an id, the one that comes with the course's link."""
        return f"{self.line_items_url(course)}/{item_id}"

    def members_url(self, course: Course) -> str:
        """NRPS: the members of a course."""
        return f"{self.address}/nrps/{course.context}/members"
