"""How a page greets somebody: by the first word of their name, as long as that is a name."""

_TITLES = """
coach counselor counsellor director directora dr dra maestra maestro miss mr mrs ms mx principal prof profe profesor profesora
professor sir sr sra srta teacher
"""


def called(name: str | None) -> str | None:
    """What to call a person: “Ada” of Ada Nguyen.

    The whole name where its first word is no name by itself: a title (Ms Rivera), a family name (Nguyen, Ada), or one
    of several alike (Student 7). None for the nameless.
    """
    words = (name or "").split()
    if not words:
        return None
    first = words[0]
    alone = not first.endswith(",") and first.rstrip(".").casefold() not in _TITLES.split() and not any(word.isdigit() for word in words)
    return first if alone else " ".join(words)
