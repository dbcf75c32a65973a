"""At the demo's size, 1,200 pupils in forty forms, the trawl, its movements and Friday's pages ask as few questions."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.urls import reverse
from pypdf import PdfReader

from interventions.actions.trawl import run_trawl
from interventions.queries.trawls import Wish, lines, summary
from registers.models import Mark
from reporting.actions import distributions
from reporting.models import Report, Sending
from reporting.queries.kinds import KINDS
from reporting.queries.week_page import form_week_page
from tests.factories.cast import put_on_roll
from tests.factories.staff import TutorGroupFactory

FRIDAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 14, 35, tzinfo=UTC)
FROM = date(2026, 9, 2)
WEEK = timedelta(days=7)
FORMS, EACH = 40, 30
# A pupil's absences come and go with its number, so that some fall below 90 % between the two trawls and some recover.
_MARKS = """
    INSERT INTO registers_mark (school_id, pupil_id, "on", half, code, school_week, origin, recorded_at, comment)
    SELECT p.school_id, p.id, d::date, half, CASE
             WHEN (p.id * 7 + extract(doy FROM d)::int * 3) %% 100
                  < (p.id %% 5) * 5 + CASE WHEN d >= %(cut)s AND p.id %% 3 = 0 THEN 30 ELSE 0 END
             THEN (ARRAY['I', 'O', 'U', 'N'])[1 + (p.id + extract(doy FROM d)::int) %% 4]
             WHEN half = 'AM' THEN '/' ELSE '\\' END,
           date_trunc('week', d)::date, 'register', %(at)s, ''
    FROM registers_pupil p, generate_series(%(from)s::date, %(to)s::date, '1 day') d, unnest(ARRAY['AM', 'PM']) half
    WHERE p.school_id = %(school)s AND extract(isodow FROM d) < 6 AND d NOT BETWEEN '2026-10-26' AND '2026-10-30'
"""


@pytest.fixture
def large(cast, at_morning):
    """Give the cast's school with 1,200 more pupils, their marks since September and two trawls."""
    forms = [
        TutorGroupFactory(school=cast.thornbridge, name=f"{7 + n // 8}{'KLMNOPQR'[n % 8]}", year_group=7 + n // 8)
        for n in range(FORMS)
    ]
    put_on_roll(*((form, f"Many{n:02d}", form.name, {}) for form in forms for n in range(EACH)))
    with connection.cursor() as cursor:
        asked = {"school": cast.thornbridge.pk, "from": FROM, "to": FRIDAY, "cut": FRIDAY - WEEK, "at": AT}
        cursor.execute(_MARKS, asked)
        # As after a night in a school: without it Postgres takes the tables for empty and plans by that.
        cursor.execute("ANALYZE")
    for on in (FRIDAY - WEEK, FRIDAY):
        cast.run = run_trawl(
            school=cast.thornbridge, on=on, by=None, at=datetime(on.year, on.month, on.day, 16, 0, tzinfo=UTC)
        ).trawl
    cast.form = forms[16]
    return cast


def test_the_trawl_its_movements_and_fridays_pages_at_size(large, sign_in, count_queries):
    assert Mark.objects.filter(school=large.thornbridge).count() > 100_000
    with count_queries(24):
        again = run_trawl(school=large.thornbridge, on=FRIDAY, by=None, at=AT + timedelta(hours=3))
    assert again.numbers.pupils > FORMS * EACH
    with count_queries(5):
        found, many = lines(large.run, large.run.since, Wish(moved_only=True))
        moves = summary(large.run, large.run.since).moves
    assert many == len(found) > 50
    assert sum(moves.values()) >= many
    make = KINDS[Report.FRIDAY].make
    for user, year in ((large.adeyemi, 9), (large.laila, None)):
        with count_queries(40):
            page = make(large.thornbridge, user, year_group=year, on=FRIDAY, at=AT)
        talk = next(part for part in page.content["parts"] if part["key"] == "talk")
        assert len(talk["rows"]) == 10
    with count_queries(40):
        form_week_page(large.thornbridge, large.laila, form=large.form, on=FRIDAY, at=AT)


def test_the_pages_at_size(large, sign_in, count_queries):
    distributions.send_week(school=large.thornbridge, on=FRIDAY, by=None, at=AT)
    for one in Sending.objects.select_related("pdf"):
        assert len(PdfReader(BytesIO(bytes(one.pdf.content))).pages) == 1, one  # it is the week on a page
    client = sign_in(large.laila)
    trawl = reverse("interventions:trawl")
    paths = [
        (trawl, 16), (f"{trawl}?moved=any&size=all", 16), (reverse("interventions:proposal_list"), 15),
        (reverse("reporting:distributions"), 20), (reverse("reporting:round", args=["friday", FRIDAY]), 16),
        (reverse("reporting:sent_list"), 14),
        (reverse("reporting:sent_detail", args=[Sending.objects.filter(user=large.laila).get().pk]), 12),
    ]  # fmt: skip
    for path, most in paths:
        client.get(path)
        with count_queries(most):
            assert client.get(path).status_code == 200, path
