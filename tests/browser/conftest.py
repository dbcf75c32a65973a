"""A real browser against a real server, at the cast's morning."""

from __future__ import annotations

import os
import shutil
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from tests.conftest import MORNING

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


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
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store["second_factor"] = True
    store.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": store.session_key, "url": base_url}


@pytest.fixture
def signed_in_page(live_server, played_morning, browser, browser_context_args):
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
        # What is still being answered holds tables that the next test empties.
        for page in window.pages:
            page.wait_for_load_state("networkidle")
        window.close()


@pytest.fixture
def no_violations():
    """Give a function that asserts that axe finds nothing wrong with what a page shows."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def _check(page, context=None):
        found = axe.run(page, context=context, options=RULES).response["violations"]
        told = [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
        assert told == []

    return _check
