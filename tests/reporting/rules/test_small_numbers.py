"""What is held back of a table, so that no few pupils can be made out from what is shown."""

from hypothesis import given
from hypothesis import strategies as st

from registers.rules.rates import Tally
from reporting.rules.small_numbers import (
    SMALL,
    hidden,
    hidden_counts,
    hidden_grid,
    hidden_in_parts,
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


def test_a_few_and_all_but_a_few_are_told_in_words_that_tell_of_nobody():
    said = [in_words(some, 1200) for some in (0, 4, 5, 1195, 1196, 1199, 1200)]
    assert said == ["0", "fewer than 5", "5", "1,195", "all but a few", "all but a few", "1,200"]
    assert [tells_of_few(some, 30) for some in (0, 4, 5, 25, 26, 30)] == [False, True, False, False, True, False]


def test_what_another_table_adds_up_does_not_give_a_few_away():
    """Two pupils missed half or more: another table says that 77 missed a tenth or more, as four bands of this one."""
    bands = [20, 6, 30, 20, 25, 2]
    assert hidden(bands) == {1, 5}
    gone = hidden_in_parts(bands, ((0, 1), (2, 3, 4, 5)))
    assert gone == {3, 5}
    assert not is_small(77 - sum(bands[place] for place in (2, 3, 4, 5) if place not in gone))


@given(st.lists(st.integers(0, 40), min_size=6, max_size=6))
def test_neither_a_line_nor_a_part_of_it_lacks_a_few(line):
    parts = ((0, 1), (2, 3, 4, 5))
    gone = hidden_in_parts(line, parts)
    for part in (*parts, range(6)):
        lacking = sum(line[place] for place in part if place in gone)
        # Unless the part is itself few, which then is nowhere told.
        assert not is_small(lacking) or lacking == sum(line[place] for place in part)
    assert all(place in gone for place, number in enumerate(line) if is_small(number))


@given(LINES)
def test_what_is_gone_from_a_line_is_nothing_or_not_a_few(line):
    gone = hidden(line)
    if gone and sum(line) >= SMALL:
        assert len(gone) >= 2
        assert not is_small(sum(line[place] for place in gone))
    assert all(place in gone for place, number in enumerate(line) if is_small(number))


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
