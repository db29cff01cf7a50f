"""Files as commands read and write them: read within limits, written whole or not at all, never over other content."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from server.cli.terminal import Refused
from server.domain.findings import Finding
from server.gateways.standards import StandardsWrong
from server.gateways.workbook_file import MAX_BYTES


def shown(path: Path) -> str:
    """A path as it can be printed, whatever bytes its name has."""
    return str(path).encode("utf-8", "replace").decode()


def read(path: Path) -> bytes:
    """The content of a file, with one byte beyond the limit at most, which the readers refuse.

    Raises StandardsWrong for what cannot be read, so that it is told like all that is wrong with a standard.
    """
    try:
        # A pipe or a device could wait, or give, for ever.
        if path.exists() and not path.is_file():
            raise Refused("{name} 不是文件。", name=shown(path))
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StandardsWrong(
            [Finding("", "file_unreadable", {"reason": reason}).placed(shown(path), None)]
        ) from error


def write_new(path: Path, content: bytes, *, may_replace: Callable[[bytes], bool] | None = None) -> bool:
    """Write a file beside and rename it, so that there is never half of it; tells whether it had to be written.

    Raises Refused where the file is there with other content, unless `may_replace` says of it that it may go.
    """
    if path.exists():
        there = read(path)
        if there == content:
            return False
        if may_replace is None or not may_replace(there):
            raise Refused("{name} 已经存在，内容不同；没有覆盖。", name=shown(path))
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError as error:
        raise Refused("写不了 {name}：{reason}", name=shown(path), reason=error.strerror or error) from error
    finally:
        # A folder that takes no file does not let one be looked for either.
        if beside.parent.is_dir():
            beside.unlink(missing_ok=True)
    return True
