from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from letters.rules.households import Reader, address_lines, home_key, households, may_be_written_to

MUM = Reader(1, "Mrs", "Asha", "Rashid", "3 Weavers Close, Thornbridge", "TB4 5LP", "", by_email=False)
DAD = replace(MUM, contact_id=2, title="Mr", forename="Bilal")


def test_one_household_gets_one_letter_however_the_address_is_spelt():
    found, lost = households([MUM, replace(DAD, address="3, WEAVERS CLOSE\nThornbridge.", postcode="tb45lp")])
    assert [home.name for home in found] == ["Mrs A. Rashid and Mr B. Rashid"]
    assert found[0].lines == "3 Weavers Close\nThornbridge\nTB4 5LP"
    assert lost == []


def test_two_addresses_get_two_letters_and_neither_names_the_other():
    found, _ = households([MUM, replace(DAD, address="9 Mill Lane, Thornbridge", postcode="TB4 7QX")])
    assert [(home.name, home.lines.splitlines()[0]) for home in found] == [
        ("Mrs A. Rashid", "3 Weavers Close"),
        ("Mr B. Rashid", "9 Mill Lane"),
    ]


def test_one_of_a_household_who_wants_paper_makes_it_paper():
    mailed = replace(DAD, email="bilal@example.invalid", by_email=True)
    found, _ = households([MUM, mailed])
    assert len(found) == 1
    assert not found[0].by_email
    both, _ = households([replace(MUM, email="asha@example.invalid", by_email=True), mailed])
    assert [(home.email, home.lines) for home in both] == [("asha@example.invalid", ""), ("bilal@example.invalid", "")]


def test_whoever_has_no_address_is_mailed_or_named_as_lost():
    mailed = replace(DAD, address="", email="bilal@example.invalid", by_email=True)
    assert households([mailed])[0][0].email == "bilal@example.invalid"
    assert households([replace(mailed, by_email=False)]) == ([], [replace(mailed, by_email=False)])


def test_large_print_for_anyone_of_a_household_and_the_language_of_the_first():
    found, _ = households([replace(MUM, language="Polish"), replace(DAD, is_large_print=True)])
    assert (found[0].language, found[0].is_large_print) == ("Polish", True)


def test_letters_go_to_parents_who_are_written_to_and_may_be_told():
    yes = {
        "gets_letters": True, "do_not_contact": False, "may_be_told": "attendance", "has_responsibility": True,
        "has_care": False,
    }  # fmt: skip
    assert may_be_written_to(**yes)
    assert may_be_written_to(**yes | {"has_responsibility": False, "has_care": True})
    for change in (
        {"gets_letters": False}, {"do_not_contact": True}, {"may_be_told": "emergency"}, {"may_be_told": "nothing"},
        {"has_responsibility": False},
    ):  # fmt: skip
        assert not may_be_written_to(**yes | change)


def test_an_address_is_a_line_each_with_its_postcode_once():
    assert address_lines("3 Weavers Close, Thornbridge, tb4 5lp", "TB4 5LP") == "3 Weavers Close\nThornbridge\ntb4 5lp"
    assert home_key("", "TB4 5LP") == ""
    assert home_key("Café Lane 2", "") == home_key("cafe, lane 2", "")


@given(st.lists(st.builds(
    lambda n, home, mail: replace(MUM, contact_id=n, address=home, email=mail, by_email=bool(mail)),
    st.integers(1, 99), st.sampled_from(["", "1 A Road", "1, a road", "2 B Road"]), st.sampled_from(["", "a@x.invalid", "b@x.invalid"]),
), max_size=6, unique_by=lambda one: one.contact_id))  # fmt: skip
def test_every_reader_is_in_one_household_or_lost(readers):
    found, lost = households(readers)
    together = [reader.contact_id for home in found for reader in home.readers] + [one.contact_id for one in lost]
    assert sorted(together) == sorted(reader.contact_id for reader in readers)
    assert all(home.lines or home.email for home in found)
