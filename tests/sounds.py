"""A tenth of a second of sound in each container that phones make; only the boxes that say what it is are real."""

from __future__ import annotations


def page(packet: bytes, *, flags: int = 2, stream: int = 1) -> bytes:
    """An Ogg page with one packet of at most 254 bytes; flag 2 begins a stream."""
    return (
        b"OggS\0"
        + bytes([flags])
        + b"\0" * 8
        + stream.to_bytes(4, "little")
        + b"\0" * 8
        + bytes([1, len(packet)])
        + packet
    )


def ogg(*streams: bytes) -> bytes:
    """An Ogg file whose streams begin so."""
    begins = b"".join(page(first, stream=number) for number, first in enumerate(streams))
    return begins + page(b"OpusTags" + b"x" * 40, flags=0)


def adts(*lengths: int) -> bytes:
    """Frames of bare AAC of these lengths in bytes."""
    return b"".join(
        b"\xff\xf1\x50"
        + bytes([0x80 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC])
        + b"x" * (size - 7)
        for size in lengths
    )


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


def element(name: bytes, content: bytes, width: int = 1) -> bytes:
    """A WebM element whose size is written in so many bytes."""
    return name + (len(content) | 1 << 7 * width).to_bytes(width, "big") + content


def tracks(*codecs: bytes, width: int = 1) -> bytes:
    """The list of tracks with these codecs."""
    entries = b"".join(element(b"\xae", element(b"\x86", codec, width), width) for codec in codecs)
    return element(b"\x16T\xaek", entries, 4)


def webm(*codecs: bytes, width: int = 1, before: int = 0, unknown: bool = False, after: bytes = b"") -> bytes:
    """A WebM file with tracks of these codecs, their list behind so many bytes of nothing; `unknown` leaves the
    sizes of segment and cluster open, as recorders do; `after` follows the sound."""
    content = element(b"\xec", b"\0" * before, 4) + tracks(*codecs, width=width)
    block = element(b"\xa3", b"x" * 400, 2)
    opened = b"\x01" + b"\xff" * 7
    if unknown:
        content += b"\x1fC\xb6u" + opened + block + after
        segment = b"\x18S\x80g" + opened + content
    else:
        content += element(b"\x1fC\xb6u", block, 4) + after
        segment = element(b"\x18S\x80g", content, 8)
    return element(b"\x1aE\xdf\xa3", element(b"B\x82", b"webm")) + segment


OGG = ogg(b"OpusHead" + b"x" * 11)
ADTS = adts(40, 50)
MP4 = mp4(b"soun")
WEBM = webm(b"A_OPUS")
