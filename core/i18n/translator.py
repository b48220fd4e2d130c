"""A translator for each language, made from `catalogues/<language>.po`, whose message ids are keys such as `home.title`."""

import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

LANGUAGES = ("en", "es")
_DAYS = {"en": "EEE d MMM", "es": "EEEE d 'de' MMMM"}
_BEFORE_I = re.compile(r" y (?=i|hi(?![aeo]))", re.IGNORECASE)
_DATES = {"en": "d MMM", "es": "d 'de' MMMM"}


class Translator:
    """All sentences of one language. Call it with a key and facts."""

    def __init__(self, language: str) -> None:
        """Read the catalogue of a language, one of `LANGUAGES`."""
        catalogue = read_po(io.BytesIO(files("core.i18n").joinpath("catalogues", f"{language}.po").read_bytes()), locale=language)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        self.language = language
        self.keys = frozenset(message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.id)
        self._sentences = Translations(compiled)
        self._locale = Locale(language)

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence of a key, with its facts filled in. An unknown key raises KeyError: house tests find it first."""
        if key not in self.keys:
            raise KeyError(key)
        return self._sentences.gettext(key).format(**facts)

    def plural(self, key: str, count: int, /, **facts: object) -> str:
        """The sentence of a key in the plural form of `count`, which it may name as `{count}`."""
        if key not in self.keys:
            raise KeyError(key)
        return self._sentences.ngettext(key, key, count).format(count=self.number(count), **facts)

    def number(self, value: int) -> str:
        """A number as the language writes it."""
        return format_decimal(value, locale=self._locale)

    def listed(self, items: Sequence[str]) -> str:
        """Things as the language lists them: `Ada, Ben, and Mia`."""
        listed = format_list(items, locale=self._locale)
        return _BEFORE_I.sub(" e ", listed) if self.language == "es" else listed

    def day(self, value: date) -> str:
        """A day such as `Fri 4 Dec`, or `viernes 4 de diciembre`."""
        return format_date(value, format=_DAYS[self.language], locale=self._locale)

    def day_of_month(self, value: date) -> str:
        """A day whose day of the week was said before, such as `18 Dec`, or `18 de diciembre`."""
        return format_date(value, format=_DATES[self.language], locale=self._locale)

    def weekday(self, value: date) -> str:
        """The day of the week, such as `Friday`, or `viernes`."""
        return format_date(value, format="EEEE", locale=self._locale)

    def clock(self, value: datetime, zone: str) -> str:
        """The hour of an instant in a zone, such as `9:12 pm` or `21:12`; a full hour in English is `5 pm`."""
        local = value.astimezone(ZoneInfo(zone))
        if self.language == "en":
            return format_time(local, "h a" if local.minute == 0 else "h:mm a", ZoneInfo(zone), self._locale).lower()
        return format_time(local, "short", ZoneInfo(zone), self._locale)

    def moment(self, value: datetime, zone: str) -> str:
        """An instant in a zone, such as `Dec 4, 2026, 9:12 PM`."""
        local = value.astimezone(ZoneInfo(zone))
        return f"{format_date(local, 'medium', self._locale)}, {format_time(local, 'short', ZoneInfo(zone), self._locale)}"


@cache
def translator(language: str) -> Translator:
    """The translator of a language; of English when it is none of ours."""
    return Translator(language if language in LANGUAGES else LANGUAGES[0])


def best_language(wanted: str | None, otherwise: str = LANGUAGES[0]) -> str:
    """The language of ours that a tag such as `es-MX` or an Accept-Language header asks for first."""
    for tag in (wanted or "").replace("_", "-").split(","):
        language = tag.split(";")[0].strip().split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return otherwise
