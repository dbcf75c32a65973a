"""Why a figure differs from another system's: causes that sum exactly, files refused in words."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from registers.feeds.table import Unreadable, read_table
from registers.models import Enrolment, Mark, Pupil
from registers.rules.codes import present_code
from reporting.queries import reconciling
from reporting.queries.explorer import Question, Reader, answer
from reporting.queries.periods import Period
from reporting.queries.reconciling import Theirs
from reporting.rules.differences import Cause, Sessions
from tests.reporting.conftest import FROM, TO, put, sessions

TERM = Period("own", "Autumn", FROM, TO)


@pytest.fixture
def autumn(cast):
    """Give five pupils with a term of marks, each with something that another system might count otherwise."""
    marks = {
        (pupil, on, half): present_code(half)
        for pupil in (cast.callum, cast.amina, cast.freya, cast.tyler, cast.ikra)
        for on, half in sessions()
    }
    for at, (on, half) in enumerate(sessions()):
        if 20 <= at < 23:
            marks[cast.callum, on, half] = "L"
        if 30 <= at < 34:
            marks[cast.amina, on, half] = "#"
        if at in (40, 41):
            marks[cast.freya, on, half] = "U"
        if at == 50:
            del marks[cast.freya, on, half]
        if on > date(2026, 10, 9):
            del marks[cast.tyler, on, half]
    Enrolment.objects.filter(pupil=cast.tyler).update(ends_on=date(2026, 10, 9))
    put(cast.thornbridge, marks)
    return cast


def compared(cast, change, strangers=()):
    """Reconcile a file that holds our own sessions, changed for some pupils; None leaves a pupil out."""
    reader = Reader.of(cast.sandra, cast.thornbridge)
    found = answer(reader, Question(TERM))
    rows = ["UPN,Possible,Attended"]
    for line in found.lines:
        pupil = next(one for one in cast.pupils.values() if one.pk == line.pupil_id)
        by = change.get(pupil, (0, 0))
        if by is not None:
            rows.append(f"{pupil.upn},{line.tally.possible + by[0]},{line.tally.attended + by[1]}")
    rows += strangers
    table = read_table("\n".join(rows).encode(), "file.csv")
    known = reconciling.facts(found, theirs_from=None, upto=None)
    return found, reconciling.reconcile_pupils(found, reconciling.read_pupils(table, found), known, Theirs())


def test_causes_of_a_file_of_pupils_sum_exactly_to_the_difference(autumn):
    change = {
        autumn.callum: (0, -3),
        autumn.amina: (4, 0),
        autumn.freya: (1, 2),
        autumn.tyler: None,
        autumn.ikra: (0, -5),
    }
    found, read = compared(autumn, change, ["Z999999999999,100,90"])
    assert sum((one.adds for one in read.explained), Sessions()) == read.difference
    by = {one.cause: one for one in read.explained}
    assert by[Cause.LATE_ABSENT].adds == Sessions(0, -3)
    assert by[Cause.CLOSED_ABSENT].pupils == ("Begum, Amina",)
    assert by[Cause.LATE_PRESENT].adds + by[Cause.MISSING_ABSENT].adds == Sessions(1, 2)
    assert by[Cause.LEAVERS].adds == -Sessions(
        *next((one.tally.possible, one.tally.attended) for one in found.lines if one.pupil_id == autumn.tyler.pk)
    )
    assert by[Cause.NOT_EXPLAINED].adds == Sessions(0, -5)
    assert by[Cause.ONLY_THEIRS].adds == Sessions(100, 90)


def test_a_file_that_says_the_same_differs_in_nothing(autumn):
    _, read = compared(autumn, {})
    assert read.explained == ()
    assert read.difference == Sessions()


def test_two_causes_together_that_give_theirs_exactly_are_named(autumn):
    reader = Reader.of(autumn.sandra, autumn.thornbridge)
    found = answer(reader, Question(TERM))
    known = reconciling.facts(found, theirs_from=None, upto=None)
    ours = found.figures.tally
    read = reconciling.reconcile(found, Theirs(ours.possible + 4, ours.attended - 3), known)
    assert {one.cause for one in read.together} == {Cause.LATE_ABSENT, Cause.CLOSED_ABSENT}
    alone = reconciling.reconcile(found, Theirs(ours.possible, ours.attended - 3), known)
    assert [one.effect.cause for one in alone.could if one.fits] == [Cause.LATE_ABSENT]


def test_days_before_the_other_figure_begins_are_counted_as_such(autumn):
    reader = Reader.of(autumn.sandra, autumn.thornbridge)
    found = answer(reader, Question(TERM))
    known = reconciling.facts(found, theirs_from=date(2026, 9, 14), upto=None)
    before = Mark.objects.filter(school=autumn.thornbridge, on__lt=date(2026, 9, 14)).count()
    read = reconciling.reconcile(found, Theirs(per_cent=None, possible=found.figures.tally.possible - before), known)
    first = next(one for one in read.could if one.effect.cause is Cause.FIRST_DAYS)
    assert first.effect.adds == Sessions(-before, -before)
    assert first.fits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("UPN,Attended\nA,1", "column Possible"),
        ("Possible,Attended\n3,1", "names no pupil"),
        ("UPN,Possible,Attended\nA,3,x", "whole number"),
        ("UPN,Possible,Attended\nA,3,4", "cannot be"),
        ("UPN,Possible,Attended\n{upn},3,3\n{upn},4,4", "twice"),
    ],
)
def test_a_file_that_cannot_be_compared_is_refused_in_words(autumn, text, words):
    reader = Reader.of(autumn.sandra, autumn.thornbridge)
    found = answer(reader, Question(TERM))
    table = read_table(text.replace("{upn}", autumn.callum.upn).encode(), "file.csv")
    with pytest.raises(Unreadable, match=words):
        reconciling.read_pupils(table, found)


def test_the_page_takes_numbers_per_cent_and_a_file(autumn, sign_in, at_morning, count_queries):
    client = sign_in(autumn.sandra)
    url = "/figures/differs/?period=own&from_on=2026-09-02&to_on=2026-11-20"
    assert "Give the other figure" in client.post(url, {"source": "mis"}).content.decode()
    with count_queries(30):
        text = client.post(url, {"source": "mis", "per_cent": "99.6"}).content.decode()
    assert "Rounding alone" in text
    assert "FIRST" not in text
    dfe = client.post(url, {"source": "dfe", "possible": "400", "attended": "398"}).content.decode()
    assert "days before the other figure begins" in dfe
    file = SimpleUploadedFile("mis.csv", f"UPN,Possible,Attended\n{autumn.callum.upn},104,101\n".encode())
    text = client.post(url, {"source": "mis", "file": file}).content.decode()
    assert "By cause, to the session" in text
    assert "on roll throughout who are not in the other file" in text
    broken = SimpleUploadedFile("mis.csv", b"UPN,Possible,Attended\nA,3,x\n")
    assert "Row 2" in client.post(url, {"source": "mis", "file": broken}).content.decode()


def test_more_attended_than_possible_is_refused(autumn, sign_in, at_morning):
    page = sign_in(autumn.sandra).post("/figures/differs/", {"source": "mis", "possible": "5", "attended": "6"})
    assert page.status_code == 422
    assert "cannot be" in page.content.decode()


def test_rows_under_a_name_that_several_bear_are_told_as_such_and_still_sum(autumn):
    Pupil.objects.filter(pk=autumn.amina.pk).update(
        legal_surname=autumn.freya.legal_surname, legal_forename=autumn.freya.legal_forename, known_as=""
    )
    reader = Reader.of(autumn.sandra, autumn.thornbridge)
    found = answer(reader, Question(TERM))
    rows = ["Name,Possible,Attended"]
    rows += [f'"{line.name}",{line.tally.possible},{line.tally.attended}' for line in found.lines]
    rows[1 + [line.pupil_id for line in found.lines].index(autumn.amina.pk)] = f'"{autumn.freya.name}",100,90'
    table = read_table("\n".join(rows).encode(), "file.csv")
    known = reconciling.facts(found, theirs_from=None, upto=None)
    result = reconciling.reconcile_pupils(found, reconciling.read_pupils(table, found), known, Theirs())
    (alike,) = result.explained
    amina = next(line for line in found.lines if line.pupil_id == autumn.amina.pk)
    assert alike.cause is Cause.NAMESAKES
    assert alike.adds == Sessions(100 - amina.tally.possible, 90 - amina.tally.attended) == result.difference
    assert len(alike.pupils) == 4
