"""Fingerprints of pictures: bands promise to find whatever differs in few enough bits."""

from __future__ import annotations

from random import Random

import pytest

from server.domain.likeness import bands, dhash_of, difference, fingerprint, near
from server.storage.migrations.versions import v0008_pictures as step


@pytest.mark.parametrize("dhash", ["0" * 16, "f" * 16, "8" + "0" * 15, "7" + "f" * 15, "0123456789abcdef"])
def test_a_fingerprint_is_a_number_with_a_sign_and_comes_back(dhash: str) -> None:
    number = fingerprint(dhash)
    assert -(1 << 63) <= number < 1 << 63
    assert dhash_of(number) == dhash
    assert (number < 0) == (dhash[0] in "89abcdef")


def test_the_bands_hold_every_bit_once_and_neighbours_apart() -> None:
    found = [bands(fingerprint(f"{1 << bit:016x}")) for bit in range(64)]
    assert {(n, band) for each in found for n, band in enumerate(each) if band} == {
        (n, 1 << place) for n in range(4) for place in range(16)
    }
    assert all(sum(band.bit_count() for band in each) == 1 for each in found)
    assert [each.index(max(each)) for each in found[:8]] == [0, 1, 2, 3, 0, 1, 2, 3]


@pytest.mark.parametrize("bits", range(14))
def test_what_differs_in_so_many_bits_shares_a_near_band(bits: int) -> None:
    chance = Random(bits)
    for _ in range(150):
        one = chance.getrandbits(64)
        other = one
        for place in chance.sample(range(64), bits):
            other ^= 1 << place
        assert difference(one, other) == bits
        pairs = zip(bands(one), bands(other), strict=True)
        assert any(theirs in near(mine, bits) for mine, theirs in pairs)


def test_the_step_that_fills_the_index_cuts_bands_as_we_do() -> None:
    chance = Random(8)
    for _ in range(50):
        dhash = f"{chance.getrandbits(64):016x}"
        row = step._row(dhash)
        assert row["hash"] == fingerprint(dhash)
        assert tuple(row[f"band_{n}"] for n in range(4)) == bands(fingerprint(dhash))
