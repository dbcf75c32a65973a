"""Unique pupil numbers: the published examples, and what holds of all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.rules.upn import check_letter, check_upn, is_temporary, temporary_upn

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
bodies = st.from_regex(rf"[0-9]{{11}}[0-9{LETTERS}]", fullmatch=True)


@pytest.mark.parametrize("upn", ["H801200001001", "X00180001701A"])
def test_a_right_number_is_kept(upn):
    assert check_upn(upn) == upn


def test_small_letters_and_spaces_are_tidied():
    assert check_upn(" h8012 00001 001\n") == "H801200001001"


def test_a_wrong_check_letter_is_refused_with_the_right_one():
    with pytest.raises(ValueError, match=r"G801200001001 is not .* its check letter would be H, not G"):
        check_upn("G801200001001")


@pytest.mark.parametrize(
    "text",
    [
        "801200001001H",
        "",
        "H80120000100",
        "H8012000010011",
        "I801200001001",
        "H80120000100O",
        "H٨01200001001",
    ],
)
def test_anything_else_is_refused_with_the_shape_of_one(text):
    with pytest.raises(ValueError, match="write a letter and 12 digits, like H801200001001"):
        check_upn(text)


def test_a_final_letter_marks_a_temporary_number():
    assert is_temporary("X00180001701A")
    assert not is_temporary("H801200001001")


@pytest.mark.parametrize("body", ["80120000100", "8012000010011", "A01200001001", "80120000100I"])
def test_a_check_letter_is_of_twelve_places(body):
    with pytest.raises(ValueError, match="11 digits and a last digit or letter"):
        check_letter(body)


@given(bodies)
def test_only_one_letter_leads_a_body(body):
    right = check_letter(body)
    assert check_upn(right + body) == right + body
    for wrong in set(LETTERS) - {right}:
        with pytest.raises(ValueError, match="check letter"):
            check_upn(wrong + body)


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_always_caught(body, place, off):
    wrong = body[:place] + str((int(body[place]) + off) % 10) + body[place + 1 :]
    assert check_letter(wrong) != check_letter(body)


def test_a_temporary_number_is_made_with_its_check_letter():
    number = temporary_upn("380", "4117", 2026, 25)
    assert check_upn(number) == number
    assert is_temporary(number)
    assert len({temporary_upn("380", "4117", 2026, serial) for serial in range(200)}) == 200
