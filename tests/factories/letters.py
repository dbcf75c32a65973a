"""Nouns of the post room. Letters are proposed and approved by the actions that do so in life."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from letters.models import Letter, LetterKind, LetterPolicy, LetterTemplate, TemplateVersion
from registers.actions.amendments import amend_mark
from registers.actions.attendance import save_marks
from registers.actions.entries import Entry
from registers.models import StoredFile
from registers.queries.calendar import calendar_of
from registers.rules.codes import present_code
from tests.factories.registers import ContactFactory, ParentFactory

AT = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
TERM = date(2026, 11, 9)
BEGAN = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def give_template(school, kind, body="((Forename)) was here for ((sessions attended)).", language="English"):
    template, _ = LetterTemplate.objects.get_or_create(
        school=school, kind=kind, name=LetterKind(kind).label, language=language
    )
    if not template.versions.exists():
        TemplateVersion.objects.create(
            school=school, template=template, number=1, subject=LetterKind(kind).label, body=body, made_at=BEGAN
        )
    return template


def give_policy(school, level=1, **fields):
    kind = LetterKind.LEVEL_1 if level == 1 else LetterKind.LEVEL_2
    usual = {
        "from_on": date(2026, 9, 1), "below": 95 if level == 1 else 90, "least_possible": 10, "made_at": BEGAN,
        "tells_head_of_year": level == 2, "template": give_template(school, kind),
    }  # fmt: skip
    return LetterPolicy.objects.create(school=school, level=level, **usual | fields)


def at_home(pupil, address="3 Weavers Close, Thornbridge", postcode="TB4 5LP"):
    """Give a pupil, and the parents living with them, a home."""
    type(pupil).objects.filter(pk=pupil.pk).update(address=address, postcode=postcode)


def second_parent(pupil, address="9 Mill Lane, Thornbridge", postcode="TB4 7QX", **link):
    """Give a pupil another parent, by default at another address."""
    contact = ContactFactory(
        school=pupil.school, title="Mr", forename="Tom", surname=pupil.legal_surname, address=address, postcode=postcode
    )
    ParentFactory(pupil=pupil, contact=contact, relationship="Father", priority=2, **{"lives_with": False} | link)
    return contact


def attend(group, *, by, absent, code="I", first=TERM, last=date(2026, 11, 20)):
    """Mark a group's pupils over some weeks, each absent on their first `absent[pupil]` sessions."""
    left = dict(absent)
    for session in calendar_of(group.school_id).sessions(first, last):
        entries = []
        for pupil in group.pupils.order_by("pk"):
            is_away = left.get(pupil, 0) > 0
            left[pupil] = left.get(pupil, 0) - 1
            entries.append(Entry(pupil.pk, code if is_away else present_code(session.half)))
        save_marks(
            school=group.school, tutor_group=group, session=session, entries=entries, key=uuid4(), finish=True, by=by,
            at=datetime.combine(session.on, datetime.min.time(), tzinfo=UTC) + timedelta(hours=15),
        )  # fmt: skip


def amend(pupil, on, half, code, *, by, at, reason="The parent rang"):
    """Amend one mark, as the office does."""
    mark = pupil.marks.get(on=on, half=half)
    return amend_mark(mark=mark, code=code, minutes_late=None, comment="", reason=reason, by=by, at=at)


def make_sent(letter, *, by, at=AT):
    """Put a letter where making and posting leave it."""
    file = StoredFile.objects.create(
        school=letter.school, purpose="letter", name="letter.pdf", kind="application/pdf", sha256="0" * 64, size=1,
        content=b"x", added_at=at,
    )  # fmt: skip
    Letter.objects.filter(pk=letter.pk).update(
        state="sent", file=file, made_at=at, facts_sent=letter.facts, sent_at=at, sent_by=by
    )
    letter.refresh_from_db()
    return letter
