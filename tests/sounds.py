"""A tenth of a second of sound in each container that phones make; only the boxes that say what it is are real."""

from __future__ import annotations

OGG = b"OggS" + b"\0" * 24 + b"OpusHead" + b"x" * 40
ADTS = b"\xff\xf1" + b"x" * 40


def box(name: bytes, content: bytes) -> bytes:
    """An MP4 box."""
    return (8 + len(content)).to_bytes(4, "big") + name + content


def track(kind: bytes) -> bytes:
    """A track whose handler says soun or vide."""
    return box(b"trak", box(b"mdia", box(b"hdlr", b"\0" * 8 + kind + b"\0" * 13)))


def mp4(*kinds: bytes, late: bool = False) -> bytes:
    """An MP4 file; `late` writes its list of tracks behind the sound, as recorders of files do."""
    parts = [box(b"moov", b"".join(track(kind) for kind in kinds)), box(b"mdat", b"x" * 100_000)]
    return box(b"ftyp", b"M4A \0\0\0\0") + b"".join(reversed(parts) if late else parts)


def webm(*codecs: bytes) -> bytes:
    """A WebM file with tracks of these codecs."""
    tracks = b"".join(b"\xae\x8a\x86" + bytes([0x80 | len(codec)]) + codec for codec in codecs)
    return b"\x1aE\xdf\xa3\x8bB\x82\x84webm" + b"\x18S\x80g" + b"\x16T\xaek" + tracks + b"x" * 400


MP4 = mp4(b"soun")
WEBM = webm(b"A_OPUS")
