"""`serve`: web and worker start together, stop together, and nothing stays behind whoever is killed."""

from __future__ import annotations

import http.client
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from server.config import ROOT
from server.domain.access import Role
from server.storage.database import Database
from server.usecases.work import Office
from tests import make

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="children end with their parent on Linux alone"
)


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def serving(office: Office, **given: str) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """`python -m server serve` on the office's data, once it says that it runs: process, port, what it printed."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "serve"],
        cwd=ROOT,
        env={
            **os.environ,
            "XUNTING_DATA": str(office.settings.data),
            "PORT": str(port),
            "LANG": "en",
            **given,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed: list[str] = []
    try:
        assert process.stdout
        for line in process.stdout:
            printed.append(line)
            if "Ctrl-C" in line:
                break
        else:
            raise AssertionError("".join(printed))
        yield process, port, printed
    finally:
        process.kill()
        process.communicate()


def children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for_the_end(pids: list[int]) -> None:
    """Return when all these processes have ended; the descriptors become readable then."""
    for descriptor in [os.pidfd_open(pid) for pid in pids]:
        with open(descriptor, "rb", closefd=True) as watched:
            assert select.select([watched], [], [], 60)[0], "a process stayed behind"


@pytest.fixture
def peopled(office: Office) -> Office:
    """With a user, so that no demonstration is made."""
    make.user(office, role=Role.ADMIN)
    return office


def test_https_with_its_own_authority_until_ctrl_c_ends_both_in_good_order(peopled: Office) -> None:
    with serving(peopled, TLS="1") as (process, port, printed):
        text = "".join(printed)
        assert f"https://127.0.0.1:{port}/ca.crt" in text
        assert "shopper1" in text
        authority = peopled.settings.data / "tls" / "authority.crt"
        context = ssl.create_default_context(cafile=str(authority))
        connection = http.client.HTTPSConnection("localhost", port, context=context)
        connection.request("GET", "/ca.crt")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, authority.read_bytes())
        connection.close()
        both = children(process.pid)
        assert len(both) == 2
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert not [pid for pid in both if Path(f"/proc/{pid}").exists()]


def test_what_the_database_has_to_do_with_classes_is_worked_out_before_the_fork(office: Office) -> None:
    """Else each process does it with its first request, and has 9 MiB of the common memory for itself."""
    asked = (
        "from sqlmodel import SQLModel; from server.cli.serving import application; application(); "
        "print(sum(not each.configured for each in SQLModel._sa_registry.mappers))"
    )
    environment = {**os.environ, "XUNTING_DATA": str(office.settings.data)}
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout == "0\n"


def test_when_one_dies_the_other_is_stopped_and_the_exit_tells(peopled: Office) -> None:
    with serving(peopled) as (process, _, _):
        web, worker = children(process.pid)
        os.kill(worker, signal.SIGKILL)
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "worker ended unexpectedly" in rest
        assert "Traceback" not in rest
        assert not Path(f"/proc/{web}").exists()


def test_a_second_one_on_the_same_data_is_refused_and_takes_nothing_from_the_first(peopled: Office) -> None:
    data = peopled.settings.data
    with serving(peopled) as (process, port, _):
        log = (data / "log" / "server.log").stat().st_ino
        figures = sorted(file.name for file in (data / "figures").iterdir())
        second = subprocess.run(
            [sys.executable, "-m", "server", "serve"],
            cwd=ROOT,
            env={**os.environ, "XUNTING_DATA": str(data), "PORT": str(free_port()), "LANG": "en"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert second.returncode == 1
        assert second.stderr.startswith(f"Another xunting serve is running on the data folder {data}")
        assert second.stderr.count("\n") == 1
        assert (data / "log" / "server.log").stat().st_ino == log
        assert set(figures) <= {file.name for file in (data / "figures").iterdir()}
        assert figures
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with serving(peopled):
        pass


def test_when_it_is_killed_itself_nothing_stays_behind(peopled: Office) -> None:
    with serving(peopled) as (process, port, _):
        both = children(process.pid)
        grandchildren = [pid for child in both for pid in children(child)]
        process.kill()
        wait_for_the_end([*both, *grandchildren])
        with socket.socket() as asked:
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            asked.bind(("127.0.0.1", port))


def test_a_wrong_setting_stops_the_start_with_its_sentence(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "server", "serve"],
        cwd=ROOT,
        env={**os.environ, "XUNTING_DATA": str(tmp_path), "HOST": "0.0.0.0", "XUNTING_DEMO_PASSWORD": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "XUNTING_DEMO_PASSWORD" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_migrate_makes_the_tables_of_an_empty_folder(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "server", "migrate"],
        cwd=ROOT,
        env={**os.environ, "XUNTING_DATA": str(tmp_path), "LANG": "en"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "The database is at this version.\n"
    database = Database(f"sqlite:///{tmp_path / 'xunting.sqlite'}")
    assert set(SQLModel.metadata.tables) <= set(sa.inspect(database.engine).get_table_names())
    database.close()


def test_the_figures_count_what_all_web_processes_did(peopled: Office) -> None:
    def asked(port: int, path: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path)
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    with serving(peopled, XUNTING_PROCESSES="2") as (_, port, _printed):
        for _ in range(20):
            asked(port, "/healthz")
        figures = {asked(port, "/metrics") for _ in range(6)}
    line = 'xunting_requests_total{method="GET",route="/healthz",status="200"} 20.0'
    assert all(line in text for text in figures)
