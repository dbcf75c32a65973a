"""What is done to the office while it works: programs killed, hung and doubled, a mail server that misbehaves."""

import asyncio
import re
import time
from email import message_from_bytes, policy

from django.db import connection

from attendance_office import clock
from tests.services.programs import Sink

KID = re.compile(r"Kid\d{4}")
HOMES = "@parents.invalid"
SORRY = "should not have been sent"
ROOM = re.compile(r"Room T\d{6}")


def token_of(text):
    """Give what tells one letter from every other: the room of a meeting, else the child and what it is."""
    room = ROOM.search(text)
    kid = KID.search(text)
    if room or not kid:
        return room[0] if room else None
    return f"{'apology' if SORRY in text else 'level'} {kid[0]}"


class RoughSink(Sink):
    """A mail server that refuses, stalls, or breaks the line after DATA; it counts what it took."""

    def __init__(self):
        self.mood, self.taken, self.taken_at = "calm", {}, {}
        super().__init__()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name aiosmtpd calls
        mood = self.mood
        if mood == "refuses for now":
            return "451 later"
        if mood == "refuses":
            return "554 no"
        if mood == "breaks before taking":
            server.transport.close()
            return "250 never heard"
        text = message_from_bytes(envelope.content, policy=policy.default).get_body(("plain",)).get_content()
        token = token_of(text)
        # What staff are told of the letters names children too, and is no letter.
        if token is not None and envelope.rcpt_tos[0].endswith(HOMES):
            self.taken[token] = self.taken.get(token, 0) + 1
            self.taken_at.setdefault(token, clock.now())
        if mood == "stalls":
            await asyncio.sleep(4)
        if mood == "breaks after taking":
            server.transport.close()
        return "250 taken"


def fill_the_disk():
    """Let every file that is to be kept find the disk full, in the words that Postgres has for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION torture_disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER torture_disk_full BEFORE INSERT ON registers_storedfile"
            " FOR EACH ROW EXECUTE FUNCTION torture_disk_full()"
        )


def empty_the_disk():
    """Let files be kept again."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS torture_disk_full ON registers_storedfile")


def cut_all_other_lines():
    """Have Postgres end every line but this one, as a restart of it would."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def pause(seconds, until):
    """Wait for some seconds, not beyond the end of the run."""
    time.sleep(max(0.0, min(seconds, until - time.monotonic())))
