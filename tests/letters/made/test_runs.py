"""Print runs: in posting order, joined from what was kept, in one run only, posted by a person."""

import hashlib
import threading
from datetime import timedelta
from io import BytesIO

import pypdf
import pytest
from django.db import connection

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from letters.actions import making, runs
from letters.actions.deciding import approve_letters, release_letter
from letters.actions.stops import keep_stop, lift_stop
from letters.models import Letter, PrintRun
from letters.queries.proof import proof_of
from letters.queries.runs import letters_in, no_longer_due, progress_of, take_out
from registers.models import StoredFile
from tests.factories.post_room import MORNING, write

State = Letter.State


@pytest.fixture
def ready(school):
    """Give five letters that lie ready, in no order."""
    write(school, school.callum, school.ikra, school.amina, school.tyler, school.freya)
    while making.make_next(at=MORNING) is not None:
        pass
    return school


def together(cast, at=MORNING, order="postcode"):
    return runs.put_together(school=cast.thornbridge, order=order, by=cast.sandra, at=at)


def joined(run, at=MORNING):
    runs.join_next(at=at)
    run.refresh_from_db()
    return run


def pages(run):
    return [page.extract_text() for page in pypdf.PdfReader(BytesIO(bytes(run.file.content))).pages]


def test_letters_lie_by_postcode_under_a_cover_list_of_who_and_how_many_pages(ready):
    run = joined(together(ready))
    cover, *letters = pages(run)
    order = ["Ikra", "Tyler", "Freya", "Amina", "Callum"]  # TB4 5HN to TB4 9HN
    assert [next(name for name in order if name in text) for text in letters] == order
    assert [row.pupil.forename for row in letters_in(run)] == order
    assert "5 letters, 5 pages" in cover
    for row in letters_in(run):
        assert f"{row.run_place} {row.to_name}" in " ".join(cover.split())
    assert run.pages == 6
    assert run.state == PrintRun.State.READY
    assert run.file.sha256 == hashlib.sha256(bytes(run.file.content)).hexdigest()


def test_on_paper_printed_on_both_sides_no_letter_begins_on_the_back_of_another(ready):
    run = runs.put_together(school=ready.thornbridge, order="postcode", is_two_sided=True, by=ready.sandra, at=MORNING)
    lying = pages(joined(run))
    assert len(lying) == run.pages == 12
    assert all(text.strip() for text in lying[::2])
    assert not any(text.strip() for text in lying[1::2])


def test_a_letter_is_in_one_run_only(ready):
    together(ready)
    with pytest.raises(Refused, match="No letter lies ready"):
        together(ready)
    assert PrintRun.objects.count() == 1


def test_nothing_is_printed_again_for_a_run(ready, monkeypatch):
    from letters import pdf

    monkeypatch.setattr(pdf, "letter", lambda sheet: pytest.fail("a letter was printed again"))
    assert joined(together(ready)).file is not None


def test_a_letter_recalled_before_it_is_joined_drops_out(ready):
    run = together(ready)
    Letter.objects.filter(pupil=ready.tyler).update(state=State.RECALLED)
    joined(run)
    assert len(pages(run)) == 5
    assert not any("Tyler" in text for text in pages(run))
    assert progress_of(run).fell_out == 1
    assert not take_out(run).exists()


def test_a_letter_recalled_after_it_was_joined_is_taken_out_by_hand(ready):
    run = joined(together(ready))
    Letter.objects.filter(pupil=ready.tyler).update(state=State.RECALLED)
    assert [letter.run_place for letter in take_out(run)] == [2]
    assert runs.mark_posted(run=run, by=ready.sandra, at=MORNING) == 4


def test_posted_by_a_person_and_taken_back_within_ten_minutes(ready):
    run = joined(together(ready))
    assert runs.mark_posted(run=run, by=ready.sandra, at=MORNING) == 5
    assert set(run.letters.values_list("state", "sent_by")) == {(State.SENT, ready.sandra.pk)}
    with pytest.raises(Refused, match="already"):
        runs.mark_posted(run=run, by=ready.sandra, at=MORNING)
    assert runs.take_back_posted(run=run, by=ready.sandra, at=MORNING + timedelta(minutes=10)) == 5
    assert set(run.letters.values_list("state", flat=True)) == {State.READY}
    runs.mark_posted(run=run, by=ready.sandra, at=MORNING)
    with pytest.raises(Refused, match="more than ten minutes"):
        runs.take_back_posted(run=run, by=ready.sandra, at=MORNING + timedelta(minutes=11))
    assert Entry.objects.about("print run", run.pk).count() == 5


def test_a_run_is_not_posted_before_it_is_ready(ready):
    with pytest.raises(Refused, match="not put together yet"):
        runs.mark_posted(run=together(ready), by=ready.sandra, at=MORNING)


def test_a_kept_file_that_is_not_what_was_printed_drops_out_and_has_failed(ready):
    letter = Letter.objects.get(pupil=ready.tyler)
    other = StoredFile.objects.create(
        school=ready.thornbridge, purpose="letter", name="x.pdf", kind="application/pdf", size=1, sha256="0" * 64,
        content=b"x", added_at=MORNING,
    )  # fmt: skip
    Letter.objects.filter(pk=letter.pk).update(file=other)
    run = joined(together(ready))
    letter.refresh_from_db()
    assert letter.state == State.FAILED
    assert len(pages(run)) == 5


def test_a_run_waits_until_its_letters_are_made(school):
    run = PrintRun.objects.create(school=school.thornbridge, made_at=MORNING, made_by=school.sandra)
    (letter,) = write(school, school.callum)
    Letter.objects.filter(pk=letter.pk).update(print_run=run)
    assert runs.join_next(at=MORNING) is None
    assert progress_of(run).to_make == 1
    making.make_next(at=MORNING)
    assert joined(run).state == PrintRun.State.READY


@pytest.mark.django_db(transaction=True)
def test_two_people_who_put_together_at_once_share_no_letter(ready):
    found = []

    def work():
        try:
            found.append(together(ready).pk)
        except Refused:
            found.append(None)
        finally:
            connection.close()

    hands = [threading.Thread(target=work) for _ in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    runs_of_letters = set(Letter.objects.values_list("print_run", flat=True))
    assert None not in runs_of_letters
    assert sum(Letter.objects.filter(print_run=pk).count() for pk in found if pk) == 5


def test_a_letter_that_a_stop_holds_back_after_it_was_made_is_not_joined(ready):
    run = together(ready)
    keep_stop(
        pupil=ready.amina, covers="all", reason="Bereavement", is_private=False, owner=ready.bea, to_on=None,
        by=ready.sandra, at=MORNING,
    )  # fmt: skip
    joined(run)
    held = Letter.objects.get(pupil=ready.amina)
    assert held.state == State.HELD_BACK
    assert held.ended_why
    assert [row.pupil for row in letters_in(run) if row.pupil == ready.amina and row.run_place] == []
    assert not any("Amina" in text for text in pages(run))
    assert runs.mark_posted(run=run, by=ready.sandra, at=MORNING) == 4
    assert Letter.objects.get(pupil=ready.amina).state == State.HELD_BACK


def stop(cast, pupil, at=MORNING):
    return keep_stop(
        pupil=pupil, covers="all", reason="Bereavement", is_private=False, owner=cast.bea, to_on=None,
        by=cast.sandra, at=at,
    )  # fmt: skip


def test_a_stop_put_after_the_file_was_joined_is_shown_and_the_letter_taken_out_before_posting(ready):
    run = joined(together(ready))
    assert no_longer_due(run, at=MORNING) == []
    stop(ready, ready.tyler)
    (found,) = no_longer_due(run, at=MORNING)
    assert (found[0].pupil, found[0].run_place) == (ready.tyler, 2)
    assert found[1].startswith("Bereavement")
    with pytest.raises(Refused, match="1 letter is not due any more"):
        runs.mark_posted(run=run, by=ready.sandra, at=MORNING)
    everyone = list(run.letters.values_list("pk", flat=True))
    (out,) = runs.take_out_letters(run=run, letter_ids=everyone, by=ready.sandra, at=MORNING)
    out.refresh_from_db()
    assert out.state == State.HELD_BACK
    assert out.ended_why.startswith("Bereavement")
    assert list(take_out(run)) == [out]
    with pytest.raises(Refused, match="None of these letters"):
        runs.take_out_letters(run=run, letter_ids=everyone, by=ready.sandra, at=MORNING)
    assert runs.mark_posted(run=run, by=ready.sandra, at=MORNING) == 4
    with pytest.raises(Refused, match="ready to print: posted"):
        runs.take_out_letters(run=run, letter_ids=everyone, by=ready.sandra, at=MORNING)


def test_a_person_may_say_that_it_went_all_the_same_and_the_trail_says_which(ready):
    run = joined(together(ready))
    stop(ready, ready.tyler)
    assert runs.mark_posted(run=run, with_those_not_due=True, by=ready.sandra, at=MORNING) == 5
    entry = Entry.objects.about("print run", run.pk).get(verb="marked a print run posted")
    assert list(entry.after["not_due"]) == [str(Letter.objects.get(pupil=ready.tyler).pk)]


def test_a_letter_taken_out_and_approved_again_waits_until_its_old_paper_is_out_of_the_way(ready):
    run = joined(together(ready))
    kept = stop(ready, ready.tyler)
    letter = Letter.objects.get(pupil=ready.tyler)
    runs.take_out_letters(run=run, letter_ids=[letter.pk], by=ready.sandra, at=MORNING)
    lift_stop(stop=kept, why="The family agreed", by=ready.sandra, at=MORNING)
    letter.refresh_from_db()
    release_letter(letter=letter, by=ready.sandra, at=MORNING)
    approved = approve_letters(school=ready.thornbridge, letter_ids=[letter.pk], by=ready.sandra, at=MORNING)
    assert f"lies in print run {run.pk}" in approved.held_back[0].ended_why
    runs.mark_posted(run=run, by=ready.sandra, at=MORNING)
    letter.refresh_from_db()
    release_letter(letter=letter, by=ready.sandra, at=MORNING)
    approve_letters(school=ready.thornbridge, letter_ids=[letter.pk], by=ready.sandra, at=MORNING)
    making.make_next(at=MORNING)
    again = joined(together(ready))
    assert [one.pupil for one in letters_in(again)] == [ready.tyler]


def test_a_run_that_cannot_be_joined_stops_after_three_tries_and_says_why_until_somebody_tries_again(
    ready, monkeypatch
):
    from letters import pdf

    run, at = together(ready), MORNING
    real = pdf.cover_list
    monkeypatch.setattr(pdf, "cover_list", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    for _ in range(3):
        assert runs.join_next(at=at) == run
        assert runs.join_next(at=at) is None
        at += timedelta(minutes=2)
    run.refresh_from_db()
    assert (run.state, run.attempts, run.ended_why) == (PrintRun.State.STOPPED, 3, "It broke off (OSError).")
    assert runs.join_next(at=at + timedelta(hours=1)) is None
    assert [one.words for one in proof_of(ready.thornbridge, at=at).stuck] == [
        "Print runs that could not be put together"
    ]
    with pytest.raises(Refused, match="not put together yet"):
        runs.mark_posted(run=run, by=ready.sandra, at=at)
    monkeypatch.setattr(pdf, "cover_list", real)
    runs.try_again(run=run, by=ready.sandra, at=at)
    with pytest.raises(Refused, match="has not stopped"):
        runs.try_again(run=run, by=ready.sandra, at=at)
    assert joined(run, at).state == PrintRun.State.READY
    assert len(pages(run)) == 6


def test_a_run_whose_worker_dies_is_tried_again_after_its_lease_and_not_for_ever(ready):
    run, at = together(ready), MORNING
    for _ in range(3):
        assert runs._claim(at).pk == run.pk
        assert runs.join_next(at=at + timedelta(minutes=2)) is None
        at += timedelta(minutes=3)
    assert runs.join_next(at=at) == run
    run.refresh_from_db()
    assert (run.state, run.ended_why) == (
        PrintRun.State.STOPPED, "Its worker stopped three times while putting it together.",
    )  # fmt: skip


def test_one_file_that_cannot_be_read_drops_out_and_stops_no_other(ready):
    letter = Letter.objects.get(pupil=ready.tyler)
    broken = StoredFile.objects.create(
        school=ready.thornbridge, purpose="letter", name="x.pdf", kind="application/pdf", size=1,
        sha256=hashlib.sha256(b"x").hexdigest(), content=b"x", added_at=MORNING,
    )  # fmt: skip
    Letter.objects.filter(pk=letter.pk).update(file=broken)
    run = joined(together(ready))
    letter.refresh_from_db()
    assert (letter.state, run.state) == (State.FAILED, PrintRun.State.READY)
    assert "cannot be read" in letter.ended_why
