"""What the supplied letters say is so: of a letter before, of getting better, of a pupil whose sex is not recorded."""

from datetime import timedelta

import pytest

from letters.actions import making
from letters.models import Letter, LetterKind, LetterTemplate
from letters.queries.composing import Envelope, compose
from letters.queries.letter_values import Given, earlier_letter, receipts
from letters.queries.templates import latest_version
from registers.models import Pupil
from tests.factories.letters import make_sent
from tests.factories.post_room import MORNING, WEEK, write

ON = MORNING.date()


def said(cast, kind, pupil=None, earlier=None, fields=None):
    pupil = Pupil.objects.select_related("tutor_group", "school").get(pk=(pupil or cast.callum).pk)
    facts = receipts(cast.thornbridge.pk, [pupil.pk], from_on=WEEK[0], to_on=WEEK[-1])[pupil.pk]
    if earlier:
        facts["earlier"] = earlier
    version = latest_version(LetterTemplate.objects.get(school=cast.thornbridge, kind=kind, language="English"))
    page = compose(
        version, pupil=pupil, contacts=[pupil.parents.get().contact], head=cast.thornbridge.letterhead,
        given=Given(facts=facts, fields=fields or {}, level="2"), envelope=Envelope(), on=ON,
    )  # fmt: skip
    return " ".join(page.words.split())


@pytest.fixture
def posted(school):
    """Give the letter of concern about Callum that went a week ago."""
    (letter,) = write(school, school.callum)
    making.make_next(at=MORNING)
    return make_sent(letter, by=school.sandra, at=MORNING - timedelta(days=7))


def test_the_second_letter_speaks_of_an_earlier_one_only_where_one_went(school):
    words = said(school, "level_2")
    assert "We wrote to you" not in words
    assert "falling behind" not in words
    assert "We are writing because we are worried about Callum\u2019s attendance." in words


@pytest.mark.parametrize("kind", ["level_2", "praise"])
def test_an_earlier_letter_is_named_by_its_day(school, posted, kind):
    assert "We wrote to you on Mon 16 Nov 2026 about Callum\u2019s attendance." in said(school, kind)


def test_a_letter_that_was_recalled_is_too_old_or_went_to_another_is_not_spoken_of(school, posted):
    contact = school.callum.parents.get().contact
    assert earlier_letter(school.callum, [contact], on=ON) == "Mon 16 Nov 2026"
    assert earlier_letter(school.callum, [], on=ON) == ""
    assert earlier_letter(school.callum, [school.amina.parents.get().contact], on=ON) == ""
    assert earlier_letter(school.callum, [contact, school.amina.parents.get().contact], on=ON) == ""
    assert earlier_letter(school.callum, [contact], on=ON + timedelta(days=400)) == ""
    Letter.objects.filter(pk=posted.pk).update(recalled_at=MORNING, recalled_by=school.sandra)
    assert earlier_letter(school.callum, [contact], on=ON) == ""


def test_praise_says_that_it_was_less_before_only_where_it_was(school):
    before = {"possible": 10, "attended": 5}
    assert "attendance was 50.0" in said(school, "praise", earlier=before)
    assert "attendance was" not in said(school, "praise", earlier={"possible": 10, "attended": 10})


def test_every_supplied_letter_reads_right_where_the_sex_is_not_recorded(school):
    Pupil.objects.filter(pk=school.callum.pk).update(sex="")
    for kind in (LetterKind.LEVEL_1, LetterKind.LEVEL_2, LetterKind.PRAISE, LetterKind.CONCERN):
        words = said(school, kind)
        for wrong in ("They has", "they has", "They was", "they was", "They is", "they is"):
            assert wrong not in words


def test_the_apology_claims_no_more_than_that_the_letter_was_wrong(school):
    assert "put our record right" not in said(school, "apology")
