"""The tags and filters of the templates say things as the office says them."""

import re
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from attendance_office.web import toasts
from attendance_office.web.chips import family_of
from attendance_office.web.templatetags import office
from registers.rules.codes import Counts, dated_codes

MORNING = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
SUMMER = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)


def drawn(source: str, **context: object) -> str:
    return Template("{% load office %}" + source).render(Context(context))


def test_dates_and_times_are_london_s():
    assert office.day(date(2026, 11, 23)) == "Mon 23 Nov 2026"
    assert office.day_short(date(2026, 12, 1)) == "Tue 1 Dec"
    assert office.clock(MORNING) == "09:14"
    assert office.day(SUMMER) == "Wed 1 Jul 2026"
    assert office.clock(SUMMER) == "00:30"
    assert office.day(None) == office.day_short(None) == office.clock(None) == ""


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (datetime(2026, 11, 23, 9, 13, 30, tzinfo=UTC), "under a minute"),
        (datetime(2026, 11, 23, 9, 10, tzinfo=UTC), "4 min"),
        (datetime(2026, 11, 23, 8, 12, tzinfo=UTC), "1 h 02"),
        (datetime(2026, 11, 22, 9, 15, tzinfo=UTC), "23 h 59"),
        (datetime(2026, 11, 22, 9, 14, tzinfo=UTC), "1 day"),
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "3 days"),
        (datetime(2026, 11, 23, 9, 20, tzinfo=UTC), "under a minute"),
        (date(2026, 11, 23), "today"),
        (date(2026, 11, 22), "1 day"),
        (date(2026, 11, 16), "7 days"),
        (None, ""),
    ],
)
def test_age_is_counted_from_the_instant_given(since, words):
    assert office.age(since, MORNING) == words


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (Fraction(342, 371), "92.2 %"),
        (Fraction(1, 1), "100.0 %"),
        (Fraction(0), "0.0 %"),
        (Fraction(9995, 10000), "100.0 %"),
        (Fraction(9385, 10000), "93.9 %"),
        (Fraction(93849, 100000), "93.8 %"),
        (Fraction(-12, 1000), "\N{MINUS SIGN}1.2 %"),
        (None, "no rate"),
    ],
)
def test_per_cent_is_exact_and_half_up(rate, words):
    assert office.per_cent(rate) == words


@given(st.fractions(min_value=0, max_value=1))
def test_per_cent_is_never_more_than_half_a_tenth_away(rate):
    shown = Fraction(office.per_cent(rate).removesuffix(" %")) / 100
    assert -Fraction(1, 2000) < shown - rate <= Fraction(1, 2000)


def test_thousands():
    assert office.thousands(1041) == "1,041"
    assert office.thousands(0) == "0"
    assert office.thousands(None) == ""


EXPECTED = {
    Counts.PRESENT: "p",
    Counts.APPROVED: "p",
    Counts.AUTHORISED: "a",
    Counts.UNAUTHORISED: "u",
    Counts.NOT_POSSIBLE: "x",
    Counts.ADMINISTRATIVE: "x",
}


@pytest.mark.parametrize("code", [c for c in dated_codes() if c.to_on is None or c.to_on >= date(2024, 8, 18)])
def test_the_tint_of_a_code_is_what_it_counts_as(code):
    assert family_of(code.symbol) == ("l" if code.symbol == "L" else EXPECTED[code.counts])


def test_no_mark_and_no_code_are_missing():
    assert family_of("") == family_of(None) == family_of("ZZ") == "m"


def test_a_chip_always_holds_its_letter():
    assert drawn('{% code_chip "L" %}') == '<span class="c l">L</span>'
    assert drawn('{% code_chip "\\\\" %}') == '<span class="c p">\\</span>'
    assert drawn('{% code_chip "" %}') == '<span class="c m">–</span>'


def test_a_titled_chip_is_spoken_with_its_day():
    html = drawn('{% code_chip "N" on title="Reason not yet known" %}', on=date(2026, 11, 23))
    assert 'aria-label="N, Reason not yet known, Mon 23 Nov"' in html
    assert 'class="c u"' in html
    assert ">N<" in html


def test_a_chip_escapes():
    assert "<script>" not in drawn("{% code_chip s title=s %}", s="<script>")


def test_an_icon_is_silent_unless_labelled():
    assert drawn('{% icon "done" %}') == '<svg class="i" aria-hidden="true"><use href="#s-done"/></svg>'
    assert drawn('{% icon "n-desk" %}') == '<svg class="i" aria-hidden="true"><use href="#n-desk"/></svg>'
    assert 'role="img" aria-label="Vulnerable"' in drawn('{% icon "alert" label="Vulnerable" %}')


def test_an_icon_that_is_not_drawn_is_refused():
    with pytest.raises(TemplateSyntaxError, match="No icon is called 'smile'"):
        drawn('{% icon "smile" %}')


def test_every_named_icon_is_drawn_once():
    sprite = Path(settings.BASE_DIR, "templates/components/icons.html").read_text(encoding="utf-8")
    symbols = re.findall(r'<symbol id="(\S+?)"', sprite)
    assert sorted(symbols) == sorted(name if name.startswith("n-") else f"s-{name}" for name in office.ICONS)


@pytest.mark.parametrize(
    ("tag", "query"),
    [
        ("{% qs sort='name' %}", "?year=9&amp;group=a&amp;group=b&amp;sort=name"),
        ("{% qs year=None %}", "?group=a&amp;group=b"),
        ("{% qs page=4 %}", "?year=9&amp;page=4&amp;group=a&amp;group=b"),
        ("{% qs group=one %}", "?year=9&amp;group=x+y"),
        ("{% qs year='' group=None %}", "?"),
    ],
)
def test_the_query_string_keeps_what_is_not_changed(tag, query):
    request = RequestFactory().get("/pupils/?year=9&page=3&group=a&group=b")
    assert drawn(tag, request=request, one=["x y"]) == query


def test_the_query_string_without_a_request():
    assert drawn("{% qs year=9 %}") == "?year=9"


def test_a_message_carries_the_path_that_undoes_it(rf):
    request = rf.get("/")
    request._messages = CookieStorage(request)
    toasts.say(request, "Logged: Ava Doyle, 7C", undo="/undo/4")
    toasts.say(request, "Saved")
    toasts.warn(request, "Two were skipped")
    toasts.fail(request, "Not saved")
    kept = list(request._messages)
    assert [office.undo_path(message) for message in kept] == ["/undo/4", "", "", ""]
    assert [message.level_tag for message in kept] == ["success", "success", "warning", "error"]


def test_initials():
    assert office.initials("Callum Ashworth") == "CA"
    assert office.initials("Łucja") == "Ł"
    assert office.initials("  ") == ""


@pytest.mark.parametrize(
    ("words", "within"),
    [("Tutor of 9A", "tutor of 9A"), ("Attendance lead", "attendance lead"), ("DSL", "DSL"), ("scheduled job", "scheduled job"), ("", "")],
)  # fmt: skip
def test_a_role_within_a_sentence_keeps_the_name_of_its_form(words, within):
    assert office.small_first(words) == within
