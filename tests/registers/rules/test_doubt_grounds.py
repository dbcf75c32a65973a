"""What the law says to the search for doubtful marks."""

from datetime import date

from registers.rules.codes import code_set
from registers.rules.doubts import GROUNDS, absent_codes, ended_codes

TODAY = date(2026, 11, 23)


def test_the_codes_that_ended_are_law_no_longer():
    ended = ended_codes()
    assert {"H", "J"} <= {symbol for symbol, _ in ended}
    assert all(last <= date(2024, 8, 18) for symbol, last in ended if symbol in {"H", "J"})
    assert not {symbol for symbol, _ in ended} & set(code_set(TODAY))


def test_an_absence_is_what_counts_as_one_now_or_once():
    codes = absent_codes()
    assert {"I", "C", "N", "O", "U", "H"} <= set(codes)
    assert not {"/", "L", "B", "D", "X", "#"} & set(codes)
    assert len(codes) == len(set(codes))


def test_what_a_ground_proposes_is_a_code_in_force():
    proposed = {ground.proposed for ground in GROUNDS.values() if ground.proposed}
    assert proposed <= set(code_set(TODAY))
