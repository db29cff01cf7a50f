"""Similar pictures: a look-up among a million fingerprints beside reading all of them.

    python -m benchmarks.likeness [--pictures 1000000] [--json build/bench-likeness.json]

A SQLite database of ours holds so many random fingerprints in its index, a hundred thousand of them with a file, and a
thousand that are nearly blank. Looked up are pictures that nothing is like, some that differ in six bits from one that is
there, and blank ones; each by `storage/pictures.py` as the worker calls it, one after the other. The floor reads every
fingerprint of the same file and compares it in Python, which is what the index saves. Milliseconds; `found` counts the look-ups
that found what was put there. With 10 million (some 700 MB) the fill takes a few minutes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from sqlite3 import Connection, connect
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from server.domain.likeness import bands, dhash_of, difference, fingerprint
from server.storage import migrations, pictures
from server.storage.database import Database

BITS, DAYS = 6, 180
FILES, BLANKS, LOOK_UPS = 100_000, 1_000, 100
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pictures", type=int, default=1_000_000)
    asked.add_argument("--json", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measured(Path(folder) / "bench.sqlite", options.pictures)
    text = json.dumps(result, indent=1)
    print(
        f"{result['pictures']:,} fingerprints: median {result['ms']} ms, slowest {result['slowest_ms']} ms (goal 50);"
        f" blank {result['blank_ms']} ms; found {result['found']}; reading all {result['scan_ms']} ms",
        file=sys.stderr,
    )
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text, encoding="utf-8")
    print(text)


def measured(file: Path, many: int) -> dict[str, Any]:
    """All figures."""
    database = Database(f"sqlite:///{file}")
    migrations.upgrade(database.engine)
    chance = Random(many)
    with closing(connect(file)) as connection:
        there = _filled(connection, many, chance)
    strangers = [f"{chance.getrandbits(64):016x}" for _ in range(LOOK_UPS)]
    alike = [_turned(number, BITS, chance) for number in chance.sample(there, LOOK_UPS)]
    blank = [_turned(0, chance.randrange(BITS), chance) for _ in range(LOOK_UPS)]
    with database.transaction(write=False) as opened:
        # Statements are compiled and the pages of the upper index levels read once, as in a worker that has run for a while.
        for dhash in strangers[:3] + blank[:3]:
            _look(opened.session, dhash)
        unlike, of_blank = _timed(opened.session, strangers), _timed(opened.session, blank)
        near = _timed(opened.session, alike)
        found = [_look(opened.session, dhash) for dhash in alike]
        began = perf_counter()
        wanted = fingerprint(strangers[0])
        rows = opened.session.connection().exec_driver_sql("SELECT hash FROM picture_hash")
        assert min(difference(number, wanted) for (number,) in rows) > 0
        scan = perf_counter() - began
    database.close()
    return {
        "pictures": many,
        "bytes": file.stat().st_size,
        "ms": round(statistics.median(unlike + near) * 1000, 2),
        "slowest_ms": round(max(unlike + near) * 1000, 2),
        "blank_ms": round(statistics.median(of_blank) * 1000, 2),
        "blank_slowest_ms": round(max(of_blank) * 1000, 2),
        "found": f"{sum(dhash is not None for dhash in found)} of {len(found)}",
        "scan_ms": round(scan * 1000),
    }


def _filled(connection: Connection, many: int, chance: Random) -> list[int]:
    """The database with its fingerprints; those that have a file."""
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('picture_hash', 'visit_file') AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute("PRAGMA synchronous = OFF")
    blank = {fingerprint(_turned(0, chance.randrange(12), chance)) for _ in range(BLANKS)}
    filed = [fingerprint(f"{chance.getrandbits(64):016x}") for _ in range(min(FILES, many))]
    others = (fingerprint(f"{chance.getrandbits(64):016x}") for _ in range(many - len(filed)))
    for numbers in (blank, filed, others):
        connection.executemany(
            "INSERT OR IGNORE INTO picture_hash VALUES (?, ?, ?, ?, ?)",
            ((number, *bands(number)) for number in numbers),
        )
    connection.executemany(
        "INSERT INTO visit_file (visit_id, sha256, kind, type, bytes, dhash, uploader_id, arrived_at)"
        " VALUES (?, ?, 'photo', 'image/jpeg', 1, ?, ?, ?)",
        (
            (
                uuid4().hex,
                f"{n:064x}",
                dhash_of(number),
                UUID(int=1).hex,
                (NOW - timedelta(minutes=n % 200_000)).strftime("%Y-%m-%d %H:%M:%S.%f"),
            )
            for n, number in enumerate([*filed, *blank])
        ),
    )
    for _, sql in indexes:
        connection.execute(sql)
    connection.commit()
    return filed


def _turned(number: int, bits: int, chance: Random) -> str:
    for place in chance.sample(range(64), bits):
        number ^= 1 << place
    return dhash_of(number)


def _look(session: Session, dhash: str) -> str | None:
    found = pictures.nearest(session, dhash, BITS, NOW - timedelta(days=DAYS), UUID(int=2))
    return found.dhash if found else None


def _timed(session: Session, dhashes: list[str]) -> list[float]:
    times = []
    for dhash in dhashes:
        began = perf_counter()
        _look(session, dhash)
        times.append(perf_counter() - began)
    return times


if __name__ == "__main__":
    main()
