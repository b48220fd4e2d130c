"""Somebody who looks at pages: what they ask for, and what they then read."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.people.viewers import Me


@dataclass(frozen=True)
class Looker:
    """A person with a viewer, in a browser that keeps no cookies unless told to send one."""

    browser: FlaskClient
    me: Me
    cookie: str

    def get(self, path: str = "/", **query: str | int) -> TestResponse:
        """Ask for a page below the handle."""
        return self.browser.get(f"/v/{self.me.handle}{path}", query_string=query)

    def post(self, path: str, **form: Any) -> TestResponse:
        """Send a form of the viewer's own."""
        return self.browser.post(f"/v/{self.me.handle}{path}", data={"csrf": self.me.csrf, **form})

    def read(self, path: str = "/", **query: str | int) -> str:
        """The words of a page that must be there."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return words(answer.text)

    def follow(self, answer: TestResponse) -> str:
        """The words of the page to which a deed leads."""
        assert answer.status_code == 303, answer.text
        page = self.browser.get(answer.location)
        assert page.status_code == 200, page.text
        return words(page.text)


def words(html: str) -> str:
    """What a page says, with single spaces, without its markup."""
    reader = _Reader()
    reader.feed(html)
    return re.sub(r"\s+", " ", " ".join(reader.said)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)
