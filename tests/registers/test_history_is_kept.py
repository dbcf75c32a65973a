"""History is only ever added to, whoever asks: every table of it is tried, and a new one is tried by itself."""

from datetime import time

import pghistory
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from attendance_office.audit.models import Entry
from attendance_office.audit.trail import record
from attendance_office.staff.models import Post
from letters.actions.chases import chase_registers
from letters.models import AlertRule, Chase, Letterhead, Message, Stop
from registers.actions.pupils import change_pupil
from registers.models import (
    AbsenceNote,
    Agreement,
    Amendment,
    Closure,
    Contact,
    Enrolment,
    Lesson,
    LessonMark,
    Parent,
    Period,
    Placement,
    Pupil,
    Register,
    Seat,
    StoredFile,
    TeachingGroup,
)
from registers.queries.registers import registers_of
from registers.rules.sessions import Session
from reporting.models import Baseline, CaseStudy, EvidenceEntry, EvidenceFolder, Subscription, Visit, VisitStep
from tests.conftest import MONDAY, MORNING
from tests.factories.marks import take

pytestmark = pytest.mark.django_db
EVENTS = sorted(
    (model for model in apps.get_models() if issubclass(model, pghistory.models.Event)),
    key=lambda model: model.__name__,
)
TRACKED = sorted({model.pgh_tracked_model for model in EVENTS}, key=lambda model: model.__name__)


def refused(sql):
    """Tell whether Postgres refuses a statement by a word of its own, and not because a row is in the way."""
    connection.check_constraints()
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    return refusal.value.__cause__.sqlstate == "P0001"


def test_the_admission_register_and_the_posts_keep_their_history():
    assert {"Contact", "Enrolment", "Parent", "Placement", "Post", "Pupil"} <= {model.__name__ for model in TRACKED}


def lesson(cast):
    day = {"school": cast.thornbridge, "name": "P1", "half": "AM", "starts_at": time(9, 10), "ends_at": time(10, 10)}
    taught = TeachingGroup.objects.create(school=cast.thornbridge, name="9a/Ma1")
    return Lesson.objects.create(
        school=cast.thornbridge, teaching_group=taught, weekday=1, period=Period.objects.create(**day), from_on=MONDAY
    )


def folder(cast):
    return EvidenceFolder.objects.create(
        school=cast.thornbridge, title="Autumn", from_on=MONDAY, to_on=MONDAY, made_at=MORNING
    )


def visit(cast):
    return Visit.objects.create(
        school=cast.thornbridge,
        visited_on=MONDAY,
        visitors="Ms Stott",
        found="Well",
        logged_at=MORNING,
        logged_by=cast.tess,
    )


# A row of each table that the cast does not bring, and a column of it to change.
MADE = {
    AbsenceNote: ("reason", lambda cast: AbsenceNote.objects.create(
        school=cast.thornbridge, pupil=cast.callum, from_on=MONDAY, to_on=MONDAY, told_code="I", code="I", logged_at=MORNING
    )),
    Agreement: ("place", lambda cast: Agreement.objects.create(
        school=cast.thornbridge, kind="visit", code="V", name="Trip", from_on=MONDAY, to_on=MONDAY, ends_on=MONDAY,
        agreed_on=MONDAY, agreed_by="Dr Abara", made_at=MORNING,
    )),
    Closure: ("name", lambda cast: Closure.objects.create(
        school=cast.thornbridge, code="Y4", name="Snow", from_on=MONDAY, to_on=MONDAY, made_at=MORNING
    )),
    AlertRule: ("countdown_minutes", lambda cast: AlertRule.objects.create(school=cast.thornbridge)),
    Subscription: ("year_group", lambda cast: Subscription.objects.create(
        school=cast.thornbridge, user=cast.nine, report="friday"
    )),
    Baseline: ("note", lambda cast: Baseline.objects.create(
        school=cast.thornbridge, school_year="2026/27", attendance="94.00", set_at=MORNING
    )),
    CaseStudy: ("headline", lambda cast: CaseStudy.objects.create(
        school=cast.thornbridge, pupil=cast.callum, number=1, from_on=MONDAY, to_on=MONDAY, made_at=MORNING
    )),
    EvidenceFolder: ("title", folder),
    EvidenceEntry: ("why", lambda cast: EvidenceEntry.objects.create(
        school=cast.thornbridge, folder=folder(cast), section="action", place=1, source="own:1", title="Plan", name="Plan", on=MONDAY,
        file=StoredFile.objects.create(
            school=cast.thornbridge, purpose="evidence", name="plan.pdf", kind="application/pdf", size=1, sha256="0", content=b"x",
            added_at=MORNING,
        ), added_at=MORNING,
    )),
    Visit: ("met", visit),
    VisitStep: ("owner", lambda cast: VisitStep.objects.create(
        visit=visit(cast), words="Look again", at=MORNING, by=cast.tess
    )),
    Letterhead: ("foot", lambda cast: Letterhead.objects.create(school=cast.thornbridge)),
    Stop: ("reason", lambda cast: Stop.objects.create(
        school=cast.thornbridge, pupil=cast.callum, reason="Bereavement", owner=cast.bea, from_on=MONDAY, made_at=MORNING
    )),
    Lesson: ("room", lesson),
    Period: ("name", lambda cast: lesson(cast).period),
    TeachingGroup: ("subject", lambda cast: lesson(cast).teaching_group),
    Seat: ("to_on", lambda cast: Seat.objects.create(
        school=cast.thornbridge, teaching_group=lesson(cast).teaching_group, pupil=cast.callum, from_on=MONDAY
    )),
    LessonMark: ("comment", lambda cast: LessonMark.objects.create(
        school=cast.thornbridge, pupil=cast.callum, lesson=lesson(cast), on=MONDAY, code="/", recorded_at=MORNING
    )),
}  # fmt: skip
COLUMNS = {Pupil: "known_as", Contact: "address", Parent: "why_not", Enrolment: "destination"}


def row_of(model, cast):
    if model in MADE:
        return MADE[model][1](cast)
    return {
        Pupil: lambda: cast.callum, Contact: lambda: cast.amina.parents.first().contact,
        Parent: cast.amina.parents.first, Enrolment: cast.callum.enrolments.first,
        Placement: cast.callum.placements.first, Post: cast.sandra.posts.first,
    }[model]()  # fmt: skip


@pytest.mark.parametrize("model", EVENTS, ids=lambda model: model.__name__)
def test_kept_rows_are_neither_changed_deleted_nor_emptied(cast, model):
    tracked = model.pgh_tracked_model
    first = row_of(tracked, cast)
    column = MADE[tracked][0] if tracked in MADE else COLUMNS.get(tracked, "year_group")
    value = {"year_group": 8, "countdown_minutes": 8, "to_on": MONDAY}.get(column, "elsewhere")
    model.pgh_tracked_model.objects.filter(pk=first.pk).update(**{column: value})
    assert model.objects.get().pgh_obj_id == first.pk

    table = model._meta.db_table
    assert refused(f"UPDATE {table} SET {column} = {column}")
    assert refused(f"DELETE FROM {table}")
    assert refused(f"TRUNCATE {table}")
    assert refused(f"TRUNCATE {table} CASCADE")
    assert model.objects.count() == 1


@pytest.mark.parametrize("model", TRACKED, ids=lambda model: model.__name__)
def test_a_table_with_history_is_not_emptied_past_it(cast, model):
    row_of(model, cast)
    assert refused(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert model.objects.exists()


def test_raw_sql_leaves_the_row_as_it_was(cast):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registers_pupil SET legal_surname = 'Other' WHERE school_id = %s", [cast.thornbridge.pk])
        changed = cursor.rowcount
    kept = apps.get_model("registers", "PupilEvent").objects
    assert kept.count() == changed > 1
    assert kept.get(pgh_obj_id=cast.callum.pk).legal_surname == "Ashworth"


@pytest.mark.parametrize("how", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_trail_and_the_amendments_are_only_added_to(cast, how):
    record(
        verb="seen", by=cast.sandra, at=MORNING, school_id=cast.thornbridge.pk, subject_kind="school",
        subject_id=cast.thornbridge.pk, words="Seen",
    )  # fmt: skip
    assert refused(how.format("audit_entry", "words = ''"))
    assert Entry.objects.get().words == "Seen"
    if not how.startswith("TRUNCATE"):
        return
    assert refused(how.format(Amendment._meta.db_table, ""))


@pytest.mark.parametrize("model", [Register, Message, Chase], ids=lambda model: model.__name__)
def test_what_was_taken_and_what_was_sent_is_never_taken_away(cast, model):
    session = Session(MORNING.date(), "AM")
    take(cast.eight_c, session, by=cast.hal, at=MORNING)
    lines = registers_of(cast.thornbridge, session)
    chase_registers(school=cast.thornbridge, session=session, lines=lines, step="first", by=None, at=MORNING)
    assert refused(f"DELETE FROM {model._meta.db_table}")
    assert refused(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert model.objects.exists()


def test_who_changed_the_record_and_why_stays_beside_it(cast):
    change_pupil(pupil=cast.callum, changes={"known_as": "Cal"}, reason="He asked", by=cast.sandra, at=MORNING)
    contexts = "pghistory_context"
    with connection.cursor() as cursor:
        # As if the change had been committed a day ago: only then does the record let nothing pass.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"UPDATE {contexts} SET created_at = created_at - interval '1 day'")
        cursor.execute("SET session_replication_role = DEFAULT")
    assert refused(f"UPDATE {contexts} SET metadata = '{{}}'")
    assert refused(f"DELETE FROM {contexts}")
    assert refused(f"TRUNCATE {contexts} CASCADE")
    event = apps.get_model("registers", "PupilEvent").objects.get()
    assert event.pgh_context.metadata["reason"] == "He asked"
