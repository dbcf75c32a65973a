"""Key stages."""

import pytest

from reporting.rules.key_stages import key_stage, years_of


@pytest.mark.parametrize(
    ("year", "stage"),
    [(0, "the early years"), (2, "Key Stage 1"), (3, "Key Stage 2"), (6, "Key Stage 2"), (7, "Key Stage 3"),
     (9, "Key Stage 3"), (10, "Key Stage 4"), (11, "Key Stage 4"), (12, "the sixth form"), (20, "the sixth form")],
)  # fmt: skip
def test_a_year_lies_in_its_stage(year, stage):
    assert key_stage(year) == stage


def test_a_stage_has_the_years_that_lie_in_it():
    assert years_of("Key Stage 3") == (7, 8, 9)
    assert years_of("Key Stage 1") == (1, 2)
    assert all(key_stage(year) == stage for stage in ("Key Stage 4", "the sixth form") for year in years_of(stage))
    assert years_of("no stage") == ()
