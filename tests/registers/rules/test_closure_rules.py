"""Closures: what may be closed under which code, and which marks stay."""

from datetime import date

import pytest

from registers.rules.closures import KINDS, Plan, attended, refusals, why_it_stays
from registers.rules.sessions import Session

MONDAY = date(2026, 11, 23)
SAID = {"code": "Y4", "name": "Boiler", "from_on": MONDAY, "to_on": MONDAY}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"code": "I"}, "written for one pupil"),
        ({"code": "Y5"}, "written for one pupil"),
        ({"name": " "}, "Give it a name"),
        ({"code": "Y7", "name": ""}, "the cause"),
        ({"to_on": date(2026, 11, 20)}, "before it begins"),
        ({"to_on": date(2027, 6, 1)}, "three months"),
        ({"code": "Y3"}, "choose Y4"),
        ({"year_groups": (9,)}, "choose Y3"),
        ({"code": "#", "tutor_groups": (1,)}, "choose Y3"),
    ],
)
def test_what_the_law_does_not_let_close_is_said_in_words(other, words):
    assert any(words in one for one in refusals(Plan(**(SAID | other))))


@pytest.mark.parametrize("code", KINDS)
@pytest.mark.parametrize("there", ["D", "B", "K", "P", "V", "W", "X", "E", "Y5", "Z"])
def test_whoever_was_due_elsewhere_keeps_the_mark_under_every_closure(code, there):
    assert why_it_stays(there, under=code, on=MONDAY, nobody_came=True)


@pytest.mark.parametrize(
    ("there", "under", "came", "stays"),
    [
        ("N", "Y1", False, False), ("I", "Y1", False, True), ("O", "Y2", False, True), ("I", "Y4", False, False),
        ("G", "Y3", False, False), ("/", "Y4", False, True), ("/", "Y4", True, False), ("U", "#", False, True),
        ("Y1", "Y4", False, False), ("Y1", "Y3", False, True), ("C2", "#", False, False), ("Q", "Y6", False, True),
        ("H", "Y4", False, True),
    ],
)  # fmt: skip
def test_where_the_place_is_shut_there_was_nothing_to_be_absent_from(there, under, came, stays):
    assert bool(why_it_stays(there, under=under, on=MONDAY, nobody_came=came)) is stays


def test_a_code_of_another_time_is_read_and_left():
    assert why_it_stays("Y1", under="#", on=date(2024, 7, 10), nobody_came=True) == "a code of another time"


def test_only_what_shuts_the_whole_school_stands_in_the_calendar():
    assert [code for code in KINDS if Plan(**(SAID | {"code": code})).in_calendar] == ["#", "Y4"]
    assert refusals(Plan(**SAID)) == []
    assert Plan(**SAID, half="PM").holds(Session(MONDAY, "PM"))
    assert not Plan(**SAID, half="PM").holds(Session(MONDAY, "AM"))


def test_who_came_is_told_by_the_mark_late_ones_too():
    assert [code for code in ("/", "\\", "L", "U", "N", "I", "B", "Y4") if attended(code, MONDAY)] == [
        "/",
        "\\",
        "L",
        "U",
    ]
