"""How many queries each page asks, for the officer of a demo school of 1,200 pupils; fifteen is the most a page should."""

from __future__ import annotations

from typing import Any
from unittest import mock

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attendance_office import clock
from attendance_office.staff.models import Post, School
from registers.models import Pupil

from . import year_to_date
from .ground import row

PAGES = (
    "/desk/",
    "/registers/",
    "/registers/{group}/{on}/AM/",
    "/missing/?on={on}&half=AM",
    "/pupils/",
    "/pupils/?size=100",
    "/pupils/find/?q=ash",
    "/pupils/{pupil}/",
    "/pupils/{pupil}/marks/",
    "/pupils/{pupil}/contacts/",
    "/pupils/{pupil}/record/",
    "/groups/",
    "/figures/",
    "/explorer/",
    "/explorer/?view=weekdays",
    "/explorer/receipt/?year=9",
    "/post/",
    "/jobs/",
    "/office/calendar/",
    "/office/staff/",
    "/office/trail/",
    "/office/health/",
)


def run() -> list[dict[str, Any]]:
    """Open each page once for warmth and once to count."""
    school = School.objects.get(pk=year_to_date.demo_schools()[0])
    officer = Post.objects.select_related("user").filter(school=school, role="lead", ended_on=None).first()
    assert officer is not None
    pupil = Pupil.objects.filter(school=school).on_roll(year_to_date.ON).in_order()[7]
    names = {"pupil": pupil.pk, "group": pupil.tutor_group_id, "on": year_to_date.ON.isoformat()}
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(officer.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["second_factor"] = True
    session.save()
    rows = []
    with mock.patch.object(clock, "now", lambda: year_to_date.AT):
        for page in PAGES:
            path = page.format(**names)
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            rows.append(row(page, float(len(asked)), "queries", goal=15))
    return rows
