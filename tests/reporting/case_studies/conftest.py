"""A year in Callum's life with names in every corner of it, and a study drafted from it."""

from datetime import UTC, date, datetime

import pytest

from interventions.models import Attempt, CaseProposal, FirstDay, FirstDayPupil, PatternFlag, Trawl, TrawlLine
from letters.models import Letter
from registers.models import Agreement, AgreementPupil, Contact, Parent, Pupil
from registers.rules.codes import present_code
from registers.rules.sessions import monday
from reporting.actions import case_studies as actions
from tests.conftest import MORNING
from tests.factories.cast import make_pupil
from tests.factories.letters import at_home, give_policy, make_sent
from tests.reporting.conftest import FROM, TO, put, sessions

LETTER_ON = date(2026, 10, 8)


def day(on, hour=9):
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def gone(cast, pupil, on, level):
    letter = Letter.objects.create(
        school=cast.thornbridge, key=f"{level}:{pupil.pk}:{on}", kind=f"level_{level}", pupil=pupil,
        version=cast.policies[level].template.versions.get(), channel="post", to_name="Mrs Petronella Ashworth",
        to_address="3 Weavers Close", proposed_on=on, proposed_at=day(on, 8),
    )  # fmt: skip
    Letter.objects.filter(pk=letter.pk).update(approved_at=day(on), approved_by=cast.sandra)
    letter.refresh_from_db()
    return make_sent(letter, by=cast.sandra, at=day(on))


@pytest.fixture
def callum(cast):
    """Callum: every second session missed before his letter, one in ten after it; rung, agreed with, taken up."""
    pupil = cast.callum
    at_home(pupil)
    Pupil.objects.filter(pk=pupil.pk).update(known_as="Caz", former_surname="Quillfeather", middle_names="Peregrine")
    pupil.refresh_from_db()
    contact = Contact.objects.get(children__pupil=pupil)
    Contact.objects.filter(pk=contact.pk).update(title="Mrs", forename="Petronella", mobile="07700 900418")
    sibling = make_pupil(cast.eight_c, "Ashworth", "Leonora")
    Parent.objects.create(school=cast.thornbridge, pupil=sibling, contact=contact, relationship="Mother")
    marks = {}
    for at, (on, half) in enumerate(sessions()):
        is_away = at % 2 == 0 if on < LETTER_ON else at % 10 == 0
        marks[pupil, on, half] = "O" if is_away else present_code(half)
    put(cast.thornbridge, marks)
    cast.policies = {1: give_policy(cast.thornbridge, 1), 2: give_policy(cast.thornbridge, 2)}
    gone(cast, pupil, LETTER_ON, 1)
    done_about(cast, pupil, contact)
    return pupil


def done_about(cast, pupil, contact):
    school = cast.thornbridge
    family = FirstDay.objects.create(school=school, on=date(2026, 9, 15), half="AM", opened_at=day(date(2026, 9, 15)))
    FirstDayPupil.objects.create(
        school=school, first_day=family, pupil=pupil, on=family.on, half="AM", since_at=day(family.on), joined_at=day(family.on)
    )  # fmt: skip
    Attempt.objects.create(
        school=school, first_day=family, contact=contact, way="mobile", number="07700 900418", outcome="spoke",
        words="Petronella says Callum is at his aunt's", at=day(family.on), by=cast.sandra,
    )  # fmt: skip
    agreement = Agreement.objects.create(
        school=school, kind="part_time", code="C2", name="Callum's mornings", from_on=date(2026, 10, 12),
        to_on=date(2026, 11, 13), ends_on=date(2026, 11, 13), agreed_on=date(2026, 10, 9), agreed_by="Ms Noor",
        made_at=day(date(2026, 10, 9)),
    )  # fmt: skip
    AgreementPupil.objects.create(school=school, agreement=agreement, pupil=pupil)
    trawl = Trawl.objects.create(
        school=school, on=date(2026, 10, 2), counted_to=date(2026, 10, 2), year_from=date(2026, 9, 1),
        term_from=date(2026, 8, 31), weeks_from=date(2026, 9, 7), made_at=day(date(2026, 10, 2), 16),
    )  # fmt: skip
    counts = dict.fromkeys(
        [f"{span}_{name}" for span in ("year", "term", "weeks") for name in ("attended", "authorised", "unauthorised", "late")],
        10,
    )  # fmt: skip
    line = TrawlLine.objects.create(
        school=school, trawl=trawl, pupil=pupil, year_group=9, broken_weeks=4, broken_run=4, good_run=0, **counts
    )
    for kind, other in (("friday", None), ("sibling", cast.freya)):
        PatternFlag.objects.create(
            school=school, trawl=trawl, pupil=pupil, kind=kind, other=other, spells=9, here=6, expected="1.80",
            one_in=900, tests=10,
        )  # fmt: skip
    CaseProposal.objects.create(
        school=school, pupil=pupil, line=line, ground="severe", gravity=0, proposed_at=day(trawl.on, 16),
        proposed_on=trawl.on, state="taken_up", settled_at=day(date(2026, 10, 5)), settled_by=cast.laila,
        why="Callum's aunt asked for it",
    )  # fmt: skip


@pytest.fixture
def study(cast, callum):
    """A draft over the term."""
    return actions.draft_study(pupil=callum, from_on=FROM, to_on=TO, by=cast.laila, at=MORNING)


def words(**said):
    """Give an author's words; what is not said is empty."""
    parts = {
        key: value
        for key, value in said.items()
        if key in ("start", "tried", "impact", "progress", "voice", "next_steps")
    }
    return actions.Words(
        headline=said.get("headline", ""), parts=parts, attainment=said.get("attainment", ()),
        stage=said.get("stage", "key_stage"), tells=said.get("tells", ()), left_out=said.get("left_out", ()),
    )  # fmt: skip


def counted(on_from, on_to):
    """Give Callum's sessions from one day to another as they were put: attended and possible."""
    some = [(at, on) for at, (on, _) in enumerate(sessions()) if on_from <= on <= on_to]
    away = sum((at % 2 == 0) if on < LETTER_ON else (at % 10 == 0) for at, on in some)
    return len(some) - away, len(some)


__all__ = ["counted", "day", "gone", "monday", "words"]
