"""Words: what a person wrote, kept verbatim and sealed with the key of the student whom it belongs to."""

from core.data.vault import DataKey
from core.errors import CoreError

LONGEST_WORDS = 2000


class WordsMissing(CoreError):
    """There is nothing to keep: no letter, digit or sign."""

    code = "words.missing"


class WordsTooLong(CoreError):
    """More than 2,000 characters."""

    code = "words.too_long"


def check_words(words: str) -> str:
    """Words as they can be kept: verbatim, but for halves of characters, which no text can hold.

    Raises:
        WordsMissing: only spaces, or nothing.
        WordsTooLong: more than 2,000 characters.
    """
    if not words.strip():
        raise WordsMissing
    if len(words) > LONGEST_WORDS:
        raise WordsTooLong(longest=LONGEST_WORDS)
    return words.encode(errors="replace").decode()


def seal_words(key: DataKey, words: str, purpose: str) -> bytes:
    """Seal words as they were written.

    Raises:
        WordsMissing, WordsTooLong: they cannot be kept.
    """
    return key.seal(check_words(words), purpose)
