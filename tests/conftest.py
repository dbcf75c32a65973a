"""What every test stands on: a database whose record can be emptied between tests, a fixed morning, and a cast of people."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

_flush = BaseDatabaseOperations.execute_sql_flush


def _flush_the_record(self, sql_list):
    """Empty the tables between tests although the record refuses TRUNCATE: only a superuser's own session may."""
    _flush(self, ["SET session_replication_role = replica;", *sql_list, "SET session_replication_role = DEFAULT;"])


BaseDatabaseOperations.execute_sql_flush = _flush_the_record

# The cast's morning: Monday 23 November 2026, 09:14. No test looks at the machine's date.
MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Keep the code sets when transactional tests empty every table: the law's table is not test data."""
    # On the class: a browser's event loop gives the test a connection of its own, with an introspection of its own.
    introspection = type(connection.introspection)
    tables = introspection.django_table_names
    kept = {"registers_codeinforce", "office_cache"}
    introspection.django_table_names = lambda self, *a, **k: [t for t in tables(self, *a, **k) if t not in kept]


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


@pytest.fixture
def sign_in(client):
    """Give a function that signs a person in, second factor done, and gives the client."""

    def _sign_in(user, school=None):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        session["second_factor"] = True
        if school is not None:
            session["school_id"] = school.pk
        session.save()
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
