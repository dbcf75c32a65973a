"""What could name somebody in a text: found, and what only looks like it left alone."""

import pytest

from reporting.rules.anonymous import ATTRIBUTES, GROUND_WORDS, INSTEAD, Ground, Name, hits

NAMES = (
    Name("Callum", Ground.PUPIL, is_own=True),
    Name("Will", Ground.PUPIL, is_own=True),
    Name("Ashworth-Łukasz", Ground.PUPIL, is_own=True),
    Name("Mrs Jo Byrne", Ground.FAMILY, is_own=True),
    Name("Grace", Ground.STAFF),
    Name("Noor", Ground.STAFF),
    Name("O'Brien", Ground.STAFF),
    Name("van der Berg", Ground.OTHER_PUPIL),
    Name("9A", Ground.FORM),
    Name("Acacia Avenue", Ground.PLACE),
    Name("004123", Ground.NUMBER),
)


def found(text, told=()):
    return [(hit.word, hit.ground.value) for hit in hits({"start": text}, NAMES, told)]


@pytest.mark.parametrize(
    ("text", "word", "ground"),
    [
        ("Then callum came back.", "callum", "pupil"),
        ("CALLUM’S week", "CALLUM’S", "pupil"),
        ("Callums mother", "Callums", "pupil"),
        ("Ms Ashworth rang", "Ashworth", "pupil"),
        ("the lukasz family", "lukasz", "pupil"),
        ("Will came back.", "Will", "pupil"),
        ("Ms byrne rang", "byrne", "family"),
        ("Seen by Ms Noor.", "Noor", "staff"),
        ("We asked Grace to help", "Grace", "staff"),
        ("with Mr OBrien", "OBrien", "staff"),
        ("a van der berg came", "van der berg", "other_pupil"),
        ("moved to 9a", "9a", "form"),
        ("near acacia avenue", "acacia avenue", "place"),
        ("at S33 8AB", "S33 8AB", "place"),
        ("number 004123", "004123", "number"),
        ("UPN H801200001001.", "H801200001001", "number"),
        ("on 12 March", "12 March", "date"),
        ("on the 3rd of November, 2026", "3rd of November, 2026", "date"),
        ("since March 2026", "March 2026", "date"),
        ("on May 4th", "May 4th", "date"),
        ("on 12/03/2026", "12/03/2026", "date"),
        ("on 2026-03-12", "2026-03-12", "date"),
        ("on Monday the 12th", "Monday the 12th", "date"),
        ("ring 07700 900418", "07700 900418", "reached"),
        ("ring +44 7700 900418", "+44 7700 900418", "reached"),
        ("a.byrne@home.example", "a.byrne@home.example", "reached"),
        ("see www.home.example/us", "www.home.example/us", "reached"),
        ("is looked after by the county", "looked after", "tells"),
        ("an EHCP was asked for", "EHCP", "tells"),
        ("on a child protection plan", "child protection", "tells"),
        ("a Traveller family", "Traveller", "tells"),
        ("during Ramadan", "Ramadan", "tells"),
        ("since the diabetes was found", "diabetes", "tells"),
        ("a bereavement at home", "bereavement", "tells"),
    ],
)  # fmt: skip
def test_what_could_name_somebody_is_found_as_it_stands(text, word, ground):
    assert (word, ground) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "The pupil will come back with good grace; it may be that they attended 8/10 lessons in week 3.",
        "In KS3 4th place. May 12 sessions of 20 were missed. 62.5 % in the autumn term, 78 of 80 in the 5th week.",
        "Attendance fell to 45 % in January and the head of year met the family twice.",
        "Grace was given. With 004 of 123 the noor of it.",
        "",
    ],
)
def test_words_of_every_text_are_left_alone(text):
    assert found(text) == []


def test_a_word_is_told_once_a_part_and_in_the_order_of_the_text():
    told = hits({"start": "Noor and Callum, Noor again", "voice": "noor. Noor"}, NAMES)
    assert [(one.part, one.word) for one in told] == [("start", "Noor"), ("start", "Callum"), ("voice", "Noor")]
    assert told[0].key == ("start", "staff", "noor")


def test_what_is_told_on_purpose_is_looked_for_no_more():
    text = "looked after, with a social worker"
    assert found(text) == [("looked after", "tells"), ("social worker", "tells")]
    assert found(text, told={"cla"}) == [("social worker", "tells")]
    assert found(text, told=ATTRIBUTES) == []


def test_a_date_within_a_longer_number_is_found_once():
    assert found("H801200001001 on 12 March 2026") == [("H801200001001", "number"), ("12 March 2026", "date")]


def test_every_ground_says_what_it_is_and_what_to_write_instead():
    assert set(GROUND_WORDS) == set(INSTEAD) == set(Ground)
