"""Judging sound by its content: AAC and Opus, bare or in MP4, Ogg or WebM; a video track in them is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from server.domain.voice import SoundUnreadable
from server.gateways.pictures import Judged

_MOST_MOOV = 4_000_000
# In MP4 each track says by its handler what it is.
_HANDLER = re.compile(rb"hdlr.{8}(....)", re.DOTALL)
# The elements of WebM on the way to the codec of each track (RFC 9559).
_EBML, _SEGMENT, _CLUSTER, _TRACKS, _ENTRY, _CODEC = (
    0x1A45DFA3,
    0x18538067,
    0x1F43B675,
    0x1654AE6B,
    0xAE,
    0x86,
)
_PARENTS = (_SEGMENT, _CLUSTER, _TRACKS, _ENTRY)
_MOST_ELEMENTS = 100_000
"""Three minutes of sound are some ten thousand blocks."""
# The first page of each stream in Ogg has this flag; all of them come before any other page (RFC 3533).
_BEGINS = 0x02


def sound(path: Path) -> Judged:
    """What the sound is. Raises SoundUnreadable for anything else, and for what holds pictures as well."""
    with path.open("rb") as file:
        head = file.read(64)
        if head[:1] == b"\xff" and _is_adts(file):
            return Judged("audio/aac")
        if head.startswith(b"OggS") and {first[:8] for first in _streams(file)} == {b"OpusHead"}:
            return Judged("audio/ogg")
        if head.startswith(_EBML.to_bytes(4)) and b"webm" in head and set(_codecs(file)) == {b"A_OPUS"}:
            return Judged("audio/webm")
        if head[4:8] == b"ftyp" and _handlers(file) == {b"soun"}:
            return Judged("audio/mp4")
    raise SoundUnreadable()


def _is_adts(file: BinaryIO) -> bool:
    """Whether the file begins with two frames of AAC, the second just where the first ends."""
    at = 0
    for _ in range(2):
        file.seek(at)
        head = file.read(7)
        if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
            return False
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        at += length
        if length <= 7:
            return False
    return at <= file.seek(0, 2)


def _streams(file: BinaryIO) -> Iterator[bytes]:
    """The first packet of each stream of an Ogg file."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(27)
        if len(head) < 27 or not head.startswith(b"OggS") or not head[5] & _BEGINS:
            return
        lengths = file.read(head[26])
        yield file.read(sum(lengths))
        at += 27 + len(lengths) + sum(lengths)


def _codecs(file: BinaryIO) -> Iterator[bytes]:
    """The codec of each track of a WebM file, wherever its list stands; an empty one where something is broken.

    What a recorder that was cut off left unfinished at the end is not broken.
    """
    ends, at = file.seek(0, 2), 0
    for _ in range(_MOST_ELEMENTS):
        file.seek(at)
        head = file.read(16)
        name, begins = _number(head, 0, keep_mark=True)
        size, begins = _number(head, begins)
        if at + begins >= ends:
            return
        if name < 0 or size < 0:
            break
        if name == _CODEC:
            file.seek(at + begins)
            yield file.read(min(size, 64)).rstrip(b"\0")
        at += begins + (0 if name in _PARENTS else size)
    yield b""


def _number(head: bytes, at: int, *, keep_mark: bool = False) -> tuple[int, int]:
    """A number of EBML and where it ends, however many bytes it was given; -1 where there is none."""
    more = 8 - head[at].bit_length() if at < len(head) else 0
    if more == 8 or at >= len(head):
        return -1, at + 1
    mark = 0 if keep_mark else 0x80 >> more
    return int.from_bytes(bytes([head[at] - mark]) + head[at + 1 : at + 1 + more]), at + 1 + more


def _handlers(file: BinaryIO) -> set[bytes]:
    """The kinds of the tracks that an MP4 file names in its `moov`, such as soun and vide."""
    kinds: set[bytes] = set()
    for name, size in _boxes(file):
        if name == b"moov":
            if size > _MOST_MOOV:
                return set()
            kinds.update(_HANDLER.findall(file.read(size)))
    return kinds - {b"meta", b"mdir"}


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """The outermost boxes, each with the bytes that follow its head; the file stands behind that head."""
    ends, at = file.seek(0, 2), 0
    while True:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        size, name, begins = int.from_bytes(head[:4]), head[4:8], 8
        if size == 1:
            size, begins = int.from_bytes(head[8:16]), 16
        if size == 0:
            # It goes on to the end of the file.
            size = ends - at
        if size < begins:
            return
        file.seek(at + begins)
        yield name, size - begins
        at += size
