"""A real browser against a real server, at the cast's morning."""

from __future__ import annotations

import os
import shutil
import threading
import time

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from tests.conftest import MORNING, begin_session

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # Of rules that pass, not every node they looked at: of a calendar that alone is megabytes.
    "resultTypes": ["violations"],
}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Start the Chromium that is installed; OFFICE_TEST_BROWSER names another."""
    program = (
        os.environ.get("OFFICE_TEST_BROWSER") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    )
    found = {"executable_path": program} if program else {}
    return {**browser_type_launch_args, **found, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """Show pages as an office in England has them."""
    return {**browser_context_args, "viewport": DESK, "locale": "en-GB", "timezone_id": "Europe/London"}


@pytest.fixture
def played_morning(monkeypatch):
    """Set the office's clock, which the server's threads read, to Monday 23 Nov 2026, 09:14; give a way to move it."""
    from attendance_office import clock

    at = {"now": MORNING}
    monkeypatch.setattr(clock, "now", lambda: at["now"])

    def _set(instant):
        at["now"] = instant

    return _set


def session_cookie(user, base_url):
    """Make a signed-in session, second factor done, and give its cookie."""
    return {"name": settings.SESSION_COOKIE_NAME, "value": begin_session(user), "url": base_url}


class Desk:
    """Counts the requests that the server is answering."""

    def __init__(self):
        self.open, self.lock = 0, threading.Lock()

    def count(self, more):
        with self.lock:
            self.open += more

    def wait(self, seconds=20.0):
        """Wait until nothing has been under way for a twentieth of a second."""
        end, quiet = time.monotonic() + seconds, 0
        while quiet < 5 and time.monotonic() < end:
            quiet = 0 if self.open else quiet + 1
            time.sleep(0.01)


@pytest.fixture(scope="session")
def desk():
    """Give the count of requests under way in the server's threads."""
    counted, answer = Desk(), WSGIHandler.__call__

    def _answer(handler, environ, start_response):
        counted.count(1)
        try:
            return answer(handler, environ, start_response)
        finally:
            counted.count(-1)

    WSGIHandler.__call__ = _answer
    yield counted
    WSGIHandler.__call__ = answer


@pytest.fixture
def signed_in_page(desk, live_server, played_morning, browser, browser_context_args):
    """Give a function that opens a window of its own for a person, signed in: signed_in_page(cast.pat)."""
    opened = []

    def _open(user, **context):
        base = live_server.url
        window = browser.new_context(**{**browser_context_args, "base_url": base, **context})
        window.add_cookies([session_cookie(user, base)])
        opened.append(window)
        page = window.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield _open
    for window in opened:
        window.close()
    # What is still being answered holds tables that the next test empties.
    desk.wait()


FLOAT = "(how) => document.querySelectorAll('.actionbar').forEach((bar) => { bar.style.position = how; })"
STANDS = """() => Promise.allSettled(document.getAnimations()
    .filter(one => one.effect.getComputedTiming().iterations !== Infinity).map(one => one.finished))"""


@pytest.fixture
def no_violations():
    """Give a function that asserts that axe finds nothing wrong with what a page shows."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def _check(page, context=None):
        # What slides or fades in is measured once it stands: half-way its colours are nobody's.
        page.evaluate(STANDS)
        # A row half under a bar that floats can be scrolled clear of it: meanwhile the bar stands where it belongs.
        page.evaluate(FLOAT, "static")
        found = axe.run(page, context=context, options=RULES).response["violations"]
        page.evaluate(FLOAT, "")
        told = [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
        assert told == []

    return _check
