"""The organisation's signing key: a PKCS#12 file by configuration, or a demonstration authority made once."""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.sign import SimpleSigner

DEMONSTRATION = "演示 / DEMONSTRATION"
_DAYS, _DAYS_BEFORE = 3652, 731
_KEY_BITS = 3072
_FILE = "demonstration-key.p12"


class UnusableKey(ValueError):
    """A PKCS#12 file that cannot sign: not readable, wrong password, no key, or no certificate in it."""


@dataclass(frozen=True)
class Authority:
    """A key that signs, the roots by which its signatures are trusted, and whether it is only for show."""

    signer: SimpleSigner
    roots: tuple[Certificate, ...]
    demonstration: bool

    @property
    def name(self) -> str:
        """The name in the certificate's subject, as printed in the visible signature."""
        certificate = self.signer.signing_cert
        subject = certificate.subject.native if certificate else {}
        return str(subject.get("common_name") or subject.get("organization_name") or "")


def from_pkcs12(file: Path, password: str | None) -> Authority:
    """The organisation's own key. The chain in the file, or the certificate itself, is what is trusted.

    Raises UnusableKey, whose text is a sentence for the person who configured the file.
    """
    try:
        changed = file.stat().st_mtime_ns
    except OSError as reason:
        raise UnusableKey(f"{file.name}: {reason}") from reason
    return _loaded(file.resolve(), password, changed)


class _Signer(SimpleSigner):
    """A signer that keeps its key loaded: reading it anew, with all checks, costs more than a signature."""

    def __init__(self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, read: SimpleSigner) -> None:
        super().__init__(read.signing_cert, read.signing_key, read.cert_registry, embed_roots=False)
        self._key = key

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        digest: hashes.HashAlgorithm = getattr(hashes, digest_algorithm.upper())()
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), digest)
        return self._key.sign(data, ec.ECDSA(digest))


@lru_cache(maxsize=4)
def _loaded(file: Path, password: str | None, changed: int) -> Authority:
    """Read the file, once for each time that it was changed (`changed`, nanoseconds)."""
    try:
        content = file.read_bytes()
        # SimpleSigner answers a wrong file with None and a line in the log; the reason is wanted here.
        key, certificate, chain = pkcs12.load_key_and_certificates(
            content, password.encode() if password else None
        )
    except (OSError, ValueError) as reason:
        raise UnusableKey(f"{file.name}: {reason}") from reason
    if key is None or certificate is None:
        raise UnusableKey(f"{file.name}: no key, or no certificate, in it")
    signer = SimpleSigner.load_pkcs12_data(
        content, other_certs=[], passphrase=password.encode() if password else None
    )
    if signer is None or not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        raise UnusableKey(f"{file.name}: its kind of key cannot sign; RSA and EC keys can")
    above = [Certificate.load(c.public_bytes(Encoding.DER)) for c in chain if c.issuer == c.subject]
    own = Certificate.load(certificate.public_bytes(Encoding.DER))
    return Authority(signer=_Signer(key, signer), roots=tuple(above or [own]), demonstration=False)


def demonstration(folder: Path, *, now: datetime.datetime) -> Authority:
    """The made-up authority kept in `folder`, created there with mode 600 when it is not there yet.

    Its subject says 演示 / DEMONSTRATION, so that nobody can take its signature for the company's.
    """
    file = folder / _FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _keep_first(file, _made_up(now))
    return replace(from_pkcs12(file, None), demonstration=True)


def _made_up(now: datetime.datetime) -> bytes:
    root_key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    root_name, name = _name("巡厅演示根证书"), _name("巡厅演示签章")
    root = (
        _certificate(root_name, root_name, root_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    own = (
        _certificate(name, root_name, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    # The root's key is dropped here: nobody can ever issue another certificate under it. A password
    # would have to lie beside the file, so the file's mode is its protection.
    return pkcs12.serialize_key_and_certificates(b"xunting", key, own, [root], NoEncryption())


def _keep_first(file: Path, content: bytes) -> None:
    """Put the file in place whole, unless another process was first; then its file stays."""
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(beside, file)
    finally:
        beside.unlink()


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, now: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A demonstration is filled with visits, and signed reports, of the past.
        .not_valid_before(now - datetime.timedelta(days=_DAYS_BEFORE))
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, DEMONSTRATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{common} {DEMONSTRATION}"),
        ]
    )


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not sign,
        crl_sign=not sign,
        encipher_only=False,
        decipher_only=False,
    )
