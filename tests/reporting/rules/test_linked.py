"""What a reader can work out of the tables of a paper: of no few pupils, whatever stands in the tables."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers.rules.figures import Figures
from registers.rules.rates import Tally
from reporting.rules.linked import Bounds, Cell, Tables, deduced, exposed, held_back
from reporting.rules.linked_figures import (
    PERSISTENT,
    PUPILS,
    SEVERE,
    Side,
    add_axis,
    add_bands,
    add_between,
    add_comparison,
    band_name,
    compared,
    name_of,
    of_whole,
)
from reporting.rules.small_numbers import SMALL

# The sessions of a hundred that a pupil of each band missed: its bands are those of the papers.
MISSED = (0, 5, 10, 15, 20, 50)
YEARS, MEALS, BANDS = ("7", "8", "9"), ("no", "yes"), range(6)
KINDS = list(itertools.product(YEARS, MEALS, BANDS, (False, True)))


def school_of(numbers):
    """Give the tables of a school with so many pupils of each kind: year, meals, band, had a letter."""
    many = dict(zip(KINDS, numbers, strict=True))

    def figures(of):
        return Figures.of_pupils(
            Tally(100, 100 - MISSED[kind[2]], MISSED[kind[2]], 0, 0)
            for kind in KINDS
            if of(kind)
            for _ in range(many[kind])
        )

    def count(of):
        return sum(many[kind] for kind in KINDS if of(kind))

    found = of_whole(figures(lambda kind: True))
    add_bands(found, [count(lambda kind, at=at: kind[2] == at) for at in BANDS], 2)
    add_axis(found, "year", {year: figures(lambda kind, year=year: kind[0] == year) for year in YEARS})
    add_axis(found, "meals", {value: figures(lambda kind, value=value: kind[1] == value) for value in MEALS})
    sides = [
        Side(
            value,
            (value,),
            tuple(count(lambda kind, at=at, value=value: kind[1] == value and kind[2] == at) for at in BANDS),
            tuple(
                count(lambda kind, at=at, value=value: kind[1] == value and kind[2] == at and kind[3]) for at in BANDS
            ),
        )
        for value in MEALS
    ]
    add_comparison(found, "meals", sides, 2, 1)
    return found


def members(name):
    """Give the kinds of pupils that a cell counts, read from its name alone and from none of the sums."""
    words = name.split(":")
    absent = {"pupils": BANDS, "persistent": range(2, 6), "severe": (5,), "less": range(2, 5), "rest": range(2)}
    if words[0] in absent:
        return [kind[2] in absent[words[0]] for kind in KINDS]
    if words[0] == "band":
        chosen = {"chosen": (True,), "not": (False,)}.get(words[-1], (True, False))
        return [kind[2] == int(words[1]) and kind[3] in chosen for kind in KINDS]
    if words[0] == "compared":
        chosen = {"chosen": (True,), "not": (False,)}.get(words[-1], (True, False))
        return [kind[1] == words[3] and kind[2] == int(words[2]) and kind[3] in chosen for kind in KINDS]
    at = {"year": 0, "meals": 1}[words[0]]
    others = words[2] == "others"
    return [(kind[at] == words[1]) != others and kind[2] in absent[words[-1]] for kind in KINDS]


def follows(shown, wanted):
    """Tell whether a number follows from those shown as a sum of multiples of them: by elimination over the kinds."""
    rows = []
    for row in [*shown, wanted]:
        left = [Fraction(int(one)) for one in row]
        for lead, other in rows:
            if left[lead]:
                left = [one - left[lead] * two for one, two in zip(left, other, strict=True)]
        lead = next((at for at, one in enumerate(left) if one), None)
        if lead is None:
            if row is wanted:
                return True
            continue
        rows.append((lead, [one / left[lead] for one in left]))
    return False


PUPILS_OF_KIND = st.one_of(st.integers(0, 3), st.integers(0, 14))


@settings(max_examples=40, deadline=None)
@given(st.lists(PUPILS_OF_KIND, min_size=len(KINDS), max_size=len(KINDS)))
def test_no_few_pupils_follow_from_all_that_a_paper_shows(numbers):
    tables = school_of(numbers)
    held = held_back(tables)
    names = [name for name, cell in tables.cells.items() if cell.is_open and name not in held]
    shown = [members(name) for name in names]
    for name, cell in tables.cells.items():
        assert sum(many for many, is_in in zip(numbers, members(name), strict=True) if is_in) == cell.pupils, name
        if cell.tells_of_few and not cell.is_fixed:
            assert name not in names
            assert not follows(shown, members(name)), name


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=3, max_size=4), st.data())
def test_what_is_left_open_of_a_line_is_as_wide_as_fewer_than_five(line, data):
    """Every filling of the gaps is tried: a number that tells of few could be any of five at the least."""
    tables = Tables()
    tables.add("all", Cell(sum(line), is_fixed=True))
    for at, number in enumerate(line):
        tables.add(f"{at}", Cell(number))
    tables.adds_up("all", *(f"{at}" for at in range(len(line))))
    gone = [at for at in range(len(line)) if f"{at}" in held_back(tables)]
    left = sum(line[at] for at in gone)
    could = [one for one in itertools.product(range(left + 1), repeat=len(gone)) if sum(one) == left]
    for place, at in enumerate(gone):
        values = {one[place] for one in could}
        if line[at] < SMALL and sum(line) >= SMALL:
            assert max(values) - min(values) >= SMALL - 1
        assert deduced(tables, {f"{one}" for one in gone})[f"{at}"] == Bounds(min(values), max(values))


def figures(pupils, persistent, severe):
    return Figures(pupils=pupils, persistently_absent=persistent, severely_absent=severe)


def a_school(*, persistent=60, severe=20):
    found = of_whole(figures(300, persistent, severe))
    add_axis(
        found,
        "year",
        {"7": figures(100, 22, 6), "8": figures(100, 18, 7), "9": figures(100, persistent - 40, severe - 13)},
    )
    return found


def test_of_numbers_that_tell_of_nobody_nothing_is_held_back():
    assert held_back(a_school()).cells == frozenset()


def test_persistently_absent_less_severely_absent_does_not_come_below_five():
    """Twenty-two of year 7 are persistently and twenty severely absent: the two between them are nowhere told."""
    found = of_whole(figures(300, 62, 34))
    add_axis(found, "year", {"7": figures(100, 22, 20), "8": figures(100, 20, 7), "9": figures(100, 20, 7)})
    held = held_back(found)
    assert name_of("year", "7", SEVERE) in held or name_of("year", "7", PERSISTENT) in held
    assert exposed(found, held.cells) == []
    assert name_of("year", "7") not in held


def test_all_and_none_of_a_group_say_something_of_each_of_them():
    found = of_whole(figures(60, 30, 10))
    add_bands(found, [20, 10, 10, 5, 5, 10], 2)
    sides = [
        Side("no", ("no",), (15, 8, 6, 5, 5, 8), (0, 4, 6, 5, 5, 8)),
        Side("yes", ("yes",), (5, 2, 4, 0, 0, 2), (0, 1, 4, 0, 0, 2)),
    ]
    add_axis(found, "meals", {"no": figures(47, 24, 8), "yes": figures(13, 6, 2)})
    add_comparison(found, "meals", sides, 2, 1)
    held = held_back(found)
    assert all(f"{compared('meals', at)}:{side}" in held for at in range(1, 6) for side in ("no", "yes"))


def test_the_smallest_other_goes_and_the_largest_stays():
    found = of_whole(figures(500, 100, 50))
    add_axis(
        found,
        "form",
        {"A": figures(3, 1, 0), "B": figures(250, 50, 25), "C": figures(7, 3, 1), "D": figures(240, 46, 24)},
    )
    held = held_back(found)
    assert {value for value in "ABCD" if name_of("form", value) in held} == {"A", "C"}


def test_what_a_paper_of_the_week_before_held_back_stays_held_back_and_its_own_need_is_kept():
    before = frozenset({name_of("year", "8", PERSISTENT), "no such cell"})
    held = held_back(a_school(), before=before)
    assert name_of("year", "8", PERSISTENT) in held
    assert "no such cell" not in held
    assert held.needed == frozenset()


def test_two_papers_a_week_apart_do_not_swap_what_they_hold_back():
    """Year 7 has two; beside it year 8 went in the first paper. In the second year 9 is smaller, and 8 stays gone."""

    def paper(eight, nine):
        found = of_whole(figures(302, eight + nine + 2, 0))
        add_axis(found, "year", {"7": figures(102, 2, 0), "8": figures(100, eight, 0), "9": figures(100, nine, 0)})
        return found

    first = held_back(paper(20, 21))
    assert name_of("year", "8", PERSISTENT) in first
    assert name_of("year", "9", PERSISTENT) not in first
    second = held_back(paper(22, 21), before=first.needed)
    assert name_of("year", "8", PERSISTENT) in second
    assert name_of("year", "9", PERSISTENT) not in second


@pytest.mark.parametrize(("some", "said"), [(0, True), (4, True), (5, False)])
def test_nobody_counts_as_few(some, said):
    assert Cell(some).tells_of_few is said


def test_a_school_of_fewer_than_five_shows_none_of_its_parts():
    found = of_whole(figures(4, 1, 1))
    add_axis(found, "year", {"7": figures(3, 1, 1), "8": figures(1, 0, 0)})
    held = held_back(found)
    assert [name for name in found.cells if found.cells[name].is_open and name not in held] == [PUPILS]


def test_words_that_say_fewer_than_five_are_reckoned_with():
    """A headline says "fewer than 5": a line of which all but one number is shown then still tells nothing nearer."""
    found = of_whole(figures(300, 60, 3))
    add_bands(found, [140, 100, 20, 20, 17, 3], 2)
    held = held_back(found)
    known = deduced(found, held.cells)
    assert known[SEVERE] == Bounds(0, SMALL - 1)
    assert band_name(5) in held


def test_pupil_premium_without_free_meals_does_not_follow_from_the_two():
    found = of_whole(figures(300, 80, 30))
    add_axis(found, "pp", {"yes": figures(40, 20, 10), "no": figures(260, 60, 20)})
    add_axis(found, "fsm", {"yes": figures(37, 19, 10), "no": figures(263, 61, 20)})
    assert name_of("fsm", "yes") not in held_back(found)
    add_between(found, ("pp", "yes"), ("fsm", "yes"), figures(3, 1, 0))
    held = held_back(found)
    assert exposed(found, held.cells) == []
    assert {name_of("fsm", "yes"), name_of("pp", "yes")} & held.cells
