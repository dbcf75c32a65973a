"""Names as a list sorts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.rules.names import folded, sort_name


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Łukasz  Nuñez", "lukasz nunez"),
        ("O’Shea", "o'shea"),
        ("Ábel", "abel"),
        ("de Souza", "de souza"),
        ("Þór", "thor"),
    ],
)
def test_accents_case_and_curly_signs_are_taken_away(written, kept):
    assert folded(written) == kept


def test_a_list_is_in_the_order_an_english_reader_expects():
    names = [("Zafar", "Ali"), ("de Souza", "Ana"), ("Ábel", "Tom"), ("Adams", "Zoe"), ("Dobson", "Leo")]
    assert [surname for surname, _ in sorted(names, key=lambda n: sort_name(*n))] == [
        "Ábel", "Adams", "de Souza", "Dobson", "Zafar",
    ]  # fmt: skip


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text):
    assert folded(folded(text)) == folded(text)
