"""Adults as dialogues name them."""

import pytest

from bot.adults import within
from core.i18n import translator


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Ms Rivera", "la Sra. Rivera"),
        ("Mr. Park", "el Sr. Park"),
        ("Sra. Rivera", "la Sra. Rivera"),
        ("Ana Park", "Ana Park"),
        ("Ms", "la Ms"),
    ],
)
def test_spanish_says_the_title_in_spanish(name: str, read: str) -> None:
    assert within(translator("es"), name) == read


def test_english_leaves_a_name_as_it_is() -> None:
    assert within(translator("en"), "Ms Rivera") == "Ms Rivera"
