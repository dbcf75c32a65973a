"""The trail as its reader may know it: every kind of line is decided on, and one that is not is shown least."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from attendance_office.audit.models import Entry
from attendance_office.staff.roles import MAY, Role
from attendance_office.web.trail_lines import KEPT, OF_NO_PUPIL, OF_PUPILS, line_of

WINGS = ("attendance_office", "registers", "letters", "interventions", "penalties", "reporting")


def entry(kind, **more):
    said = {"verb": "changed it", "words": "Callum Ashworth: it", "reason": "Grandmother rang", "before": {"a": 1}}
    return Entry(subject_kind=kind, **said | more)


def kinds_in_the_source():
    found = set()
    for wing in WINGS:
        for path in (Path(settings.BASE_DIR) / wing).rglob("*.py"):
            text = path.read_text()
            found |= set(re.findall(r'subject_kind="([^"]+)"', text))
            found |= set(re.findall(r'_say\([^)]*?school, "([^"]+)"', text))
    return found


def test_each_kind_of_line_is_either_about_pupils_or_not():
    assert not set(OF_PUPILS) & OF_NO_PUPIL
    assert kinds_in_the_source() == set(OF_PUPILS) | OF_NO_PUPIL


@pytest.mark.parametrize(
    ("kind", "role", "words", "more"),
    [
        ("mark", Role.LEAD, True, True),
        ("mark", Role.SLT, True, False),
        ("mark", Role.TRUST_LEAD, True, False),
        ("mark", Role.DATA_MANAGER, True, False),
        ("mark", Role.ADMINISTRATOR, False, False),
        ("absence note", Role.DSL, True, True),
        ("absence note", Role.SLT, True, False),
        ("pupil", Role.DSL, True, True),
        ("pupil", Role.DATA_MANAGER, True, False),
        ("first day", Role.SLT, False, False),
        ("first day", Role.DATA_MANAGER, True, True),
        ("letter", Role.SLT, True, True),
        ("register", Role.SLT, True, True),
        ("register", Role.ADMINISTRATOR, True, False),
        ("person", Role.ADMINISTRATOR, True, True),
        ("calendar", Role.ADMINISTRATOR, True, True),
        ("something new", Role.LEAD, True, True),
        ("something new", Role.SLT, False, False),
    ],
)
def test_who_reads_how_much_of_a_line(kind, role, words, more):
    line = line_of(entry(kind), MAY[role])
    assert line.words == ("Callum Ashworth: it" if words else f"Changed it: {KEPT}")
    assert line.reason == ("Grandmother rang" if more else KEPT)
    assert line.sees_changes == more


def test_a_line_without_a_reason_has_none_for_anybody():
    assert line_of(entry("mark", reason=""), MAY[Role.SLT]).reason == ""
