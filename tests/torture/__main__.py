"""`./run torture [--minutes N] [--seed S]`: letters and registers under a seeded mix of faults.

Letters are written, approved, made, mailed and printed, and registers saved, while workers are killed, Redis goes or hangs,
tasks come doubled, the mail server refuses, stalls and breaks off, the disk is full under the files, Postgres cuts its
lines, marks are corrected, stops set and letters recalled on their way. What went is counted at the mail server and in
the print files, not in the office's tables, and each that went is asked whether it should still have gone. The last line
says the sum; the exit is 1 where anything was lost, doubled or missing, or went in spite of a stop or a corrected mark.
"""

import argparse
import io
import logging
import os
import random
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from tests.torture.faults import RoughSink, cut_all_other_lines, empty_the_disk, fill_the_disk, pause, token_of
from tests.torture.right import Judge, StopKept, Went

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TASKS = ("letters.make_waiting", "letters.deliver_waiting", "letters.settle_stuck", "letters.find_doubted")


def main():
    ask = argparse.ArgumentParser(prog="./run torture", description=__doc__.split("\n\n")[0])
    ask.add_argument("--minutes", type=float, default=5)
    ask.add_argument("--seed", type=int, default=1)
    asked = ask.parse_args()
    sink = RoughSink()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "attendance_office.settings",
        "OFFICE_TEST_DATABASE": "test_attendance_torture",
        "OFFICE_POST": "smtp",
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "OFFICE_CLOCK_SHIFT": str(int((MORNING - datetime.now(UTC)).total_seconds())),
    }
    import django

    django.setup()
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(asked, sink, Path(folder))
        try:
            run.torment()
            return run.reckon()
        finally:
            run.stop()


class Run:
    """One torture: the world, its programs, and what was acknowledged."""

    def __init__(self, asked, sink, folder):
        from tests.services.programs import Redis
        from tests.torture.world import World

        self.chance, self.sink, self.folder = random.Random(asked.seed), sink, folder
        self.seconds, self.seed = asked.minutes * 60, asked.seed
        self.redis = Redis(folder)
        self.workers, self.started = {}, 0
        self.saved, self.faults, self.refusals, self.troubles = {}, {}, {}, []
        self.rooms, self.went_early = 0, 0
        self.stops, self.taken_out, self.posted_by = [], set(), {}
        self.world = World()
        self.sessions = self.world.begin(self.now())
        self.over = threading.Event()

    @staticmethod
    def now():
        from attendance_office import clock

        return clock.now()

    # ---------- the work ----------

    def torment(self):
        """Do the work and the faults for the time asked."""
        until = time.monotonic() + self.seconds
        for name in ("one", "two"):
            self.start_worker(name)
        hands = [threading.Thread(target=hand) for hand in (self.teach, self.write, self.publish)]
        for hand in hands:
            hand.start()
        while time.monotonic() < until:
            fault = self.chance.choice(FAULTS)
            self.faults[fault.__name__] = self.faults.get(fault.__name__, 0) + 1
            fault(self, until)
            self.sink.mood = "calm"
            pause(self.chance.uniform(1, 6), until)
        self.over.set()
        for hand in hands:
            hand.join()
        self.went_early = sum(self.sink.taken.values()) + len(self.printed())

    def teach(self):
        """Save registers one after another; what breaks off is sent again with the same key, as the page does."""
        for session in self.sessions:
            for form in self.world.forms:
                if self.over.is_set():
                    return
                chance = random.Random(f"{self.seed} {session} {form.pk}")
                absent = {one.pk for one in self.world.pupils if chance.random() < 0.07}
                entries = self.world.entries(form, session, absent)
                key = uuid4()
                while not self.try_to(lambda s=session, f=form, e=entries, k=key: self.save(f, s, e, k)):
                    time.sleep(0.05)
                time.sleep(0.05)

    def save(self, form, session, entries, key):
        self.world.save(form, session, entries, key=key, at=self.now())
        self.saved |= {(one.pupil_id, session.on, session.half): one.code for one in entries}

    def write(self):
        """Write, approve, print and post, as two people at once."""
        chance = random.Random(self.seed + 1)
        while not self.over.is_set():
            act = chance.choice(
                [self.meet, self.meet, self.approve, self.correct, self.stop_home, self.recall, self.post]
            )
            self.try_to(lambda a=act: a(chance))
            time.sleep(chance.uniform(0.05, 0.4))

    def meet(self, chance):
        from letters.actions.writing import write_letters
        from letters.queries.writing import usual_period

        at, world = self.now(), self.world
        press, rooms = uuid4(), []
        for pupil in chance.sample(world.pupils, 4):
            self.rooms += 1
            rooms.append((pupil, f"Room T{self.rooms:06d}"))
        for pupil, room in rooms:
            fields = {
                "meeting date": "Mon 30 Nov 2026", "meeting time": "09:00", "meeting place": room,
                "meeting with": "Mrs A. Head",
            }  # fmt: skip
            asked = {
                "school": world.school, "pupils": [pupil], "template": world.meeting, "fields": fields,
                "period": usual_period(world.school, at.date()), "token": press, "by": world.officer, "at": at,
            }  # fmt: skip
            write_letters(**asked)
            write_letters(**asked)
            press = uuid4()

    def approve(self, chance):
        from letters.actions.deciding import approve_letters, take_back_approval
        from letters.models import Letter

        waiting = list(
            Letter.objects.filter(school=self.world.school, state="proposed").values_list("pk", flat=True)[:6]
        )
        if not waiting:
            return
        done = []
        two = [
            threading.Thread(target=self.alone, args=(lambda w=who: done.append(
                approve_letters(school=self.world.school, letter_ids=waiting, by=w, at=self.now())),))
            for who in (self.world.officer, self.world.lead)
        ]  # fmt: skip
        for one in two:
            one.start()
        for one in two:
            one.join()
        if done and chance.random() < 0.3:
            from attendance_office.audit.models import Entry

            entry = Entry.objects.filter(verb="approved letters", by_id=self.world.officer.pk).order_by("-pk").first()
            if entry is not None:
                take_back_approval(school=self.world.school, entry_id=entry.pk, by=self.world.officer, at=self.now())

    def correct(self, chance):
        from registers.actions.attendance import amend_mark
        from registers.models import Mark
        from registers.rules.codes import present_code

        mark = Mark.objects.filter(school=self.world.school, code="O").order_by("?").first()
        if mark is not None:
            present = present_code(mark.half)
            amend_mark(
                mark=mark,
                code=chance.choice(["I", present, present]),
                minutes_late=None,
                comment="",
                reason="Parent rang",
                by=self.world.officer,
                at=self.now(),
            )
            self.saved.pop((mark.pupil_id, mark.on, mark.half), None)

    def stop_home(self, chance):
        from letters.actions.stops import keep_stop, lift_stop

        stop = keep_stop(
            pupil=chance.choice(self.world.pupils), covers="all", reason="Bereavement", is_private=False,
            owner=self.world.lead, to_on=None, by=self.world.officer, at=self.now(),
        )  # fmt: skip
        kept = StopKept(stop.pupil_id, self.now())
        self.stops.append(kept)
        time.sleep(0.3)
        # One in three stands to the end.
        if chance.random() < 0.67:
            kept.to_at = self.now()
            lift_stop(stop=stop, why="Spoken with the family", by=self.world.lead, at=self.now())

    def recall(self, chance):
        from letters.actions.doubts import recall_letter
        from letters.models import Letter

        letter = Letter.objects.filter(school=self.world.school, state__in=["waiting", "ready"]).order_by("?").first()
        if letter is not None and chance.random() < 0.4:
            recall_letter(letter=letter, why="Spoken with the family", by=self.world.officer, at=self.now())

    def post(self, chance):
        from letters.actions.runs import put_together, take_back_posted
        from letters.models import PrintRun

        for run in PrintRun.objects.filter(school=self.world.school, state="ready"):
            self.take_to_the_post(run, self.now())
            if chance.random() < 0.3:
                take_back_posted(run=run, by=self.world.officer, at=self.now())
        put_together(school=self.world.school, order="postcode", by=self.world.officer, at=self.now())

    def take_to_the_post(self, run, at):
        """Take out of the paper what the run's page names, as a person does, and mark the run as posted."""
        from letters.actions.runs import mark_posted, take_out_letters
        from letters.queries.runs import no_longer_due

        if due_no_more := no_longer_due(run, at=at):
            ids = [letter.pk for letter, _ in due_no_more]
            out = take_out_letters(run=run, letter_ids=ids, by=self.world.officer, at=at)
            self.taken_out |= {(run.pk, letter.run_place) for letter in out}
        mark_posted(run=run, by=self.world.officer, at=at)
        self.posted_by[run.pk] = max(at, self.now())

    def publish(self):
        """Tick as the beat does."""
        from celery import Celery

        app = Celery(broker=self.redis.url, broker_connection_retry=False)
        app.conf.broker_transport_options = {"socket_timeout": 1, "socket_connect_timeout": 1}
        while not self.over.is_set():
            for task in TASKS:
                try:
                    app.send_task(task, expires=60, retry=False)
                except Exception:  # noqa: S112 - Redis is gone or hangs: the next tick comes
                    continue
            self.over.wait(1.0)

    def try_to(self, act):
        """Do one thing; True where it came to its end, in whatever words. A broken line to Postgres is False."""
        from django.db import InterfaceError, OperationalError, close_old_connections, connection

        from attendance_office.refusals import Refused

        try:
            act()
        except Refused as refusal:
            self.refusals[str(refusal)[:60]] = self.refusals.get(str(refusal)[:60], 0) + 1
            return True
        except (OperationalError, InterfaceError):
            connection.close()
            close_old_connections()
            return False
        except Exception as error:
            self.troubles.append(f"{type(error).__name__}: {error}")
            connection.close()
            return False
        return True

    def alone(self, act):
        from django.db import connection

        self.try_to(act)
        connection.close()

    # ---------- programs ----------

    def start_worker(self, name):
        from tests.services.programs import Worker

        self.started += 1
        shift = int(os.environ["OFFICE_CLOCK_SHIFT"])
        self.workers[name] = Worker(self.redis, self.sink, self.folder, f"{name}-{self.started}", shift)

    def stop(self):
        self.over.set()
        for worker in self.workers.values():
            worker.kill()
        self.redis.stop()
        self.sink.stop()

    # ---------- faults ----------

    def kill_a_worker(self, until):
        name = self.chance.choice(sorted(self.workers))
        self.workers[name].kill()
        pause(self.chance.uniform(0, 2), until)
        self.start_worker(name)

    def lose_redis(self, until):
        self.redis.stop()
        pause(self.chance.uniform(0.5, 3), until)
        self.redis.start()

    def hang_redis(self, until):
        self.redis.hang()
        pause(self.chance.uniform(1, 5), until)
        self.redis.stop()
        self.redis.start()

    def double_the_tasks(self, until):
        from celery import Celery

        app = Celery(broker=self.redis.url)
        for task in TASKS * 6:
            app.send_task(task, expires=60)
        app.close()

    def upset_the_mail_server(self, until):
        self.sink.mood = self.chance.choice(
            ["refuses for now", "refuses", "stalls", "breaks before taking", "breaks after taking"]
        )
        pause(self.chance.uniform(0.5, 4), until)

    def fill_disk(self, until):
        fill_the_disk()
        pause(self.chance.uniform(0.5, 3), until)
        empty_the_disk()

    def cut_lines(self, until):
        cut_all_other_lines()

    # ---------- the sum ----------

    def drain(self):
        """Let everything come to its end: no fault any more, and time passes until nothing waits."""
        from letters.actions import making, outbox, runs
        from letters.queries.outbox import waiting

        for worker in self.workers.values():
            worker.kill()
        time.sleep(1)
        self.sink.mood = "calm"
        empty_the_disk()
        at = self.now()
        for _ in range(7):
            at += timedelta(minutes=70)
            making.settle_claimed(at=at)
            outbox.settle_stuck(at=at)
            while making.make_next(at=at) is not None:
                pass
            for pk in waiting(at, 100_000):
                outbox.deliver(message_id=pk, at=at)
        self.try_to(lambda: runs.put_together(school=self.world.school, order="postcode", by=self.world.officer, at=at))
        while runs.join_next(at=at) is not None:
            pass
        from letters.models import PrintRun

        for run in PrintRun.objects.filter(school=self.world.school, state="ready"):
            self.take_to_the_post(run, at)

    def printed(self):
        """Count each letter in the files that were posted, by its first page; not what was taken out by hand."""
        found = {}
        for token, *_ in self.paper():
            found[token] = found.get(token, 0) + 1
        return found

    def paper(self):
        """Give the letters in the files that were posted: what tells each, its run, and its number in it."""
        from pypdf import PdfReader

        from letters.models import PrintRun

        for run in PrintRun.objects.filter(school=self.world.school, state="posted").select_related("file"):
            place = 0
            for page in PdfReader(io.BytesIO(bytes(run.file.content))).pages:
                text = " ".join(page.extract_text().split())
                token = token_of(text)
                if token and "Dear" in text:
                    place += 1
                    if (run.pk, place) not in self.taken_out:
                        yield token, run, place

    def gone_wrong(self):
        """Give the letters that should not have gone any more when the office last looked, and how many were judged."""
        from letters.models import Letter, Message

        judge = Judge(self.world.school, self.stops)
        went = []
        mailed = Message.objects.filter(kind="letter", state__in=["sent", "delivered", "uncertain"])
        for message in mailed.select_related("letter__policy", "letter__pupil"):
            seen_at = self.sink.taken_at.get(self.token(message.letter))
            if seen_at is not None:
                went.append(Went(message.letter, message.claimed_at, seen_at))
        in_runs = Letter.objects.filter(print_run__state="posted", run_place__isnull=False)
        lying = {(one.print_run_id, one.run_place): one for one in in_runs.select_related("policy", "pupil")}
        for _, run, place in self.paper():
            letter = lying.get((run.pk, place))
            if letter is not None and letter.state in {"sent", "delivered"}:
                went.append(Went(letter, run.posted_at, self.posted_by[run.pk]))
        found = [(self.token(one.letter), words) for one in went if (words := judge.wrong(one))]
        return found, f"{len(went)} against stops, {judge.judged} of them against their marks too"

    @staticmethod
    def token(letter):
        about = "apology" if letter.kind == "apology" else "level"
        return letter.fields.get("meeting place") or f"{about} {letter.pupil.legal_forename}"

    def reckon(self):
        """Print what became of everything; 1 where anything was lost, doubled or missing."""
        self.drain()
        went = self.printed()
        for token, many in self.sink.taken.items():
            went[token] = went.get(token, 0) + many
        sums, lost = self.letters(went)
        doubled = sum(many - 1 for many in went.values() if many > 1)
        missing = self.marks_missing()
        wrong, judged = self.gone_wrong()
        print(f"seed {self.seed}, {self.seconds / 60:g} minutes; faults: " + ", ".join(
            f"{name.replace('_', ' ')} {many}" for name, many in sorted(self.faults.items())))  # fmt: skip
        print(f"went in the time of the run: {self.went_early} letters")
        print(
            f"on the way held back {sums['held']}, recalled {sums['recalled']}; longest until uncertain {self.longest()}"
        )
        print(
            "refused: " + (", ".join(f"{words} ({many})" for words, many in sorted(self.refusals.items())) or "nothing")
        )
        print(f"asked whether they should still have gone: {judged}; in spite of it went {len(wrong)}")
        for token, words in sorted(wrong):
            print(f"should not have gone: {token}: {words}")
        for token, many in sorted(went.items()):
            if many > 1:
                print(f"doubled: {token}, {many} times")
        for trouble in sorted(set(self.troubles)):
            print(f"trouble: {trouble}"[:300])
        total = sums["delivered"] + sums["failed"] + sums["uncertain"] + sums["waiting"] + lost
        print(
            f"letters {total}: delivered {sums['delivered']}, failed {sums['failed']}, uncertain {sums['uncertain']}, "
            f"waiting {sums['waiting']}; lost {lost}, doubled {doubled}; marks saved {len(self.saved)}, missing {missing}"
        )
        return 1 if lost or doubled or missing or wrong or self.troubles else 0

    def letters(self, went):
        """Give what became of the approved letters, and how many say that they went and were seen nowhere."""
        from letters.models import Letter

        sums = dict.fromkeys(("delivered", "failed", "uncertain", "waiting", "held", "recalled"), 0)
        lost = 0
        rows = Letter.objects.filter(school=self.world.school, approved_at__isnull=False).select_related("pupil")
        for letter in rows:
            seen = went.get(self.token(letter), 0)
            if letter.state in {"sent", "delivered"}:
                sums["delivered"] += bool(seen)
                lost += not seen
            elif letter.state == "failed":
                sums["failed"] += not seen
                lost += bool(seen)
            elif letter.state == "uncertain":
                sums["uncertain"] += 1
            elif letter.state in {"waiting", "claimed", "ready"}:
                sums["waiting"] += 1
            else:
                sums["recalled" if letter.state == "recalled" else "held"] += 1
        return sums, lost

    def marks_missing(self):
        """Count the acknowledged marks that the record does not hold as they were acknowledged or amended since."""
        from registers.models import Mark

        kept = {
            (pupil, on, half): code
            for pupil, on, half, code in Mark.objects.filter(school=self.world.school).values_list(
                "pupil_id", "on", "half", "code"
            )
        }
        return sum(kept.get(place) != code for place, code in self.saved.items())

    def longest(self):
        """Give how long it took at most until a message in doubt was on a desk, in words."""
        from attendance_office.audit.models import Entry
        from letters.models import Message

        handed = dict(Message.objects.filter(state="uncertain").values_list("pk", "handed_at"))
        rows = Entry.objects.filter(subject_kind="message", after__state="uncertain", at__lt=self.now())
        waits = [row.at - handed[int(row.subject_id)] for row in rows if int(row.subject_id) in handed]
        return f"{max(waits).total_seconds():.0f} s" if waits else "none in the time of the run"


FAULTS = (
    Run.kill_a_worker, Run.lose_redis, Run.hang_redis, Run.double_the_tasks, Run.upset_the_mail_server,
    Run.upset_the_mail_server, Run.fill_disk, Run.cut_lines,
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
