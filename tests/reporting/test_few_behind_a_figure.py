"""What a reader of figures only is not told: few pupils with a mark, a form by its year, a code by its sum."""

from datetime import date

import pytest
from django.http import QueryDict

from registers.rules.codes import present_code
from registers.rules.sessions import Session
from reporting.queries.asked import asked
from reporting.queries.explorer import Reader, answer
from reporting.queries.league import Wish, league
from reporting.queries.periods import Period
from reporting.queries.sheets import SUPPRESSED
from reporting.queries.tables import sheet
from reporting.rules.small_numbers import fewest, hidden_codes, hidden_counts, hidden_grid, hidden_of_pupils, is_small
from tests.conftest import MONDAY
from tests.factories.cast import put_on_roll
from tests.factories.staff import TutorGroupFactory
from tests.reporting.conftest import put, sessions

DAY = date(2026, 11, 18)
ONE_DAY = f"period=own&from_on={DAY}&to_on={DAY}"


def shown(cast, view, query="", **look):
    reader = Reader.of(cast.gov, cast.thornbridge)
    found = answer(reader, asked(QueryDict(query), reader=reader, on=MONDAY).question)
    return sheet(found, view, school=cast.thornbridge, **look)


def rows(found):
    return {row.cells[0]: row.cells[1:] for row in found.rows}


def enrol(cast, **forms):
    """Put so many pupils into forms named like `y9b=3`, each with a term of marks."""
    made = {}
    for name, many in forms.items():
        group = TutorGroupFactory(school=cast.thornbridge, name=name[1:].upper(), year_group=int(name[1:-1]))
        made[name] = put_on_roll(*((group, f"{name}{n:02d}", "Lee", {"sex": "F"}) for n in range(many)))
    everybody = [pupil for pupils in made.values() for pupil in pupils]
    put(cast.thornbridge, {(one, on, half): present_code(half) for one in everybody for on, half in sessions()})
    return made


@pytest.fixture
def part_taken(cast):
    """Give a day on which 9A and 9D are taken whole, and of the thirty of 9E two pupils are marked so far."""
    nine_d, nine_e = (TutorGroupFactory(school=cast.thornbridge, name=name, year_group=9) for name in ("9D", "9E"))
    whole = put_on_roll(*((nine_d, f"Dale{n:02d}", "Lee", {"is_fsm": False}) for n in range(20)))
    begun = put_on_roll(*((nine_e, f"Eyam{n:02d}", "Lee", {"is_fsm": n < 10}) for n in range(30)))
    marks = {(one, DAY, half): present_code(half) for one in whole for half in ("AM", "PM")}
    marks |= {(begun[0], DAY, "AM"): "N", (begun[1], DAY, "AM"): "/"}
    put(cast.thornbridge, marks)
    return cast


def test_two_pupils_marked_of_a_form_of_thirty_are_few(part_taken):
    by_form = rows(shown(part_taken, "table", ONE_DAY, by="form"))
    assert set(by_form["9E"]) == {SUPPRESSED}
    crossed = rows(shown(part_taken, "table", ONE_DAY, by="form", by2="sex", measure="attendance"))
    assert set(crossed["9E"]) <= {SUPPRESSED, None}
    by_weeks = shown(part_taken, "weeks", ONE_DAY, by="form")
    assert "9E" not in [column.heading for column in by_weeks.columns]


def test_a_school_of_which_two_are_marked_is_held_back_whole(cast, sign_in, at_morning):
    put(cast.thornbridge, {(cast.callum, DAY, "AM"): "N", (cast.amina, DAY, "AM"): "/"})
    client = sign_in(cast.gov)
    for address in (f"/explorer/?{ONE_DAY}&view=beside", f"/explorer/?{ONE_DAY}&view=weeks",
                    f"/explorer/?{ONE_DAY}&view=weekdays", f"/explorer/receipt/?{ONE_DAY}",
                    f"/figures/?from_on={DAY}&to_on={DAY}"):  # fmt: skip
        text = client.get(address).content.decode()
        assert "50.0" not in text, address
        assert "of 2 possible" not in text, address
    seen = sign_in(cast.sandra).get(f"/figures/?from_on={DAY}&to_on={DAY}").content.decode()
    assert "50.0" in seen


def test_a_small_form_is_not_its_year_less_the_other_forms(term):
    """11Z has three pupils: the smallest form beside it is in year 7, and year 11 less 11A would be those three."""
    enrol(term, y11a=20, y11z=3, y7a=6, y7b=25)
    by_year = rows(shown(term, "table", by="year"))
    assert by_year["Year 11"][0] == 23
    by_form = rows(shown(term, "table", by="form"))
    assert set(by_form["11A"]) == set(by_form["11Z"]) == {SUPPRESSED}


def test_a_form_league_does_not_give_a_small_form_away_by_its_year(term):
    enrol(term, y11a=20, y11z=3, y7a=6, y7b=25)
    wish = Wish(Period("term", "Term", date(2026, 9, 2), DAY), Period("none", "Before", DAY, date(2026, 11, 17)))
    found = league(Reader.of(term.gov, term.thornbridge), wish, upto=Session(DAY, "PM"))
    assert {"11A", "11Z"} <= {form.name for form in found.forms if form.is_held_back}


def test_a_week_in_which_few_of_a_group_had_a_session_is_not_told(term):
    """Six pupils of 7A are away on study leave but one, in the last week: its rate would be that pupil's."""
    enrol(term, y7b=25, y10a=5)  # 10A goes with 8C, of two
    seven_a = TutorGroupFactory(school=term.thornbridge, name="7A", year_group=7)
    pupils = put_on_roll(*((seven_a, f"Alport{n}", "Kit", {}) for n in range(6)))
    last_week = {(on, half) for on, half in sessions() if on >= date(2026, 11, 16)}
    put(
        term.thornbridge,
        {
            (one, on, half): ("I" if one is pupils[0] else "X") if (on, half) in last_week else present_code(half)
            for one in pupils
            for on, half in sessions()
        },
    )
    found = shown(term, "weeks", by="form")
    at = [column.heading for column in found.columns].index("7A")
    told = {row.cells[0]: row.cells[at] for row in found.rows}
    assert told[date(2026, 11, 9)] == 1
    assert told[date(2026, 11, 16)] is None


@pytest.mark.parametrize("address", ["/explorer/receipt/?period=year", "/figures/?period=year"])
def test_a_code_of_one_pupil_is_not_told_by_its_marks_nor_by_the_sum(term, sign_in, at_morning, address):
    """Ten marks of E are one pupil, suspended for a week: not few marks, and authorised less the others."""
    enrol(term, y7a=20)
    lone = put_on_roll((term.eight_c, "Winster", "Ash", {}))[0]
    fortnight = [(on, half) for on, half in sessions() if on >= date(2026, 11, 9)]
    put(
        term.thornbridge,
        {(lone, on, half): "E" if on < date(2026, 11, 16) else present_code(half) for on, half in fortnight},
    )
    client = sign_in(term.gov)
    page = client.get(address)
    if "receipt" in address:
        codes = [(symbol, number) for kind in page.context["kinds"].values() for symbol, _, number in kind]
        authorised = {symbol: number for symbol, number in codes if symbol in ("E", "I", "C", "M")}
    else:
        authorised = {symbol: number for symbol, _, number in page.context["codes"] if symbol in ("E", "I", "C", "M")}
    assert authorised["E"] == SUPPRESSED
    assert list(authorised.values()).count(SUPPRESSED) >= 2
    assert "suppressed" in page.content.decode()
    seen = sign_in(term.sandra).get(address).content.decode()
    assert "Suspended" in seen or "suspended" in seen


def test_codes_whose_sum_is_told_hide_one_another():
    assert hidden_codes({"E": 1, "I": 40, "M": 12, "/": 90}, [("E", "I", "M"), ("/",)]) == {"E", "M"}
    # Late is told, and is L and U: L alone would be late less U.
    assert hidden_codes({"U": 2, "O": 30, "L": 50, "/": 90}, [("U", "O"), ("/", "L"), ("U", "L")]) == {
        "U",
        "O",
        "L",
        "/",
    }
    assert hidden_codes({"D": 2, "X": 30}, []) == {"D"}


def test_pupils_on_roll_and_pupils_with_a_session_are_both_kept():
    assert hidden_of_pupils([30, 28, 25], [2, 28, 25]) == {0, 2}
    assert hidden_of_pupils([3, 28, 25], [0, 28, 25]) == {0, 2}
    assert hidden_of_pupils([20, 3, 6, 25], [20, 3, 6, 25], [[0, 1], [2, 3]]) == {0, 1}


def test_absent_pupils_of_a_form_are_not_those_of_its_year_less_the_others():
    assert hidden_counts([1, 9, 5, 8], [30, 30, 30, 30], [[0, 1], [2, 3]]) == {0, 1}
    found = hidden_grid([[20, 10], [3, 8], [6, 9], [25, 7]], row_parts=[[0, 1], [2, 3]])
    assert {(0, 0), (1, 0)} <= found.cells
    assert not is_small(sum((20, 3)))


def test_at_least_so_many_pupils_stand_behind_some_sessions():
    assert [fewest(10, 10), fewest(40, 10), fewest(41, 10), fewest(0, 10), fewest(3, 0)] == [1, 4, 5, 0, 0]
