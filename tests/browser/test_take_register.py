"""Taking a register in a browser: by keys, by thumb, with two people, and with the network gone."""

import re

import pytest
from playwright.sync_api import expect

from registers.models import Amendment, Mark, Register
from tests.browser.conftest import PHONE
from tests.conftest import MORNING

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMES = """Ashworth Callum, Begum Amina, Blackwood Freya, Brennan Niall, Carrington Poppy, Chaudhry Zain, Cooper Alfie,
Dobson Lily-Mae, Edwards Tobias, Farrow Jessica, Gill Harpreet, Greenhalgh Oscar, Hassan Ikra, Holroyd Maisie,
Igwe Chidi, Jarvis Ellie, Kaczmarek Oliwia, Lund Harvey, Marsden Beth, Mensah Kofi, Nuttall Jack,
O’Shea Caitlin, Patel Rohan, Pickering George, Quayle Imogen, Rahman Tahmid,
Singh Arjun, Thackray Leo, Underhill Martha, Wójcik Filip"""


@pytest.fixture
def nine_b(cast):
    """Give a group of thirty, tutored by Pat."""
    from tests.factories.cast import make_pupil
    from tests.factories.staff import PostFactory, TutorGroupFactory

    group = TutorGroupFactory(school=cast.thornbridge, name="9B", year_group=9, room="B14")
    for name in NAMES.replace("\n", " ").split(","):
        surname, forename = name.strip().split(" ")
        make_pupil(group, surname, forename)
    PostFactory(user=cast.pat, school=cast.thornbridge, role="tutor", tutor_group=group)
    return group


def address(group, half="AM"):
    return f"/registers/{group.pk}/2026-11-23/{half}/"


def open_sheet(page, group):
    page.goto(address(group))
    expect(page.locator("#all-saved")).to_contain_text(re.compile("Opened|Saved|Taken"))
    return page


def row_of(page, name):
    return page.locator("tr[data-pupil]", has=page.locator("th", has_text=name))


def press(page, keys):
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


def marks(group):
    return dict(Mark.objects.filter(pupil__tutor_group=group).values_list("pupil__legal_surname", "code"))


def test_thirty_pupils_in_thirty_one_presses(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    presses = press(page, ["/"] * 12 + ["n"] + ["/"] * 16 + ["i", "Enter"])
    page.wait_for_url(re.compile(rf"/registers/{cast.nine_a.pk}/"))
    expect(page.locator("#toasts")).to_contain_text("9B register taken 09:14")
    assert presses == 31
    written = marks(nine_b)
    assert len(written) == 30
    assert (written["Hassan"], written["Wójcik"], written["Ashworth"]) == ("N", "I", "/")
    register = Register.objects.get(tutor_group=nine_b)
    assert (register.completed_by, register.completed_at) == (cast.pat, MORNING)
    assert not Amendment.objects.exists()
    assert page.complaints == []


def test_blanks_present_and_finish_in_two_presses(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    assert press(page, ["F2", "Enter"]) == 2
    page.wait_for_url(re.compile(rf"/registers/{cast.nine_a.pk}/"))
    assert set(marks(nine_b).values()) == {"/"}
    assert Register.objects.get(tutor_group=nine_b).version == 1


def test_blanks_present_is_taken_back(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    press(page, ["n", "F2"])
    page.get_by_role("button", name="Undo").click()
    expect(page.locator('[data-count="unmarked"]')).to_have_text("29")
    expect(row_of(page, "Ashworth").locator(".saved")).to_contain_text("09:14 saved")
    assert marks(nine_b) == {"Ashworth": "N"}


def test_late_asks_minutes_and_the_next_code_goes_to_the_next_pupil(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    press(page, ["l", "6", "Enter", "l", "1", "2", "/", "Home"])
    expect(row_of(page, "Blackwood").locator(".saved")).to_contain_text("09:14 saved")
    late = Mark.objects.get(pupil__legal_surname="Begum")
    assert (late.code, late.minutes_late) == ("L", 12)
    assert Mark.objects.get(pupil__legal_surname="Ashworth").minutes_late == 6
    assert marks(nine_b)["Blackwood"] == "/"
    expect(row_of(page, "Ashworth").locator("input.code")).to_be_focused()


def test_late_without_minutes_after_closing_becomes_u_and_says_why(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    press(page, ["l", "Enter"])
    expect(row_of(page, "Ashworth")).to_contain_text("The register closed at 09:10")
    expect(row_of(page, "Ashworth").locator("input.code")).to_have_value("U")


def test_the_keys_of_the_grid(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.sandra), nine_b)

    def box(name):
        return row_of(page, name).locator("input.code")

    press(page, ["y", "4"])  # two signs
    expect(box("Ashworth")).to_have_value("Y4")
    press(page, ["c", "Enter"])  # C alone, by Enter
    expect(box("Blackwood")).to_be_focused()
    press(page, ["c", "/"])  # C alone, because another code follows
    expect(box("Blackwood")).to_have_value("C")
    expect(box("Brennan")).to_have_value("/")
    press(page, ["End"])
    expect(box("Wójcik")).to_be_focused()
    press(page, ["ArrowUp", "n", "ArrowUp", "Backspace", "m"])
    expect(box("Underhill")).to_have_value("M")
    expect(row_of(page, "Blackwood").locator(".saved")).to_contain_text("09:14 saved")
    press(page, ["Home", "ArrowDown", "ArrowDown", "Backspace", "ArrowDown"])
    expect(box("Blackwood")).to_have_value("C")  # a saved mark is changed, never cleared
    press(page, ["End"])
    expect(page.locator("#all-saved")).to_contain_text("All saved 09:14")
    written = marks(nine_b)
    assert {name: written[name] for name in ("Ashworth", "Begum", "Blackwood", "Brennan", "Underhill")} == {
        "Ashworth": "Y4", "Begum": "C", "Blackwood": "C", "Brennan": "/", "Underhill": "M",
    }  # fmt: skip


def test_a_code_that_is_none_stays_red_with_words(cast, nine_b, signed_in_page, no_violations):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    press(page, ["z"])
    row = row_of(page, "Ashworth")
    expect(row.locator("input.code")).to_have_attribute("aria-invalid", "true")
    expect(row.locator("input.code")).to_be_focused()
    expect(row.locator(".saved")).to_contain_text("Z is not a code you can enter")
    expect(page.locator("#say")).to_contain_text("Z is not a code")
    no_violations(page)
    press(page, ["n"])
    expect(row.locator(".saved")).to_contain_text("09:14 saved")


def test_the_picker_of_all_codes(cast, nine_b, signed_in_page, no_violations):
    page = open_sheet(signed_in_page(cast.sandra), nine_b)
    press(page, ["?"])
    expect(page.locator("#codes")).to_be_visible()
    no_violations(page)
    page.keyboard.type("exceptional")
    press(page, ["Enter"])
    expect(row_of(page, "Ashworth").locator("input.code")).to_have_value("C")
    expect(row_of(page, "Begum").locator("input.code")).to_be_focused()


def test_finishing_names_who_is_not_marked(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    press(page, ["/"])
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#toasts")).to_contain_text("29 pupils are not marked: Begum, Amina")
    expect(row_of(page, "Begum").locator("input.code")).to_be_focused()
    assert Register.objects.get(tutor_group=nine_b).completed_at is None


def test_two_people_the_page_asks_which_stays(cast, nine_b, signed_in_page, no_violations):
    mine, theirs = signed_in_page(cast.pat), signed_in_page(cast.sandra)
    open_sheet(mine, nine_b)
    open_sheet(theirs, nine_b)
    press(theirs, ["m", "m"])
    expect(row_of(theirs, "Begum").locator(".saved")).to_contain_text("saved")
    press(mine, ["/", "n", "i"])
    row = row_of(mine, "Ashworth")
    expect(row.locator(".saved")).to_contain_text("Mrs S. Pugh wrote M at 09:14")
    expect(row_of(mine, "Blackwood").locator(".saved")).to_contain_text("09:14 saved")
    no_violations(mine)
    row.get_by_role("button", name="Keep M").click()
    expect(row.locator("input.code")).to_have_value("M")
    row_of(mine, "Begum").get_by_role("button", name="Use N").click()
    expect(row_of(mine, "Begum").locator(".saved")).to_contain_text("09:14 saved")
    assert marks(nine_b) == {"Ashworth": "M", "Begum": "N", "Blackwood": "I"}


def test_nothing_is_lost_while_the_office_cannot_be_reached(cast, nine_b, signed_in_page, no_violations):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    sent = []
    page.on("request", lambda request: sent.append(request.post_data_json["key"]) if "/save/" in request.url else None)
    page.route("**/save/", lambda route: route.abort())
    press(page, ["n"])
    row = row_of(page, "Ashworth")
    expect(row.locator(".saved")).to_contain_text("Not saved - trying again")
    expect(page.locator("#offline")).to_be_visible()
    no_violations(page)
    press(page, ["/"])
    assert not Mark.objects.exists()
    page.unroute("**/save/")
    expect(row.locator(".saved")).to_contain_text("09:14 saved", timeout=15000)
    expect(row_of(page, "Begum").locator(".saved")).to_contain_text("09:14 saved")
    expect(page.locator("#offline")).to_be_hidden()
    assert marks(nine_b) == {"Ashworth": "N", "Begum": "/"}
    assert len(sent) > len(set(sent)), "the same batch is sent again under the same key"


def test_an_answer_lost_on_the_way_is_not_a_second_save(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    lost = []

    def lose(route):
        route.fetch()
        lost.append(True)
        route.abort()

    page.route("**/save/", lose, times=1)
    press(page, ["n"])
    expect(row_of(page, "Ashworth").locator(".saved")).to_contain_text("09:14 saved", timeout=15000)
    assert lost == [True]
    assert Register.objects.get(tutor_group=nine_b).version == 1


def test_by_thumb_on_a_phone(cast, nine_b, signed_in_page, no_violations):
    page = open_sheet(signed_in_page(cast.pat, viewport=PHONE, has_touch=True, is_mobile=True), nine_b)
    row_of(page, "Ashworth").get_by_role("button", name="Absent, no reason yet").tap()
    late = row_of(page, "Begum")
    late.get_by_role("button", name="Late").tap()
    late.get_by_label("Minutes late").fill("6")
    row_of(page, "Blackwood").get_by_role("button", name="Other code").tap()
    page.get_by_role("button", name="I Illness").tap()
    page.get_by_role("button", name="Mark blanks present").tap()
    # All rows at once: axe takes a button that is scrolled half under the sticky foot for a small one.
    page.set_viewport_size({"width": PHONE["width"], "height": 4000})
    no_violations(page)
    for button in page.locator(".quick button, .foot .btn.primary, #fill").all():
        box = button.bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Finish").tap()
    page.wait_for_url(re.compile(rf"/registers/{cast.nine_a.pk}/"))
    written = marks(nine_b)
    assert [written[name] for name in ("Ashworth", "Begum", "Blackwood", "Brennan")] == ["N", "L", "I", "/"]
    assert page.complaints == []


def test_without_a_script_the_form_is_sent_whole(cast, signed_in_page, no_violations):
    page = signed_in_page(cast.pat, java_script_enabled=False)
    page.goto(address(cast.nine_a))
    page.get_by_label("Code for Ashworth, Callum").fill("n")
    page.get_by_label("Code for Begum, Amina").fill("L")
    page.get_by_label("Minutes late, Begum, Amina").fill("6")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator("#toasts")).to_contain_text("2 of 3 marked")
    page.get_by_role("button", name="Mark blanks present").click()
    page.get_by_role("button", name="Finish").click()
    assert Register.objects.get(tutor_group=cast.nine_a).completed_at == MORNING
    assert marks(cast.nine_a) == {"Ashworth": "N", "Begum": "L", "Blackwood": "/"}


def test_axe_finds_nothing_on_the_list_and_the_sheet(cast, nine_b, signed_in_page, no_violations):
    for user in (cast.pat, cast.sandra):
        page = signed_in_page(user)
        page.goto("/registers/")
        no_violations(page)
        open_sheet(page, nine_b)
        no_violations(page)
        page.goto(address(nine_b, "PM"))
        no_violations(page)
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/registers/", address(nine_b)):
        page.goto(path)
        no_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_row_at_work_is_never_under_the_bars(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    foot = page.locator(".foot").bounding_box()
    for _ in range(29):
        press(page, ["/"])
        place = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
        assert place["bottom"] <= page.locator(".foot").bounding_box()["y"]
        assert place["top"] >= 48
    assert foot["height"] < 80


def test_after_closing_the_better_code_is_one_button_away(cast, nine_b, signed_in_page, no_violations):
    page = open_sheet(signed_in_page(cast.pat), nine_b)
    press(page, ["l", "3", "5", "Enter"])  # 08:40 and 35 minutes: five after the register closed
    ashworth = row_of(page, "Ashworth")
    expect(ashworth).to_contain_text("The register closed at 09:10: arrived after it, so U")
    expect(page.locator("#say")).to_contain_text("better codes are offered")
    no_violations(page)
    ashworth.get_by_role("button", name="M Medical or dental appointment").click()
    expect(ashworth.locator("input.code")).to_have_value("M")
    expect(ashworth.locator(".better")).to_have_count(0)
    expect(ashworth.locator(".saved")).to_contain_text("09:14 saved")
    assert marks(nine_b) == {"Ashworth": "M"}
    assert list(Amendment.objects.values_list("from_code", "to_code")) == [("U", "M")]


def test_finishing_with_an_l_after_closing_waits_for_one_look(cast, nine_b, signed_in_page, no_violations):
    page = open_sheet(signed_in_page(cast.pat, viewport=PHONE), nine_b)
    row_of(page, "Farrow").get_by_role("button", name="Late").click()
    page.locator("#fill").click()
    page.locator("#finish").click()
    expect(page.locator("#toasts")).to_contain_text("Not finished yet. After the register closed: Farrow, Jessica.")
    assert Register.objects.get(tutor_group=nine_b).completed_at is None
    better = row_of(page, "Farrow").get_by_role("group", name="A better code for Farrow, Jessica")
    expect(better.get_by_role("button").first).to_be_focused()
    no_violations(page)
    better.get_by_role("button", name="I Illness").click()
    expect(row_of(page, "Farrow").locator("input.code")).to_have_value("I")
    page.locator("#finish").click()
    page.wait_for_url(re.compile(rf"/registers/{cast.nine_a.pk}/"))
    assert marks(nine_b)["Farrow"] == "I"
    assert Register.objects.get(tutor_group=nine_b).completed_at == MORNING


def test_the_office_is_asked_whether_its_l_came_before_closing(cast, nine_b, signed_in_page):
    page = open_sheet(signed_in_page(cast.sandra), nine_b)
    press(page, ["l", "Enter"])
    ashworth = row_of(page, "Ashworth")
    expect(ashworth).to_contain_text("The register closed at 09:10: L says the pupil came before.")
    expect(ashworth.locator("input.code")).to_have_value("L")
    ashworth.get_by_role("button", name="U came after").click()
    expect(ashworth.locator("input.code")).to_have_value("U")
    expect(ashworth.locator(".saved")).to_contain_text("09:14 saved")
    assert marks(nine_b) == {"Ashworth": "U"}
