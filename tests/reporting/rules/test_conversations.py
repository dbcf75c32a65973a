"""Why a conversation is due."""

import pytest

from reporting.rules.conversations import Reason, told_apart


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({Reason.PERSISTENT, Reason.BELOW_95, Reason.BROKE_RUN}, {Reason.PERSISTENT, Reason.BROKE_RUN}),
        ({Reason.SEVERE, Reason.PERSISTENT, Reason.BELOW_95}, {Reason.SEVERE}),
        ({Reason.BELOW_95, Reason.UNEXPLAINED}, {Reason.BELOW_95, Reason.UNEXPLAINED}),
        (set(), set()),
    ],
)
def test_a_reason_that_a_graver_one_says_already_is_not_told_again(found, told):
    assert told_apart(found) == told
