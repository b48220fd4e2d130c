"""Languages: catalogues of every sentence, by key, and a translator for each. Numbers, days and plurals by Babel."""

from core.i18n.translator import LANGUAGES, Translator, best_language, translator

__all__ = ["LANGUAGES", "Translator", "best_language", "translator"]
