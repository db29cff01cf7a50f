"""Where the signing key comes from."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from server.reports import authority
from tests.reports import sample


def test_the_demonstration_key_is_made_once_private_and_says_what_it_is(tmp_path: Path) -> None:
    first = authority.demonstration(tmp_path / "new", now=sample.NOON)
    second = authority.demonstration(tmp_path / "new", now=sample.NOON)
    (file,) = (tmp_path / "new").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first.demonstration
    assert authority.DEMONSTRATION in first.name
    assert first.signer.signing_cert is not None
    assert second.signer.signing_cert is not None
    assert first.signer.signing_cert.dump() == second.signer.signing_cert.dump()
    assert [root.dump() for root in first.roots] == [root.dump() for root in second.roots]


def test_a_configured_file_is_used_as_it_is(tmp_path: Path) -> None:
    authority.demonstration(tmp_path, now=sample.NOON)
    (file,) = tmp_path.iterdir()
    configured = authority.from_pkcs12(file, None)
    assert not configured.demonstration
    assert len(configured.roots) == 1


def test_a_file_is_read_once_by_whatever_links_it_is_reached(tmp_path: Path) -> None:
    own = authority.demonstration(tmp_path / "own", now=sample.NOON)
    (file,) = (tmp_path / "own").iterdir()
    link = tmp_path / "link.p12"
    link.symlink_to(file)
    assert authority.from_pkcs12(link, None).signer is own.signer


@pytest.mark.parametrize("content", [None, b"", b"not a key"])
def test_a_file_that_cannot_sign_is_refused_with_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "key.p12"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(authority.UnusableKey, match=r"key\.p12"):
        authority.from_pkcs12(file, "x")
