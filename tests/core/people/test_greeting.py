"""What a page calls somebody."""

import pytest

from core.people.greeting import called


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Ada Nguyen", "Ada"),
        ("Ada", "Ada"),
        ("  José   Luis Ortega ", "José"),
        ("Ms Rivera", "Ms Rivera"),
        ("Dr. Okafor", "Dr. Okafor"),
        ("Principal  Ortiz", "Principal Ortiz"),
        ("Nguyen, Ada", "Nguyen, Ada"),
        ("Student 7", "Student 7"),
        ("Drew Barnes", "Drew"),
        ("Dean Ruiz", "Dean"),
        ("王小明", "王小明"),
        ("", None),
        (" ", None),
        (None, None),
    ],
)
def test_the_first_word_where_it_is_a_name(name: str | None, greeted: str | None) -> None:
    assert called(name) == greeted
