"""The office while its Postgres stops and starts: a web server and a database of the test's own."""

import http.client
import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from attendance_office.launcher.postgres import DATABASE, USER, Postgres, Shape
from attendance_office.launcher.services import TEST
from tests.services.programs import MORNING, ROOT, free_port, until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def copied(cast, sign_in):
    """Give a Postgres of this test's own that holds all that the test's database holds, and a tutor's cookie."""
    client = sign_in(cast.pat)
    folder = TEST.folder / f"restarted-{uuid4().hex[:8]}"
    server = Postgres(folder / "pg", Shape(connections=20, shared_buffers="16MB"))
    server.start()
    programs = server._programs()
    ours = connection.get_connection_params()
    where = [f"--{name}={ours[name]}" for name in ("host", "port") if ours.get(name)]
    named = [f"--username={ours['user']}"] if ours.get("user") else []
    environment = os.environ | ({"PGPASSWORD": ours["password"]} if ours.get("password") else {})
    dumped = subprocess.run(
        [programs / "pg_dump", *where, *named, "--no-owner", "--no-acl", ours["dbname"]],
        env=environment, capture_output=True, check=True,
    ).stdout  # fmt: skip
    subprocess.run(
        [programs / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", server.socket, "-U", USER, "-d", DATABASE],
        input=dumped, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    yield server, "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    server.stop()
    for made in {folder, server.data.parent, server.socket}:
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def web(copied, tmp_path):
    """Give a function that asks a web server of its own, one process with one thread, so that no second line helps."""
    server, cookie = copied
    port = free_port()
    shift = int((MORNING - timezone.now() + timedelta(seconds=1)).total_seconds())
    environment = os.environ | {
        "DATABASE_URL": server.url, "OFFICE_CLOCK_SHIFT": str(shift), "OFFICE_SECOND_FACTOR": "0",
    }  # fmt: skip
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "attendance_office.wsgi", "--bind", f"127.0.0.1:{port}",
             "--workers", "1", "--no-control-socket"],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip

        def ask(path, body=None):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            # Whoever watches the office has no cookie.
            headers = (
                {}
                if path in {"/healthz", "/readyz"}
                else {"Cookie": f"{cookie}; {settings.CSRF_COOKIE_NAME}={'a' * 32}", "X-CSRFToken": "a" * 32}
            )
            try:
                if body is None:
                    line.request("GET", path, headers=headers)
                else:
                    line.request("POST", path, json.dumps(body), headers | {"Content-Type": "application/json"})
                answer = line.getresponse()
                return answer.status, answer.read().decode()
            except ConnectionError:
                return 0, ""
            finally:
                line.close()

        yield ask
        process.terminate()
        process.wait(20)


def test_the_office_says_so_while_postgres_is_gone_and_mends_itself_when_it_is_back(cast, copied, web):
    server, _ = copied
    where = [cast.nine_a.pk, MORNING.date().isoformat(), "AM"]
    sheet, save = (reverse(f"registers:{name}", args=where) for name in ("register_take", "register_save"))
    first, second = [pupil.pk for pupil in cast.nine_a.pupils.order_by("pk")[:2]]
    batches = [
        {"key": str(uuid4()), "finish": False, "entries": [{"pupil": pk, "code": "/", "was": ""}]}
        for pk in (first, second)
    ]
    assert until(lambda: web("/readyz")[0] == 200)
    assert web(sheet)[0] == 200
    assert web(save, batches[0])[0] == 200

    # Restarted between two requests: the line the server holds is dead, and nobody notices.
    server.stop()
    server.start()
    status, answer = web(save, batches[1])
    assert status == 200, answer

    server.stop()
    assert web("/healthz")[0] == 200
    assert web("/readyz")[0] == 503
    status, page = web(sheet)
    assert (status, "The office is closed for a moment" in page) == (503, True)
    assert web(save, batches[1])[0] == 503

    server.start()
    assert web("/readyz")[0] == 200
    # What the page could not send it sends again under the same key: saved once, and nothing was lost.
    status, answer = web(save, batches[1])
    assert (status, json.loads(answer)["version"]) == (200, 2)
    status, page = web(sheet)
    assert status == 200
