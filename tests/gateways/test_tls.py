"""The demonstration's certificates: trusted through the authority, for the right names, made anew when needed."""

from __future__ import annotations

import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server

import pytest
from cryptography import x509

from server.gateways import tls

NAMES = ["hall.example", "localhost", "127.0.0.1"]


def now() -> datetime:
    return datetime.now(UTC)


def certificate(made: tls.ServerCertificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate.read_bytes())


def handshake(made: tls.ServerCertificate, name: str) -> str:
    """Connect as a browser that trusts the authority; the protocol that came about."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    trusting = ssl.create_default_context(cafile=str(made.authority))
    with create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            taken, _ = listening.accept()
            with taken:
                try:
                    context.wrap_socket(taken, server_side=True).close()
                except (ssl.SSLError, OSError):
                    return  # the other side refused, which is what some tests want

        server = threading.Thread(target=serve)
        server.start()
        import socket

        try:
            with (
                socket.create_connection(listening.getsockname()) as plain,
                trusting.wrap_socket(plain, server_hostname=name) as safe,
            ):
                return safe.version() or ""
        finally:
            server.join()


def test_a_browser_that_trusts_the_authority_trusts_this_machine(tmp_path: Path) -> None:
    made = tls.ensure(tmp_path / "tls", NAMES, now())
    for name in NAMES:
        assert handshake(made, name) == "TLSv1.3"


def test_it_is_not_for_other_names(tmp_path: Path) -> None:
    made = tls.ensure(tmp_path / "tls", NAMES, now())
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(made, "elsewhere.example")


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    made = tls.ensure(tmp_path / "tls", NAMES, now())
    for key in (made.key, tmp_path / "tls" / "authority.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_authority_stays_and_the_certificate_follows_the_names(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, NAMES, now())
    kept = certificate(first)
    assert certificate(tls.ensure(tmp_path, NAMES, now())) == kept
    second = tls.ensure(tmp_path, [*NAMES, "192.0.2.7"], now())
    assert certificate(second) != kept
    assert second.fingerprint == first.fingerprint


def test_a_certificate_near_its_end_is_made_anew(tmp_path: Path) -> None:
    old = certificate(tls.ensure(tmp_path, NAMES, now() - timedelta(days=365)))
    assert old.not_valid_after_utc > now()
    new = certificate(tls.ensure(tmp_path, NAMES, now()))
    assert new.not_valid_after_utc > old.not_valid_after_utc
    # Phones refuse certificates that live longer.
    assert new.not_valid_after_utc - new.not_valid_before_utc <= timedelta(days=398)


def test_a_new_authority_brings_a_new_certificate(tmp_path: Path) -> None:
    old = certificate(tls.ensure(tmp_path, NAMES, now()))
    (tmp_path / "authority.key").unlink()
    made = tls.ensure(tmp_path, NAMES, now())
    assert certificate(made) != old
    assert handshake(made, "localhost")


def test_the_names_of_a_server_that_listens_everywhere_are_this_machines() -> None:
    assert tls.names_of("192.0.2.7") == ["192.0.2.7", "localhost", "127.0.0.1"]
    assert "127.0.0.1" in tls.names_of("0.0.0.0")
    assert tls.addresses()[-1].startswith("127.")
