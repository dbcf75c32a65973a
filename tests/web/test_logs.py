"""No pupil and no parent in the logs, whatever is done and whatever breaks."""

import json
import logging
import re
import shutil
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from attendance_office.celery import app
from interventions import tasks as sweeps
from interventions.actions import due, sweep
from letters import tasks as letters
from letters.models import Message
from letters.post.mail import EmailMultiAlternatives
from tests.conftest import MONDAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_morning")]
SAMPLES = Path(__file__).parents[2] / "docs" / "samples"


def known_of(cast):
    """Give what no line of a log may hold: names and numbers of every pupil, names and numbers of every contact."""
    for pupil in cast.pupils.values():
        yield from (pupil.legal_surname, pupil.legal_forename, pupil.upn)
        yield from (word for parent in pupil.parents.all() for word in (parent.contact.mobile, parent.contact.email))


def told(cast, console):
    """Give what of that the log holds."""
    said = console.getvalue()
    return {word for word in known_of(cast) if word and re.search(rf"\b{re.escape(word)}\b", said, re.IGNORECASE)}


def test_a_morning_of_work_leaves_no_pupil_in_the_log(cast, sign_in, console):
    client = sign_in(cast.sandra)
    address = reverse("registers:register_save", args=[cast.nine_a.pk, MONDAY.isoformat(), "AM"])
    for entry in ({"code": "N", "was": ""}, {"code": "L", "minutes": 900, "was": "N"}, {"code": "??", "was": "N"}):
        entries = [{"pupil": cast.callum.pk, "comment": "Callum Ashworth is at the dentist", **entry}]
        body = json.dumps({"key": str(uuid4()), "finish": False, "entries": entries})
        client.post(address, body, content_type="application/json")
    client.get(reverse("registers:pupil_find"), {"q": "Ashworth"})
    client.get(reverse("registers:pupil_list"), {"q": "Ashworth, Callum"})
    client.get(reverse("registers:pupil_detail", args=[cast.callum.pk]))
    client.get(reverse("registers:pupil_detail", args=[cast.canary.pk]), {"name": "Zzyzx Canary"})
    client.post(reverse("registers:pupil_change", args=[cast.callum.pk]), {"legal_surname": "Ashworth", "reason": ""})
    client.post(reverse("registers:pupil_export", args=["csv"]))
    logging.getLogger("registers").info("The last line")
    assert "The last line" in console.getvalue()
    assert "/pupils/" in console.getvalue()
    assert told(cast, console) == set()


def test_a_sweep_and_a_post_room_that_break_log_no_pupil(cast, console, settings, monkeypatch):
    settings.OFFICE_POST = "smtp"

    def refuse(self, fail_silently=False):
        raise OSError(f"{self.subject} {self.to} Tyler Maddox is not wanted here")

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    sweep.run_sweep(school=cast.thornbridge, job="am_sweep", on=MONDAY, by=None, at=sweeps.clock.now())
    assert Message.objects.filter(body__contains="Maddox").exists()
    assert letters.deliver_waiting.apply().state == "SUCCESS"

    def burst(*, at):
        raise ValueError("Failing row contains (Maddox, Tyler)")

    monkeypatch.setattr(due, "run_due", burst)
    assert sweeps.run_due.apply().state == "FAILURE"
    assert "interventions.run_due" in console.getvalue()
    assert "ValueError at" in console.getvalue()
    assert told(cast, console) == set()


def test_the_worker_logs_through_the_filter_too():
    assert app.conf.worker_hijack_root_logger is False


def test_a_bad_file_logs_no_value_of_it(cast, console, tmp_path):
    folder = shutil.copytree(SAMPLES / "bad", tmp_path / "bad")
    with (folder / "pupils.csv").open("a", encoding="utf-8") as file:
        file.write("T0,Ashworth,Callum,2013-13-04,M,9,9A,2025-09-03\n")
    with pytest.raises((CommandError, SystemExit)):
        call_command("import_school", str(folder), dry_run=True)
    assert told(cast, console) == set()


def test_the_deployed_web_server_logs_paths_without_their_query():
    words = (SAMPLES.parents[1] / ".docker" / "Dockerfile").read_text().split('"')
    shape = words[words.index("--access-logformat") + 2]
    assert "%(U)s" in shape
    assert not {"%(r)s", "%(q)s", "%(f)s"} & set(shape.split())
