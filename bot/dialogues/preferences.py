"""Preferences: language, quiet hours, a pause, topics, stop and resume, and where notes go. Declining always works."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot import wording
from bot.dialogue import ANYBODY, Dialogue, Draft, Finish, Opening, Step, Took
from bot.turn import Reply, Turn
from core.i18n import LANGUAGES, translator
from core.message import Choice, Message
from core.people.people import choose_language
from core.people.preferences import (
    Topic,
    Way,
    choose_channel,
    mute_topic,
    preferences_of,
    resume,
    set_quiet_hours,
    snooze,
    stop,
    unmute_topic,
)
from intents.answers import Closed
from intents.days import Day, find_span, is_only_day
from intents.normalise import plain
from intents.slots import find_day

NAMES = {"en": "English", "es": "Español"}
_HOURS = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*([ap])?\.?\s?m?\.?\b", re.IGNORECASE)
_PRESETS = (("20:00", "07:00"), ("21:00", "06:00"))
_NONE = ("00:00", "00:00")


def _ids(turn: Turn) -> tuple[Session, UUID, UUID]:
    return turn.session, turn.speaker.tenant_id, turn.speaker.person_id


def _begin_settings(_turn: Turn, opening: Opening) -> Draft:
    """What the words ask for already: a language, or the two ends of quiet hours."""
    words = opening.words or ""
    return {"language": _language_in(words), "hours": _hours_in(words)}


def _menu(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    if draft.get("language"):
        return Finish(then=("choose_language", {"language": draft["language"]}))
    if draft.get("hours"):
        return Finish(then=("quiet_hours", {"hours": draft["hours"]}))
    choices = (
        wording.begin(t("talk.settings.language"), "choose_language"),
        wording.begin(t("talk.settings.quiet"), "quiet_hours"),
        wording.begin(t("talk.settings.pause"), "snooze"),
        Choice(label=t("talk.settings.more"), opens="settings.show"),
    )
    return Finish((Message(text=t("talk.settings.which"), choices=choices),))


# Language


def _ask_language(turn: Turn, _draft: Draft) -> Message:
    return Message(text=turn.t("talk.settings.which_language"), choices=tuple(wording.pick(NAMES[code], code) for code in LANGUAGES))


def _take_language(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    language = reply.value or _language_in(reply.text)
    return Took({"language": language}) if language in LANGUAGES else None


def _language_in(words: str) -> str | None:
    """The language that words name, the last of several: `from English to Spanish`."""
    said = plain(words)
    named = {code: max(said.rfind(word) for word in names) for code, names in _SPOKEN.items()}
    code = max(named, key=named.__getitem__)
    return code if named[code] >= 0 else None


def _speak(turn: Turn, draft: Draft) -> Finish:
    """The answer is in the new language already."""
    choose_language(*_ids(turn), draft["language"])
    t = translator(draft["language"])
    return Finish((Message(text=t("talk.settings.language_chosen")),), undo={"language": turn.speaker.language})


def _speak_again(turn: Turn, memo: Mapping[str, Any]) -> Message:
    choose_language(*_ids(turn), memo["language"])
    t = translator(memo["language"])
    return Message(text=t("talk.settings.language_chosen"))


_SPOKEN = {"en": ("english", "ingles"), "es": ("spanish", "espanol")}


# Quiet hours


def _ask_hours(turn: Turn, _draft: Draft) -> Message:
    t, now = turn.t, preferences_of(*_ids(turn))
    presets = [wording.pick(_span(turn, *map(time.fromisoformat, pair)), "-".join(pair)) for pair in _PRESETS]
    choices = (*presets, wording.pick(t("talk.settings.no_quiet"), "-".join(_NONE)))
    text = t("talk.settings.quiet_now", hours=_span(turn, now.quiet_from, now.quiet_until))
    return Message(text=text, choices=choices)


def _span(turn: Turn, start: time, end: time) -> str:
    if start == end:
        return turn.t("talk.settings.no_quiet")
    day = datetime.combine(turn.today, start, UTC), datetime.combine(turn.today, end, UTC)
    return "–".join(turn.t.clock(each, "UTC") for each in day)


def _take_hours(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    if reply.value:
        return Took({"hours": reply.value})
    if reply.closed is Closed.NO:
        return Took({"hours": "-".join(_NONE)})
    hours = _hours_in(reply.text)
    return Took({"hours": hours}) if hours else None


def _hours_in(words: str) -> str | None:
    """The two ends of a span of hours, such as `20:00-07:00`."""
    found = [_clock(*match) for match in _HOURS.findall(words)]
    return "-".join(found) if len(found) == 2 and all(found) else None


def _clock(hour: str, minute: str, half: str) -> str:
    """A clock time as a person writes it: `9pm`, `21:30`; empty for none."""
    at, past = int(hour), int(minute or 0)
    if half:
        at = at % 12 + (12 if half.casefold() == "p" else 0) if 1 <= at <= 12 else 24
    return f"{at:02}:{past:02}" if at < 24 and past < 60 else ""


def _keep_hours(turn: Turn, draft: Draft) -> Finish:
    t, before = turn.t, preferences_of(*_ids(turn))
    start, end = (time.fromisoformat(one) for one in draft["hours"].split("-"))
    set_quiet_hours(*_ids(turn), start, end, now=turn.now)
    text = t("talk.settings.quiet_off") if start == end else t("talk.settings.quiet_kept", hours=_span(turn, start, end))
    return Finish((Message(text=text),), undo={"hours": f"{before.quiet_from:%H:%M}-{before.quiet_until:%H:%M}"})


def _hours_back(turn: Turn, memo: Mapping[str, Any]) -> Message:
    start, end = (time.fromisoformat(one) for one in memo["hours"].split("-"))
    set_quiet_hours(*_ids(turn), start, end, now=turn.now)
    return Message(text=turn.t("talk.settings.as_before"))


# A pause, a stop, and the end of both


def _begin_pause(turn: Turn, opening: Opening) -> Draft:
    found = _end_of_pause(turn, opening.words) if opening.words else None
    return {"until": found.day.isoformat()} if found and found.day > turn.today else {}


def _end_of_pause(turn: Turn, words: str, *, asked: bool = False) -> Day | None:
    """The day until which a pause lasts: a day, or the end of a span."""
    return find_day(words, turn.today, language=turn.speaker.language, asked=asked) or find_span(words, turn.today)


def _ask_until(turn: Turn, _draft: Draft) -> Message:
    t, today = turn.t, turn.today
    days = [today + timedelta(days=1), today + timedelta(days=7 - today.weekday()), today + timedelta(days=14)]
    choices = tuple(wording.pick(t.day(day), day.isoformat()) for day in dict.fromkeys(days))
    return Message(text=t("talk.settings.until_when"), choices=choices)


def _take_until(turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    """A day and nothing else: `finish slope by monday` is no pause until Monday."""
    if reply.value:
        return Took({"until": reply.value})
    found = _end_of_pause(turn, reply.text, asked=True)
    return Took({"until": found.day.isoformat()}) if found and is_only_day(reply.text, found) else None


def _pause(turn: Turn, draft: Draft) -> Finish:
    """Until the morning of a day, in the person's zone."""
    day = date.fromisoformat(draft["until"])
    snooze(*_ids(turn), datetime.combine(day, time(7), ZoneInfo(turn.speaker.zone)).astimezone(UTC), now=turn.now)
    return Finish((Message(text=turn.t("talk.settings.paused", day=turn.t.day(day))),), undo={})


def _ask_stop(turn: Turn, _draft: Draft) -> Message:
    t = turn.t
    choices = (
        wording.pick(t("talk.settings.stop_it"), "yes"),
        wording.pick(t("talk.settings.pause"), "pause"),
        wording.pick(t("talk.no"), "no"),
    )
    return Message(text=t("talk.settings.stop_sure"), choices=choices)


def _take_stop(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    said = reply.value or {Closed.YES: "yes", Closed.NO: "no"}.get(reply.closed or Closed.SKIP)
    return Took({"sure": said}) if said in ("yes", "pause", "no") else None


def _stop(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    if draft["sure"] == "pause":
        return Finish(then=("snooze", {}))
    if draft["sure"] == "no":
        return Finish((Message(text=t("talk.settings.nothing_changed")),))
    stop(*_ids(turn), now=turn.now)
    return Finish((Message(text=t("talk.settings.stopped")),), undo={})


def _resume(turn: Turn, _draft: Draft) -> Finish:
    resume(*_ids(turn), now=turn.now)
    return Finish((Message(text=turn.t("talk.settings.resumed")),))


def _end_pause(turn: Turn, _memo: Mapping[str, Any]) -> Message:
    resume(*_ids(turn), now=turn.now)
    return Message(text=turn.t("talk.settings.resumed"))


# Topics and where notes go


def _ask_topic(turn: Turn, _draft: Draft) -> Message:
    t = turn.t
    return Message(text=t("talk.settings.which_topic"), choices=tuple(wording.pick(t(f"topic.{topic}"), topic) for topic in Topic))


def _take_topic(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"topic": reply.value}) if reply.value in set(Topic) else None


def _mute(turn: Turn, draft: Draft) -> Finish:
    topic = Topic(draft["topic"])
    mute_topic(*_ids(turn), topic, now=turn.now)
    return Finish((Message(text=turn.t("talk.settings.muted")),), undo={"topic": topic.value})


def _unmute(turn: Turn, memo: Mapping[str, Any]) -> Message:
    unmute_topic(*_ids(turn), Topic(memo["topic"]), now=turn.now)
    return Message(text=turn.t("talk.settings.as_before"))


def _ask_channel(turn: Turn, _draft: Draft) -> Message:
    t = turn.t
    choices = (wording.pick(t("talk.settings.here_only"), Way.TALK), wording.pick(t("talk.settings.by_email"), Way.EMAIL))
    return Message(text=t("talk.settings.which_channel"), choices=choices)


def _take_channel(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"channel": reply.value}) if reply.value in set(Way) else None


def _choose_channel(turn: Turn, draft: Draft) -> Finish:
    before = preferences_of(*_ids(turn)).channel
    choose_channel(*_ids(turn), Way(draft["channel"]), now=turn.now)
    return Finish((Message(text=turn.t("talk.settings.channel_chosen")),), undo={"channel": before.value})


def _channel_back(turn: Turn, memo: Mapping[str, Any]) -> Message:
    choose_channel(*_ids(turn), Way(memo["channel"]), now=turn.now)
    return Message(text=turn.t("talk.settings.as_before"))


def _title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.settings.title")


_shared: dict[str, Any] = {"roles": ANYBODY, "title": _title}
DIALOGUES = (
    Dialogue("settings", _menu, intents=("change_settings",), begin=_begin_settings, **_shared),
    Dialogue(
        "choose_language", _speak, steps=(Step("language", _ask_language, _take_language, skippable=False),), undo=_speak_again, **_shared
    ),
    Dialogue("quiet_hours", _keep_hours, steps=(Step("hours", _ask_hours, _take_hours, skippable=False),), undo=_hours_back, **_shared),
    Dialogue(
        "snooze",
        _pause,
        steps=(Step("until", _ask_until, _take_until, skippable=False),),
        intents=("snooze_nudges",),
        begin=_begin_pause,
        undo=_end_pause,
        **_shared,
    ),
    Dialogue(
        "stop", _stop, steps=(Step("sure", _ask_stop, _take_stop, skippable=False),), intents=("stop_nudges",), undo=_end_pause, **_shared
    ),
    Dialogue("resume_notes", _resume, intents=("resume_nudges",), **_shared),
    Dialogue("mute_topic", _mute, steps=(Step("topic", _ask_topic, _take_topic, skippable=False),), undo=_unmute, **_shared),
    Dialogue(
        "choose_channel",
        _choose_channel,
        steps=(Step("channel", _ask_channel, _take_channel, skippable=False),),
        undo=_channel_back,
        **_shared,
    ),
)
