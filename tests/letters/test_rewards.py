"""Rewards for attendance: put on record once, struck when wrong, read within reach, beside certificates that went."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from letters.actions.rewards import give_rewards, strike_reward
from letters.models import Letter, Reward
from letters.queries import rewards as answers
from tests.conftest import MONDAY, MORNING
from tests.factories.letters import give_template, make_sent

LIST, GIVE = reverse("letters:reward_list"), reverse("letters:reward_give")
TERM = answers.Asked(date(2026, 9, 1), MONDAY)


def give(cast, *pupils, **said):
    fields = {"name": "Breakfast pass", "given_on": MONDAY, "token": uuid4(), "by": cast.sandra, "at": MORNING} | said
    return give_rewards(school=cast.thornbridge, pupils=pupils, **fields)


def shown(cast, user, **asked):
    rows = answers.log(cast.thornbridge, user, replace(TERM, **asked))
    return [(one.pupil.forename, one.what) for one in answers.lines(list(rows))]


def certificate(cast, pupil, state="sent"):
    version = give_template(cast.thornbridge, kind="certificate_full").versions.get()
    letter = Letter.objects.create(
        school=cast.thornbridge, key=f"c{pupil.pk}{state}", kind="certificate_full", pupil=pupil, version=version,
        channel="hand", to_name=pupil.name, state="waiting", proposed_on=MONDAY, proposed_at=MORNING,
        approved_at=MORNING, approved_by=cast.sandra,
    )  # fmt: skip
    make_sent(letter, by=cast.sandra, at=datetime(2026, 11, 19, 15, tzinfo=UTC))
    if state != "sent":
        Letter.objects.filter(pk=letter.pk).update(state=state)
    return letter


def test_a_press_twice_is_one_giving_and_a_pupil_named_twice_gets_one(cast):
    token = uuid4()
    made = give(cast, cast.callum, cast.amina, cast.callum, token=token)
    assert give(cast, cast.callum, cast.amina, token=token) == made
    assert Reward.objects.count() == 2
    assert Entry.objects.get(verb="put rewards on record").words == "Breakfast pass: 2 pupils"


@pytest.mark.parametrize(
    ("said", "words"),
    [({"name": " "}, "what was given"), ({"given_on": MONDAY + timedelta(days=1)}, "not come yet")],
)
def test_what_is_not_whole_is_refused(cast, said, words):
    with pytest.raises(Refused, match=words):
        give(cast, cast.callum, **said)
    with pytest.raises(Refused, match="at least one pupil"):
        give(cast)
    assert not Reward.objects.exists()


def test_a_reward_is_never_changed_and_one_in_error_is_struck_once_and_counts_no_more(cast):
    reward = give(cast, cast.callum)[0]
    for statement in ("UPDATE letters_reward SET name = 'x'", "DELETE FROM letters_reward"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(Refused, match="why"):
        strike_reward(reward=reward, why="", by=cast.sandra, at=MORNING)
    strike_reward(reward=reward, why="Another Callum", by=cast.sandra, at=MORNING)
    with pytest.raises(Refused, match="already"):
        strike_reward(reward=reward, why="Again", by=cast.sandra, at=MORNING)
    assert shown(cast, cast.sandra) == [("Callum", "Breakfast pass")]
    assert answers.summed(cast.thornbridge, cast.sandra, TERM) == []


def test_certificates_that_went_stand_among_the_rewards_and_those_that_did_not_do_not(cast):
    give(cast, cast.callum, cast.freya)
    certificate(cast, cast.amina)
    certificate(cast, cast.freya, state="recalled")
    assert set(shown(cast, cast.sandra)) == {
        ("Callum", "Breakfast pass"), ("Freya", "Breakfast pass"), ("Amina", "Certificate of full attendance"),
    }  # fmt: skip
    assert shown(cast, cast.sandra, what="Certificate of full attendance") == [
        ("Amina", "Certificate of full attendance")
    ]
    assert answers.summed(cast.thornbridge, cast.sandra, TERM) == [
        ("Breakfast pass", 2, 2), ("Certificate of full attendance", 1, 1),
    ]  # fmt: skip
    assert shown(cast, cast.sandra, to_on=MONDAY - timedelta(days=1)) == [("Amina", "Certificate of full attendance")]


def test_each_reads_those_within_reach(cast):
    give(cast, cast.callum, cast.tyler)
    assert {name for name, _ in shown(cast, cast.sandra)} == {"Callum", "Tyler"}
    assert {name for name, _ in shown(cast, cast.adeyemi)} == {"Callum"}
    assert shown(cast, cast.adeyemi, q="mad") == []
    assert shown(cast, cast.sandra, q="8c") == [("Tyler", "Breakfast pass")]
    assert shown(cast, cast.sandra, year=9) == [("Callum", "Breakfast pass")]


def test_the_page_gives_one_and_shows_it_sums_it_and_sends_it(cast, sign_in, at_morning, count_queries):
    client = sign_in(cast.adeyemi)
    assert "No reward is on record" in client.get(LIST).content.decode()
    page = client.get(GIVE, {"pupil": cast.callum.pk}).content.decode()
    assert "Ashworth" in page
    said = {"act": "give", "who": f"{cast.callum.upn}\n{cast.amina.upn}", "name": "Badge", "given_on": "2026-11-23"}
    said |= {"why": "Three whole weeks", "token": str(uuid4())}
    wrong = client.post(GIVE, said | {"who": "Nobody Known"})
    assert wrong.status_code == 422
    assert "Nobody Known" in wrong.content.decode()
    client.post(GIVE, said)
    client.post(GIVE, said)
    assert Reward.objects.count() == 2
    with count_queries(16):
        text = client.get(LIST).content.decode()
    assert "Rewards, 2" in text
    assert "Three whole weeks" in text
    sheet = client.post(reverse("letters:reward_export", args=["csv"]), {"query": ""}).content.decode()
    assert sheet.count("Badge") == 2
    assert "Error" in client.get(LIST, {"from_on": "2026-11-23", "to_on": "2026-11-01"}).content.decode()
    reward = Reward.objects.get(pupil=cast.callum)
    client.post(reverse("letters:reward_strike", args=[reward.pk]), {"why": "Not he"})
    assert "Struck out: Not he" in client.get(LIST).content.decode()
    file = client.get(reverse("reporting:pupil_file", args=[cast.amina.pk]), {"kinds": "rewards"}).content.decode()
    assert "Given: Badge" in file


def test_a_pupil_beyond_reach_is_nobody_to_give_one(cast, sign_in, at_morning):
    client = sign_in(cast.adeyemi)
    said = {"act": "give", "who": cast.tyler.upn, "name": "Badge", "given_on": "2026-11-23", "token": str(uuid4())}
    assert client.post(GIVE, said).status_code == 422
    assert not Reward.objects.exists()
