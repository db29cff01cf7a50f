"""The two processes behind `serve`: gunicorn and the worker, started together, stopped together."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import http.client
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from server.cli.terminal import Refused
from server.config import Settings
from server.gateways.tls import ServerCertificate

_PR_SET_PDEATHSIG = 1
MEMORY = {
    # Two heaps for sixteen threads, and what is large and seldom (hashing a password: 19 MiB) goes back at once.
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "4194304",
    "MALLOC_TRIM_THRESHOLD_": "8388608",
}
"""How the C library keeps the memory of a web process."""
_GRACE_SECONDS = 30


class Children:
    """Gunicorn and the worker of one `serve`."""

    def __init__(
        self, settings: Settings, environment: Mapping[str, str], certificate: ServerCertificate | None
    ) -> None:
        self.settings = settings
        self.environment = dict(environment)
        self.certificate = certificate
        # The demonstration's request lines would push the logins off the screen; production logs to stderr.
        self.log: Path | None = settings.data / "log" / "server.log" if settings.demo else None
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def log_name(self) -> str:
        """Where the output goes, in words."""
        return str(self.log) if self.log else "stderr"

    def start_web(self) -> None:
        """Start gunicorn with the web application."""
        tls = (
            ["--certfile", str(self.certificate.certificate), "--keyfile", str(self.certificate.key)]
            if self.certificate
            else []
        )
        if self.log:
            self.log.parent.mkdir(exist_ok=True)
            self.log.unlink(missing_ok=True)
        figures = self.settings.data / "figures"
        shutil.rmtree(figures, ignore_errors=True)
        figures.mkdir()
        self.environment |= {"PROMETHEUS_MULTIPROC_DIR": str(figures), **MEMORY}
        self._start(
            "gunicorn",
            # Loaded once and forked: what the processes have in common lies in the memory once.
            *("-m", "gunicorn", "--preload", "--no-control-socket", "--worker-class", "gthread"),
            # As much as gunicorn takes: filters of feeds stand in the address.
            *("--limit-request-line", "8190"),
            *("--log-level", "warning", "--workers", str(self.settings.processes)),
            *("--threads", str(self.settings.threads)),
            *("--graceful-timeout", str(_GRACE_SECONDS - 5), "--timeout", "60", "--keep-alive", "15"),
            *("--bind", _bound(self.settings.host, self.settings.port), *tls),
            "server.cli.serving:application()",
        )

    def start_worker(self) -> None:
        """Start the worker."""
        self._start("worker", "-m", "server", "worker")

    def _start(self, name: str, *arguments: str) -> None:
        with self.log.open("ab") if self.log else contextlib.nullcontext() as output:
            self.running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.settings.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C reaches this process alone, which then stops both in good order …
                start_new_session=True,
                # … and when this process is killed they end as well.
                preexec_fn=_end_with_parent,
            )

    def ready(self, stopping: threading.Event) -> bool:
        """Wait until a request is answered (the port alone is open long before); False when that never comes."""
        while not self._answers():
            if stopping.wait(0.2) or self._ended():
                return False
        return True

    def first_to_end(self, stopping: threading.Event) -> str | None:
        """Wait until one ends (its name) or we are told to stop (None)."""
        while not stopping.wait(0.3):
            if name := self._ended():
                return name
        return None

    def stop(self) -> None:
        """Ask both to end, after `_GRACE_SECONDS` end them."""
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _ended(self) -> str | None:
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def _answers(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)  # noqa: S104
        if self.certificate:
            context = ssl.create_default_context(cafile=str(self.certificate.authority))
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, self.settings.port, timeout=5, context=context
            )
        else:
            connection = http.client.HTTPConnection(host, self.settings.port, timeout=5)
        try:
            connection.request("GET", "/api/v1/session")
            return connection.getresponse().status < 500
        except OSError:
            return False
        finally:
            connection.close()


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Keep every other `serve` off this data folder: log and figures are those of one, and begin anew with it.

    The system lets go of it however this process ends. Raises Refused.
    """
    with (data / "serve.lock").open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                "数据目录 {folder} 正由另一个 xunting serve 使用：请先停掉它，或用 XUNTING_DATA 换一个目录。",
                folder=data,
            ) from None
        yield


def port_is_free(host: str, port: int) -> bool:
    """Whether a server can listen there."""
    try:
        kind, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind, socket.SOCK_STREAM) as asked:
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            asked.bind(place)
    except OSError:
        return False
    return True


def _bound(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
