"""The code table against the law's own lists, on both sides of 19 August 2024."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.rules.codes import (
    Counts,
    Enterer,
    Needs,
    UnknownCode,
    code,
    code_set,
    dated_codes,
    present_code,
)

NOW = date(2026, 11, 23)
LAST_OLD = date(2024, 8, 18)
FIRST_NEW = date(2024, 8, 19)

SETS = {
    Counts.PRESENT: {"/", "\\", "L"},
    Counts.APPROVED: {"K", "V", "P", "W", "B"},
    Counts.AUTHORISED: {"C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T"},
    Counts.UNAUTHORISED: {"G", "N", "O", "U"},
    Counts.NOT_POSSIBLE: {"D", "Q", "X", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7"},
    Counts.ADMINISTRATIVE: {"Z", "#"},
}
OLD_SETS = {
    Counts.PRESENT: {"/", "\\", "L"},
    Counts.APPROVED: {"B", "J", "P", "V", "W"},
    Counts.AUTHORISED: {"C", "E", "F", "H", "I", "M", "R", "S", "T"},
    Counts.UNAUTHORISED: {"G", "N", "O", "U"},
    Counts.NOT_POSSIBLE: {"D", "X", "Y"},
    Counts.ADMINISTRATIVE: {"Z", "#"},
}
NEW_IN_2024 = {"C1", "C2", "J1", "K", "Q", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7"}
LEGACY = {"F", "H", "J", "Y"}

days = st.dates(date(2000, 1, 1), date(2035, 12, 31))


def by_counts(on):
    return {counts: {s for s, row in code_set(on).items() if row.counts is counts} for counts in Counts}


def test_there_are_thirty_four_codes_since_august_2024():
    assert len(code_set(FIRST_NEW)) == 34
    assert len(code_set(NOW)) == 34


def test_every_code_counts_as_the_guidance_says():
    assert by_counts(NOW) == SETS


def test_the_older_set_counted_as_it_did():
    assert by_counts(LAST_OLD) == OLD_SETS


def test_the_set_turns_over_between_18_and_19_august_2024():
    old, new = set(code_set(LAST_OLD)), set(code_set(FIRST_NEW))
    assert old - new == LEGACY
    assert new - old == NEW_IN_2024


def test_j_was_attendance_and_j1_is_authorised_absence():
    assert code("J", date(2024, 7, 10)).counts.is_attended
    assert code("J1", date(2024, 9, 10)).counts is Counts.AUTHORISED


def test_dual_registration_was_attendance_until_september_2011():
    assert code("D", date(2011, 8, 31)).counts is Counts.APPROVED
    assert code("D", date(2011, 9, 1)).counts is Counts.NOT_POSSIBLE


def test_no_codes_are_held_before_the_regulations_of_2006():
    assert code_set(date(2006, 8, 31)) == {}
    assert "/" in code_set(date(2006, 9, 1))


def test_what_counts_is_attended_or_absent_or_neither():
    assert {c for c in Counts if c.is_attended} == {Counts.PRESENT, Counts.APPROVED}
    assert {c for c in Counts if c.is_absent} == {Counts.AUTHORISED, Counts.UNAUTHORISED}
    assert {c for c in Counts if not c.is_possible} == {Counts.NOT_POSSIBLE, Counts.ADMINISTRATIVE}


def test_only_l_and_u_are_late():
    for on in (LAST_OLD, NOW):
        assert {symbol for symbol, row in code_set(on).items() if row.late} == {"L", "U"}


def test_a_legacy_code_is_read_and_never_entered():
    assert {s for s, row in code_set(LAST_OLD).items() if not row.enterable_by} == LEGACY


def test_the_office_may_enter_every_code_in_force():
    assert all(Enterer.OFFICE in row.enterable_by for row in code_set(NOW).values())


def test_decisions_and_administration_are_the_offices_to_enter():
    teachers = {s for s, row in code_set(NOW).items() if Enterer.TEACHER in row.enterable_by}
    assert teachers == {"/", "\\", "L", "U", "N", "I", "M", "V", "P", "W"}
    restricted = {"E", "C", "C1", "C2", "K", "D", "G", "Q", "X", "Z", "#"} | {f"Y{n}" for n in range(1, 8)}
    assert not teachers & restricted


@pytest.mark.parametrize(
    ("symbol", "needs"),
    [
        ("C2", {Needs.AGREEMENT, Needs.COMPULSORY_AGE}),
        ("D", {Needs.AGREEMENT}),
        ("B", {Needs.PLACE, Needs.NATURE}),
        ("K", {Needs.PLACE, Needs.NATURE}),
        ("V", {Needs.PLACE}),
        ("P", {Needs.PLACE}),
        ("W", {Needs.PLACE}),
        ("X", {Needs.NOT_COMPULSORY_AGE}),
        ("E", {Needs.SUSPENSION}),
        ("Y7", {Needs.NATURE}),
        ("L", {Needs.MINUTES}),
        ("C", {Needs.LEAVE}),
        ("C1", {Needs.LEAVE}),
        ("J1", {Needs.LEAVE}),
        ("S", {Needs.LEAVE}),
    ],
)
def test_a_code_names_what_must_stand_beside_it(symbol, needs):
    assert code(symbol, NOW).needs == needs


def test_every_other_code_stands_alone():
    needing = {s for s, row in code_set(NOW).items() if row.needs}
    assert needing == {"C2", "D", "B", "K", "V", "P", "W", "X", "E", "Y7", "L", "C", "C1", "J1", "S"}


def test_each_present_mark_suits_its_half():
    assert code(present_code("AM"), NOW).halves == {"AM"}
    assert code(present_code("PM"), NOW).halves == {"PM"}
    assert all(row.halves == {"AM", "PM"} for s, row in code_set(NOW).items() if s not in {"/", "\\"})


def test_a_session_has_no_third_half():
    with pytest.raises(ValueError, match="AM or PM, not 'EVE'"):
        present_code("EVE")


@pytest.mark.parametrize(
    ("symbol", "on", "words"),
    [
        ("H", FIRST_NEW, "H ended on 18 Aug 2024: use C if leave was granted, else G."),
        ("F", NOW, "F ended on 18 Aug 2024: use C if leave was granted, else G."),
        ("J", NOW, "J ended on 18 Aug 2024: use J1 if leave was granted beforehand"),
        ("Y", NOW, "Y ended on 18 Aug 2024: use the one of Y1 to Y7 or Q that says why."),
        ("C2", LAST_OLD, "C2 began on 19 Aug 2024: on 18 Aug 2024 use C."),
        ("Y4", LAST_OLD, "Y4 began on 19 Aug 2024: on 18 Aug 2024 use Y."),
        ("i", NOW, "'i' is not a code: write I."),
        (" y1 ", NOW, "' y1 ' is not a code: write Y1."),
        ("h", NOW, "H ended on 18 Aug 2024"),
        ("A", NOW, "'A' is not a code on Mon 23 Nov 2026: the codes are / \\ L B"),
        ("Y8", NOW, "'Y8' is not a code"),
        ("", NOW, "a session without a mark is a register not taken"),
        (" ", NOW, "a session without a mark is a register not taken"),
        ("/", date(2006, 8, 31), "No codes are held for Thu 31 Aug 2006: the earliest are"),
    ],
)  # fmt: skip
def test_an_unknown_code_is_refused_with_what_would_be_right(symbol, on, words):
    with pytest.raises(UnknownCode) as refused:
        code(symbol, on)
    assert words in str(refused.value)


def test_the_set_cannot_be_changed():
    with pytest.raises(TypeError):
        code_set(NOW)["A"] = code("/", NOW)


def test_periods_of_one_symbol_never_overlap_nor_leave_a_gap():
    for symbol in {row.symbol for row in dated_codes()}:
        rows = sorted((row for row in dated_codes() if row.symbol == symbol), key=lambda row: row.from_on)
        for earlier, later in pairwise(rows):
            assert earlier.to_on + timedelta(days=1) == later.from_on
        assert (rows[-1].to_on is None) is (symbol not in LEGACY)


def test_every_replacement_is_a_code_on_the_day_after():
    ended = [row for row in dated_codes() if row.to_on is not None]
    assert {row.symbol for row in ended if row.replaced_by} == {row.symbol for row in ended}
    for row in ended:
        assert set(row.replaced_by) <= set(code_set(row.to_on + timedelta(days=1)))


@given(days)
def test_the_set_of_a_day_is_the_rows_in_force_on_it(on):
    assert dict(code_set(on)) == {row.symbol: row for row in dated_codes() if row.in_force(on)}


@given(days)
def test_every_symbol_of_a_set_is_found_alone(on):
    assert all(code(symbol, on) is row for symbol, row in code_set(on).items())
