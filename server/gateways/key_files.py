"""Keys as files: made once, whole, readable as far as their mode says; of two processes the first one's stays."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def keep_first(file: Path, content: bytes, mode: int) -> None:
    """Put a file in place whole, unless another process was first; then its file stays."""
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(beside, file)
    finally:
        beside.unlink()
