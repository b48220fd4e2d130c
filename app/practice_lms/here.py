"""The practice LMS of the application that answers this request."""

from typing import cast

from flask import current_app

from app.practice_lms.lms import PracticeLms

EXTENSION = "practice_lms"


def lms() -> PracticeLms:
    """The LMS that `blueprint` put into this application."""
    return cast(PracticeLms, current_app.extensions[EXTENSION])
