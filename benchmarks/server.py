"""Whole visits a second with and without photos, at 1, 8 and 32 phones, beside a handler that only keeps the bytes.

    python -m benchmarks.server [--seconds 4] [--phones 1,8,32] [--stored 240000] [--json build/bench-server.json]

Each figure of ours stands beside one of `benchmarks/bare.py` under the same gunicorn in the same run; the
ratios count, the machine does not. With `--stored` ours begins with so many whole visits of eight photos each in
its database (rows alone, copies of one that was sent).
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from PIL import Image, ImageFilter

from server.config import ROOT
from server.domain.access import Role
from server.domain.scoring import Answer, score
from server.queries import checklists
from server.usecases.work import Office
from tests import gunicorn, make

PHOTOS = 8
PHOTO_BYTES = 250_000
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Target:
    """A server under test: where it listens and which process does the work."""

    name: str
    port: int
    pid: int

    def usage(self) -> dict[str, float]:
        """CPU seconds, bytes handed to the disk, and memory in bytes, of gunicorn's arbiter and all below it.

        What the processes share is counted once (the proportional set size).
        """
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        used = [_used(process) for process in (str(self.pid), *children)]
        return {name: sum(each[name] for each in used) for name in used[0]}


def _used(process: str) -> dict[str, float]:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    written = dict(line.split(": ") for line in Path(f"/proc/{process}/io").read_text().splitlines())
    memory = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
    assert memory
    return {
        "cpu": (int(fields[11]) + int(fields[12])) / TICK,
        "written": float(written["write_bytes"]) - float(written["cancelled_write_bytes"]),
        "memory": float(memory[1]) * 1024,
    }


@dataclass
class Phone:
    """One phone: a kept connection, its login, and the requests that it makes."""

    port: int
    cookie: str = ""
    csrf: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    wire: socket.socket | None = None
    rest: bytes = b""

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, bytes]:
        """One request on the kept connection: status, head, body."""
        if self.wire is None:
            self.wire = socket.create_connection(("127.0.0.1", self.port))
            self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = {"Host": f"127.0.0.1:{self.port}", "Content-Length": str(len(body)), **headers}
        if self.cookie:
            lines |= {"Cookie": self.cookie, "X-CSRF-Token": self.csrf}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.wire.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        while b"\r\n\r\n" not in self.rest:
            self.rest += self._more()
        top, _, self.rest = self.rest.partition(b"\r\n\r\n")
        length = int(
            next(
                (
                    line.split(b":")[1]
                    for line in top.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                ),
                b"0",
            )
        )
        while len(self.rest) < length:
            self.rest += self._more()
        answer, self.rest = self.rest[:length], self.rest[length:]
        return int(top.split(b" ", 2)[1]), top, answer

    def _more(self) -> bytes:
        assert self.wire
        data = self.wire.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data

    def sign_in(self, username: str) -> None:
        """Log in as the phone app does."""
        body = json.dumps({"username": username, "password": make.PASSWORD}).encode()
        status, head, answer = self.ask("POST", "/api/v1/session", {"Content-Type": "application/json"}, body)
        assert status == 200, answer
        line = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"set-cookie:"))
        self.cookie = line.split(b":", 1)[1].split(b";")[0].strip().decode()
        self.csrf = json.loads(answer)["csrf"]

    def visit(self, photos: list[bytes]) -> None:
        """Send one whole visit. The pictures differ from visit to visit in their last bytes, behind the picture."""
        visit_id = str(uuid4())
        files = [photo + visit_id.encode() for photo in photos]
        names = [sha256(data).hexdigest() for data in files]
        document = {
            **self.document,
            "id": visit_id,
            "files": [
                {"sha256": name, "item": None, "kind": "photo", "bytes": len(data), "type": "image/jpeg"}
                for name, data in zip(names, files, strict=True)
            ],
        }
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "If-None-Match": "*"}
        status, _, answer = self.ask("PUT", f"/api/v1/visits/{visit_id}", headers, body)
        assert status == 200, answer
        for name, data in zip(names, files, strict=True):
            given = {"sha256": name, "visit_id": visit_id, "kind": "photo", "filetype": "image/jpeg"}
            headers = {
                "Tus-Resumable": "1.0.0",
                "Content-Type": "application/offset+octet-stream",
                "Upload-Length": str(len(data)),
                "Upload-Checksum": f"sha256 {base64.b64encode(bytes.fromhex(name)).decode()}",
                "Upload-Metadata": ",".join(
                    f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in given.items()
                ),
            }
            status, _, answer = self.ask("POST", "/api/v1/uploads", headers, data)
            assert status in (200, 201), answer


def main() -> None:
    """Run everything and print a table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--phones", default="1,8,32")
    options.add_argument("--stored", type=int, default=0)
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    counts = [int(each) for each in asked.phones.split(",")]
    pictures = photographs()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=ROOT / "build" if (ROOT / "build").is_dir() else None) as folder:
        with ours(Path(folder) / "ours", max(counts)) as (target, phones):
            if asked.stored:
                phones[0].visit(pictures)
                store(Path(folder) / "ours" / "xunting.sqlite", asked.stored)
                for phone in phones:
                    # The server has closed what was silent meanwhile.
                    phone.wire = None
            results["xunting"] = measure(target, phones, counts, pictures, asked.seconds)
        with bare(Path(folder) / "bare", max(counts), phones[0].document) as (target, phones):
            results["bare"] = measure(target, phones, counts, pictures, asked.seconds)
    results["ratio"] = {
        kind: {
            str(count): round(
                results["xunting"][kind][str(count)]["per_second"]
                / results["bare"][kind][str(count)]["per_second"],
                2,
            )
            for count in counts
        }
        for kind in ("answers", "photos")
    }
    show(results)
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(results, indent=1))


def measure(
    target: Target, phones: list[Phone], counts: list[int], pictures: list[bytes], seconds: float
) -> dict[str, Any]:
    """Both kinds of visit at each number of phones."""
    found: dict[str, Any] = {"answers": {}, "photos": {}}
    for phone in phones[:4]:
        phone.visit(pictures[:1])
    for kind, photos in (("answers", []), ("photos", pictures)):
        for count in counts:
            found[kind][str(count)] = run(target, phones[:count], photos, seconds)
    found["memory_mib"] = round(target.usage()["memory"] / 2**20)
    return found


def run(target: Target, phones: list[Phone], photos: list[bytes], seconds: float) -> dict[str, float]:
    """All phones send visits, one after the other, for some seconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    def send(phone: Phone) -> None:
        while (begun := time.perf_counter()) < end:
            phone.visit(photos)
            times.append(time.perf_counter() - begun)

    before, begun = target.usage(), time.perf_counter()
    threads = [threading.Thread(target=send, args=(phone,)) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent, after = time.perf_counter() - begun, target.usage()
    sent = len(times)
    return {
        "visits": sent,
        "per_second": round(sent / spent, 2),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1] * 1000, 1)
        if sent > 1
        else round(times[0] * 1000, 1),
        "cpu_ms": round((after["cpu"] - before["cpu"]) / sent * 1000, 2),
        "kb_written": round((after["written"] - before["written"]) / sent / 1000, 1),
    }


def store(database: Path, most: int) -> None:
    """Copy the rows of the one visit that is there, under ids of their own."""
    print(f"storing {most} visits …", file=sys.stderr)
    connection = sqlite3.connect(database, timeout=600)
    connection.execute("CREATE TEMP TABLE fresh AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT ?) "
                       "SELECT lower(hex(randomblob(16))) AS id FROM n", (most,))  # fmt: skip
    dashed = "substr(fresh.id,1,8)||'-'||substr(fresh.id,9,4)||'-'||substr(fresh.id,13,4)||'-'||substr(fresh.id,17,4)||'-'||substr(fresh.id,21)"
    other = {
        "visit": {"id": "fresh.id", "etag": "lower(hex(randomblob(16)))"},
        "revision": {"visit_id": "fresh.id"},
        "visit_file": {"visit_id": "fresh.id", "sha256": "lower(hex(randomblob(32)))"},
        "event": {"id": "NULL", "subject_id": dashed, "seq": "-abs(random())"},
    }
    for table, changed in other.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(changed.get(name, f"{table}.{name}") for name in columns)
        of_visits = "WHERE subject = 'visit'" if table == "event" else ""
        with connection:
            connection.execute(
                f"INSERT INTO {table} SELECT {values} FROM fresh, (SELECT * FROM {table} {of_visits}) AS {table}"
            )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@contextmanager
def ours(data: Path, most: int) -> Iterator[tuple[Target, list[Phone]]]:
    """The server with as many shoppers as phones."""
    with gunicorn.running(data, processes=None) as server:
        office = Office.of(server.settings)
        where = make.outlet(office)
        with office.work(write=False) as work:
            compiled = checklists.compiled(work.connection, "own-hall-mystery", 1)
        answers = filled(compiled)
        target = Target("xunting", server.port, server.processes["gunicorn"].pid)
        phones = []
        for number in range(most):
            shopper = make.user(office, role=Role.SHOPPER, username=f"phone{number}")
            task = make.assignment(office, shopper, where)
            document = make.document(
                where, intent="submit", assignment_id=str(task.id), answers=answers, app="bench",
                left_at="2026-11-21T03:00:00Z", finished_at="2026-11-21T03:10:00Z",
            )  # fmt: skip
            phone = Phone(server.port, document=document)
            phone.sign_in(shopper.username)
            phones.append(phone)
        office.database.close()
        yield target, phones


@contextmanager
def bare(data: Path, most: int, document: dict[str, Any]) -> Iterator[tuple[Target, list[Phone]]]:
    """The floor, under the same gunicorn."""
    data.mkdir(parents=True)
    port = gunicorn.free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--no-control-socket", "--worker-class", "gthread", "--log-level", "warning"),
            *("--workers", "1", "--threads", "16", "--keep-alive", "15", "--bind", f"127.0.0.1:{port}"),
            "benchmarks.bare:application",
        ],
        cwd=ROOT,
        env={**os.environ, "BARE_DATA": str(data)},
    )  # fmt: skip
    try:
        pause = threading.Event()
        for _ in range(600):
            try:
                Phone(port).ask("GET", "/", {}, b"")
                break
            except OSError:
                pause.wait(0.05)
        yield Target("bare", port, process.pid), [Phone(port, document=document) for _ in range(most)]
    finally:
        process.terminate()
        process.wait()


def filled(compiled: dict[str, Any]) -> dict[str, Any]:
    """An answer to each of the checklist's items, about eighty, that leave nothing missing."""
    values: dict[str, Callable[[dict[str, Any]], Any]] = {
        "pass_fail": lambda item: "pass",
        "scale": lambda item: int(next(iter(item["credit"]["table"]))),
        "choice": lambda item: next(o["id"] for o in item["options"] if o["id"] not in item["voids"]),
        "multi": lambda item: [],
        "count": lambda item: item["min"] or 0,
        "timer": lambda item: 120,
        "number": lambda item: str(item["min"] or "1"),
        "share": lambda item: {"part": 3, "whole": 4},
        "text": lambda item: "柜台前有引导员主动问候，等候区座椅干净，叫号机工作正常。" * 4,
        "instant": lambda item: "2026-11-21T02:10:05Z",
        "photo": lambda item: None,
        "signature": lambda item: None,
    }
    answers: dict[str, Any] = {}
    facts = {"kind": "mystery", "tier": "own_hall", "class": "A", "setting": "city"}
    items = [item for section in compiled["sections"] for item in section["items"]]
    for item in items:
        answer: dict[str, Any] = {"at": "2026-11-21T02:30:00.120Z", "no_photo": "不便拍照"}
        value = values[item["kind"]](item)
        if value is not None:
            answer["value"] = value
        answers[item["id"]] = answer
    result = score(compiled, facts, {name: Answer.of(each) for name, each in answers.items()}, {})
    assert not result.missing, result.missing
    return {name: answers[name] for name in result.visible if name in answers}


def photographs() -> list[bytes]:
    """Pictures of about 250 kB each that compress like photographs: soft shapes with fine noise."""
    found = []
    for number in range(PHOTOS):
        soft = Image.frombytes("RGB", (400, 300), os.urandom(360_000)).filter(
            ImageFilter.GaussianBlur(1 + number % 3)
        )
        soft = soft.resize((1600, 1200), Image.Resampling.BICUBIC)
        fine = Image.blend(soft, Image.frombytes("RGB", (1600, 1200), os.urandom(5_760_000)), 0.08)
        path = Path(tempfile.mkstemp(suffix=".jpg")[1])
        for quality in range(92, 20, -2):
            fine.save(path, "JPEG", quality=quality)
            if path.stat().st_size <= PHOTO_BYTES:
                break
        found.append(path.read_bytes())
        path.unlink()
    return found


def show(results: dict[str, Any]) -> None:
    """A table for people."""
    print(f"{'':24}{'visits/s':>10}{'p95 ms':>10}{'CPU ms':>10}{'kB disk':>10}{'ratio':>8}")
    for kind in ("answers", "photos"):
        for count in results["xunting"][kind]:
            for name in ("xunting", "bare"):
                row = results[name][kind][count]
                ratio = results["ratio"][kind][count] if name == "xunting" else ""
                print(
                    f"{kind + ' x' + count:16}{name:8}{row['per_second']:>10}{row['p95_ms']:>10}{row['cpu_ms']:>10}{row['kb_written']:>10}{ratio:>8}"
                )
    print(f"memory: xunting {results['xunting']['memory_mib']} MiB, bare {results['bare']['memory_mib']} MiB")


if __name__ == "__main__":
    main()
