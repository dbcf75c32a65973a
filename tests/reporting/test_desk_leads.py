"""Each number of the desk is the number of the list it leads to: every line is opened and counted again."""

import html
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from attendance_office import clock
from interventions.actions.first_day import open_families, prepare_alerts
from interventions.actions.pattern_steps import record_step
from interventions.actions.safeguarding import raise_item
from interventions.actions.trawl import run_trawl
from interventions.models import FirstDay, PatternFlag
from interventions.queries.first_day import begun_today
from letters.models import Letter, Message
from registers.actions.imports.uploads import give_up_import, upload_file
from registers.models import Agreement, Contact, Doubt, Enrolment, Import, LineMessage, Link, Mark, Writeback
from registers.rules.sessions import Session
from reporting.queries.desk import morning
from reporting.queries.worklists import worklists
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import put_on_roll
from tests.factories.letters import give_policy
from tests.factories.marks import take
from tests.interventions.trawl.conftest import attend

pytestmark = pytest.mark.django_db
AM, PM = Session(MONDAY, "AM"), Session(MONDAY, "PM")
AFTERNOON = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
LONG_AGO = date(2025, 9, 5)


def said(page, pattern):
    """Give the number that a page says, 0 where it says none."""
    found = re.search(pattern, " ".join(html.unescape(page).split()))
    return int(found[1].replace(",", "")) if found else 0


# How each list says how many it holds.
COUNTED = {
    "messages": r"Absence line, (\d+) message",
    "doubts": r"Doubtful marks, ([\d,]+)",
    "proposals": r"Cases proposed, ([\d,]+)",
    "patterns": r"data-say=\"(\d+) patterns",
    "alerts": r"<b>(\d+) alerts? counting down",
    "calls": r"Call sheet, (\d+) famil",
    "safeguarding": r"Nobody reached, (\d+) open",
    "letters": r"Letters due, ([\d,]+)",
    "held": r"Letters, ([\d,]+)",
    "doubted": r"Letters, ([\d,]+)",
    "agreements": r"Agreements ending in two weeks, (\d+)",
    "returns": r"Returns due to the authority, (\d+)",
    "numbers": r"No working number, (\d+)",
    "imports": r"Files read in, (\d+)",
    "post": r"<b class=\"sm\">(\d+) messages?</b>",
    "out": r"Marks going out, (\d+)",
}


def letter(cast, policy, number, kind="level_1", **fields):
    return Letter.objects.create(
        school=cast.thornbridge, key=f"l{number}", kind=kind, pupil=cast.callum, version=policy.template.versions.get(),
        channel="post", to_name="Mrs J. Ashworth", to_address="1 Lane", proposed_on=MONDAY, proposed_at=MORNING, **fields,
    )  # fmt: skip


def message(cast, number, **fields):
    return Message.objects.create(
        **{
            "school": cast.thornbridge, "key": f"m{number}", "kind": "chase", "channel": "email", "recipient": cast.pat,
            "recipient_name": "Pat", "address": cast.pat.email, "subject": "Register", "body": "Please", "on": MONDAY,
            "written_at": MORNING, "written_by": "The office itself", "due_at": MORNING,
        }
        | fields
    )  # fmt: skip


def the_record(cast):
    """Lay open what the record itself asks for: marks, messages, doubts, agreements, numbers."""
    school = {"school": cast.thornbridge}
    new = put_on_roll(*((cast.nine_a, f"New{n}", "Sam", {}) for n in range(4)))
    Enrolment.objects.filter(pupil__in=new[:2]).update(starts_on=MONDAY - timedelta(days=3))
    for number in range(3):
        LineMessage.objects.create(
            **school, channel="email", received_at=MORNING, sender="a@b.example", body="Ill", logged_at=MORNING,
            state="aside" if number == 2 else "waiting",
        )  # fmt: skip
        Doubt.objects.create(
            **school, pupil=new[number], on=MONDAY - timedelta(days=3), half="AM", ground="ended_code", code="H", words="Ended",
            found_at=MORNING, state="left" if number == 2 else "open",
        )  # fmt: skip
    for days in (3, 9, 40):
        last = MONDAY + timedelta(days=days)
        Agreement.objects.create(
            **school, kind="part_time", code="C2", name="Mornings", from_on=MONDAY, to_on=last, ends_on=last, weekly="01" * 5,
            agreed_on=MONDAY, agreed_by="Dr Abara", made_at=MORNING,
        ).places.create(**school, pupil=cast.callum)  # fmt: skip
    Contact.objects.filter(children__pupil__in=new[:2]).update(mobile="", home_phone="", work_phone="")
    # A very old N stands in the list, and so on the desk.
    Mark.objects.create(
        **school, pupil=cast.amina, on=LONG_AGO, half="AM", code="N", school_week=LONG_AGO - timedelta(days=4), origin="office", recorded_at=MORNING
    )  # fmt: skip
    return new


def the_morning(cast, new):
    """Mark the families without a reason: one alert counting down, one already tried, two to ring, one given up on."""
    away = [cast.callum, cast.amina, *new[:3]]
    attend(cast.freya, absent=30, code="O")
    trawl = run_trawl(school=cast.thornbridge, on=MONDAY, by=None, at=MORNING).trawl
    for kind in ("friday_pm", "tuesday"):
        flag = PatternFlag.objects.create(
            school=cast.thornbridge, trawl=trawl, pupil=cast.callum, kind=kind, spells=9, here=7,
            expected=Decimal("1.20"), one_in=4000, tests=12,
        )  # fmt: skip
    record_step(flag=flag, kind="talked", words="Tired", done_on=MONDAY, by=cast.sandra, at=MORNING)
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, codes={one.pk: "N" for one in away})
    school, by = cast.thornbridge, cast.sandra
    prepare_alerts(school=school, session=AM, pupil_ids=[cast.callum.pk, cast.amina.pk], by=by, at=MORNING)
    Message.objects.filter(first_day__pupils__pupil=cast.amina).update(attempts=1)
    open_families(school=school, session=AM, pupil_ids=[one.pk for one in new[:3]], by=by, at=MORNING)
    raise_item(day=FirstDay.objects.get(pupils__pupil=new[2]), why="Nobody answers", by=by, at=MORNING)


def the_post(cast):
    """Lay open what comes in and goes out: letters, messages, files, marks for the other system."""
    policy, school = give_policy(cast.thornbridge, 1), {"school": cast.thornbridge}
    letter(cast, policy, 1)
    letter(cast, policy, 4, kind="level_2")
    letter(cast, policy, 5, kind="concern")
    letter(cast, policy, 2, state="held_back", ended_why="Recovered")
    letter(cast, policy, 3, state="declined", ended_why="Known")
    message(cast, 1, state="uncertain", handed_at=MORNING)
    message(cast, 2, state="failed", ended_why="No such address")
    message(cast, 3, state="waiting")
    message(cast, 4, kind="safeguarding", state="failed", ended_why="No such address", pupil=cast.callum)
    for number, state in enumerate(("refused", "failed", "uploaded", "cancelled")):
        content = f"UPN,Surname,Forename\nA,B,{number}\n".encode()
        row = upload_file(school=cast.thornbridge, name=f"{state}.csv", content=content, by=cast.sandra, at=MORNING)
        Import.objects.filter(pk=row.pk).update(state=state)
    give_up_import(reading=Import.objects.get(state="uploaded"), by=cast.sandra, at=MORNING)
    link = Link.objects.create(**school, remote_id="A1", is_on=True)
    for number, state in enumerate(("uncertain", "failed", "waiting")):
        Writeback.objects.create(
            school=cast.thornbridge, link=link, mark_id=1, pupil_id=cast.callum.pk, on=MONDAY, half="AM", code="N",
            key=f"w{number}", state=state, made_at=MORNING, next_at=MORNING, error="The line broke.",
        )  # fmt: skip


@pytest.fixture
def set_clock(monkeypatch):
    """Give a function that sets the office's clock."""
    return lambda at: monkeypatch.setattr(clock, "now", lambda: at)


@pytest.fixture
def busy(cast):
    """Give a morning with something open on every line of the desk."""
    new = the_record(cast)
    the_morning(cast, new)
    the_post(cast)
    return cast


def lines_of(cast, user, at):
    allowed = user.standing.allowed(cast.thornbridge.pk)
    return {one.key: one for one in worklists(cast.thornbridge, user=user, at=at, allowed=allowed)}


def counts(client, line):
    """Give what the list of a line says that it holds."""
    page = client.get(f"{reverse(line.url_name)}?{line.asks}").content.decode()
    return said(page, COUNTED[line.key])


@pytest.mark.parametrize("who", ["sandra", "laila", "max", "adeyemi"])
def test_every_line_of_the_desk_leads_to_as_many(busy, sign_in, at_morning, who):
    user = busy.people[who]
    client = sign_in(user)
    lines = lines_of(busy, user, MORNING)
    wrong = {key: (line.many, found) for key, line in lines.items() if (found := counts(client, line)) != line.many}
    assert wrong == {}
    if who == "sandra":
        assert {key for key, line in lines.items() if not line.many} == {"doubted"}
        assert (lines["imports"].many, lines["post"].many, lines["out"].many, lines["alerts"].many) == (2, 3, 2, 1)
    if who == "max":
        assert lines["post"].many == 2  # the message about a child's safety is not the data manager's


def test_missing_registers_and_ns_lead_to_as_many(busy, sign_in, at_morning):
    client, desk = sign_in(busy.sandra), morning(busy.thornbridge, user=busy.sandra, at=MORNING)
    page = client.get("/desk/").content.decode()
    assert len(desk.owed_now) == 1
    assert len(desk.owed_before) == 2
    for rows in (desk.owed_now, desk.owed_before):
        session = rows[0].line.session
        address = f"{reverse('letters:board')}?on={session.on}&half={session.half}"
        assert html.escape(address) in page
        assert said(client.get(address).content.decode(), r"(\d+) of \d+ missing at") == len(rows)
    listed = client.get(reverse("registers:unexplained_list")).content.decode()
    assert len(desk.unsettled) == said(listed, r"Absences without a reason, ([\d,]+)") == 6
    first = client.get(reverse("interventions:first_day")).content.decode()
    assert len(desk.unexplained) == said(first, r"(\d+) pupils? absent without a reason") == 5
    assert desk.families == said(first, r"First day, (\d+) famil")


def test_in_the_afternoon_the_mornings_families_are_counted_and_found(busy, sign_in, set_clock):
    set_clock(AFTERNOON)
    client = sign_in(busy.sandra)
    take(busy.eight_c, PM, by=busy.hal, at=AFTERNOON, codes={busy.ikra.pk: "N"})
    open_families(school=busy.thornbridge, session=PM, pupil_ids=[busy.ikra.pk], by=busy.sandra, at=AFTERNOON)
    assert begun_today(busy.thornbridge, AFTERNOON) == [AM, PM]
    line = lines_of(busy, busy.sandra, AFTERNOON)["calls"]
    assert line.asks == "half=AM"
    sheet = reverse("interventions:call_sheet")
    pages = {half: client.get(f"{sheet}?half={half}").content.decode() for half in ("AM", "PM")}
    assert [said(page, COUNTED["calls"]) for page in pages.values()] == [3, 1]
    assert line.many == 4
    assert '<a href="?half=PM">Afternoon</a>' in pages["AM"]
    assert '<a href="?half=AM">Morning</a>' in pages["PM"]


def test_before_the_first_session_the_desk_sends_nobody_to_an_empty_page(cast, sign_in, set_clock):
    take(cast.nine_a, Session(MONDAY - timedelta(days=3), "PM"), by=cast.pat, at=MORNING - timedelta(days=2, hours=18), codes={cast.callum.pk: "N"})  # fmt: skip
    set_clock(datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    page = sign_in(cast.sandra).get("/desk/").content.decode()
    assert "First-day contact" not in page.partition("job-unexplained")[2].partition("</section>")[0]
