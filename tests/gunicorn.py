"""A real gunicorn (and worker) on a free loopback port, for tests that need sockets, kills and real clients."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from server.cli.children import MEMORY
from server.config import ROOT, Settings
from server.storage import migrations
from server.usecases import checklists, rules
from server.usecases.work import Office

_PATIENCE_SECONDS = 180
_STEP_SECONDS = 0.05


@dataclass
class Server:
    """A running server; `address` has no slash at its end."""

    port: int
    settings: Settings
    environment: dict[str, str]
    threads: int = 16
    application: str = "server.cli.serving:application()"
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, worker: bool = False) -> None:
        """Start gunicorn, and the worker if wanted; returns when a request is answered."""
        self._spawn(
            "gunicorn",
            *("-m", "gunicorn", "--no-control-socket", "--worker-class", "gthread", "--log-level", "warning"),
            *(
                "--workers",
                str(self.settings.processes),
                "--threads",
                str(self.threads),
                "--keep-alive",
                "15",
                "--preload",
            ),
            *("--bind", f"127.0.0.1:{self.port}", self.application),
        )
        if worker:
            self.start_worker()
        self._wait_until_ready()

    def start_worker(self) -> None:
        """Start the worker; that it works is seen in the records."""
        self._spawn("worker", "-m", "server", "worker")

    def kill(self) -> None:
        """SIGKILL everything, as a power cut would."""
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()

    def kill_serving(self) -> None:
        """SIGKILL the process that serves, in whatever it is doing; returns when its successor answers.

        The successor is forked from a parent that has loaded everything, so this takes no time.
        """
        arbiter = self.processes["gunicorn"].pid
        for child in _children(arbiter):
            os.kill(child, signal.SIGKILL)
            while _alive(child):
                # The kernel ends it at once; the arbiter has yet to notice.
                os.sched_yield()
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop in good order."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def log(self) -> str:
        """What the processes said so far."""
        return (self.settings.data / "server.log").read_text(errors="replace")

    def _spawn(self, name: str, *arguments: str) -> None:
        with (self.settings.data / "server.log").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _wait_until_ready(self) -> None:
        pause = threading.Event()
        for _ in range(int(_PATIENCE_SECONDS / _STEP_SECONDS)):
            ended = [name for name, process in self.processes.items() if process.poll() is not None]
            assert not ended, f"{ended} ended at once:\n{self.log()}"
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            pause.wait(_STEP_SECONDS)
        raise AssertionError(f"the server did not become ready:\n{self.log()}")


@contextmanager
def running(
    data: Path,
    *,
    worker: bool = False,
    threads: int = 16,
    processes: int | None = 1,
    extra: Mapping[str, str] | None = None,
    application: str = Server.application,
) -> Iterator[Server]:
    """A server on a data folder of its own, migrated and with the published checklists; killed at the end.

    `extra` are more XUNTING_… settings; XUNTING_SEAL_PHONES may be given from outside too, so that the same tests run with it and
    without. `processes` is how many serve; None leaves
    it to the settings.
    """
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("XUNTING_")},
        "XUNTING_SEAL_PHONES": os.environ.get("XUNTING_SEAL_PHONES", "1"),
        **MEMORY,
        "XUNTING_DATA": str(data),
        "XUNTING_SECRET": "s" * 32,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        **({"XUNTING_PROCESSES": str(processes)} if processes else {}),
        **(extra or {}),
    }
    settings = Settings.from_env(environment)
    (data / "xunting.sqlite").write_bytes(_prepared())
    server = Server(port, settings, environment, threads, application)
    try:
        server.start(worker=worker)
        yield server
    finally:
        server.kill()


@cache
def _prepared() -> bytes:
    """A database with all tables and the published checklists and rules, made once: it costs more than a second of a processor."""
    with tempfile.TemporaryDirectory() as folder:
        office = Office.of(Settings.from_env({"XUNTING_DATA": folder, "XUNTING_SECRET": "s" * 32}))
        migrations.upgrade(office.database.engine)
        checklists.publish_standards(office)
        rules.publish_rules(office)
        office.database.close()
        made = Path(folder) / "xunting.sqlite"
        with closing(sqlite3.connect(made)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return made.read_bytes()


def _children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _alive(process: int) -> bool:
    """Whether a process still runs: one that ended and was not asked for yet does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def free_port() -> int:
    """A loopback port that nobody uses now.

    It lies below those that the system gives to clients, so that it is still free when a killed server starts again.
    """
    first = int.from_bytes(os.urandom(2))
    for step in range(10_000):
        port = 20_000 + (first + step) % 10_000
        with socket.socket() as asked:
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                asked.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
