"""The jobs page: timetable, dry run, run now."""

from datetime import time

import pytest
from django.urls import reverse

from attendance_office.jobs.models import Run, Schedule
from letters.models import Message


@pytest.fixture
def office(cast, sign_in, at_morning):
    return sign_in(cast.sandra)


def test_the_timetable_shows_the_usual_times_before_anything_is_set(office):
    page = office.get(reverse("interventions:job_list")).content.decode()
    for words in ("09:00", "09:20", "13:45", "14:05", "Mon to Fri", "Nothing has run yet."):
        assert words in page
    assert Schedule.objects.count() == 0


def test_the_time_of_a_job_is_changed_in_the_app(office, cast):
    path = reverse("interventions:job_edit", args=["am_sweep"])
    answer = office.post(path, {"starts_at": "09:05", "weekdays": ["1", "3"], "window_minutes": "45", "is_on": "on"})
    assert answer.status_code == 302
    kept = Schedule.objects.get(school=cast.thornbridge, job="am_sweep")
    assert (kept.starts_at, kept.weekdays, kept.window_minutes, kept.is_on) == (time(9, 5), "13", 45, True)
    refused = office.post(path, {"starts_at": "09:05", "window_minutes": "45", "is_on": "on"})
    assert refused.status_code == 422
    assert "at least one day" in refused.content.decode()


def test_the_dry_run_page_names_the_pupil_only_to_those_who_may_know(office, cast, sign_in):
    path = reverse("interventions:job_preview", args=["am_sweep"])
    page = office.get(path).content.decode()
    assert "is tutor of 9A" in page
    assert "Tyler Maddox" in page
    assert Message.objects.count() == 0
    assert "Maddox" not in sign_in(cast.max).get(path).content.decode()


def test_run_now_runs_once_and_says_so(office):
    path = reverse("interventions:job_run")
    asked = {"job": "am_sweep", "on": "2026-11-23"}
    page = office.post(path, asked, follow=True).content.decode()
    assert "Ran 09:14" in page
    assert Run.objects.get().started_by == "Mrs S. Pugh"
    before = Message.objects.count()
    office.post(path, asked)
    assert Message.objects.count() == before


def test_run_now_on_a_day_without_school_says_why(office):
    page = office.post(reverse("interventions:job_run"), {"job": "am_sweep", "on": "2026-11-21"}, follow=True)
    assert "not a school day" in page.content.decode()
    assert Run.objects.count() == 0


def test_a_job_that_is_none_is_not_there(office):
    assert office.get(reverse("interventions:job_preview", args=["no_such"])).status_code == 404
    assert office.post(reverse("interventions:job_run"), {"job": "x", "on": ""}).status_code == 302
