"""The law's table as Postgres counts by it is the law's table as the rules have it."""

from datetime import date

import pytest

from registers.models import CodeInForce, Mark, WeekTotal
from registers.rules.codes import code_set, dated_codes
from registers.rules.rates import tally
from tests.conftest import MONDAY, MORNING
from tests.factories.registers import PupilFactory

pytestmark = pytest.mark.django_db


def test_postgres_holds_the_very_table_of_the_rules():
    held = set(CodeInForce.objects.values_list("symbol", "from_on", "to_on", "counts_as", "is_late"))
    assert held == {(one.symbol, one.from_on, one.to_on, one.counts.value, one.late) for one in dated_codes()}


@pytest.mark.parametrize("monday", [MONDAY, date(2024, 7, 8)], ids=["today's set", "the set before"])
def test_a_week_total_of_every_code_is_the_rules_own_counting(cast, monday):
    school = cast.thornbridge
    pupils = {symbol: PupilFactory(school=school) for symbol in code_set(monday)}
    Mark.objects.bulk_create(
        Mark(
            school=school, pupil=pupil, on=monday, half="AM", code=symbol, school_week=monday, origin="import",
            recorded_at=MORNING,
        )
        for symbol, pupil in pupils.items()
    )  # fmt: skip
    totals = {row.pupil_id: row for row in WeekTotal.objects.filter(school_id=school.pk, school_week=monday)}
    for symbol, pupil in pupils.items():
        total, counted = totals[pupil.pk], tally({symbol: 1}, monday)
        held = (total.present + total.approved, total.authorised, total.unauthorised, total.late)
        assert held == (counted.attended, counted.authorised, counted.unauthorised, counted.late), symbol
        assert total.not_possible + total.administrative == 1 - counted.possible, symbol
