"""What the environment decides: the school's directory, the demo's sign-ins, and settings that fail loudly."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from attendance_office.web import demo_cast
from tests.factories.staff import PostFactory, SchoolFactory, UserFactory

ROOT = Path(__file__).parents[2]
GOOD = {
    "OFFICE_SECRET_KEY": "x" * 60,
    "OFFICE_ALLOWED_HOSTS": "attendance.example.org",
    "DATABASE_URL": "postgres://office:secret@db.example.org/office",
    "REDIS_URL": "redis://redis.example.org:6379/0",
}
SHOW = """
import json
from django.conf import settings
names = NAMES
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""


def start(env, *names):
    """Start a process with this environment alone; give the named settings, or what it said when it refused."""
    base = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "attendance_office.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SHOW.replace("NAMES", repr(list(names)))],
        env={**base, **env}, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


@pytest.fixture(autouse=True)
def _no_env_file():
    if (ROOT / ".env").exists():
        pytest.skip("a .env file stands in for what these tests take away")


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_without_a_setting_the_office_does_not_start_and_says_what_to_set(missing):
    said = start({key: value for key, value in GOOD.items() if key != missing}, "DEBUG")

    assert "ImproperlyConfigured" in said
    assert f"Set {missing}" in said


@pytest.mark.parametrize("missing", ["OFFICE_OIDC_CLIENT_ID", "OFFICE_OIDC_SECRET"])
def test_half_a_directory_is_refused(missing):
    directory = {
        "OFFICE_OIDC_SERVER_URL": "https://login.example.org",
        "OFFICE_OIDC_CLIENT_ID": "office",
        "OFFICE_OIDC_SECRET": "hush",
    }
    del directory[missing]

    assert f"Set {missing}" in start({**GOOD, **directory}, "DEBUG")


def test_a_deployment_is_strict_unless_told_otherwise():
    strict = start(
        GOOD, "DEBUG", "OFFICE_SECOND_FACTOR", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_HTTPONLY",
        "ALLAUTH_TRUSTED_PROXY_COUNT", "OFFICE_DEMO", "OFFICE_CLOCK_SHIFT",
    )  # fmt: skip

    assert strict == {
        "DEBUG": False,
        "OFFICE_SECOND_FACTOR": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-office_session",
        "CSRF_COOKIE_NAME": "__Host-office_csrf",
        "SESSION_COOKIE_HTTPONLY": True,
        "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
        "OFFICE_DEMO": False,
        "OFFICE_CLOCK_SHIFT": 0,
    }


def test_a_directory_in_the_environment_becomes_a_provider():
    got = start(
        {
            **GOOD,
            "OFFICE_OIDC_SERVER_URL": "https://login.example.org/tenant/v2.0",
            "OFFICE_OIDC_NAME": "Peak Trust",
            "OFFICE_OIDC_CLIENT_ID": "office",
            "OFFICE_OIDC_SECRET": "hush",
        },
        "SOCIALACCOUNT_PROVIDERS",
    )
    directory = got["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]

    assert directory["OAUTH_PKCE_ENABLED"] is True
    assert [(app["name"], app["client_id"], app["settings"]) for app in directory["APPS"]] == [
        ("Peak Trust", "office", {"server_url": "https://login.example.org/tenant/v2.0"})
    ]


DIRECTORY = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "school", "name": "Peak Trust", "client_id": "office", "secret": "hush",
                "settings": {"server_url": "https://login.example.org"},
            }
        ],
    }
}  # fmt: skip


def test_the_sign_in_page_offers_the_directory_first(db, client, settings):
    assert "Peak Trust" not in client.get("/account/login/").content.decode()

    settings.SOCIALACCOUNT_PROVIDERS = DIRECTORY
    page = client.get("/account/login/").content.decode()

    assert "Sign in with Peak Trust" in page
    assert page.index("Sign in with Peak Trust") < page.index("Or with a password of the office")


@pytest.fixture
def demo(db):
    school = SchoolFactory(name="Thornbridge Academy", urn="199001")
    for first, role in (("Sandra", "officer"), ("Second", "officer"), ("Laila", "lead")):
        user = UserFactory(
            email=f"{first}.pugh@thornbridge.example".lower(), first_name=first, last_name="Pugh",
            password=None,
        )  # fmt: skip
        user.set_password(demo_cast.PASSWORD)
        user.save()
        PostFactory(user=user, school=school, role=role)
    PostFactory(user=UserFactory(email="real.person@school.sch.uk"), school=school, role="officer")
    return school


def test_a_demo_shows_its_people_and_signs_them_in_by_the_normal_form(demo, client, settings):
    settings.OFFICE_DEMO = True
    settings.OFFICE_SECOND_FACTOR = False
    page = client.get("/account/login/").content.decode()

    assert "sandra.pugh@thornbridge.example" in page
    assert "second.pugh@thornbridge.example" not in page, "one person a role"
    assert "real.person@school.sch.uk" not in page
    answer = client.post("/account/login/", {"login": "laila.pugh@thornbridge.example", "password": demo_cast.PASSWORD})
    assert answer["Location"] == "/"


def test_outside_a_demo_nobody_is_shown(demo, client, settings):
    settings.OFFICE_DEMO = False
    page = client.get("/account/login/").content.decode()

    assert "thornbridge.example" not in page
    assert demo_cast.PASSWORD not in page


def test_the_page_and_the_demo_agree_on_domains_and_password():
    from registers.actions.demo import cast

    assert demo_cast.PASSWORD == cast.PASSWORD
    assert set(demo_cast.DOMAINS) == {cast.THORNBRIDGE.domain, cast.RIDGEWAY.domain}
