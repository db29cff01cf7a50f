"""Files that somebody tries before taking them in: kept for a day, one a person, and found again by what they hold."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from server.domain.imports import TriedFileGone
from server.gateways.workbook_file import MAX_BYTES
from server.usecases.work import Work

KEPT = timedelta(days=1)
"""So long a file that was tried waits for whoever tried it to take it in."""


def keep_tried(work: Work, name: str, sent: BinaryIO) -> Path:
    """Keep a file that somebody tries until it is taken in, another is tried, or a day has passed.

    Whether they may is asked by the use case that reads it.
    """
    folder = work.settings.data / "tried"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        too_old = old.stat().st_mtime < (work.now - KEPT).timestamp()
        if too_old or old.stem == work.viewer.user_id:
            old.unlink(missing_ok=True)
    ending = Path(name).suffix.lower()
    path = folder / f"{work.viewer.user_id}{ending if ending in ('.xlsx', '.csv') else '.other'}"
    path.write_bytes(sent.read(MAX_BYTES + 1))
    path.chmod(0o600)
    return path


def tried(work: Work, digest: str) -> Path:
    """The file that the same person tried last. Raises TriedFileGone where it is not the one with this SHA-256."""
    for path in (work.settings.data / "tried").glob(f"{work.viewer.user_id}.*"):
        if digest_of(path) == digest:
            return path
    raise TriedFileGone()


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return sha256(path.read_bytes()).hexdigest()
