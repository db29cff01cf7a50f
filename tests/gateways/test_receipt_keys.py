"""The key that signs receipts: made once, private, named by its public half, and checked by any other program."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.config import WrongSetting
from server.gateways import receipt_keys


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    made = receipt_keys.own(folder)
    receipt_keys.own.cache_clear()
    assert receipt_keys.own(folder).name == made.name
    assert (folder / "receipt-key.pem").stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in folder.iterdir()) == [
        f"receipt-key-{made.name}.pub.pem",
        "receipt-key.pem",
    ]


def test_processes_that_begin_together_take_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: receipt_keys.own.__wrapped__(tmp_path).name, range(16)))
    assert len(names) == 1


def test_a_signature_fits_its_text_alone(tmp_path: Path) -> None:
    key = receipt_keys.own(tmp_path)
    (name, fits), *others = receipt_keys.checks(receipt_keys.published(tmp_path)).items()
    assert (name, others) == (key.name, [])
    signed = key.sign("回执")
    assert fits("回执", signed)
    assert not fits("回执 ", signed)
    assert not fits("回执", "0" * 128)


def test_openssl_agrees(tmp_path: Path) -> None:
    signed = receipt_keys.own(tmp_path / "key").sign("a text")
    (tmp_path / "text").write_bytes(b"a text")
    (tmp_path / "signature").write_bytes(bytes.fromhex(signed))
    (tmp_path / "public.pem").write_text(receipt_keys.published(tmp_path / "key"))
    command = "openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in text -sigfile signature"
    found = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Signature Verified Successfully" in found.stdout


def test_after_another_key_was_made_the_older_one_still_checks(tmp_path: Path) -> None:
    old = receipt_keys.own(tmp_path)
    signed = old.sign("before")
    (tmp_path / "receipt-key.pem").unlink()
    receipt_keys.own.cache_clear()
    new = receipt_keys.own(tmp_path)
    checks = receipt_keys.checks(receipt_keys.published(tmp_path))
    assert set(checks) == {old.name, new.name}
    assert checks[old.name]("before", signed)
    assert not checks[new.name]("before", signed)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\x00"])
def test_a_file_that_is_no_key_stops_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "receipt-key.pem").write_bytes(content)
    with pytest.raises(WrongSetting, match=r"receipt-key\.pem"):
        receipt_keys.own(tmp_path)


def test_what_is_no_public_key_is_passed_over(tmp_path: Path) -> None:
    receipt_keys.own(tmp_path)
    pem = receipt_keys.published(tmp_path)
    strange = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
    assert set(receipt_keys.checks(f"words\n{strange}{pem}")) == set(receipt_keys.checks(pem))
