"""What every test stands on: a database whose record can be emptied between tests, a fixed morning, and a cast of people."""

from __future__ import annotations

import functools
import os
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction
from django.test import TransactionTestCase
from whitenoise.base import WhiteNoise

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# Not test data: the law's table of codes, and what migrations write.
KEPT = {"registers_codeinforce", "office_cache", "django_content_type", "auth_permission"}


@functools.cache
def _tables():
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(set(found) - KEPT))


def _empty_the_tables(_case):
    """Empty after a transactional test the tables that hold anything: quicker by far than TRUNCATE of every one.

    The lock waits for whoever still writes. The record refuses DELETE, and foreign keys ask for an order: a
    superuser's own session, as replica, is asked for neither.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("LOCK TABLE " + ", ".join(f'"{name}"' for name in _tables()) + " IN EXCLUSIVE MODE")
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in _tables())
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DELETE FROM "{name}"')


TransactionTestCase._fixture_teardown = _empty_the_tables

# Every test's client looks through the static files anew, which do not change: once is enough for a process.
_make_static_file = WhiteNoise.get_static_file
_static_files = {}


def _static_file_once(self, path, url, stat_cache=None):
    key = (path, url, (stat_cache[path] if stat_cache else Path(path).stat()).st_mtime_ns)
    if key not in _static_files:
        _static_files[key] = _make_static_file(self, path, url, stat_cache=stat_cache)
    return _static_files[key]


WhiteNoise.get_static_file = _static_file_once

# The cast's morning: Monday 23 November 2026, 09:14. No test looks at the machine's date.
MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)


@pytest.fixture
def cast(db):
    """Give the cast: two schools, their groups, pupils and people. See tests/factories/cast.py."""
    from tests.factories.cast import make_cast

    return make_cast()


@pytest.fixture
def morning():
    """Give the instant at which the cast's morning is played."""
    return MORNING


@pytest.fixture
def at_morning(monkeypatch):
    """Set the office's clock to the cast's morning for doors that read it."""
    from attendance_office import clock

    monkeypatch.setattr(clock, "now", lambda: MORNING)
    return MORNING


def begin_session(user, school=None):
    """Write a signed-in session, second factor done, and give its key."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store["second_factor"] = True
    if school is not None:
        store["school_id"] = school.pk
    store.save()
    return store.session_key


@pytest.fixture
def sign_in(client):
    """Give a function that signs a person in, second factor done, and gives the client."""

    def _sign_in(user, school=None):
        client.cookies.clear()
        client.cookies[settings.SESSION_COOKIE_NAME] = begin_session(user, school)
        return client

    return _sign_in


@pytest.fixture
def count_queries(django_assert_max_num_queries):
    """Give pytest-django's limit under the house's name."""
    return django_assert_max_num_queries


def postgres_says(sql, params=()):
    """Run one statement and give its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []
