"""What a student says of a goal, besides its day: what they aim for, in how many parts, when and where they start.

A small grammar for English and Spanish, as that of the days; both languages are always read, for students mix them.
"""

import re
from dataclasses import dataclass
from datetime import date

from intents.days import find_day
from intents.normalise import folded, plain
from intents.slots import find_count

MOST_PARTS = 12
_LEADS = (
    # my goal is to …, set a new goal: …, help me make a goal, pon una meta de …
    r"(?:(?:please|pls|ok|so|i|we|can|could|you|u|would|like|want|wanna|need|to|help|me|let)\s+){0,6}"
    r"(?:(?:set|make|create|add|start|save|have|got|write)\s+(?:up\s+)?)?(?:(?:a|an|my|the|one|another|some)\s+)?(?:new\s+)?(?:goals?|gaols?|target|aim)\b"
    r"(?:\s*[:,-]\s*|\s+(?:is|for|to|of|about|that)\b)*\s*",
    r"(?:(?:por favor|[qk]u?iero|quisiera|me gustaria|necesito|puedes|ayudame|a)\s+){0,4}"
    r"(?:(?:poner(?:me)?|hacer|crear|fijar|agregar|anadir|tener|pon(?:me)?|crea|haz|agrega|anade)\s+)?"
    r"(?:(?:una|un|mi|la|el|otra|otro)\s+)?(?:nuev[ao]\s+)?(?:metas?|objetivos?)\b(?:\s+nuev[ao]\b)?"
    r"(?:\s*[:,-]\s*|\s+(?:es|de|para|que|sobre)\b)*\s*",
    r"i(?:'m| am|m)? (?:want|need|plan|planning|hope|aim|would like|going|gonna)(?: to)?\s+|"
    r"i'?d like to\s+|i wanna\s+|i(?:'| wi)ll\s+|gonna\s+",
    r"(?:[qk]u?iero|quisiera|me gustaria|voy a|planeo|pienso|necesito|tengo que)\s+",
)
_LEAD = re.compile(rf"\s*(?:{'|'.join(_LEADS)})")
_TO_A_DAY = re.compile(r"[\s,;:-]*\b(?:by|on|before|until|till|til|for|due|no later than|para|antes del?|hasta|a mas tardar)?\s*$")
_PART = re.compile(r"\s+(?:more\s+|mas\s+)?(?P<many>[a-z]+s|[a-z]+ [a-z]+s)\b")
_NO_PART = re.compile(
    r"\b(?:of|the|an?|to|by|on|in|for|at|from|th[ei]se?|this|as|is|less|del?|las?|el|los|est[oa]s|para|en|al|per|each|por|cada)\b"
)
_AGAIN = re.compile(r"(?:every|each|per|a|al|cada|por) (?:day|night|week|dia|noche|semana)\b|(?:dai|night)ly\b|diari[ao]s?\b")
_TIMES = frozenset(["minute", "hour", "day", "week", "month", "time", "percent", "minuto", "hora", "dia", "semana", "mes", "vez"])

_NOT_A_PLACE = (
    r"(?:\d|noon|night|midnight|lunch|dinner|breakfast|once|first|least|the (?:morning|afternoon|evening|weekend|end)|an? |"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|weekends?\b)"
)
_PLACE = re.compile(rf"\s+(?=(?:at|in|on) (?!{_NOT_A_PLACE})[a-z]|en (?!(?:la (?:manana|tarde|noche)|cuanto|punto|\d))[a-z])")
_WHO = re.compile(r"\b(?:i|i'll|ill|i'm|im|we|voy|vamos|quiero|empiezo|empezare|abro|abrire|hago|hare|estudio|estudiare|practico|leo)\b")

_NO_IDEA = re.compile(
    r"(?:um+ |uh+ )?(?:idk|dunno|(?:i )?(?:do not|dont|donot) know|(?:im |i am )?not sure|no idea|no (?:lo )?se|ni idea|quien sabe)"
    r"(?: yet| todavia)?"
)


@dataclass(frozen=True)
class Parts:
    """In how many parts a goal is done, and what one is called: 3, `practice set`."""

    count: int
    one: str


def aim_words(words: str, today: date, *, language: str = "en") -> str:
    """What a student aims for, verbatim: without `my goal is to` before it and `by Friday` after it. Nothing, if nothing is left.

    Args:
        today: the day on which it was said.
        language: whose order of day and month is read.
    """
    kept = words
    day = find_day(words, today, language=language)
    if day and not re.search(r"\w", words[day.end :]):
        kept = words[: len(_TO_A_DAY.sub("", folded(words)[: day.start]))]
    elif day and not re.search(r"\w", words[: day.start]):
        kept = words[day.end :]
    for _ in range(2):
        lead = _LEAD.match(_straight(kept))
        kept = kept[lead.end() :] if lead else kept
    return kept.strip(" \t\n.,;:!-\"'")


def find_parts(words: str) -> Parts | None:
    """The parts that a goal is said to have, from 2 to 12; None for times, shares, and what comes back every day."""
    count = find_count(words)
    if count is None or count.number is None or not 2 <= count.number <= MOST_PARTS:
        return None
    rest = folded(words)[count.end :]
    named = _PART.match(rest)
    if named is None or _NO_PART.search(named["many"]):
        return None
    many = words[count.end + named.start("many") : count.end + named.end("many")].lower().split()
    one = [*many[:-1], _singular(many[-1])]
    if folded(one[-1]) in _TIMES or _AGAIN.match(rest[named.end() :].strip()):
        return None
    return Parts(count.number, " ".join(one))


def plural(noun: str, count: int, language: str) -> str:
    """What so many parts are called: `practice sets`, `lecciones`. The noun itself for one."""
    if count == 1 or noun.endswith("s"):
        return noun
    if language == "es":
        return _plural_es(noun)
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search(r"(?:x|z|ch|sh)$", noun) else f"{noun}s"


def start_clause(words: str) -> str:
    """When and where somebody starts, as the opening of a sentence: `after practice at home` is `After practice, at home`."""
    said = " ".join(words.split()).rstrip(" .,;!")
    place = _PLACE.search(folded(said))
    if place and said[: place.start()].strip() and said[place.start() - 1] not in ",;":
        said = f"{said[: place.start()]}, {said[place.end() :]}"
    return said[:1].upper() + said[1:]


def says_who(words: str) -> bool:
    """Whether words are a sentence of their own already, such as `I draw set 3 at home`."""
    return bool(_WHO.search(_straight(words)))


def says_no_idea(words: str) -> bool:
    """Whether words only say that somebody does not know: `idk`, `not sure`, `no sé`."""
    return bool(_NO_IDEA.fullmatch(plain(words)))


def _straight(words: str) -> str:
    return folded(words).replace("’", "'")


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    if noun.endswith("iones"):
        return f"{noun[:-5]}ión"
    if noun.endswith("ces"):
        return f"{noun[:-3]}z"
    if noun.endswith(("ches", "shes", "xes", "dades", "ores")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun


def _plural_es(noun: str) -> str:
    if noun.endswith("ón"):
        return f"{noun[:-2]}ones"
    if noun.endswith("z"):
        return f"{noun[:-1]}ces"
    return f"{noun}s" if noun[-1] in "aeiouáéó" else f"{noun}es"
