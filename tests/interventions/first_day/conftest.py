"""A morning on which 9A's register is taken: Callum and Amina are marked N, Freya is in."""

from datetime import UTC, datetime, timedelta

import pytest

from interventions.actions.first_day import prepare_alerts
from interventions.models import FirstDay
from registers.actions.amendments import amend_mark
from registers.models import Parent
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.marks import take

AM = Session(MONDAY, "AM")
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = MORNING + timedelta(minutes=6)


def contact_of(pupil):
    return pupil.parents.order_by("priority", "pk").first().contact


def be(contact, **fields):
    for name, value in fields.items():
        setattr(contact, name, value)
    contact.save()
    return contact


def second_parent(pupil, contact, **fields):
    said = {"relationship": "Father", "priority": 2} | fields
    return Parent.objects.create(school=pupil.school, pupil=pupil, contact=contact, **said)


@pytest.fixture
def away(cast):
    """Give the cast with Callum and Amina marked N at nine, each parent with a number of their own."""
    for number, name in enumerate(("callum", "amina", "freya", "tyler", "ikra")):
        be(
            contact_of(cast.pupils[name]), title="Mrs", forename="Ann", mobile=f"07700 90010{number}",
            email=f"{name}@home.invalid", home_phone="", work_phone="",
        )  # fmt: skip
    cast.thornbridge.phone = "01632 960 142"
    cast.thornbridge.save()
    mark(cast, {"callum": "N", "amina": "N"})
    return cast


def mark(cast, codes, *, group="nine_a", by="pat", at=NINE, only=None):
    said = {cast.pupils[name].pk: code for name, code in codes.items()}
    pupils = [cast.pupils[name] for name in only] if only else None
    return take(getattr(cast, group), AM, by=getattr(cast, by), at=at, codes=said, only=pupils)


def amend(cast, name, code, *, at=MORNING):
    mark = cast.pupils[name].marks.get(on=MONDAY, half="AM")
    amend_mark(mark=mark, code=code, minutes_late=None, comment="", reason="Came in", by=cast.sandra, at=at)


def prepare(cast, *pupils, at=MORNING, by=None):
    chosen = [pupil.pk for pupil in pupils or (cast.callum, cast.amina)]
    return prepare_alerts(school=cast.thornbridge, session=AM, pupil_ids=chosen, by=by or cast.sandra, at=at)


def family_of(pupil):
    return FirstDay.objects.get(pupils__pupil=pupil)
