"""Preferences in words: a pause, a language, quiet hours. What is no answer to them does something else, or nothing."""

from datetime import datetime, time

import pytest

from core.people.preferences import preferences_of
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker


def paused_until(classroom: Classroom) -> datetime | None:
    classroom.session.flush()
    return preferences_of(classroom.session, classroom.school.tenant.id, classroom.school.student.id).snoozed_until


@pytest.mark.parametrize(
    ("words", "day"),
    [("snooze for 3 days", (12, 3)), ("posponer 3 dias", (12, 3)), ("mute for a week", (12, 7)), ("no reminders until friday", (12, 4))],
)
def test_a_pause_lasts_as_long_as_it_says(classroom: Classroom, ada: Talker, words: str, day: tuple[int, int]) -> None:
    ada.say(words)
    until = paused_until(classroom)
    assert until and (until.month, until.day) == day


@pytest.mark.parametrize("answer", ["for 3 days", "3 dias", "until thursday please"])
def test_a_pause_that_is_asked_for_takes_a_day_or_a_span(classroom: Classroom, ada: Talker, answer: str) -> None:
    ada.say("snooze")
    ada.say(answer)
    until = paused_until(classroom)
    assert until and (until.month, until.day) == (12, 3)


def test_a_goal_with_a_day_is_no_answer_to_until_when(classroom: Classroom, ada: Talker) -> None:
    ada.say("snooze")
    ada.say("finish slope by monday")
    assert paused_until(classroom) is None


@pytest.mark.parametrize(
    ("words", "language"),
    [("switch to spanish", "es"), ("cambia a español", "es"), ("habla ingles", "en"), ("change language to spanish", "es")],
)
def test_a_language_that_is_named_is_spoken_at_once(classroom: Classroom, ada: Talker, words: str, language: str) -> None:
    ada.say(words)
    assert classroom.session.get_one(type(classroom.school.student), classroom.school.student.id).language == language


def test_settings_without_more_are_a_menu(ada: Talker) -> None:
    ada.say("change my settings")
    assert ada.buttons[:3] == ["Language", "Quiet hours", "Pause messages"]


@pytest.mark.parametrize("words", ["quiet hours from 9pm to 6am", "no molestar de 9pm a 6am"])
def test_quiet_hours_keep_the_times_that_are_said(classroom: Classroom, ada: Talker, words: str) -> None:
    ada.say(words)
    kept = preferences_of(classroom.session, classroom.school.tenant.id, classroom.school.student.id)
    assert (kept.quiet_from, kept.quiet_until) == (time(21), time(6))
    ada.say("undo")
    kept = preferences_of(classroom.session, classroom.school.tenant.id, classroom.school.student.id)
    assert (kept.quiet_from, kept.quiet_until) != (time(21), time(6))
