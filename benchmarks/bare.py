"""The floor of the server's benchmark: a WSGI handler that only keeps the bytes, as durably as the server does."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_DATA = Path(os.environ["BARE_DATA"])
_FILES = _DATA / "files"
_FILES.mkdir(parents=True, exist_ok=True)
_LOCK = threading.Lock()
_CONNECTION = sqlite3.connect(_DATA / "bare.sqlite", isolation_level=None, check_same_thread=False)
for _pragma in ("journal_mode=WAL", "synchronous=FULL"):
    _CONNECTION.execute(f"PRAGMA {_pragma}")
_CONNECTION.execute("CREATE TABLE IF NOT EXISTS document (id TEXT PRIMARY KEY, body BLOB)")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """PUT keeps a document in one fsynced row, POST a file, fsynced with its folder."""
    data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["REQUEST_METHOD"] == "PUT":
        with _LOCK:
            _CONNECTION.execute("INSERT OR REPLACE INTO document VALUES (?, ?)", (environ["PATH_INFO"], data))
    elif environ["REQUEST_METHOD"] == "POST":
        path = _FILES / os.urandom(16).hex()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(descriptor, data)
        os.fsync(descriptor)
        os.close(descriptor)
        folder = os.open(_FILES, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]
