"""What keeps an agreement from standing, and what is only worth a second look."""

from datetime import date

import pytest

from registers.rules.agreements import ends_soon, fits_age, refusals, warnings

FIRST, LAST = date(2026, 11, 2), date(2026, 12, 11)
TEN = "1111111111"


def wrong(kind="part_time", code="C2", **changed):
    asked = {
        "from_on": FIRST, "to_on": LAST, "weekly": TEN, "place": "", "nature": "", "parent": "Ms Doe", "by": "Mr Head",
    }  # fmt: skip
    return refusals(kind, code, **(asked | changed))


def test_a_part_time_timetable_is_agreed_with_a_parent_by_an_authorised_person():
    assert wrong() == []
    assert wrong(parent=" ") == ["C2 is agreed with a parent the pupil normally lives with: say with whom."]
    assert wrong(by="") == ["Say which authorised person of the school agreed it."]


@pytest.mark.parametrize(
    ("kind", "code", "changed", "said"),
    [
        ("part_time", "C", {}, "Part-time timetable writes C2, not C."),
        ("part_time", "C2", {"to_on": date(2026, 11, 1)}, "ends on Sun 1 Nov 2026, before it begins"),
        ("part_time", "C2", {"to_on": date(2027, 12, 1)}, "more than a year"),
        ("part_time", "C2", {"weekly": "0000000000"}, "at least one session"),
        ("dual", "D", {}, "D says that the pupil is at a place"),
        ("provision", "B", {"place": "The Forge"}, "B says what is done there"),
    ],
)
def test_what_is_missing_is_said_in_words(kind, code, changed, said):
    (words,) = wrong(kind, code, **changed)
    assert said in words


def test_a_long_part_time_timetable_without_a_review_is_lawful_and_warned_of():
    assert warnings("part_time", from_on=FIRST, to_on=LAST, review_on=date(2026, 11, 20)) == []
    assert len(warnings("part_time", from_on=FIRST, to_on=date(2027, 2, 12), review_on=None)) == 2
    assert warnings("part_time", from_on=FIRST, to_on=LAST, review_on=date(2027, 1, 5)) == [
        "The review lies outside its days."
    ]


def test_c2_is_for_compulsory_school_age_and_x_for_any_other():
    eleven, four = date(2015, 5, 1), date(2022, 8, 1)
    assert fits_age("C2", eleven, FIRST, LAST)
    assert not fits_age("X", eleven, FIRST, LAST)
    assert fits_age("X", four, FIRST, LAST)
    assert not fits_age("C2", four, FIRST, LAST)
    assert fits_age("D", four, FIRST, LAST)


def test_an_end_is_near_for_two_weeks_and_not_once_it_is_gone():
    assert ends_soon(date(2026, 12, 7), date(2026, 11, 23))
    assert not ends_soon(date(2026, 12, 8), date(2026, 11, 23))
    assert not ends_soon(date(2026, 11, 22), date(2026, 11, 23))
