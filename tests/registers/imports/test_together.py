"""Imports beside imports and beside registers being saved: none deadlocks and the totals are right."""

import threading
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from attendance_office.refusals import Conflict
from attendance_office.staff.models import TutorGroup
from registers.actions.attendance import Entry, save_marks
from registers.models import Amendment, Mark, Pupil
from registers.queries.rollups import differences
from registers.rules.sessions import Session

from .conftest import MARKS, SAMPLES, read

MONDAY = date(2026, 11, 23)


def in_threads(*doings):
    """Do things at the same time, each on a connection of its own, and give what went wrong."""
    wrong, start = [], threading.Barrier(len(doings))

    def run(doing):
        try:
            start.wait(timeout=20)
            doing()
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(doing,)) for doing in doings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return wrong


@pytest.mark.django_db(transaction=True)
def test_two_imports_and_registers_being_saved_on_the_same_pupils_never_deadlock(only):
    assert not read(SAMPLES / "school").is_refused
    pupils = list(Pupil.objects.exclude(upn="U302400124006").order_by("pk"))
    group = TutorGroup.objects.get(name="9A")
    days = [MONDAY + timedelta(days=n) for n in range(5)]

    def folder_of(codes, order):
        rows = [
            f"{pupil.upn},{on},{half},{codes[(place + n) % len(codes)]},,"
            for n, on in enumerate(days)
            for half in ("AM", "PM")
            for place, pupil in enumerate(pupils)
        ]
        return only(marks=MARKS + "\n".join(order(rows)) + "\n")

    ahead, behind = folder_of("INO", list), folder_of("/LUI", lambda rows: rows[::-1])

    def importing(folder):
        def doing():
            for _ in range(6):
                report = read(folder)
                assert not report.is_refused, report.of("marks.csv").faults

        return doing

    def saving():
        for turn in range(12):
            on = days[turn % 5]
            entries = [
                Entry(pupil.pk, "/" if turn % 2 else "I")
                for pupil in reversed(pupils)
                if pupil.tutor_group_id == group.pk
            ]
            with suppress(Conflict):  # the answer to a teacher whose pupil the file marked this moment
                save_marks(
                    school=group.school,
                    tutor_group=group,
                    session=Session(on, "AM"),
                    entries=entries,
                    key=uuid.uuid4(),
                    finish=False,
                    by=None,
                    at=datetime(2026, 11, 27, 15, tzinfo=UTC),
                )

    assert in_threads(importing(ahead), importing(behind), saving) == []
    assert differences() == []
    assert Mark.objects.filter(on__gte=MONDAY).count() == len(pupils) * 10
    assert Amendment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_folder_read_twice_at_once_is_one_school():
    reports = []
    wrong = in_threads(*[lambda: reports.append(read(SAMPLES / "school"))] * 2)
    assert wrong == []
    assert [report.is_refused for report in reports] == [False, False]
    assert sorted(report.of("marks.csv").added for report in reports) == [0, 250]
    assert Pupil.objects.count() == 36
    assert differences() == []
