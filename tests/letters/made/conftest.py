"""A school whose letters can be made: templates supplied, homes with addresses, a week of registers."""

import pytest

from tests.factories.post_room import WEEK, mark_week, settle_in


@pytest.fixture
def school(cast):
    """Give the cast with a week in which Callum missed Monday and a Friday afternoon, and was late once."""
    settle_in(cast)

    def callum(day, half):
        if day == WEEK[0]:
            return "I"
        return {("PM", 20): "O", ("AM", 18): "L"}.get((half, day.day), "")

    mark_week(cast.nine_a, WEEK, by=cast.sandra, codes={cast.callum.pk: callum})
    mark_week(cast.eight_c, WEEK, by=cast.sandra)
    return cast
