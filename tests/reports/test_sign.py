"""Signatures: valid for other programs, and every change of a signed file is found."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from pathlib import Path

import pytest
from pyhanko.sign.general import SigningError

from server.reports import authority, sign, visit
from server.reports.authority import Authority
from server.reports.pdf import Fonts
from tests.reports import sample
from tests.reports.conftest import Printed, run, text


def test_poppler_finds_both_signatures_valid_and_the_whole_file_signed(
    inner: Printed, tmp_path: Path
) -> None:
    said = run("pdfsig", "-nocert", "@", given=inner.signed, folder=tmp_path)
    assert said.count("Signature is Valid.") == 2
    assert said.count("ETSI.CAdES.detached") == 2
    assert said.rstrip().split("Signature #2")[1].count("Total document signed") == 1


def test_we_find_the_report_genuine_and_say_whose_it_is(
    inner: Printed, outlet: Printed, key: Authority
) -> None:
    found = sign.verify(inner.signed, key.roots)
    assert found.state == "genuine"
    assert (found.report_id, found.edition) == (inner.data.report_id, "inner")
    assert [seen.field for seen in found.signatures] == list(visit.FIELDS)
    assert found.signed_at == inner.data.issued_at
    assert found.signer is not None
    assert authority.DEMONSTRATION in found.signer
    assert sign.verify(outlet.signed, key.roots).edition == "outlet"


def test_the_visible_signature_says_who_and_when(outlet: Printed, tmp_path: Path) -> None:
    said = text(outlet.signed, tmp_path)
    assert "数字签名" in said
    assert "签署时间2026-11-2216:10:05+08:00" in said


def test_no_clock_but_the_one_handed_in_dates_the_file(outlet: Printed, tmp_path: Path) -> None:
    written = run("qpdf", "--qdf", "--object-streams=disable", "@", "-", given=outlet.signed, folder=tmp_path)
    dates = re.findall(r"D:(\d{14})", written) + re.findall(r"(\d{4}-\d\d-\d\dT[\d:]{8})[Z+]", written)
    assert {re.sub(r"\D", "", date) for date in dates} == {outlet.data.issued_at.strftime("%Y%m%d%H%M%S")}
    assert written.count("ModifyDate") == 1


def test_the_unsigned_report_is_the_beginning_of_the_signed_one(inner: Printed) -> None:
    assert inner.signed.startswith(inner.unsigned)


def test_an_unsigned_report_is_unsigned(inner: Printed, key: Authority) -> None:
    assert sign.verify(inner.unsigned, key.roots).state == "unsigned"


def test_a_changed_byte_is_found_wherever_it_is(outlet: Printed, key: Authority) -> None:
    drawn = random.Random(20261121)
    pdf = outlet.signed
    start, end = _contents(pdf)
    last = pdf.rindex(b"/Contents <") + len(b"/Contents <") - 1
    named = [
        0,
        7,
        12,
        len(pdf) - 1,
        len(pdf) - 3,
        pdf.rindex(b"startxref") + 2,
        pdf.rindex(b"/ByteRange") + 3,
    ]
    edges = [last, start, start + 1, end - 1, end, (start + end) // 2]
    inside = [drawn.randrange(start, end) for _ in range(40)]
    anywhere = [drawn.randrange(len(pdf)) for _ in range(40)]
    for place in named + edges + inside + anywhere:
        changed = bytearray(pdf)
        changed[place] ^= 1 << drawn.randrange(7)
        assert sign.verify(bytes(changed), key.roots).state == "changed", place


def test_other_writings_of_the_same_signature_are_changes(outlet: Printed, key: Authority) -> None:
    start, end = _contents(outlet.signed)
    lower = outlet.signed[:start] + outlet.signed[start:end].lower() + outlet.signed[end:]
    assert sign.verify(lower, key.roots).state == "changed"
    issuer = b"DEMONSTRATION".hex().upper().encode()
    place = outlet.signed.rindex(issuer, start, end)
    recased = outlet.signed[:place] + b"64" + outlet.signed[place + 2 :]
    assert sign.verify(recased, key.roots).state == "changed"
    padded = outlet.signed[: end - 2] + b"41" + outlet.signed[end:]
    assert sign.verify(padded, key.roots).state == "changed"


@pytest.mark.parametrize("tail", [b"\n", b"%%EOF", b"\n1 0 obj <<>> endobj\n", b"\0" * 600])
def test_something_appended_is_found(inner: Printed, key: Authority, tail: bytes) -> None:
    assert sign.verify(inner.signed + tail, key.roots).state == "changed"


def test_a_later_update_of_the_file_is_found(inner: Printed, key: Authority, tmp_path: Path) -> None:
    first = inner.signed.rindex(b"startxref")
    place = int(re.findall(rb"\d+", inner.signed[first:])[0])
    update = b"\n9999 0 obj\n<< /Title (x) >>\nendobj\n"
    table = b"xref\n9999 1\n%010d 00000 n \n" % (len(inner.signed) + 1)
    trailer = b"trailer\n<< /Size 10000 /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    updated = inner.signed + update + table + trailer % (place, len(inner.signed) + len(update))
    assert sign.verify(updated, key.roots).state == "changed"
    rewritten = tmp_path / "rewritten.pdf"
    run("qpdf", "@", str(rewritten), given=inner.signed, folder=tmp_path)
    assert sign.verify(rewritten.read_bytes(), key.roots).state == "changed"


def test_a_signature_taken_away_is_found(inner: Printed, key: Authority) -> None:
    end_of_first = inner.signed.index(b"%%EOF", len(inner.unsigned)) + len(b"%%EOF\n")
    once = inner.signed[:end_of_first]
    assert once.count(b"/ByteRange") == 1
    assert sign.verify(once, key.roots).state == "changed"


def test_the_key_of_a_stranger_is_not_trusted(
    inner: Printed, outlet: Printed, key: Authority, fonts: Fonts, tmp_path: Path
) -> None:
    stranger = authority.demonstration(tmp_path, now=sample.NOON)
    assert sign.verify(outlet.signed, stranger.roots).state == "untrusted"
    assert sign.verify(outlet.signed, ()).state == "untrusted"
    forged = sign.sign(outlet.unsigned, stranger, field=visit.FIELDS[0], at=sample.NOON, fonts=fonts)
    assert sign.verify(forged, key.roots).state == "untrusted"
    mixed = sign.sign(inner.unsigned, key, field=visit.FIELDS[0], at=sample.NOON, fonts=fonts)
    mixed = sign.sign(mixed, stranger, field=visit.FIELDS[1], at=sample.NOON, fonts=fonts)
    assert sign.verify(mixed, key.roots).state == "changed"


def test_a_report_outlives_the_certificate_it_was_signed_with(
    outlet: Printed, fonts: Fonts, tmp_path: Path
) -> None:
    old = authority.demonstration(tmp_path, now=sample.NOON - timedelta(days=3650 * 2))
    within = sample.NOON - timedelta(days=3650 * 2 - 30)
    signed = sign.sign(outlet.unsigned, old, field=visit.FIELDS[0], at=within, fonts=fonts)
    assert sign.verify(signed, old.roots).state == "genuine"
    too_late = sign.sign(outlet.unsigned, old, field=visit.FIELDS[0], at=sample.NOON, fonts=fonts)
    assert sign.verify(too_late, old.roots).state == "untrusted"


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"hello", b"%PDF-1.7\n" + b"<<" * 5000, b"PK\x03\x04"])
def test_any_bytes_get_an_answer(key: Authority, junk: bytes) -> None:
    assert sign.verify(junk, key.roots).state == "unsigned"
    assert sign.verify(junk + b"/ByteRange", key.roots).state == "changed"


def test_a_field_is_signed_once_and_only_where_it_is(inner: Printed, key: Authority, fonts: Fonts) -> None:
    for field in (visit.FIELDS[0], "elsewhere"):
        with pytest.raises(SigningError):
            sign.sign(inner.signed, key, field=field, at=sample.NOON, fonts=fonts)


def test_a_signature_needs_the_zone_of_its_time(inner: Printed, key: Authority, fonts: Fonts) -> None:
    with pytest.raises(ValueError, match="zone"):
        sign.sign(
            inner.unsigned, key, field=visit.FIELDS[0], at=sample.NOON.replace(tzinfo=None), fonts=fonts
        )


def _contents(pdf: bytes) -> tuple[int, int]:
    """Where the hexadecimal digits of the last signature begin and end."""
    start = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    return start, pdf.index(b">", start)
