"""The figures as they are printed, page by page and file by file, recounted from the marks by statements of this file's own.

Nothing here asks the query layer: codes are classed by hand, sessions are summed by plain SQL over the marks, and rates are
rounded here. Whatever a surface prints has to be that.
"""

import csv
import html
import io
import json
import random
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO

import pytest
import python_calamine
from django.core.management import call_command
from django.db import connection
from pypdf import PdfReader

from attendance_office import clock
from interventions.actions.trawl import run_trawl
from interventions.models import Trawl
from registers.models import Pupil
from reporting.actions import distributions, papers
from reporting.models import Sending
from tests.conftest import MORNING
from tests.factories.cast import put_on_roll
from tests.reporting.conftest import attend, put, sessions

# The School Attendance (Pupil Registration) Regulations 2024, as the guidance of August 2024 classes their codes.
ATTENDED = ["/", "\\", "L", "B", "K", "P", "V", "W"]
AUTHORISED = ["C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T"]
UNAUTHORISED = ["G", "N", "O", "U"]
NEITHER = ["D", "Q", "X", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "Z", "#"]
FRIDAY = date(2026, 11, 20)
EVENING = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
YEAR = date(2026, 8, 1)
# The year to date; one day; weeks cut on both sides, over half term and the INSET day before it; whole weeks; no session.
PERIODS = [
    (YEAR, FRIDAY),
    (date(2026, 9, 2), date(2026, 9, 2)),
    (date(2026, 10, 14), date(2026, 11, 3)),
    (date(2026, 10, 22), date(2026, 11, 2)),
    (date(2026, 11, 9), FRIDAY),
    (date(2026, 7, 15), date(2026, 9, 3)),
    (date(2026, 10, 24), date(2026, 10, 31)),
]


@dataclass(frozen=True)
class Count:
    """Sessions of some pupils, as SQL summed them."""

    attended: int = 0
    authorised: int = 0
    unauthorised: int = 0
    late: int = 0

    @property
    def possible(self):
        return self.attended + self.authorised + self.unauthorised

    @property
    def missed(self):
        return self.authorised + self.unauthorised

    @property
    def band(self):
        """Give what is said of an absence: half of the possible sessions or more, a tenth or more, or nothing."""
        if not self.possible or self.missed * 10 < self.possible:
            return ""
        return "Severe" if self.missed * 2 >= self.possible else "Persistent"

    def __add__(self, other):
        return Count(*(getattr(self, one) + getattr(other, one) for one in self.__dataclass_fields__))


def recount(school, first, last, year=None):
    """Count each pupil's marks from one day to another; `year` narrows to who sits in a year group."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT m.pupil_id, sum((m.code = ANY(%s))::int), sum((m.code = ANY(%s))::int), sum((m.code = ANY(%s))::int),
                   sum((m.code IN ('L', 'U'))::int)
            FROM registers_mark m JOIN registers_pupil p ON p.id = m.pupil_id
            WHERE m.school_id = %s AND m."on" >= %s AND m."on" <= %s AND (%s::int IS NULL OR p.year_group = %s)
            GROUP BY m.pupil_id
            """,
            [ATTENDED, AUTHORISED, UNAUTHORISED, school.pk, first, last, year, year],
        )
        return {pupil: Count(*counts) for pupil, *counts in cursor.fetchall()}


def together(counted):
    return sum(counted.values(), Count())


def absent(counted, share):
    """Give how many pupils missed a share of their own possible sessions: 10 is one in ten, 2 is one in two."""
    return sum(one.missed * share >= one.possible > 0 for one in counted.values())


def with_sessions(counted):
    return sum(one.possible > 0 for one in counted.values())


def rate(some, whole):
    """Give a share as it is printed; the words for none where nothing was possible."""
    if not whole:
        return "no rate"
    return f"{(Decimal(100) * some / whole).quantize(Decimal('0.1'), ROUND_HALF_UP)} %"


def words(answer):
    """Give what a page says, its tags taken off and its spaces evened out."""
    text = flat(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())))
    return re.sub(r" (persistently|severely) absent, by name", "", text)  # where a number leads to, for who hears it


def flat(text):
    return " ".join(html.unescape(text).replace("\N{NO-BREAK SPACE}", " ").split())


def of_pdf(content):
    return flat(" ".join(page.extract_text() for page in PdfReader(BytesIO(bytes(content))).pages))


def of_book(content):
    return python_calamine.load_workbook(BytesIO(bytes(content))).get_sheet_by_index(0).to_python()


def flat_of(page):
    return flat(re.sub(r"<[^>]+>", " ", page))


def of_no_few(some, pupils):
    """Give a number as a message says it: fewer than five, and all but fewer than five, are not told."""
    return "fewer than 5" if 0 < some < 5 else "all but a few" if 0 < pupils - some < 5 else str(some)


def taken(client, query):
    """Give the lines of the explorer's CSV."""
    text = client.post("/explorer/export/csv/", {"query": query}).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def world(cast):
    """Give the cast with forty more pupils, marks of every code there is, some in the July before, and gaps."""
    rng = random.Random(11)
    rows = [
        (cast.nine_a if n % 2 else cast.eight_c, f"Pupil{n:02d}", "Sam", {"sex": "FM"[n % 3 == 0], "is_pp": n % 4 == 0})
        for n in range(40)
    ]
    pupils = [cast.tyler, cast.ikra, *put_on_roll(*rows)]
    july = [(date(2026, 7, 13) + timedelta(days=n), half) for n in range(5) for half in ("AM", "PM")]
    # At the edge: a tenth exactly, one session less than it, and one possible session more.
    marks = attend(cast.callum, 10, 100) | attend(cast.amina, 9, 100) | attend(cast.freya, 10, 101)
    for pupil in pupils:
        share = rng.choice([0.01, 0.04, 0.1, 0.15, 0.6])
        for on, half in [*july, *sessions()]:
            kind = AUTHORISED + UNAUTHORISED if rng.random() < share else rng.choice([ATTENDED, ATTENDED[:2], NEITHER])
            if rng.random() < 0.98:
                marks[pupil, on, half] = rng.choice(kind)
    put(cast.thornbridge, marks)
    put(cast.ridgeway, {(cast.canary, FRIDAY, "AM"): "O"})
    return cast


@pytest.mark.parametrize(("first", "last"), PERIODS)
def test_of_any_days_the_explorer_the_figures_the_files_the_command_and_the_paper_print_one_count(
    world, sign_in, at_morning, first, last
):
    counted = recount(world.thornbridge, first, last)
    whole = together(counted)
    days = {"from_on": f"{first}", "to_on": f"{last}"}
    client = sign_in(world.laila)
    of = f"{whole.attended:,} of {whole.possible:,} possible"
    attendance, missed = rate(whole.attended, whole.possible), rate(whole.missed, whole.possible)

    explored = words(client.get("/explorer/", {"period": "own", "view": "table", "by": "year"} | days))
    figured = words(client.get("/figures/", days))
    out = io.StringIO()
    call_command(
        "figures",
        "--school",
        world.thornbridge.urn,
        "--from",
        f"{first}",
        "--to",
        f"{last}",
        "--format",
        "json",
        stdout=out,
    )
    told = json.loads(out.getvalue())
    assert (told["attended"], told["authorised"], told["unauthorised"], told["late"]) == (
        whole.attended, whole.authorised, whole.unauthorised, whole.late,
    )  # fmt: skip
    assert (told["pupils"], told["persistently_absent"], told["severely_absent"]) == (
        with_sessions(counted), absent(counted, 10), absent(counted, 2),
    )  # fmt: skip
    paper = papers.draft_paper(school=world.thornbridge, from_on=first, to_on=last, by=world.laila, at=MORNING)
    if not whole.possible:
        assert "No mark of a possible session lies in this period" in figured
        assert "possible" not in explored.partition("Saved views")[2].partition("How to look")[0]
        assert "there is nothing to report yet" in words(client.get(f"/papers/{paper.pk}/"))
        return
    for page in (explored, figured):
        assert of in page
        assert f"Attendance {attendance}" in page
        assert f"Absence {missed} : {rate(whole.authorised, whole.possible)} authorised" in page
        assert re.search(rf"\b{absent(counted, 10)} of {with_sessions(counted)} pupils", page)
    for group in (8, 9):
        some = recount(world.thornbridge, first, last, group)
        one = together(some)
        assert (
            f"Year {group} {with_sessions(some)} {one.possible:,} {one.attended:,} {rate(one.attended, one.possible)}"
            in explored
        )
        assert (
            f"Year {group} {with_sessions(some)} {rate(one.attended, one.possible)} {one.attended:,} {one.possible:,}"
            in figured
        )

    query = f"period=own&from_on={first}&to_on={last}&view=list"
    names = dict(Pupil.objects.values_list("pk", "legal_surname"))
    by_name = {names[pupil]: one for pupil, one in counted.items()}
    listed = {row["Pupil"].split(",")[0]: row for row in taken(client, query)}
    for name, one in by_name.items():
        line = listed[name]
        assert (line["Possible"], line["Attended"]) == (f"{one.possible}", f"{one.attended}"), name
        assert line["Absence"] == one.band, name
        assert f"{line['Attendance']} %" == rate(one.attended, one.possible) or line["Attendance"] == "no rate"
    heads, *rows = of_book(client.post("/explorer/export/xlsx/", {"query": query}).content)
    for row in rows:
        one = by_name.get(row[0].split(",")[0], Count())
        assert (row[heads.index("Possible")], row[heads.index("Attended")]) == (one.possible, one.attended)
    for view in ("weeks", "weekdays"):
        parts = taken(client, query.replace("list", view))
        assert sum(int(line["Possible"]) for line in parts) == whole.possible
        assert sum(int(line["Attended"]) for line in parts) == whole.attended

    said = (
        f"Attendance is {attendance}: pupils were here for {whole.attended:,} of {whole.possible:,} possible sessions."
    )
    assert said in words(client.get(f"/papers/{paper.pk}/"))
    issued = papers.issue_paper(paper=paper, by=world.laila, at=MORNING)
    assert said in of_pdf(papers.print_paper(paper_id=issued.pk, by=None, at=MORNING).content)
    assert said in words(sign_in(world.gov).get(f"/papers/{paper.pk}/"))


@pytest.fixture
def friday(world, monkeypatch):
    """Give Friday afternoon: the trawl has run, and everybody was sent their week."""
    monkeypatch.setattr(clock, "now", lambda: EVENING)
    run_trawl(school=world.thornbridge, on=FRIDAY, by=None, at=EVENING)
    distributions.send_week(school=world.thornbridge, on=FRIDAY, by=None, at=EVENING)
    return world


def test_on_friday_the_page_the_pdf_the_sheet_and_the_explorer_print_one_count(friday, sign_in):
    week = (FRIDAY - timedelta(days=4), FRIDAY)
    wanted = {
        "This week": week,
        "Last week": (week[0] - timedelta(days=7), week[0] - timedelta(days=1)),
        "Year to date": (YEAR, FRIDAY),
    }
    for user, group in ((friday.laila, None), (friday.adeyemi, 9), (friday.nine, 8)):
        sending = Sending.objects.get(user=user)
        client = sign_in(user)
        page, pdf = words(client.get(f"/sent/{sending.pk}/")), of_pdf(sending.pdf.content)
        mail = sending.dispatches.get().message
        cells = {tuple(row[:3]): row[3:] for row in of_book(sending.sheet.content)}
        for name, (first, last) in wanted.items():
            one = together(recount(friday.thornbridge, first, last, group))
            line = f"{name} {rate(one.attended, one.possible)} {one.possible:,} {one.missed:,}"
            assert line in page
            assert line in pdf
            assert f"{name}: {rate(one.attended, one.possible)} of {one.possible:,} sessions" in mail.body
            assert f"{name} {rate(one.attended, one.possible)} of {one.possible:,} sessions" in flat_of(mail.html)
            assert cells["Attendance", name, "Possible sessions"][0] == one.possible
            assert cells["Attendance", name, "Missed"][0] == one.missed
            assert cells["Attendance", name, "Attended"][1] == pytest.approx(one.attended / one.possible)
            days = {"period": "own", "from_on": f"{first}", "to_on": f"{last}"} | ({"year": group} if group else {})
            explored = words(client.get("/explorer/", days))
            assert f"{one.attended:,} of {one.possible:,} possible" in explored
        counted = recount(friday.thornbridge, YEAR, FRIDAY, group)
        assert cells["Persistent and severe", "Persistently absent", "Now"][0] == absent(counted, 10)
        assert cells["Persistent and severe", "Severely absent", "Now"][0] == absent(counted, 2)
        assert (
            f"Persistently absent: {absent(counted, 10)} of {with_sessions(counted)} pupils, {absent(counted, 2)} of them severely."
            in pdf
        )
        of = with_sessions(counted)
        for name, share in (("Persistently absent", 10), ("Severely absent", 2)):
            assert f"{name}: {of_no_few(absent(counted, share), of)} of {of} pupils" in mail.body


def test_on_friday_the_parts_and_the_pupils_of_the_sheet_are_recounted_too(friday):
    week, before = (FRIDAY - timedelta(days=4), FRIDAY), (FRIDAY - timedelta(days=11), FRIDAY - timedelta(days=5))
    school = Sending.objects.get(user=friday.laila)
    parts = {row[0]: row for row in next(one["rows"] for one in school.content["parts"] if one["key"] == "parts")}
    for year in (8, 9):
        now, last, to_date = (recount(friday.thornbridge, *days, year) for days in (week, before, (YEAR, FRIDAY)))
        rates = [rate(one.attended, one.possible) for one in map(together, (now, last, to_date))]
        tail = [together(now).missed, absent(to_date, 10), absent(to_date, 2)]
        assert parts[f"Year {year}"][1:] == [*rates, *map(str, tail)]
        one, mail = together(now), school.dispatches.get().message
        assert f"- Year {year}: {rate(one.attended, one.possible)} of {one.possible:,} sessions\n" in mail.body
    nine = Sending.objects.get(user=friday.adeyemi)
    assert [one[0] for part in nine.content["parts"] if part["key"] == "parts" for one in part["rows"]] == ["9A"]
    head, *rows = (
        python_calamine.load_workbook(BytesIO(bytes(nine.sheet.content))).get_sheet_by_name("Pupils").to_python()
    )
    now, last, to_date = (recount(friday.thornbridge, *days, 9) for days in (week, before, (YEAR, FRIDAY)))
    named = {f"{one.legal_surname}, {one.legal_forename}": one.pk for one in Pupil.objects.filter(year_group=9)}
    assert len(rows) == len({row[0] for row in rows}) >= len(now) > 1
    for row in rows:
        said, pupil = dict(zip(head, row, strict=True)), named[row[0]]
        assert (said["Possible this week"], said["Missed this week"]) == (now[pupil].possible, now[pupil].missed)
        assert said["Missed last week"] == last.get(pupil, Count()).missed
        assert said["Missed, year to date"] == to_date[pupil].missed
        assert said["Year to date"] == pytest.approx(to_date[pupil].attended / to_date[pupil].possible)
        assert said["Absence"] == to_date[pupil].band
        whole = now[pupil].possible and not now[pupil].missed
        assert ("every session this week" in said["Praise"]) is bool(whole)


def test_the_trawl_the_pupils_page_and_the_explorers_list_print_each_pupils_own_count(friday, sign_in):
    trawl = Trawl.objects.get()
    counted = recount(friday.thornbridge, YEAR, trawl.counted_to)
    client = sign_in(friday.laila)
    trawled = words(client.get("/absence/", {"band": "all", "size": "all"}))
    assert (
        f"{absent(counted, 10)} of {with_sessions(counted)} pupils with a possible session missed a tenth or more, {absent(counted, 2)} of them half"
        in trawled
    )
    for pupil in Pupil.objects.filter(pk__in=counted):
        one = counted[pupil.pk]
        assert f"{pupil.legal_surname}, {pupil.legal_forename}" in trawled
        printed = f"{rate(one.attended, one.possible)} {one.attended} of {one.possible}"
        assert printed in trawled, pupil
        assert printed in words(client.get(f"/pupils/{pupil.pk}/absence/"))
        to_date = recount(friday.thornbridge, YEAR, FRIDAY)[pupil.pk]
        shown = words(client.get(f"/pupils/{pupil.pk}/"))
        assert f"{to_date.attended} of {to_date.possible}" in shown
        assert rate(to_date.attended, to_date.possible) in shown


@pytest.mark.parametrize(
    ("missed", "possible", "printed", "much"),
    [
        (38, 380, "10.0", "Persistent"),
        (37, 380, "9.7", ""),
        (39, 391, "10.0", ""),
        (190, 380, "50.0", "Severe"),
        (195, 391, "49.9", "Persistent"),
    ],
)
def test_a_tenth_and_a_half_are_exact_on_every_surface_whatever_is_printed(
    cast, sign_in, monkeypatch, missed, possible, printed, much
):
    days = [date(2025, 9, 1) + timedelta(days=n) for n in range(290)]
    held = [(on, half) for on in days if on.weekday() < 5 for half in ("AM", "PM")][:possible]
    put(cast.thornbridge, {(cast.callum, on, half): "I" if n < missed else "/" for n, (on, half) in enumerate(held)})
    at = datetime(2026, 7, 17, 15, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)
    client = sign_in(cast.laila)
    (line,) = (row for row in taken(client, "period=year&view=list") if row["Pupil"].startswith("Ashworth"))
    assert line["Absence"] == much
    whole = client.get("/explorer/", {"period": "year", "view": "table"})
    assert f"Absence {printed} % :" in words(whole)
    persistent, severe = int(much != ""), int(much == "Severe")
    assert f"{persistent} of 1 pupil, {severe} of them severely" in words(whole)
    assert f"{persistent} of 1 pupil missed 10 % or more, {severe} of them 50 % or more" in words(
        client.get("/figures/", {"period": "year"})
    )
    run_trawl(school=cast.thornbridge, on=date(2026, 7, 17), by=None, at=at)
    assert f"{persistent} of 1 pupils with a possible session missed a tenth or more, {severe} of them half" in words(
        client.get("/absence/")
    )
