"""The desk: honest counts of the morning, for whoever may see them."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from attendance_office.staff.roles import Can
from letters.actions.chases import chase_registers
from letters.actions.outbox import deliver
from letters.models import Message
from registers.actions.attendance import Entry, open_register, save_marks
from registers.actions.cover import set_cover
from registers.models import Agreement, AgreementPupil, Channel, LineMessage
from registers.queries.registers import registers_of
from registers.rules.sessions import Session
from reporting.queries.desk import morning
from reporting.queries.worklists import worklists
from tests.conftest import MONDAY, MORNING

AM = Session(MONDAY, "AM")
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def take(cast, group, by, codes, *, at=MORNING, session=AM, finish=True):
    entries = [Entry(pupil_id=getattr(cast, name).pk, code=code) for name, code in codes.items()]
    save_marks(
        school=group.school,
        tutor_group=group,
        session=session,
        entries=entries,
        key=uuid4(),
        finish=finish,
        by=by,
        at=at,
    )


@pytest.fixture
def desk_of(cast):
    return lambda person: morning(cast.thornbridge, user=person, at=MORNING)


def test_a_register_not_taken_is_missing_and_counts_neither_way(cast, desk_of):
    desk = desk_of(cast.sandra)
    assert desk.session == AM
    assert [row.line.tutor_group.name for row in desk.owed_now] == ["8C", "9A"]
    assert [row.line.session for row in desk.owed_before] == [Session(date(2026, 11, 20), "PM")] * 2
    assert desk.today is None
    assert desk.unmarked == desk.expected == 5


def test_the_desk_counts_what_was_marked_and_says_what_it_does_not_know(cast, desk_of):
    take(cast, cast.nine_a, cast.pat, {"callum": "N", "amina": "/", "freya": "/"})
    desk = desk_of(cast.sandra)
    assert (desk.taken, desk.not_taken, desk.unmarked) == (1, 1, 2)
    assert (desk.today.attended, desk.today.possible) == (2, 3)
    assert [mark.pupil for mark in desk.unexplained] == [cast.callum]
    assert desk.families == 1
    # Tyler is highly vulnerable and his register is not taken: he may be absent, nobody knows.
    assert desk.watched_absent == 0
    assert [row.pupil for row in desk.watched] == [cast.tyler]


def test_an_n_shows_its_legal_last_date(cast, desk_of):
    take(cast, cast.nine_a, cast.pat, {"callum": "N", "amina": "/", "freya": "/"})
    row = desk_of(cast.sandra).unsettled[0]
    assert (row.mark.pupil, row.settle_by) == (cast.callum, date(2026, 11, 30))


def test_a_head_of_year_sees_the_own_year_only(cast, desk_of):
    take(cast, cast.nine_a, cast.pat, {"callum": "N", "amina": "/", "freya": "/"})
    assert [line.tutor_group.name for line in desk_of(cast.nine).lines] == ["8C"]
    assert list(desk_of(cast.nine).unexplained) == []
    assert [line.tutor_group.name for line in desk_of(cast.adeyemi).lines] == ["9A"]


def test_siblings_are_one_family(cast, desk_of):
    parent = cast.amina.parents.first()
    parent.pk, parent.pupil = None, cast.callum
    parent.save()
    take(cast, cast.nine_a, cast.pat, {"callum": "N", "amina": "N", "freya": "/"})
    assert (len(desk_of(cast.sandra).unexplained), desk_of(cast.sandra).families) == (2, 1)


def test_before_the_first_register_opens_the_desk_looks_at_the_day_before(cast):
    desk = morning(cast.thornbridge, user=cast.sandra, at=datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    assert desk.session == Session(date(2026, 11, 20), "PM")


def test_the_desk_opens_in_few_queries_and_shows_its_work(cast, sign_in, at_morning, count_queries):
    take(cast, cast.nine_a, cast.pat, {"callum": "N", "amina": "/", "freya": "/"})
    client = sign_in(cast.sandra)
    client.get("/desk/")
    with count_queries(20):
        page = client.get("/desk/")
    text = page.content.decode()
    assert "Registers missing" in text
    assert "8C" in text
    assert "66.7" in text or "66.6" in text
    assert "2 of 3 possible" in text
    assert "Settle 1" in text


def test_a_stranger_to_the_safeguarding_flags_is_not_shown_them(cast, sign_in, at_morning):
    assert "Tyler" in sign_in(cast.sandra).get("/desk/").content.decode()
    assert "Tyler" not in sign_in(cast.max).get("/desk/").content.decode()
    assert "Tyler" not in sign_in(cast.sol).get("/desk/").content.decode()


def test_the_poll_says_only_that_something_changed(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    had = morning(cast.thornbridge, user=cast.sandra, at=MORNING).signature
    assert "Show it" not in client.get("/desk/fresh/", {"had": had}).content.decode()
    take(cast, cast.nine_a, cast.pat, {"callum": "N", "amina": "/", "freya": "/"})
    assert "Show it" in client.get("/desk/fresh/", {"had": had}).content.decode()


def said_of_chases(client):
    """Give what the desk says of each register's chase, by form, for the present session."""
    page = client.get("/desk/").content.decode()
    rows = re.findall(r'<th scope="row"><a href="/registers/[^"]+/AM/">(\w+)</a></th>.*?nowrap">(.*?)</td>', page, re.S)
    return {form: " ".join(re.sub("<[^>]+>", "", words).split()) for form, words in rows}


def test_the_desk_says_of_a_chase_what_the_board_says(cast, sign_in, at_morning):
    set_cover(school=cast.thornbridge, tutor_group=cast.eight_c, session=AM, name="Ms R. Pell", by=cast.sandra, at=NINE)
    client = sign_in(cast.sandra)
    assert said_of_chases(client) == {"8C": "Not chased", "9A": "Not chased"}
    assert "Chase 4 unchased" in client.get("/desk/").content.decode()

    chase_registers(
        school=cast.thornbridge, session=AM, lines=registers_of(cast.thornbridge, AM), step="first", by=None, at=NINE
    )
    # Nobody wrote to the supply teacher, so nobody can say that she has not seen it yet.
    assert said_of_chases(client) == {"8C": "09:00, walk-round list", "9A": "09:00, on its way"}

    for message in Message.objects.all():
        deliver(message_id=message.pk, at=NINE)
    assert said_of_chases(client) == {"8C": "09:00, walk-round list", "9A": "09:00, not yet seen"}
    where = {"school": cast.thornbridge, "tutor_group": cast.nine_a, "session": AM}
    open_register(**where, by=cast.sandra, at=NINE + timedelta(minutes=2))
    assert said_of_chases(client)["9A"] == "09:00, not yet seen"
    save_marks(
        **where, entries=[Entry(cast.callum.pk, "N")], key=uuid4(), finish=False, by=cast.pat,
        at=NINE + timedelta(minutes=4),
    )  # fmt: skip
    assert said_of_chases(client)["9A"] == "09:00, seen 09:04"


def test_the_other_worklists_stand_on_the_desk_with_what_is_open_and_where_to_work_on_it(cast, sign_in, at_morning):
    LineMessage.objects.create(
        school=cast.thornbridge,
        channel=Channel.VOICEMAIL,
        received_at=NINE,
        sender="",
        body="Off today",
        logged_at=NINE,
    )
    page = sign_in(cast.sandra).get("/desk/").content.decode()
    job = page.split('aria-labelledby="job-messages"')[1].split("</section>")[0]
    assert '<span class="cnt">1</span>' in job
    assert 'href="/absence-line/"' in job
    empty = page.split('aria-labelledby="job-doubts"')[1].split("</section>")[0]
    assert "The last trawl left nothing open. Last checked" in empty
    assert "job-doubts" not in sign_in(cast.sol).get("/desk/").content.decode()


def test_an_agreement_about_to_end_stands_on_the_desk_with_its_last_day(cast, sign_in, at_morning):
    agreement = Agreement.objects.create(
        school=cast.thornbridge,
        kind=Agreement.Kind.PART_TIME,
        code="C2",
        name="Mornings only",
        from_on=MONDAY,
        to_on=date(2026, 11, 27),
        ends_on=date(2026, 11, 27),
        weekly="01" * 5,
        agreed_on=MONDAY,
        agreed_by="Dr Abara",
        made_at=MORNING,
    )
    AgreementPupil.objects.create(school=cast.thornbridge, agreement=agreement, pupil=cast.callum)
    page = sign_in(cast.sandra).get("/desk/").content.decode()
    job = page.split('aria-labelledby="job-agreements"')[1].split("</section>")[0]
    assert '<span class="cnt">1</span>' in job
    assert "The next on Fri 27 Nov 2026" in job


def test_a_colleague_elsewhere_counts_none_of_it(cast):
    LineMessage.objects.create(
        school=cast.thornbridge,
        channel=Channel.VOICEMAIL,
        received_at=NINE,
        sender="",
        body="Off today",
        logged_at=NINE,
    )
    every = frozenset(Can)
    here = {row.key: row.many for row in worklists(cast.thornbridge, user=cast.sandra, at=NINE, allowed=every)}
    there = {row.key: row.many for row in worklists(cast.ridgeway, user=cast.sandra, at=NINE, allowed=every)}
    assert (here["messages"], there["messages"]) == (1, 0)
    assert set(here) == {
        "messages", "doubts", "proposals", "patterns", "alerts", "calls", "safeguarding", "letters", "held", "doubted", "agreements",
        "returns", "numbers", "imports", "post",
    }  # fmt: skip


@pytest.mark.parametrize(("who", "leads"), [("sandra", True), ("sol", False), ("tess", False)])
def test_a_register_that_is_owed_leads_to_its_page_for_those_who_may_take_it(cast, sign_in, at_morning, who, leads):
    text = sign_in(getattr(cast, who)).get("/desk/").content.decode()
    assert "9A" in text
    assert (f"/registers/{cast.nine_a.pk}/{MONDAY.isoformat()}/AM/" in text) is leads
