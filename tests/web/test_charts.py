"""Charts: one specification, drawn for ear, colour-blind eye and grey printer alike, with its numbers as a table."""

import re
from fractions import Fraction

import pytest
from defusedxml import ElementTree

from attendance_office.web.charts import Bar, BarChart, HeatChart, Line, LineChart, spoken

HALF, NINE = Fraction(1, 2), Fraction(9, 10)
LINES = LineChart(
    "weeks", "Attendance", "Week by week",
    (Line("Free meals", (NINE, None, HALF)), Line("Others <all>", (NINE, NINE, NINE))), ("Sep", "", "Oct"),
    ("Mon 7 Sep 2026", "", "Mon 5 Oct 2026"),
)  # fmt: skip
SMALL = LineChart("years", "Years", "Each", LINES.lines, LINES.marks, LINES.places, small=True)
BARS = BarChart(
    "bands", "Bands", "Shares", (Bar("Under 5 %", HALF, "50.0 %", NINE, "90.0 %"), Bar("More", None, "suppressed")),
    "Absence", ("These", "England"),
)  # fmt: skip
HEAT = HeatChart("days", "Days", "Cells", ("Morning", "Afternoon"), ("Mon", "Tue"), ((HALF, NINE), (None, NINE)))


def drawn(chart):
    """Give the drawing, read back as XML."""
    return ElementTree.fromstring(str(chart.svg))


@pytest.mark.parametrize("chart", [LINES, SMALL, BARS, HEAT], ids=["lines", "small", "bars", "heat"])
def test_a_chart_is_well_formed_says_what_it_shows_and_needs_no_style(chart):
    svg = drawn(chart)
    title, words = svg.find("title"), svg.find("desc")
    assert (title.text, words.text) == (chart.title, chart.words)
    assert svg.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}"
    assert svg.get("role") == "img"
    assert "style=" not in str(chart.svg)
    assert not re.search(r"#[0-9a-f]{3,6}\b", str(chart.svg).replace("url(#", "url("))


def test_lines_differ_by_their_dashes_and_carry_their_names_and_last_numbers():
    paths = drawn(LINES).findall("path")
    assert len({path.get("stroke-dasharray") for path in paths}) == 2
    texts = [text.text for text in drawn(LINES).iter("text")]
    assert "Free meals, 50.0 %" in texts
    assert "Others <all>, 90.0 %" in texts


def test_a_line_breaks_where_a_share_is_missing():
    assert drawn(LINES).find("path").get("d").count("M") == 2


def test_the_numbers_stand_in_the_table_and_places_without_a_name_do_not():
    assert LINES.heads == ["Week of", "Free meals", "Others <all>"]
    assert LINES.rows == [["Mon 7 Sep 2026", "90.0 %", "90.0 %"], ["Mon 5 Oct 2026", "50.0 %", "90.0 %"]]
    assert BARS.rows == [["Under 5 %", "50.0 %", "90.0 %"], ["More", "suppressed", ""]]
    assert HEAT.rows[1] == ["Afternoon", "no rate", "90.0 %"]


def test_a_second_bar_is_hatched_and_what_is_suppressed_has_no_bar():
    lengths = [rect for rect in drawn(BARS).iter("rect") if rect.get("class") == "length"]
    assert len(lengths) == 2  # of the key and of the first bar
    assert sum(rect.get("fill") == "url(#bands-hatch)" for rect in drawn(BARS).iter("rect")) == 2


def test_the_highest_and_the_lowest_cell_are_named():
    assert [text.text for text in drawn(HEAT).iter("text") if text.text in ("highest", "lowest")] == [
        "lowest", "highest", "highest",
    ]  # fmt: skip


def test_what_has_nothing_to_show_draws_nothing():
    assert LineChart("x", "", "", (Line("A", (NINE,)),), ("",), ("1",)).svg == ""
    assert BarChart("x", "", "", (), "", ("A",)).svg == ""
    assert HeatChart("x", "", "", ("A",), ("B",), ((None,),)).svg == ""


def test_no_class_of_a_chart_is_a_class_of_the_page():
    from pathlib import Path

    sheets = "\n".join(path.read_text() for path in Path("static/css").glob("*.css") if path.name != "charts.css")
    used = set(re.findall(r'class="([a-z]+)', "".join(str(one.svg) for one in (LINES, SMALL, BARS, HEAT)))) - {"chart"}
    clashes = {name for name in used if re.search(rf"^\.{name}\b", sheets, re.MULTILINE)}
    assert clashes == set()


def test_a_share_is_spoken_half_up():
    assert spoken(Fraction(39, 391)) == "10.0 %"
    assert spoken(None) == "no rate"
