"""Judging sound by its content: AAC and Opus, bare or in MP4, Ogg or WebM; a video track in them is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from server.domain.voice import SoundUnreadable
from server.gateways.pictures import Judged

HEAD_BYTES = 65_536
"""Here a WebM or Ogg file has said what is in it."""
_MOST_MOOV = 4_000_000
# In MP4 each track says by its handler what it is; in WebM video has a codec whose name begins with V_.
_HANDLER = re.compile(rb"hdlr.{8}(....)", re.DOTALL)
_VIDEO_CODEC = re.compile(rb"\x86[\x81-\xa0]V_")


def sound(path: Path) -> Judged:
    """What the sound is. Raises SoundUnreadable for anything else, and for what holds pictures as well."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if len(head) < 16:
            raise SoundUnreadable()
        if head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
            return Judged("audio/aac")
        if head.startswith(b"OggS") and b"OpusHead" in head[:64]:
            return Judged("audio/ogg")
        if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:
            if b"A_OPUS" in head and not _VIDEO_CODEC.search(head):
                return Judged("audio/webm")
        elif head[4:8] == b"ftyp" and _tracks(file) == {b"soun"}:
            return Judged("audio/mp4")
    raise SoundUnreadable()


def _tracks(file: BinaryIO) -> set[bytes]:
    """The kinds of the tracks that an MP4 file names in its `moov`, such as soun and vide."""
    for name, size in _boxes(file):
        if name == b"moov":
            return set(_HANDLER.findall(file.read(min(size, _MOST_MOOV)))) - {b"meta", b"mdir"}
    return set()


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """The outermost boxes, each with the bytes that follow its head; the file stands behind that head."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        size, name, begins = int.from_bytes(head[:4]), head[4:8], 8
        if size == 1:
            size, begins = int.from_bytes(head[8:16]), 16
        if size and size < begins:
            return
        file.seek(at + begins)
        # A size of 0 goes on to the end of the file.
        yield name, size - begins if size else _MOST_MOOV
        if not size:
            return
        at += size
