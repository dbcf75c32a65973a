"""The launcher's own services: started once, stopped by the last, whole again after being killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from uuid import uuid4

import psycopg
import pytest

from attendance_office.launcher import demo
from attendance_office.launcher.broker import Redis
from attendance_office.launcher.children import Troop
from attendance_office.launcher.ground import ROOT, Halt, Lock, private_folder, socket_folder, started_at
from attendance_office.launcher.postgres import Postgres, Shape
from attendance_office.launcher.services import TEST, Shared, secret

pytestmark = pytest.mark.services


class Lamp:
    """A server that only counts."""

    url = "lamp:"

    def __init__(self):
        self.lit = False
        self.said = []

    def start(self):
        self.lit = True
        self.said.append("start")

    def stop(self):
        self.lit = False
        self.said.append("stop")

    def running(self):
        return self.lit


def wait_for(what, seconds=10.0):
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.02)


def test_the_last_to_leave_puts_out_the_light(tmp_path):
    lamp = Lamp()
    first, second = (Shared(lamp, folder=tmp_path, name="lamp") for _ in range(2))
    first.enter()
    second.enter()
    assert not first.leave()
    assert lamp.lit
    assert second.leave()
    assert not lamp.lit


def test_a_user_that_was_killed_is_not_waited_for(tmp_path):
    lamp = Lamp()
    ours = Shared(lamp, folder=tmp_path, name="lamp")
    ours.enter()
    hold = (
        "import sys, time; from pathlib import Path; from attendance_office.launcher.ground import Lock;"
        "lock = Lock(Path(sys.argv[1])); lock.take(shared=True); print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path / "lamp.users")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "held\n"
    assert not ours.leave()
    ours.enter()
    other.kill()
    other.wait()
    other.stdout.close()
    assert ours.leave()
    assert lamp.said[-1] == "stop"


@pytest.fixture
def postgres():
    # Under var, where the account that PostgreSQL runs as for root can come; a folder for tests is root's alone.
    folder = TEST.folder / f"launcher-{uuid4().hex[:8]}"
    server = Postgres(folder / "pg", Shape(connections=10, shared_buffers="16MB"))
    server.start()
    yield server
    server.stop()
    for made in {folder, server.data.parent, server.socket}:
        shutil.rmtree(made, ignore_errors=True)


def connected(server):
    return closing(psycopg.connect(host=str(server.socket), user="attendance", dbname="attendance"))


def test_postgres_killed_outright_comes_back_with_what_was_committed(postgres):
    with connected(postgres) as line:
        line.execute("create table kept (word text)")
        line.execute("insert into kept values ('here')")
        line.commit()
    pid = int((postgres.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: started_at(pid) is None)
    assert not postgres.running()
    postgres.start()
    with connected(postgres) as line:
        assert line.execute("select word from kept").fetchall() == [("here",)]


def test_postgres_is_not_fooled_by_a_number_that_is_another_program_now(postgres):
    postgres.stop()
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.data}\n0\n0\n\n\n\n")
    assert not postgres.running()
    postgres.start()
    assert postgres.running()


def test_redis_starts_empty_when_it_cannot_read_what_it_kept(tmp_path, capsys):
    server = Redis(tmp_path / "redis", durable=True)
    for kept in ("appendonly.aof", "appendonlydir/appendonly.aof.manifest"):
        (tmp_path / "redis" / kept).parent.mkdir(exist_ok=True)
        (tmp_path / "redis" / kept).write_text("this is no log")
    server.start()
    try:
        assert server.running()
        assert "starts empty" in capsys.readouterr().err
    finally:
        server.stop()
    assert not server.running()


def test_a_hung_redis_is_ended(tmp_path):
    server = Redis(tmp_path / "redis", durable=False)
    server.start()
    pid = int((tmp_path / "redis" / "redis.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    server.stop()
    assert started_at(pid) is None


def sleeper(troop, name, seconds=60):
    troop.start(name, [sys.executable, "-c", f"import time; print('up'); time.sleep({seconds})"], dict(os.environ))


def test_when_one_of_the_troop_ends_it_is_named_and_the_others_can_be_stopped(monkeypatch, tmp_path):
    monkeypatch.setattr("attendance_office.launcher.children.ROOT", tmp_path)
    troop = Troop(tmp_path)
    sleeper(troop, "web")
    sleeper(troop, "beat", seconds=0)
    wait_for(troop.ended)
    assert troop.ended().startswith("beat ended with 0. The end of logs/beat.log:\n    up")
    troop.stop()
    assert not troop.record.exists()


def test_what_a_killed_run_left_behind_is_stopped_and_nothing_else(tmp_path):
    left = Troop(tmp_path)
    sleeper(left, "worker")
    assert Troop(tmp_path).stop_left_behind() == ["worker"]
    # The same number with another beginning is another program.
    (tmp_path / "children.json").write_text(f'[["web", {os.getpid()}, "1"]]')
    assert Troop(tmp_path).stop_left_behind() == []


def test_a_taken_port_is_refused_in_words():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Halt, match=rf"Port {port} .* Choose another: AO_PORT={port + 1} \./run demo"):
            demo.must_be_free(port)
    demo.must_be_free(port)


@pytest.mark.parametrize("asked", ["", "0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(monkeypatch, asked):
    monkeypatch.setenv("AO_PORT", asked)
    with pytest.raises(Halt, match="must be a number"):
        demo.chosen_port()


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "demo" / "secret"
    first = secret(path)
    assert len(first) >= 50
    assert secret(path) == first
    assert path.stat().st_mode & 0o077 == 0


def test_a_lock_is_one_at_a_time(tmp_path):
    first, second = Lock(tmp_path / "door"), Lock(tmp_path / "door")
    with first:
        assert not second.take(wait=False)
    assert second.take(wait=False)
    second.release()


def test_a_socket_never_lies_deeper_than_a_system_allows(tmp_path):
    deep = tmp_path / ("d" * 90)
    assert len(str(socket_folder(deep, owner=os.geteuid()))) <= 80
    plain = tmp_path / "s"
    if len(str(plain)) <= 80:
        assert socket_folder(plain, owner=os.geteuid()) == plain


def test_a_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(Halt, match="belongs to another account"):
        private_folder(tmp_path / "link", owner=os.geteuid())
