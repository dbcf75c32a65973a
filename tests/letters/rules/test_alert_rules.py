"""Whom an alert is for, quiet hours, and who is of one family."""

from datetime import time

import pytest

from letters.rules.alerts import Adult, is_quiet, may_be_told, together, whom_to_tell


def adult(key, *, by="sms", mobile="07700 900100", email="a@home.invalid", of=(1,), broken=()):
    return Adult(key, f"Adult {key}", by, mobile, email, frozenset(of), frozenset(broken))


def test_the_first_in_order_with_a_working_address_of_the_way_they_want_is_told():
    told = whom_to_tell([adult(1, broken=("mobile",)), adult(2, by="email"), adult(3)], [1])
    assert (told.adult.contact_id, told.channel, told.address) == (2, "email", "a@home.invalid")


def test_nobody_is_told_of_a_child_who_is_not_theirs():
    assert whom_to_tell([adult(1), adult(2, of=(2,))], [1, 2]).why_not == "Nobody may be told of all of them"
    assert whom_to_tell([adult(1), adult(2, of=(1, 2))], [1, 2]).adult.contact_id == 2


def test_whoever_wants_a_call_is_rung_and_nobody_behind_them_is_written_to():
    assert whom_to_tell([adult(1, by="call"), adult(2)], [1]).why_not == "Adult 1 wants a call"


def test_nobody_at_all():
    assert whom_to_tell([], [1]).why_not == "No contact may be told"
    assert "works: Adult 1" in whom_to_tell([adult(1, mobile="")], [1]).why_not


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"may_be_told": "attendance"}, True),
        ({"do_not_contact": True}, False),
        ({"may_be_told": "emergency"}, False),
        ({"may_be_told": "nothing"}, False),
        ({"has_responsibility": False}, True),
        ({"has_responsibility": False, "has_care": False}, False),
    ],
)
def test_who_may_be_told(change, expected):
    said = {"do_not_contact": False, "may_be_told": "all", "has_responsibility": True, "has_care": True}
    assert may_be_told(**(said | change)) is expected


@pytest.mark.parametrize(
    ("now", "quiet"), [(time(17, 59), False), (time(18), True), (time(3), True), (time(7, 59), True), (time(8), False)]
)
def test_quiet_hours_go_over_midnight(now, quiet):
    assert is_quiet(now, from_at=time(18), to_at=time(8)) is quiet
    assert is_quiet(now, from_at=time(8), to_at=time(18)) is not quiet
    assert is_quiet(now, from_at=time(8), to_at=time(8)) is False


def test_families_are_joined_through_what_they_share():
    assert together([1, 2, 3, 4], [("mum", 1), ("mum", 2), ("home", 2), ("home", 4), ("dad", 9)]) == [(1, 2, 4), (3,)]
