"""Case studies: one press, nobody named, checked before they are frozen; whom one is about is told to few."""

import re
from datetime import date
from io import BytesIO

import pytest
from django.db import DatabaseError, transaction
from pypdf import PdfReader

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from registers.models import Contact, Mark, Pupil
from reporting.actions import case_studies as actions
from reporting.models import CaseStudy, LetStand
from reporting.queries.case_study import content_of, open_hits, steps_of, told_of
from reporting.queries.case_study.weeks import course_of
from reporting.queries.pupil_file import Asked, file_of
from tests.conftest import MORNING
from tests.factories.cast import put_on_roll
from tests.factories.tagged import tags_of
from tests.reporting.conftest import FROM, TO

from .conftest import LETTER_ON, counted, gone, words


def text_of(study):
    reader = PdfReader(BytesIO(bytes(study.file.content)))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def section(content, key):
    return next(one for one in content["sections"] if one["key"] == key)


def issue(cast, study):
    return actions.issue_study(study=study, by=cast.laila, at=MORNING)


def names(cast):
    """Give every name, number and place of Thornbridge that a study must not say."""
    found = {word for row in Pupil.objects.filter(school=cast.thornbridge).values_list("legal_surname", "legal_forename", "known_as", "former_surname", "middle_names", "upn") for word in row}  # fmt: skip
    found |= {word for row in Contact.objects.filter(school=cast.thornbridge).values_list("forename", "surname", "mobile") for word in row}  # fmt: skip
    found |= {one.last_name for one in cast.people.values() if one.pk != cast.nobody.pk}
    return {one for one in found if len(one) > 2} | {"Weavers", "TB4", "9A", "8C"}


def test_one_press_on_the_file_drafts_a_study_of_the_days_it_shows(cast, callum, sign_in, at_morning):
    client = sign_in(cast.adeyemi)
    page = client.get(f"/pupils/{callum.pk}/file/").content.decode()
    assert f"/pupils/{callum.pk}/file/study/" in page
    answer = client.post(f"/pupils/{callum.pk}/file/study/", {"query": "from_on=2026-09-07&to_on=2026-10-16"})
    study = CaseStudy.objects.get()
    assert answer["Location"] == f"/case-studies/{study.pk}/"
    assert (study.label, study.from_on, study.to_on) == ("Pupil A", date(2026, 9, 7), date(2026, 10, 16))
    client.post(f"/pupils/{callum.pk}/file/study/", {"query": "from_on=2026-09-07&to_on=2026-10-16"})
    assert CaseStudy.objects.count() == 1
    other = actions.draft_study(pupil=cast.amina, from_on=FROM, to_on=TO, by=cast.laila, at=MORNING)
    assert other.label == "Pupil B"
    assert CaseStudy(number=26).label == "Pupil Z"
    assert CaseStudy(number=28).label == "Pupil AB"


def test_neither_page_nor_print_nor_file_name_names_anybody(cast, study, sign_in, at_morning):
    issued = issue(cast, study)
    governor = sign_in(cast.gov)
    shown = governor.get(f"/case-studies/{issued.pk}/")
    file = governor.get(f"/case-studies/{issued.pk}/file/")
    assert file["Content-Disposition"] == 'inline; filename="case-study-pupil-a-edition-1.pdf"'
    assert {"H1", "H2", "P"} <= set(tags_of(file.content))
    listed = governor.get("/case-studies/").content.decode()
    main = [text.split("<main", 1)[1] for text in (shown.content.decode(), listed)]
    told = names(cast)
    assert {"Ashworth", "Caz", "Leonora", "Petronella", "Noor", callum_upn(cast)} <= told
    for text in (*main, text_of(issued), str(issued.content)):
        assert sorted(one for one in told if re.search(rf"\b{re.escape(one)}\b", text)) == []
    # No date of the pupil's own either: the one it was issued on is the paper's.
    assert re.findall(r"\d{1,2} (?:Sep|Oct|Nov)\w* 2026", text_of(issued)) == ["23 Nov 2026"]
    assert "/pupils/" not in main[0]


def callum_upn(cast):
    return Pupil.objects.get(pk=cast.callum.pk).upn


def test_who_wrote_it_is_told_without_the_year_or_form_of_the_post(cast, study):
    issued = actions.issue_study(study=study, by=cast.adeyemi, at=MORNING)
    assert issued.content["author"] == "Head of year"
    assert "Written by the head of year; issued" in text_of(issued)
    assert "year 9" not in text_of(issued).lower()


def test_attendance_is_told_by_half_term_and_by_numbered_week(cast, study):
    content = content_of(study, by=cast.laila, at=MORNING)
    attended, possible = counted(FROM, TO)
    found = section(content, "attendance")
    assert found["words"][0].startswith(f"{attended} of {possible} possible sessions attended:")
    halves, weeks = (table["rows"] for table in found["tables"])
    assert [row[0] for row in halves] == ["First half of the autumn term", "Second half of the autumn term"]
    assert halves[0][1] == "{} of {}".format(*counted(FROM, date(2026, 10, 23)))
    assert [row[0] for row in weeks] == [f"Week {n}" for n in range(1, 12)]
    assert weeks[2][2] == "{} of {}".format(*counted(date(2026, 9, 14), date(2026, 9, 18)))
    assert content["period"] == (
        "11 school weeks of 2026/27: first half of the autumn term to second half of the autumn term"
    )
    assert content["who"] == "A pupil in Key Stage 3."


def test_what_the_school_did_is_told_in_general_words_and_weeks(cast, study):
    rows = section(content_of(study, by=cast.laila, at=MORNING), "tried")["tables"][0]["rows"]
    assert rows == [
        ["Week 3", "First-day contact on 1 day: 1 call; somebody was spoken to."],
        ["Week 5", "A pattern was found in when absences began: Fridays."],
        ["Week 6", "A case was taken up: severely absent."],
        ["Week 6", "A first letter about attendance went home."],
        ["Week 7", "Began, as agreed with the family: part-time timetable."],
        ["Week 10", "Ended: part-time timetable."],
    ]


def test_a_step_is_held_against_whole_school_weeks_before_and_after_it(cast, study):
    found = section(content_of(study, by=cast.laila, at=MORNING), "sides")
    assert "regression to the mean" in found["words"][0]
    letter = next(row for row in found["tables"][0]["rows"] if "letter" in row[0])
    before = counted(date(2026, 9, 7), date(2026, 10, 2))
    # Half term is no school week: the four after are those of 12 and 19 October and of 2 and 9 November.
    after = counted(date(2026, 10, 12), date(2026, 11, 13))
    assert letter[2] == f"{before[0]} of {before[1]} (50.0 %)"
    assert letter[3].startswith(f"{after[0]} of {after[1]} (")
    assert letter[4].startswith("+")
    # Twelve weeks are not there on both sides of any step, and are not told of.
    assert len(letter) == len(found["tables"][0]["heads"]) == 5
    late = next(row for row in found["tables"][0]["rows"] if "part-time" in row[0])
    assert late[2].endswith(")")


def test_a_step_that_somebody_would_be_known_by_is_left_out(cast, study, callum):
    course = course_of(callum, FROM, TO, MORNING)
    steps = steps_of(callum, cast.laila, FROM, TO, course=course, at=MORNING)
    keys = [one.key for one in steps if one.kind == "agreements"]
    assert len({one.key for one in steps}) == len(steps)
    kept = actions.write_study(study=study, words=words(left_out=keys), by=cast.laila, at=MORNING)
    content = content_of(kept, by=cast.laila, at=MORNING)
    assert "part-time" not in str(content)
    assert "letter" in str(section(content, "tried"))


def test_two_letters_of_one_day_are_one_step_and_a_letter_that_did_not_go_is_none(cast, study, callum):
    second = gone(cast, callum, LETTER_ON, 2)
    type(second).objects.filter(pk=second.pk).update(kind="level_1")
    recalled = gone(cast, callum, date(2026, 11, 2), 2)
    type(recalled).objects.filter(pk=recalled.pk).update(
        state="recalled", recalled_at=MORNING, recalled_by_id=cast.sandra.pk
    )
    rows = section(content_of(study, by=cast.laila, at=MORNING), "tried")["tables"][0]["rows"]
    assert [row for row in rows if "letter" in row[1]] == [["Week 6", "A first letter about attendance went home."]]


def test_it_is_not_issued_while_a_word_could_name_somebody(cast, study):
    said = words(
        headline="From half of sessions to nine in ten", start="Caz and his sister Leonora came late.",
        tried="Ms Noor rang Mrs Ashworth on 12 October.", voice="“Mr Maddox's lad” helped.",
        attainment=[("Maths", "4", "5 since 3 November 2026")],
    )  # fmt: skip
    kept = actions.write_study(study=study, words=said, by=cast.laila, at=MORNING)
    found = [
        (one.part, one.word, one.ground.value) for one in open_hits(kept, cast.laila.standing.allowed(study.school_id))
    ]
    assert found == [
        ("start", "Caz", "pupil"),
        ("start", "Leonora", "family"),
        ("tried", "Noor", "staff"),
        ("tried", "Ashworth", "pupil"),
        ("tried", "12 October", "date"),
        ("attainment", "3 November 2026", "date"),
        ("voice", "Maddox's", "other_pupil"),
    ]
    with pytest.raises(Refused, match="7 words could still name somebody"):
        issue(cast, kept)
    kept.refresh_from_db()
    assert (kept.state, kept.content, kept.file) == ("draft", {}, None)


def test_a_word_is_let_stand_with_a_reason_that_is_kept_and_holds_for_the_next_edition(cast, study):
    kept = actions.write_study(study=study, words=words(impact="Grace Noor of the poem."), by=cast.laila, at=MORNING)
    hit = {"part": "impact", "ground": "staff", "word": "Noor"}
    with pytest.raises(Refused, match="Say why"):
        actions.let_stand(study=kept, **hit, why=" ", by=cast.laila, at=MORNING)
    with pytest.raises(Refused, match="not in the study any more"):
        actions.let_stand(study=kept, part="start", ground="staff", word="Noor", why="x", by=cast.laila, at=MORNING)
    actions.let_stand(study=kept, **hit, why="A poet", by=cast.laila, at=MORNING)
    line = Entry.objects.get(verb="let a word stand in a case study")
    assert (line.reason, line.words) == ("A poet", "Case study, Pupil A")
    issued = issue(cast, kept)
    again = actions.next_study(study=issued, by=cast.laila, at=MORNING)
    assert (again.edition, again.label, again.impact) == (2, "Pupil A", "Grace Noor of the poem.")
    assert actions.next_study(study=issued, by=cast.laila, at=MORNING) == again
    assert issue(cast, again).state == "issued"
    with pytest.raises(DatabaseError), transaction.atomic():
        LetStand.objects.update(why="none")


def test_what_few_share_is_told_only_when_ticked_and_let_stand(cast, callum, study):
    Pupil.objects.filter(pk=callum.pk).update(is_looked_after=True, sen="K", ethnicity="WBRI")
    study = CaseStudy.objects.get(pk=study.pk)
    dee, adeyemi = (one.standing.allowed(study.school_id) for one in (cast.dee, cast.adeyemi))
    assert {one.key: (one.shared_by, one.is_few) for one in told_of(study.pupil, "key_stage", dee)} == {
        "sen": (2, True),
        "cla": (1, True),
        "ethnicity": (1, True),
    }
    assert "ethnicity" not in {one.key for one in told_of(study.pupil, "key_stage", adeyemi)}
    with pytest.raises(Refused, match="does not say this"):
        actions.write_study(study=study, words=words(tells=["eal"]), by=cast.dee, at=MORNING)
    assert "Looked after" not in str(content_of(study, by=cast.dee, at=MORNING))
    kept = actions.write_study(
        study=study, words=words(start="Is looked after.", tells=["cla"]), by=cast.dee, at=MORNING
    )
    found = open_hits(kept, dee)
    assert [(one.part, one.word, one.ground.value) for one in found] == [("tells", "Looked after", "few")]
    with pytest.raises(Refused, match="One word could"):
        actions.issue_study(study=kept, by=cast.dee, at=MORNING)
    actions.let_stand(
        study=kept, part="tells", ground="few", word="Looked after", why="The virtual school agreed", by=cast.dee, at=MORNING
    )  # fmt: skip
    issued = actions.issue_study(study=kept, by=cast.dee, at=MORNING)
    assert issued.content["who"] == "A pupil in Key Stage 3. Looked after."


def test_a_large_group_may_be_told_without_a_reason(cast, callum, study):
    Pupil.objects.filter(pk=callum.pk).update(is_pp=True)
    put_on_roll(*((cast.eight_c, f"Other{n}", "Sam", {"is_pp": True}) for n in range(5)))
    study = CaseStudy.objects.get(pk=study.pk)
    kept = actions.write_study(study=study, words=words(tells=["pp"]), by=cast.laila, at=MORNING)
    assert open_hits(kept, cast.laila.standing.allowed(study.school_id)) == []
    by_year = actions.write_study(study=kept, words=words(tells=["pp"], stage="year"), by=cast.laila, at=MORNING)
    assert [one.word for one in open_hits(by_year, cast.laila.standing.allowed(study.school_id))] == ["Pupil premium"]
    assert content_of(by_year, by=cast.laila, at=MORNING)["who"] == "A pupil in Year 9. Pupil premium."


def test_what_was_issued_stays_whatever_the_register_becomes(cast, study, callum):
    issued = issue(cast, study)
    before = (issued.content, bytes(issued.file.content))
    Mark.objects.filter(pupil=callum, code="O").update(code="I")
    issued.refresh_from_db()
    assert (issued.content, bytes(issued.file.content)) == before
    for act in (actions.issue_study, actions.drop_study):
        with pytest.raises(Refused, match="begin a new edition"):
            act(study=issued, by=cast.laila, at=MORNING)
    with pytest.raises(Refused, match="begin a new edition"):
        actions.write_study(study=issued, words=words(), by=cast.laila, at=MORNING)
    for rows in (CaseStudy.objects.filter(pk=issued.pk),):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(headline="Other")
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    assert [line.verb for line in Entry.objects.filter(subject_kind="case study").order_by("pk")] == [
        "drafted a case study",
        "issued a case study",
    ]


def test_who_may_not_see_the_pupil_reads_what_is_issued_and_nothing_of_whom(cast, study, sign_in, at_morning):
    for name in ("gov", "sol", "nine"):
        assert sign_in(cast.people[name]).get(f"/case-studies/{study.pk}/").status_code == 404
    issued = issue(cast, study)
    link = f"/pupils/{issued.pupil_id}/"
    for name, reaches in (("gov", False), ("nine", False), ("sol", True), ("adeyemi", True), ("tess", True)):
        page = sign_in(cast.people[name]).get(f"/case-studies/{issued.pk}/")
        assert (page.status_code, link in page.content.decode()) == (200, reaches), name
        assert ("New edition" in page.content.decode()) is (name == "adeyemi"), name
    assert sign_in(cast.olly).get(f"/case-studies/{issued.pk}/").status_code == 404
    answer = sign_in(cast.nine).post(f"/case-studies/{issued.pk}/act/", {"act": "again"})
    assert (answer.status_code, CaseStudy.objects.count()) == (404, 1)


def test_the_pupils_file_tells_of_the_study_to_whoever_writes_studies(cast, study, callum):
    issue(cast, study)
    callum = Pupil.objects.get(pk=callum.pk)
    asked = Asked(FROM, date(2026, 11, 30), kinds=["studies"])
    told = [one.words for one in file_of(callum, cast.bea, asked, at=MORNING).entries]
    assert sorted(told) == ["Case study, Pupil A drafted.", "Case study, Pupil A issued without a name."]
    assert file_of(callum, cast.sol, asked, at=MORNING).entries == []


def test_the_author_writes_a_whole_study_on_its_page(cast, study, sign_in, at_morning, count_queries):
    client = sign_in(cast.laila)
    said = {
        "act": "write", "headline": "Half of sessions, then nine in ten", "start": "Mornings were hard.", "stage": "year",
        "voice": "“It is easier now.”", "row-TOTAL_FORMS": "3", "row-INITIAL_FORMS": "0", "row-0-subject": "English",
        "row-0-before": "Below what was expected", "row-0-after": "As expected",
    }  # fmt: skip
    client.post(f"/case-studies/{study.pk}/act/", said)
    study.refresh_from_db()
    assert study.attainment == [["English", "Below what was expected", "As expected"]]
    with count_queries(30):
        page = client.get(f"/case-studies/{study.pk}/").content.decode()
    assert "Nothing found" in page
    assert "Below what was expected" in page
    too_long = client.post(f"/case-studies/{study.pk}/act/", said | {"headline": "x" * 201})
    assert too_long.status_code == 422
    assert "Mornings were hard." in too_long.content.decode()
    client.post(f"/case-studies/{study.pk}/act/", {"act": "issue"})
    study.refresh_from_db()
    text = text_of(study)
    for one in ("Half of sessions, then nine in ten", "A pupil in Year 9.", "It is easier now.", "As expected"):
        assert one in text
    with count_queries(16):
        sign_in(cast.gov).get(f"/case-studies/{study.pk}/")


def test_a_period_without_a_session_says_so(cast, callum):
    study = actions.draft_study(
        pupil=callum, from_on=date(2026, 8, 3), to_on=date(2026, 8, 4), by=cast.laila, at=MORNING
    )
    content = content_of(study, by=cast.laila, at=MORNING)
    assert content["period"] == "No school week"
    assert section(content, "attendance")["words"] == ["No possible session lies in these weeks."]
    with pytest.raises(Refused, match="last day is before"):
        actions.draft_study(pupil=callum, from_on=TO, to_on=FROM, by=cast.laila, at=MORNING)


def test_the_trail_of_a_study_names_nobody_in_its_words(cast, study):
    actions.write_study(study=study, words=words(start="Caz was late."), by=cast.laila, at=MORNING)
    issued = actions.write_study(study=study, words=words(), by=cast.laila, at=MORNING)
    issue(cast, issued)
    told = names(cast)
    for line in Entry.objects.filter(subject_kind="case study"):
        assert not [one for one in told if one in line.words], line.words
    assert CaseStudy.objects.get().state == "issued"
