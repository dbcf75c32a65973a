"""The pages of first-day contact: honest counts, what is shown to whom, the presses, and how much is asked of Postgres."""

import csv
from io import StringIO

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.staff.roles import MAY, Can, Role
from interventions.actions.first_day import open_families
from interventions.models import Attempt, FirstDay, SafeguardingItem
from letters.models import Message
from registers.models import LineMessage, Mark
from reporting.queries.worklists import worklists
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import put_on_roll
from tests.interventions.trawl.conftest import put

from .conftest import AM, LATER, amend, be, contact_of, family_of, mark, prepare, second_parent

PAGE = reverse("interventions:first_day")
SHEET = reverse("interventions:call_sheet")


def text(answer):
    return " ".join(answer.content.decode().split())


@pytest.fixture
def officer(away, sign_in, at_morning):
    return sign_in(away.sandra)


def test_registers_not_taken_are_said_honestly(away, officer):
    page = text(officer.get(PAGE))
    assert "First day, 2 families without a reason" in page
    assert "2 pupils absent without a reason this morning, or up to 4: 1 register not complete." in page
    assert "Of these nothing is known yet, and nobody is alerted: 8C 2." in page
    assert "marked 09:00" in page
    assert "14 min ago" in page


def test_vulnerable_families_come_first(away, officer):
    mark(away, {"tyler": "N"}, group="eight_c", by="hal", at=MORNING)
    page = text(officer.get(PAGE))
    assert page.index("Maddox, Tyler") < page.index("Ashworth, Callum")


def test_the_dry_run_writes_nothing_and_says_who_gets_none_and_why(away, officer):
    mark(away, {"tyler": "N"}, group="eight_c", by="hal", at=MORNING)
    page = text(officer.get(reverse("interventions:alert_preview")))
    assert "Dry run: 2 alerts, 1 family to ring" in page
    assert "07700 900100" in page
    assert "Child protection plan: a person rings, and the DSL is told" in page
    assert not FirstDay.objects.exists()
    assert not Message.objects.exists()


def test_prepared_stopped_and_rung_by_pressing(away, officer):
    answer = officer.post(reverse("interventions:alert_prepare"), {"pick": [away.callum.pk], "half": "AM"}, follow=True)
    assert "1 alert prepared, going at 09:19; 0 families on the call sheet" in text(answer)
    assert "Goes at 09:19 to Mrs Ann Ashworth" in text(answer)
    day = family_of(away.callum)
    answer = officer.post(reverse("interventions:alert_stop"), {"day": [day.pk], "half": "AM"}, follow=True)
    assert "1 alert stopped: somebody rings" in text(answer)
    assert "Stopped in the countdown, by Mrs S. Pugh." in text(answer)
    where = reverse("interventions:call_outcome", args=[day.pk])
    said = {"contact": contact_of(away.callum).pk, "way": "mobile", "outcome": "voicemail"}
    assert "Mrs Ann Ashworth: left a voicemail" in text(officer.post(where, said, follow=True))
    spoke = reverse("interventions:call_spoke", args=[day.pk, contact_of(away.callum).pk, "mobile"])
    assert officer.post(spoke, {"words": ""}).status_code == 422
    done = officer.post(spoke, {"words": "He is ill", "code": "I", "pupil": [away.callum.pk]}, follow=True)
    assert "Mrs Ann Ashworth: spoke, written down" in text(done)
    assert Mark.objects.get(pupil=away.callum, on=MONDAY, half="AM").code == "I"
    assert Attempt.objects.count() == 2


def test_all_are_stopped_at_once(away, officer):
    prepare(away)
    officer.post(reverse("interventions:alert_stop"), {"all": "1", "half": "AM"})
    assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}


def test_an_answer_is_agreed_to_on_the_familys_line(away, officer):
    prepare(away, away.callum)
    row = LineMessage.objects.create(
        school=away.thornbridge, channel="text", received_at=MORNING, body="Callum is poorly", logged_at=MORNING,
        sender="07700900100",
    )  # fmt: skip
    page = text(officer.get(PAGE))
    assert "Callum is poorly" in page
    where = reverse("interventions:reply_agree", args=[family_of(away.callum).pk, row.pk])
    answer = officer.post(where, {"code": "I", "pupil": [away.callum.pk]}, follow=True)
    assert "Logged: Ashworth, Callum, I" in text(answer)
    assert "Reason came in, 1" in text(answer)


def test_the_whole_way_of_an_item_by_pressing(away, sign_in, at_morning):
    open_families(school=away.thornbridge, session=AM, pupil_ids=None, by=away.sandra, at=MORNING)
    day = family_of(away.callum)
    officer, dsl = sign_in(away.sandra), None
    answer = officer.post(reverse("interventions:item_raise", args=[day.pk]), {"why": "Never absent"}, follow=True)
    assert "Never absent" in text(answer)
    item = SafeguardingItem.objects.get()
    page = reverse("interventions:safeguarding_item", args=[item.pk])
    assert "Close with these words" not in text(officer.get(page))
    dsl = sign_in(away.dee)
    assert "Open <b>14 min</b>" in text(dsl.get(page))
    step = {"kind": "safe_and_well", "words": "he is in bed", "who_said": "Grandmother", "how_known": "Sees him"}
    answer = dsl.post(reverse("interventions:item_step", args=[item.pk]), step, follow=True)
    assert "Grandmother said at 09:14 that: he is in bed" in text(answer)
    assert " is safe" not in text(answer).replace("that the child is safe", "")
    assert dsl.post(reverse("interventions:item_step", args=[item.pk]), step | {"who_said": ""}).status_code == 422
    listed = text(dsl.get(reverse("interventions:safeguarding_list")))
    assert "Nobody reached, 1 open" in listed
    assert "09:14 Seen safe and well, as somebody said" in listed
    dsl.post(reverse("interventions:item_close", args=[item.pk]), {"why": "Grandmother reached"})
    item.refresh_from_db()
    assert item.why_closed == "Grandmother reached"


def test_settings_are_changed_in_the_app(away, officer):
    page = reverse("interventions:alert_settings")
    said = {
        "is_on": "on", "countdown_minutes": "3", "quiet_from": "17:00", "quiet_to": "08:30", "no_contact_at": "10:45",
        "flags": ["is_vulnerable", "is_looked_after"],
    }  # fmt: skip
    assert "Saved" in text(officer.post(page, said, follow=True))
    rule = away.thornbridge.alert_rule
    assert (rule.countdown_minutes, rule.flags) == (3, ["is_vulnerable", "is_looked_after"])
    assert officer.post(page, said | {"countdown_minutes": "0"}).status_code == 422


def test_the_desk_counts_alerts_calls_and_items(away):
    def lines(user):
        allowed = user.standing.allowed(away.thornbridge.pk)
        return {row.key: row.many for row in worklists(away.thornbridge, user=user, at=LATER, allowed=allowed)}

    prepare(away, away.callum)
    open_families(school=away.thornbridge, session=AM, pupil_ids=None, by=away.sandra, at=MORNING)
    assert {key: lines(away.dee)[key] for key in ("alerts", "calls", "safeguarding")} == {
        "alerts": 1, "calls": 1, "safeguarding": 0,
    }  # fmt: skip
    assert lines(away.nine)["calls"] == 0
    assert "calls" not in lines(away.max)


def test_three_hundred_absent_pupils_are_asked_for_in_as_few_queries_as_two(away, officer, count_queries):
    more = put_on_roll(*((away.nine_a, f"Absent{n:03d}", "Sam", {}) for n in range(300)))
    put(away.thornbridge, {(pupil, MONDAY, "AM"): "N" for pupil in more})
    with count_queries(30):
        assert "First day, 302 families" in text(officer.get(PAGE))
    with count_queries(60):
        officer.post(
            reverse("interventions:alert_prepare"),
            {"pick": [pupil.pk for pupil in (*more, away.callum, away.amina)], "half": "AM"},
        )
    assert FirstDay.objects.count() == 302
    with count_queries(30):
        officer.get(PAGE)
    with count_queries(30):
        officer.get(SHEET)


def rows_of(client, name, query="", form="csv"):
    answer = client.post(reverse(name, args=[form]), {"query": query})
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))


def test_the_first_day_list_goes_out_as_it_is_shown_and_on_record(away, officer, sign_in):
    prepare(away, away.callum)
    mark(away, {"tyler": "N"}, group="eight_c", by="hal", at=MORNING)
    LineMessage.objects.create(
        school=away.thornbridge, channel="text", received_at=MORNING, body="=ill", logged_at=MORNING, sender="07700 900101"
    )  # fmt: skip
    amend(away, "callum", "I")
    assert f"{PAGE}export/csv/" in officer.get(PAGE).content.decode()
    rows = rows_of(officer, "interventions:first_day_export", "half=AM")
    assert [(row["Pupils"], row["State"], row["Alert"]) for row in rows] == [
        ("Maddox, Tyler 8C", "Without a reason", "Nothing yet"),
        ("Begum, Amina 9A", "Without a reason", "Nothing yet"),
        ("Ashworth, Callum 9A", "Reason came in", "Goes at 09:19 to Mrs Ann Ashworth"),
    ]
    assert (rows[1]["Marked"], rows[1]["Answers"], rows[2]["Codes"]) == ("2026-11-23 09:00", "09:14 =ill", "I")
    line = Entry.objects.get(verb="list exported")
    assert (line.after["rows"], line.after["filters"]) == (3, "Mon 23 Nov 2026 AM")
    assert rows_of(officer, "interventions:first_day_export", "half=PM") == rows  # the afternoon has not begun
    assert [row["Vulnerable"] for row in rows] == ["Yes", "", ""]


def test_who_is_vulnerable_goes_out_to_those_alone_who_see_it_on_the_page(away, sign_in, at_morning, monkeypatch):
    monkeypatch.setitem(MAY, Role.HEAD_OF_YEAR, MAY[Role.HEAD_OF_YEAR] - {Can.SEE_SAFEGUARDING})
    (row, *_) = rows_of(sign_in(away.adeyemi), "interventions:first_day_export")
    assert "Vulnerable" not in row


def test_the_call_sheet_goes_out_number_by_number_without_what_must_not_be_rung(away, officer):
    second_parent(
        away.callum, be(contact_of(away.tyler), mobile="+44 7700 900107"), do_not_contact=True, why_not="Court order"
    )
    be(contact_of(away.amina), mobile="")
    open_families(
        school=away.thornbridge, session=AM, pupil_ids=[away.callum.pk, away.amina.pk], by=away.sandra, at=MORNING
    )  # fmt: skip
    day = family_of(away.callum)
    officer.post(
        reverse("interventions:call_outcome", args=[day.pk]),
        {"contact": contact_of(away.callum).pk, "way": "mobile", "outcome": "no_answer"},
    )
    assert f"{SHEET}export/xlsx/" in officer.get(SHEET).content.decode()
    rows = rows_of(officer, "interventions:call_sheet_export")
    assert [(row["Pupils"], row["Number"], row["Mind"]) for row in rows] == [
        ("Ashworth, Callum 9A", "07700 900100", ""),
        ("Ashworth, Callum 9A", "", "Do not contact. Court order"),
        ("Begum, Amina 9A", "", ""),
    ]
    assert {row["Part"] for row in rows} == {"To ring"}
    assert "Mrs Ann Ashworth: no answer (Mrs S. Pugh" in rows[0]["Rung"]
    assert rows[2]["Contact"] == "No number is on record"
    assert Entry.objects.get(verb="list exported").after["rows"] == 3


def test_a_list_of_first_day_goes_out_for_those_within_reach(away, sign_in, at_morning):
    mark(away, {"tyler": "N"}, group="eight_c", by="hal", at=MORNING)
    reach = rows_of(sign_in(away.adeyemi), "interventions:first_day_export")
    assert {row["Pupils"] for row in reach} == {"Ashworth, Callum 9A", "Begum, Amina 9A"}
