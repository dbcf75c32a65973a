"""Days out of all bounds, in addresses and in forms."""

from datetime import date

import pytest
from django.urls import reverse

from attendance_office.days import read_day
from attendance_office.web.fields import DayField


def test_a_day_is_read():
    assert read_day("2026-11-27") == date(2026, 11, 27)


@pytest.mark.parametrize("text", ["", "x", "2026-02-30", "0001-01-01", "1899-12-31", "2100-01-01", "9999-12-31"])
def test_what_is_no_day_to_reckon_with_is_refused(text):
    with pytest.raises(ValueError, match=r"2099|1900|isoformat|day is out"):
        read_day(text)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31"])
def test_a_form_says_that_it_is_a_slip(text):
    with pytest.raises(Exception, match="is a slip"):
        DayField().clean(text)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("reporting:explorer", "from_on to_on"), ("reporting:explorer_receipt", "from_on to_on"),
        ("reporting:differs", "from_on to_on"), ("reporting:figures", "from_on to_on"), ("reporting:illness", "to"),
        ("registers:admissions", "from to"), ("registers:register_list", "on"), ("registers:late_list", "from to"),
        ("letters:certificates", "from_on to_on"), ("office:trail", "on"),
    ],
)  # fmt: skip
def test_a_page_answers_whatever_days_are_asked(cast, sign_in, at_morning, page, names):
    first, *last = names.split()
    client = sign_in(cast.laila)
    for days in (("0001-01-01", "0001-01-05"), ("9999-12-20", "9999-12-31"), ("0001-01-01", "9999-12-31")):
        asked = {"period": "own"} | dict(zip([first, *last], days, strict=False))
        assert client.get(reverse(page), asked).status_code in (200, 422)


def test_a_pupils_file_answers_whatever_days_are_asked(cast, sign_in, at_morning):
    page = reverse("reporting:pupil_file", args=[cast.callum.pk])
    for day in ("0001-01-01", "9999-12-31"):
        assert sign_in(cast.laila).get(page, {"from_on": day, "to_on": day}).status_code == 422
