"""Likeness of pictures: fingerprints of 64 bits, in how many they differ, and the bands by which near ones are found.

A fingerprint is cut into four bands of sixteen bits. Of two that differ in at most `bits` places, one band at
least differs in at most `bits // 4` places (the pigeonhole principle), so whoever looks up every value that near
to each band of one finds the other.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

BANDS, WIDTH = 4, 16


def fingerprint(dhash: str) -> int:
    """A difference hash (16 hex digits) as a number of 64 bits with a sign, as databases keep it."""
    number = int(dhash, 16)
    return number - (1 << 64) if number >> 63 else number


def dhash_of(number: int) -> str:
    """The 16 hex digits of a fingerprint."""
    return f"{number & (1 << 64) - 1:016x}"


def difference(one: int, other: int) -> int:
    """In how many bits two fingerprints differ."""
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def bands(number: int) -> tuple[int, ...]:
    """The four bands of a fingerprint. Each takes every fourth bit.

    Neighbouring bits of a picture are alike; in one band they would make a few values very common.
    """
    lanes = 0
    for byte in (number & (1 << 64) - 1).to_bytes(8):
        lanes = lanes << 2 | _LANES[byte]
    return tuple(lanes >> WIDTH * band & (1 << WIDTH) - 1 for band in range(BANDS))


def near(band: int, bits: int) -> list[int]:
    """Every value of a band that one of the bands must have where fingerprints differ in at most `bits`."""
    return [band ^ mask for mask in _masks(bits // BANDS)]


@cache
def _masks(radius: int) -> tuple[int, ...]:
    return tuple(
        sum(1 << place for place in places)
        for count in range(radius + 1)
        for places in combinations(range(WIDTH), count)
    )


def _lane(byte: int) -> int:
    """For one byte: two bits for each band, sixteen apart."""
    return sum((byte >> band & 1 | byte >> band + BANDS << 1 & 2) << WIDTH * band for band in range(BANDS))


_LANES = tuple(_lane(byte) for byte in range(256))
