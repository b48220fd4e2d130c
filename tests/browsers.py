"""The browser that tests drive: the system's own Chromium, told to ask nobody for anything."""

import os
import shutil

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """The browser: `PACELINE_CHROMIUM`, or the system's. Without one the tests fail; they are never skipped."""
    found = os.environ.get("PACELINE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    assert found, "No Chromium: install it, or name it in PACELINE_CHROMIUM"
    return found
