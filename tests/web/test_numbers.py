"""Whatever stands in an address where a number belongs, the page answers."""

import pytest
from django.urls import reverse

from attendance_office.numbers import whole, wholes


@pytest.mark.parametrize(("text", "number"), [("9", 9), ("-1", -1), ("007", 7), ("999999999", 999999999)])
def test_a_whole_number_is_read(text, number):
    assert whole(text) == number


@pytest.mark.parametrize("text", ["", None, "²", "٣", "1.5", "1e3", " 9", "--1", "9" * 10, "nine"])
def test_anything_else_is_none(text):
    assert whole(text) is None


def test_numbers_among_texts_keep_their_order():
    assert wholes(["3", "²", "x", "1"]) == [3, 1]


@pytest.mark.parametrize("strange", ["²", "9" * 30, "x"])
@pytest.mark.parametrize(
    "page",
    [
        "registers:unexplained_list", "registers:missing_marks", "registers:doubt_list", "registers:late_list",
        "registers:agreement_list", "registers:agreement_make", "registers:absence_line", "registers:contact_health",
        "letters:board",
    ],
)  # fmt: skip
def test_a_page_answers_whatever_is_asked(cast, sign_in, at_morning, page, strange):
    names = ("year", "group", "page", "least", "pupil", "message", "months")
    for view in ("list", "lessons", "repeated"):
        asked = dict.fromkeys(names, strange) | {"view": view}
        assert sign_in(cast.sandra).get(reverse(page), asked).status_code == 200
