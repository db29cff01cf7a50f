"""The demonstration's certificates: a made-up authority that phones can trust, and this machine's certificate."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import socket
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_SIOCGIFADDR = 0x8915


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """Where the authority's certificate and this machine's certificate and key lie."""

    authority: Path
    certificate: Path
    key: Path
    fingerprint: str
    """SHA-256 of the authority's certificate, to compare on the phone."""


def ensure(folder: Path, names: list[str], now: datetime) -> ServerCertificate:
    """Make the authority once, and a certificate for `names` (addresses or host names) when they changed.

    Keys have mode 600. A certificate lives 390 days, less than what phones accept at most, and is made anew
    thirty days before its end.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, authority_key = folder / "authority.crt", folder / "authority.key"
    if not authority.exists() or not authority_key.exists():
        _make_authority(authority, authority_key, now)
        (folder / "server.crt").unlink(missing_ok=True)
    root = x509.load_pem_x509_certificate(authority.read_bytes())
    certificate, key = folder / "server.crt", folder / "server.key"
    if not key.exists() or not _fits(certificate, names, root, now):
        signer = serialization.load_pem_private_key(authority_key.read_bytes(), None)
        _make_certificate(certificate, key, names, root, signer, now)
    print_ = root.fingerprint(hashes.SHA256()).hex(":").upper()
    return ServerCertificate(authority, certificate, key, print_)


def addresses() -> list[str]:
    """This machine's IPv4 addresses, loopback last."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(asked.fileno(), _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue  # an interface without an IPv4 address
            found.append(socket.inet_ntoa(answer[20:24]))
    return sorted(set(found), key=lambda address: (ipaddress.ip_address(address).is_loopback, address))


def names_of(host: str) -> list[str]:
    """All names under which browsers may call a server that listens on `host`."""
    everywhere = host in ("0.0.0.0", "::")  # noqa: S104
    names = [socket.gethostname(), *addresses()] if everywhere else [host]
    return list(dict.fromkeys([*names, "localhost", "127.0.0.1"]))


def _make_authority(certificate: Path, key: Path, now: datetime) -> None:
    made = ec.generate_private_key(ec.SECP256R1())
    name = _name("巡厅演示证书 Xunting demonstration authority")
    built = (
        _builder(name, name, made.public_key(), now, timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
        .sign(made, hashes.SHA256())
    )
    _write_key(key, made)
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))


def _make_certificate(
    certificate: Path, key: Path, names: list[str], root: x509.Certificate, signer: object, now: datetime
) -> None:
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    made = ec.generate_private_key(ec.SECP256R1())
    built = (
        _builder(_name(names[0]), root.subject, made.public_key(), now, timedelta(days=390))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    _write_key(key, made)
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + lifetime)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _fits(certificate: Path, names: list[str], root: x509.Certificate, now: datetime) -> bool:
    if not certificate.exists():
        return False
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    held = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    lasts = made.not_valid_after_utc > now + timedelta(days=30)
    return lasts and made.issuer == root.subject and list(held) == [_general(name) for name in names]


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
