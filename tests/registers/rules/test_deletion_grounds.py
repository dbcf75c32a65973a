"""When a name may be taken off the admission register."""

from datetime import date

from registers.rules.deletion import GROUNDS, what_is_missing

TODAY = date(2026, 11, 23)


def missing(letter, confirmed=(), **changed):
    asked = {
        "last_on": TODAY, "today": TODAY, "starts_on": date(2025, 9, 3), "date_of_birth": date(2013, 5, 1),
        "destination": "",
    }  # fmt: skip
    return what_is_missing(letter, confirmed=confirmed, **(asked | changed))


def test_there_are_fifteen_grounds_each_with_its_conditions():
    assert list(GROUNDS) == list("abcdefghijklmno")
    assert all(ground.conditions for ground in GROUNDS.values())


def test_a_pupil_of_compulsory_school_age_leaves_on_a_ground_alone():
    assert "only on a ground" in missing("")[0]
    assert missing("", date_of_birth=date(2008, 5, 1)) == []
    assert missing("q") == ["(q) is no ground: choose one of (a) to (o)."]


def test_every_condition_of_the_ground_is_confirmed():
    assert len(missing("h")) == 3
    assert missing("h", confirmed={0, 1}) == [
        "Not confirmed: There is no reasonable belief of sickness or an unavoidable cause."
    ]
    assert missing("h", confirmed={0, 1, 2}) == []
    assert missing("a", confirmed={0, 1, 2}) == ["Name the other school."]
    assert missing("a", confirmed={0, 1, 2}, destination="Ridgeway High School") == []


def test_a_deletion_is_not_back_dated():
    (words,) = missing("k", confirmed={0}, last_on=date(2026, 11, 20))
    assert words == "The last day on roll cannot be back-dated: the earliest is today, Mon 23 Nov 2026."
