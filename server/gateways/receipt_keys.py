"""The key that signs receipts: Ed25519, made once in the data folder, readable by its owner alone.

Beside it lie the public keys of all that ever signed here; a receipt names its key, so an older one stays good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from server.config import WrongSetting
from server.gateways.key_files import keep_first

# The library is loaded when the first receipt is signed or checked; commands that do neither start without it.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_FILE = "receipt-key.pem"
_PUBLIC = "receipt-key-{name}.pub.pem"
Check = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """A loaded key and its name, the beginning of its public half's hash."""

    name: str
    _private: Ed25519PrivateKey

    def sign(self, text: str) -> str:
        """The signature of a text, in hexadecimal."""
        return self._private.sign(text.encode()).hex()


@lru_cache(maxsize=4)
def own(folder: Path) -> ReceiptKey:
    """The key in this folder, made there when there is none. Raises WrongSetting for a file that is no such key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    file = folder / _FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = Ed25519PrivateKey.generate()
        form = serialization.PrivateFormat.PKCS8
        keep_first(
            file, made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()), 0o600
        )
    try:
        private = serialization.load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise WrongSetting(
            f"{file}：不是回执密钥，请从备份恢复，或移走它让系统重新生成。 "
            "This file is no receipt key: restore it from the backup, or move it away and a new one is made."
        )
    public = private.public_key()
    name = _name(public)
    beside = folder / _PUBLIC.format(name=name)
    if not beside.exists():
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        keep_first(beside, public.public_bytes(serialization.Encoding.PEM, form), 0o644)
    return ReceiptKey(name, private)


def published(folder: Path) -> str:
    """All public keys of the folder, one PEM after the other."""
    return "".join(file.read_text("ascii") for file in sorted(folder.glob(_PUBLIC.format(name="*"))))


def checks(pem: str) -> dict[str, Check]:
    """What checks a signature, by the name of each public key in a PEM text; what is none is passed over."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    end = "-----END PUBLIC KEY-----"
    found: dict[str, Check] = {}
    for block in pem.split(end)[:-1]:
        try:
            public = load_pem_public_key((block + end).encode())
        except ValueError:
            continue
        if isinstance(public, Ed25519PublicKey):
            found[_name(public)] = _check(public)
    return found


def _check(public: Ed25519PublicKey) -> Check:
    from cryptography.exceptions import InvalidSignature

    def fits(text: str, signature: str) -> bool:
        try:
            public.verify(bytes.fromhex(signature), text.encode())
        except InvalidSignature:
            return False
        return True

    return fits


def _name(public: Ed25519PublicKey) -> str:
    return sha256(public.public_bytes_raw()).hexdigest()[:16]
