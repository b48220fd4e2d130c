"""The talk as somebody at a browser uses it: they type, press, and read what comes; in a frame or in the whole window."""

from dataclasses import dataclass

from playwright.sync_api import FrameLocator, Locator, Page, expect

from core.i18n import Translator
from tests.journeys.stage import PATIENCE_MS, eventually, say


@dataclass(frozen=True)
class TalkPage:
    """One open talk."""

    root: FrameLocator | Page
    t: Translator = say

    @property
    def log(self) -> Locator:
        """What was said."""
        return self.root.get_by_role("log")

    @property
    def box(self) -> Locator:
        """The answer box, whatever its label says just now."""
        return self.root.locator("#words")

    @property
    def newest(self) -> Locator:
        """What Paceline said last."""
        return self.log.locator(".line").last.locator(".ours")

    def open(self) -> "TalkPage":
        """Go there from any page."""
        self.root.get_by_role("link", name=self.t("nav.talk"), exact=True).click()
        expect(self.root.get_by_role("heading", level=1)).to_have_text(self.t("chat.title"))
        return self

    def say(self, words: str) -> None:
        """Type words and send them by the button; return once they stand in the log."""
        self.box.fill(words)
        self.root.get_by_role("button", name=self.t("chat.send"), exact=True).last.click()
        self._stands(words)

    def press(self, label: str) -> None:
        """Press the newest button that is called so; return once the press stands in the log."""
        button = self.log.get_by_role("button", name=label, exact=True).last
        shown = button.inner_text()
        button.click()
        self._stands(shown)

    def reads(self, *texts: str) -> None:
        """Wait until what Paceline said last is this: each message begins so, in order."""
        for place, text in enumerate(texts):
            expect(self.newest.nth(place).locator("p[id]").first).to_contain_text(text, timeout=PATIENCE_MS)
        expect(self.newest).to_have_count(len(texts))

    def look_until(self, text: str) -> None:
        """Without JavaScript: look for new messages until this is what was said last."""

        def look() -> bool:
            self.root.get_by_role("link", name=self.t("chat.look")).click()
            self.root.get_by_role("heading", level=1).wait_for()
            return text in self.newest.last.inner_text()

        eventually(look)

    def offers(self, *labels: str) -> None:
        """The newest line has these buttons, and no others."""
        expect(self.newest.get_by_role("button")).to_have_text(list(labels))

    def _stands(self, words: str) -> None:
        expect(self.log.locator(".mine bdi").last).to_have_text(words, timeout=PATIENCE_MS)
