"""The top bar: a school's name of forty letters is read in full on a desk, and is within reach on a telephone."""

import pytest
from django.urls import reverse

from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAME = "St Bartholomew's Church of England School"
# A line's letters may reach a pixel or two below its box; a line that is cut is more.
CUT = "name => name.scrollWidth > name.clientWidth || name.scrollHeight > name.clientHeight + 4"
AWRY = """() => [...document.querySelector(".bar").children].filter((part) => part.getBoundingClientRect().right > innerWidth + 1)
    .length + document.documentElement.scrollWidth - innerWidth"""


def test_a_name_of_forty_letters_is_read_in_full_at_every_width_from_a_telephone_on(
    cast, signed_in_page, no_violations
):
    cast.thornbridge.name = NAME
    cast.thornbridge.save()
    page = signed_in_page(cast.laila, viewport=DESK)
    page.goto(reverse("reporting:sent_list"))
    name = page.locator(".brand span")
    for width in (1920, 1541, 1540, 1421, 1341, 1280, 1201, 1200, 1101, 1024, 861, 768, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert (width, name.evaluate(CUT), page.evaluate(AWRY)) == (width, False, 0)
    no_violations(page)
    page.set_viewport_size(PHONE)
    page.locator(".bar summary").last.click()
    assert page.locator(".bar .drop").get_by_text(NAME).is_visible()
