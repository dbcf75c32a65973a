"""The language of letters: what it reads, what it refuses with line and field, and what can never come out of it."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.rules.amounts import counted, in_days, level_per_cent, listed, per_cent
from letters.rules.blocks import Rows, Style, as_html, as_text
from letters.rules.fields import FIELDS
from letters.rules.placeholders import BadTemplate, Nought, NoValue, read
from letters.rules.reasons import dates_missed
from letters.rules.supplied import SUPPLIED

ALLOWED = {"h2", "p", "b", "ul", "li", "table", "tbody", "thead", "tr", "th", "td", "div"}


def html(text, **values):
    return as_html(read(text).fill({name.replace("_", " "): value for name, value in values.items()}))


def faults(text):
    with pytest.raises(BadTemplate) as caught:
        read(text)
    return [(fault.line, fault.field) for fault in caught.value.faults]


def test_each_block_style_becomes_its_own_element():
    out = html("# Head\nA line\nand its next.\n\n- one\n- two\n> box\n| a | 1 |\n| b | 2 |\n---\nEnd **bold**.")
    assert out == (
        "<h2>Head</h2><p>A line and its next.</p><ul><li>one</li><li>two</li></ul>"
        '<div class="box"><p>box</p></div>'
        '<table class="figures"><tbody><tr><th scope="row">a</th><td>1</td></tr><tr><th scope="row">b</th><td>2</td></tr>'
        '</tbody></table><div class="newpage"></div><p>End <b>bold</b>.</p>'
    )


def test_a_field_with_a_capital_begins_with_one():
    assert html("((He)) is ((he)).", he="she") == "<p>She is she.</p>"


def test_a_condition_alone_on_its_line_leaves_no_gap():
    text = "Before\n((if siblings))\nwith ((siblings))\n((else))\nalone\n((end))\nafter."
    assert html(text, siblings="Ruby") == "<p>Before with Ruby after.</p>"
    assert html(text) == "<p>Before alone after.</p>"


def test_conditions_nest_and_a_nought_is_nothing_to_them_though_it_can_be_read():
    text = "((if late))late ((late))((if form)) of ((form))((end))((else))never late, ((unauthorised))((end))"
    assert html(text, late="twice", form="9A") == "<p>late twice of 9A</p>"
    assert html(text, unauthorised=Nought("no sessions")) == "<p>never late, no sessions</p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n((shoe size))", [(2, "shoe size")]),
        ("((if form))\nmore", [(1, "form")]),
        ("((if nothing like it)) ((end))", [(1, "nothing like it")]),
        ("a\nb ((end))", [(2, "")]),
        ("((else))", [(1, "")]),
        ("((if form))((else))((else))((end))", [(1, "")]),
        ("Dear ((salutation", [(1, "")]),
        ("see ((dates missed)) here", [(1, "dates missed")]),
        ("x" * 20_001, [(1, "")]),
        ("a\n\x07", [(2, "")]),
        ("\U000f0000", [(1, "")]),
        ("((one))\n((two))", [(1, "one"), (2, "two")]),
        ("((if form))" * 9 + "((end))" * 9, [(1, "form")]),
    ],
)
def test_what_cannot_be_used_is_named_by_line_and_field(text, expected):
    assert faults(text) == expected


def test_a_field_without_a_value_stops_the_letter_and_names_every_such_field_once():
    template = read("((forename)) on ((meeting date)) or ((meeting date)), ((meeting place))")
    with pytest.raises(NoValue) as caught:
        template.fill({"forename": "Amina", "meeting date": "  "})
    assert [fault.field for fault in caught.value.faults] == ["meeting date", "meeting place"]
    assert "((meeting date)) has no value: the day of the meeting" in str(caught.value)


def test_the_fields_without_which_there_is_no_letter_stand_outside_every_condition():
    words = read("((forename)) ((if reason))((reason))((end)) ((meeting date))")
    assert words.needed == ("forename", "meeting date")
    assert words.fields == ("forename", "reason", "meeting date")


def test_a_value_is_never_markup_nor_a_block_nor_bold():
    evil = "<script>x</script>\n# Head\n- item **bold** | cell ((form)) &amp; <img src=http://x>"
    out = html("Hello ((forename))\n\n| ((forename)) | 1 |", forename=evil, form="9A")
    assert "<script" not in out
    assert "<img" not in out
    assert "<h2>" not in out
    assert "<ul>" not in out
    assert "<b>" not in out
    assert out.count("<td>") == 1
    assert "((form))" in out


def test_the_table_of_dates_stands_alone_and_reads_as_text():
    table = dates_missed(
        [(date(2026, 11, 9), "PM", "O"), (date(2026, 11, 9), "AM", "O"), (date(2026, 11, 10), "AM", "I")]
    )
    blocks = read("((dates missed))").fill({"dates missed": table})
    assert blocks[0].style is Style.TABLE
    assert as_text(blocks) == ("Mon 9 Nov 2026, all day, No reason that we can agree, 2\nTue 10 Nov 2026, am, Ill, 1")
    with pytest.raises(NoValue):
        read("((dates missed))").fill({"dates missed": Rows((), ())})


def test_every_supplied_letter_can_be_read_and_names_an_adult_to_ring_where_it_goes_home():
    for one in SUPPLIED:
        read(one.subject)
        fields = read(one.body).fields
        if one.kind in {"level_1", "level_2", "meeting", "concern", "apology"}:
            assert {"adult to ring", "their number"} <= set(fields)
    first = read(next(one.body for one in SUPPLIED if one.kind == "level_1")).fields
    assert {"days missed", "sessions missed", "per cent"} <= set(first)


PIECES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["((", "))", "((if form))", "((else))", "((end))", "((form))", "((dates missed))", "**", "\n"]),
        st.sampled_from(["# ", "- ", "> ", "| ", "---\n", "\n\n", "<b>", "&lt;", "((Forename))"]),
    ),
    max_size=25,
).map("".join)
VALUES = st.dictionaries(
    st.sampled_from(sorted(set(FIELDS) - {"dates missed"})), st.text(max_size=20), max_size=len(FIELDS)
)


class _Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        for name, value in attrs:
            assert (name, value) in {
                ("class", "box"), ("class", "figures"), ("class", "dates"), ("class", "newpage"),
                ("scope", "row"), ("scope", "col"),
            }  # fmt: skip


@given(PIECES, VALUES)
def test_whatever_is_typed_it_says_its_own_errors_and_nothing_unescaped_comes_out(text, values):
    try:
        template = read(text)
        blocks = template.fill({**values, "dates missed": Rows(("<i>",), (("<script>",),))})
        template.line(values)
    except (BadTemplate, NoValue):
        return
    elements = _Elements()
    elements.feed(as_html(blocks))
    assert elements.found <= ALLOWED
    assert isinstance(as_text(blocks), str)


@given(st.integers(min_value=0, max_value=2000))
def test_days_are_half_the_sessions_exactly(sessions):
    words = in_days(sessions)
    number = words.split(" ", maxsplit=1)[0]
    half = "½" in number or words == "half a day"
    whole = int(number.rstrip("½") or 0) if number[0].isdigit() else 0
    assert 2 * whole + half == sessions


def test_amounts_are_said_as_people_say_them():
    assert [in_days(n) for n in (0, 1, 2, 3, 14)] == ["no days", "half a day", "1 day", "1½ days", "7 days"]
    assert [counted(n, "session") for n in (0, 1, 2)] == ["no sessions", "1 session", "2 sessions"]
    assert listed(["Ruby", "Tom", "Amir"]) == "Ruby, Tom and Amir"
    assert level_per_cent(Decimal("92.50")) == "92.5\u00a0%"


def test_a_rate_below_a_level_is_never_read_as_having_reached_it():
    rate = Fraction(9496, 10000)
    assert per_cent(rate) == "95.0\u00a0%"
    assert per_cent(rate, Decimal(95)) == "94.96\u00a0%"
    assert per_cent(Fraction(95, 100), Decimal(95)) == "95.0\u00a0%"
    assert per_cent(None) == ""
