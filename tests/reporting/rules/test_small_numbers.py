"""What is held back of a table, so that no few pupils can be made out from what is shown."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from registers.rules.rates import Tally
from reporting.rules.small_numbers import (
    SMALL,
    Division,
    hidden,
    hidden_counts,
    hidden_grid,
    hidden_in_divisions,
    in_words,
    is_small,
    tells_of_few,
)
from reporting.rules.thresholds import is_near

LINES = st.lists(st.integers(0, 40), min_size=1, max_size=7)


def test_nobody_is_no_small_number_and_five_are_shown():
    assert [is_small(number) for number in (0, 1, 4, 5)] == [False, True, True, False]


def test_one_small_number_takes_the_next_smallest_with_it():
    assert hidden([30, 3, 12, 28]) == {1, 2}


def test_two_small_numbers_that_are_together_a_few_take_a_third():
    assert hidden([1, 1, 30, 9]) == {0, 1, 3}
    assert hidden([3, 4, 30, 9]) == {0, 1}


def test_where_nothing_is_small_nothing_is_held_back():
    assert hidden([0, 5, 30]) == frozenset()


def test_all_but_a_few_say_as_much_as_a_few():
    assert 0 in hidden_counts([28, 12, 9], [30, 30, 30])


def test_a_few_and_all_but_a_few_and_all_and_none_are_told_in_words_that_tell_of_nobody():
    said = [in_words(some, 1200) for some in (0, 4, 5, 1195, 1196, 1199, 1200)]
    assert said == ["fewer than 5", "fewer than 5", "5", "1,195", "nearly all", "nearly all", "nearly all"]
    assert [tells_of_few(some, 30) for some in (0, 4, 5, 25, 26, 30)] == [True, True, False, False, True, True]
    assert not tells_of_few(0, 0)


@given(LINES)
def test_what_is_gone_from_a_line_is_nothing_or_not_a_few(line):
    gone = hidden(line)
    if gone and sum(line) >= SMALL:
        assert len(gone) >= 2
        assert not is_small(sum(line[place] for place in gone))
    assert all(place in gone for place, number in enumerate(line) if is_small(number))


def test_one_cell_between_two_closed_pairs_of_a_table_does_not_give_itself_away():
    """Each line and column lacks two, and yet lines 0 and 1 less columns 0 and 1 are the one cell between the pairs."""
    table = [[2, 3, 40, 41], [4, 1, 3, 42], [43, 44, 2, 3], [45, 46, 4, 1]]
    found = hidden_grid(table)
    assert (found.rows, found.columns) == (frozenset(), frozenset())
    few = [(r, c) for r, row in enumerate(table) for c, number in enumerate(row) if is_small(number)]
    assert set(few) < set(found.cells)
    assert not any(_is_told(table, found, cell) for cell in few)


def _is_told(table, found, cell):
    """Tell whether a cell follows from what a table shows: by elimination over fractions."""
    width, height = len(table[0]), len(table)
    at = {place: n for n, place in enumerate(sorted(found.cells))}
    known = [[(r, c) for c in range(width)] for r in range(height) if r not in found.rows]
    known += [[(r, c) for r in range(height)] for c in range(width) if c not in found.columns]
    rows = [[Fraction(place in some) for place in at] for some in known]
    target = [Fraction(place == cell) for place in at]
    pivots = []
    for one in rows:
        row = one
        for lead, other in pivots:
            row = _less(row, row[lead], other)
        first = next((n for n, number in enumerate(row) if number), None)
        if first is not None:
            unit = [number / row[first] for number in row]
            pivots = [(n, _less(other, other[first], unit)) for n, other in pivots]
            pivots.append((first, unit))
    for lead, row in pivots:
        target = _less(target, target[lead], row)
    return not any(target)


def _less(row, times, other):
    return [a - times * b for a, b in zip(row, other, strict=True)]


@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 12), min_size=width, max_size=width), min_size=2, max_size=5)
    )
)
def test_no_small_cell_of_a_table_follows_from_what_it_shows(table):
    found = hidden_grid(table)
    for r, row in enumerate(table):
        for c, number in enumerate(row):
            if is_small(number) and not (r in found.rows and c in found.columns):
                assert not _is_told(table, found, (r, c)), (table, r, c)


@given(
    st.integers(1, 6).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 30), min_size=width, max_size=width), min_size=1, max_size=6)
    )
)
def test_neither_lines_nor_columns_of_a_table_give_a_small_cell_away(table):
    found = hidden_grid(table)
    columns = list(zip(*table, strict=True))
    for r, row in enumerate(table):
        gone = [c for c in range(len(row)) if (r, c) in found.cells]
        if gone and r not in found.rows and sum(row) >= SMALL:
            assert len(gone) >= 2
            assert not is_small(sum(row[c] for c in gone))
    for c, column in enumerate(columns):
        gone = [r for r in range(len(column)) if (r, c) in found.cells]
        if gone and c not in found.columns and sum(column) >= SMALL:
            assert len(gone) >= 2
            assert not is_small(sum(column[r] for r in gone))
    assert all((r, c) in found.cells for r, row in enumerate(table) for c, number in enumerate(row) if is_small(number))


def test_a_pupil_without_a_possible_session_is_near_nothing():
    assert not is_near(Tally(), 90, 2)


def test_two_points_from_ninety_are_near_and_a_hair_more_is_not():
    assert is_near(Tally(100, 88, 12, 0), 90, 2)
    assert is_near(Tally(100, 92, 8, 0), 90, 2)
    assert not is_near(Tally(1000, 921, 79, 0), 90, 2)


SCHOOLS, GROUPS = 5, 3
# Two phases of two and three schools in a trust, by three groups that part everybody: column 0 is of all.
PHASES = ((0, 1), (2, 3, 4))
TREE = (Division(7, (0, 1, 2, 3, 4)), Division(7, (5, 6)), Division(5, PHASES[0]), Division(6, PHASES[1]))
ROWS = 8
GRID = [
    *(
        Division(8 * at + one.whole, tuple(8 * at + part for part in one.parts))
        for at in range(GROUPS + 1)
        for one in TREE
    ),
    *(Division(row, tuple(8 * at + row for at in range(1, GROUPS + 1))) for row in range(ROWS)),
]
TABLES = st.lists(
    st.lists(st.one_of(st.integers(0, 6), st.integers(0, 40)), min_size=GROUPS, max_size=GROUPS),
    min_size=SCHOOLS,
    max_size=SCHOOLS,
)


def leaves(place):
    """Give the cells of schools and groups that a place of the grid is the sum of."""
    column, row = divmod(place, ROWS)
    schools = {5: PHASES[0], 6: PHASES[1], 7: range(SCHOOLS)}.get(row, (row,))
    groups = range(GROUPS) if column == 0 else (column - 1,)
    return {(school, group) for school in schools for group in groups}


def summed(table):
    return [sum(table[school][group] for school, group in leaves(place)) for place in range(ROWS * (GROUPS + 1))]


def can_be_worked_out(place, shown):
    """Tell by elimination in exact fractions whether a place is a sum and difference of shown ones."""
    cells = sorted(leaves(0 * ROWS + 7))
    rows = [[Fraction((school, group) in leaves(one)) for school, group in cells] for one in shown]
    return rank(rows) == rank([*rows, [Fraction(cell in leaves(place)) for cell in cells]])


def rank(rows):
    rows, found = [list(row) for row in rows], 0
    for at in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows[found:] if row[at]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(found, pivot)
        for row in rows[found + 1 :]:
            if row[at]:
                by = row[at] / pivot[at]
                row[:] = [one - by * other for one, other in zip(row, pivot, strict=True)]
        found += 1
    return found


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_no_few_of_a_trust_can_be_worked_out_from_its_schools_phases_and_groups(table):
    numbers = summed(table)
    few = [place for place, number in enumerate(numbers) if is_small(number)]
    of_all = hidden_in_divisions([numbers[:ROWS]], TREE, [place for place in few if place < ROWS])
    stands = frozenset(range(ROWS)) - of_all
    gone = hidden_in_divisions([numbers], GRID, few, gone=of_all, shown=stands)
    assert gone.isdisjoint(stands)  # what the page of all pupils shows, it shows whichever group is chosen
    shown = [place for place in range(len(numbers)) if place not in gone]
    assert not any(can_be_worked_out(place, shown) for place in few)


@given(TABLES)
def test_of_a_shown_whole_no_few_are_lacking(table):
    numbers = summed(table)[:ROWS]
    gone = hidden_in_divisions([numbers], TREE, [place for place, number in enumerate(numbers) if is_small(number)])
    for one in TREE:
        lacking = [numbers[part] for part in one.parts if part in gone]
        if one.whole not in gone and lacking:
            assert len(lacking) > 1
            assert not is_small(sum(lacking))


def test_beside_a_small_school_the_smallest_other_goes_and_the_trust_stands():
    schools = [3, 40, 12, 30, 25]
    numbers = [*schools, 43, 67, 110]
    # In its phase there is but one other: it goes, and serves the trust too.
    assert hidden_in_divisions([numbers], TREE, [0]) == {0, 1}
    assert hidden_in_divisions([numbers], TREE[:1], [0]) == {0, 2}


def test_a_phase_of_one_school_goes_with_the_school():
    tree = (Division(4, (0, 1)), Division(4, (2, 3)), Division(2, (0,)), Division(3, (1,)))
    assert hidden_in_divisions([[3, 40, 3, 40, 43]], tree, [0, 2]) == {0, 1, 2, 3}


def test_where_every_school_is_one_of_a_pair_two_pairs_bound_by_one_cell_still_hide_it():
    """Each line and column lacks two, and yet the one cell between the pairs is their lines less their columns."""
    few = {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2), (2, 3), (3, 2), (3, 3)}
    cell = {(row, column): 4 + 4 * row + column for row in range(4) for column in range(4)}
    numbers = [cell[row, column] for column in range(4) for row in range(4)]
    divisions = [Division(16 + row, tuple(4 * column + row for column in range(4))) for row in range(4)]
    divisions += [Division(20 + column, tuple(4 * column + row for row in range(4))) for column in range(4)]
    divisions += [Division(24, (16, 17, 18, 19)), Division(24, (20, 21, 22, 23))]
    numbers += [sum(numbers[part] for part in one.parts) for one in divisions[:8]]
    numbers.append(sum(numbers[:16]))
    places = [4 * column + row for row, column in few]
    assert len(hidden_in_divisions([numbers], divisions, places)) > len(places)
