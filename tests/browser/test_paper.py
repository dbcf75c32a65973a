"""The governors' paper in a browser: drafted, written into and issued by leadership; read by a governor, who meets nobody."""

from __future__ import annotations

import re
from io import BytesIO
from urllib.parse import urljoin, urlsplit

import pytest
from pypdf import PdfReader

from registers.models import Contact, Pupil
from reporting.models import Paper
from tests.factories.cast import put_on_roll
from tests.factories.staff import TutorGroupFactory
from tests.reporting.conftest import put, sessions, term  # noqa: F401 - the world that this file looks at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Each choice of a look multiplies the addresses: a reader's walk takes so many of them, new pages before new choices.
MOST = 320


@pytest.fixture
def autumn(live_server, term):  # noqa: F811
    """Give the term's school with a form of one pupil, of a year group of one, who missed most of it."""
    form = TutorGroupFactory(school=term.thornbridge, name="11Z", year_group=11)
    (term.lone,) = put_on_roll((form, "Quillfeather", "Marigold", {"sex": "F", "sen": "E", "is_fsm": True}))
    marks = {(term.lone, on, half): "O" for on, half in sessions()}
    put(term.thornbridge, marks)
    return term


def in_words(reader):
    """Give the text of a PDF with its spaces evened out."""
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def is_good(page, no_violations, path):
    """Assert that what a page shows is clean to axe and does not scroll sideways, at a desk and on a phone."""
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        no_violations(page)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, (path, size["width"], wider)
    page.set_viewport_size(WIDE)


def issue(page, asks):
    """Draft a paper over the year, write what is asked, and issue it; give its address."""
    page.goto("/papers/")
    page.get_by_role("button", name="Draft the paper").click()
    page.wait_for_url(re.compile(r"/papers/\d+/$"))
    page.get_by_label("What the school asks of governors").fill(asks)
    page.get_by_role("button", name="Keep these words").click()
    page.get_by_text("Kept", exact=True).first.wait_for()
    page.get_by_role("button", name="Issue to governors").click()
    page.get_by_role("link", name="Open the PDF").wait_for()
    return urlsplit(page.url).path


def test_leadership_drafts_a_paper_says_what_is_asked_and_issues_it_for_good(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sol)
    page.goto("/papers/")
    page.get_by_text("Enter it").click()
    page.get_by_label("Expected attendance, per cent").fill("93.40")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Expected in 2026/27: 93.40 %").first.wait_for()
    is_good(page, no_violations, "/papers/")

    page.get_by_role("button", name="Draft the paper").click()
    page.wait_for_url(re.compile(r"/papers/\d+/$"))
    assert "Draft: figures as they stand" in page.locator(".head").inner_text()
    is_good(page, no_violations, "a draft")
    page.get_by_label("Headline in your own words").fill("Attendance held while the flu went round.")
    page.get_by_label("What the school asks of governors").fill("Agree that lateness comes to the next meeting.")
    page.get_by_role("button", name="Keep these words").click()
    page.get_by_text("Attendance held while the flu went round.").last.wait_for()
    page.get_by_role("button", name="Issue to governors").click()
    page.get_by_text("Issued Mon 23 Nov 2026").first.wait_for()
    is_good(page, no_violations, "an issued paper")
    assert page.get_by_role("button", name="Keep these words").count() == 0
    said = page.locator("#part-headline").inner_text()
    assert "The attendance expected of the school in 2026/27 is 93.40 %." in said

    paper = Paper.objects.get()
    file = page.get_by_role("link", name="Open the PDF").get_attribute("href")
    answer = page.request.get(file)
    assert answer.headers["content-type"] == "application/pdf"
    paper.refresh_from_db()
    assert answer.body() == bytes(paper.file.content)
    reader = PdfReader(BytesIO(answer.body()))
    assert 6 <= len(reader.pages) <= 8
    text = in_words(reader)
    for words in ("Attendance held while the flu went round.", "Agree that lateness comes to the next meeting."):
        assert words in text
        assert words in page.locator("main").inner_text()

    page.get_by_role("button", name="New edition").click()
    page.get_by_role("heading", name="edition 2").wait_for()
    assert Paper.objects.get(pk=paper.pk).content == paper.content
    assert page.complaints == []


class Walk:
    """A reader's walk over every address that the pages met so far lead to, each with what it said."""

    def __init__(self, page, base):
        self.page, self.base = page, base
        self.said, self.refused = {}, {}

    def over(self, *begin):
        """Walk from some addresses until nothing new is met, new pages before new choices of one."""
        waits, met = list(begin), set(begin)
        while waits and len(self.said) < MOST:
            waits.sort(key=self.choices)
            at = waits.pop(0)
            for new in self.look(at) - met:
                met.add(new)
                waits.append(new)

    def choices(self, address):
        """Give how many choices an address makes, after whether its page was met at all."""
        path = urlsplit(address).path
        return (any(urlsplit(one).path == path for one in self.said), address.count("="), address)

    def look(self, address):
        """Read an address and give those it leads to."""
        answer = self.page.request.get(address)
        if answer.status != 200:
            self.refused[address] = answer.status
            return set()
        if "html" not in answer.headers["content-type"]:
            body = answer.body()
            self.said[address] = in_words(PdfReader(BytesIO(body))) if body[:4] == b"%PDF" else repr(body)
            return set()
        text = answer.text()
        self.said[address] = text
        return {one for one in self.leads(address, text) if one.startswith("/") and "logout" not in one}

    @staticmethod
    def leads(address, text):
        """Give the addresses of a page's links and of each choice that its form of questions offers."""
        for href in re.findall(r'(?:href|hx-get)="([^"#]+)', text):
            whole = urlsplit(urljoin(address, href.replace("&amp;", "&")))
            if not whole.netloc and not whole.path.startswith("/static/"):
                yield whole.path + (f"?{whole.query}" if whole.query else "")
        path = urlsplit(address).path
        for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', text, re.DOTALL):
            for value in re.findall(r'<option value="([^"]+)"', options):
                if path == "/explorer/":
                    yield f"{path}?{urlsplit(address).query}&{name}={value}".replace("?&", "?")


def test_a_governor_walks_all_that_is_open_and_meets_no_pupil(autumn, signed_in_page, no_violations, live_server):
    paper = issue(signed_in_page(autumn.sol), "Note the figures.")
    draft = paper.replace(str(Paper.objects.get().pk), str(Paper.objects.get().pk + 1))
    page = signed_in_page(autumn.gov)
    page.goto("/")
    begin = urlsplit(page.url).path
    walk = Walk(page, live_server.url)
    walk.over(begin, "/papers/", paper, f"{paper}file/", "/help/")
    paths = {urlsplit(one).path for one in walk.said}
    assert {"/figures/", "/explorer/", "/explorer/receipt/", "/papers/", paper, f"{paper}file/"} <= paths
    assert {view for one in walk.said for view in re.findall(r"view=(\w+)", one)} >= {
        "table", "weeks", "weekdays", "bands", "gaps",
    }  # fmt: skip

    names = [*Pupil.objects.values_list("legal_surname", "legal_forename", "known_as", "upn")]
    names += Contact.objects.values_list("surname", "forename", "mobile", "email")
    staff = " ".join(f"{one.first_name} {one.last_name}" for one in autumn.people.values())
    told = {word for row in names for word in row if word and len(word) > 2 and word not in staff}
    assert {"Quillfeather", "Marigold", "Ashworth", autumn.lone.upn} <= told
    meets = re.compile(r"\b(" + "|".join(map(re.escape, sorted(told))) + r")\b")
    assert {one: meets.findall(text) for one, text in walk.said.items() if meets.search(text)} == {}
    # No link leads to a refusal, nor to what is for others.
    assert walk.refused == {}
    assert {one for one in paths if one.startswith(("/pupils/", "/desk/", "/office/", "/letters/"))} == set()

    for path in sorted(paths):
        if not path.endswith("/file/"):
            page.goto(path)
            is_good(page, no_violations, path)
    # What no link leads to is not open either.
    for path in (
        f"/pupils/{autumn.lone.pk}/",
        "/pupils/",
        draft,
        "/absence/",
        "/figures/differs/",
        "/explorer/?view=list&form=11Z",
    ):
        answer = page.request.get(path)
        assert answer.status in (403, 404) or "Quillfeather" not in answer.text(), path
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', walk.said["/explorer/"]).group(1)
    for path in ("/explorer/export/csv/", "/explorer/export/xlsx/", "/papers/export/csv/", "/papers/draft/"):
        sent = page.request.post(
            path, form={"csrfmiddlewaretoken": token, "query": "view=list"}, headers={"Referer": live_server.url}
        )
        assert sent.status == 403, path
    assert page.complaints == []


@pytest.mark.parametrize(
    "look", ["table&by=form", "table&by=year", "weeks&by=form", "weeks&by=year", "table&by=form&by2=sex"]
)
def test_of_a_form_of_one_nothing_is_told_to_a_governor(autumn, signed_in_page, look):
    page = signed_in_page(autumn.gov)
    page.goto(f"/explorer/?view={look}&period=year")
    whole = page.locator("#look").inner_text()
    for row in page.locator("#look tbody tr").all():
        cells = [cell.inner_text().strip() for cell in row.locator("th, td").all()]
        if cells[0] in ("11Z", "Year 11"):
            assert set(cells[1:]) == {"suppressed"}, cells
    assert "0.0 %" not in whole
    assert page.locator("#look svg").filter(has_text=re.compile("11Z|Year 11")).count() == 0
