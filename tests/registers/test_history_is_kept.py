"""History is only ever added to, whoever asks: every table of it is tried, and a new one is tried by itself."""

import pghistory
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from attendance_office.audit.models import Entry
from attendance_office.audit.trail import record
from attendance_office.staff.models import Post
from letters.actions.chases import chase_registers
from letters.models import Chase, Message
from registers.actions.pupils import change_pupil
from registers.models import Amendment, Contact, Enrolment, Parent, Placement, Pupil, Register
from registers.queries.registers import registers_of
from registers.rules.sessions import Session
from tests.conftest import MORNING
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
    assert {model.__name__ for model in TRACKED} == {"Contact", "Enrolment", "Parent", "Placement", "Post", "Pupil"}


@pytest.mark.parametrize("model", EVENTS, ids=lambda model: model.__name__)
def test_kept_rows_are_neither_changed_deleted_nor_emptied(cast, model):
    first = {
        Pupil: cast.callum, Contact: cast.amina.parents.first().contact, Parent: cast.amina.parents.first(),
        Enrolment: cast.callum.enrolments.first(), Placement: cast.callum.placements.first(),
        Post: cast.sandra.posts.first(),
    }[model.pgh_tracked_model]  # fmt: skip
    columns = {Pupil: "known_as", Contact: "address", Parent: "why_not", Enrolment: "destination"}
    column = columns.get(model.pgh_tracked_model, "year_group")
    value = 8 if column == "year_group" else "elsewhere"
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
