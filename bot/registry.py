"""All dialogues: each module of `bot/dialogues/` lists its own as `DIALOGUES`."""

import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module

import bot.dialogues
from bot.dialogue import Dialogue, DialogueUnknown
from core.people.access import Role


class Registry:
    """Dialogues by name, and by what is said to begin them."""

    def __init__(self, dialogues: Iterable[Dialogue]) -> None:
        """Raises ValueError: two have one name, or one intent and role."""
        self._by_name: dict[str, Dialogue] = {}
        self._by_intent: dict[tuple[str, Role], Dialogue] = {}
        for dialogue in dialogues:
            if self._by_name.setdefault(dialogue.name, dialogue) is not dialogue:
                raise ValueError(f"two dialogues are called {dialogue.name}")
            for intent in dialogue.intents:
                for role in dialogue.roles:
                    if self._by_intent.setdefault((intent, role), dialogue) is not dialogue:
                        raise ValueError(f"two dialogues begin with {intent} for {role}")

    @property
    def names(self) -> Mapping[str, Dialogue]:
        """All of them."""
        return self._by_name

    def find(self, name: str, role: Role) -> Dialogue:
        """The dialogue of a name, for a role.

        Raises:
            DialogueUnknown: none, or not for this role.
        """
        dialogue = self._by_name.get(name)
        if dialogue is None or role not in dialogue.roles:
            raise DialogueUnknown
        return dialogue

    def for_intent(self, intent: str, role: Role) -> Dialogue | None:
        """The dialogue that an intent begins."""
        return self._by_intent.get((intent, role))


@cache
def registry() -> Registry:
    """The dialogues of this version."""
    modules = (import_module(f"bot.dialogues.{found.name}") for found in pkgutil.iter_modules(bot.dialogues.__path__))
    return Registry(dialogue for module in modules for dialogue in module.DIALOGUES)
