"""The key that opens rescue files: ECDH on P-256, made once in the data folder, readable by its owner alone.

Older ones that still lie beside it as `rescue-key-….pem` open what was sealed for them.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from server.config import WrongSetting
from server.gateways.key_files import keep_first

# The library is loaded when the first phone asks for the public half; commands that do not start without it.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_FILE = "rescue-key.pem"
_OLDER = "rescue-key-*.pem"


@dataclass(frozen=True, slots=True)
class RescueKey:
    """A loaded key: its name (the beginning of its public half's hash), that half as base64url, and the private one."""

    name: str
    public: str
    _private: EllipticCurvePrivateKey
    _secret: bytes

    def shared(self, point: bytes) -> bytes:
        """The secret that this key has in common with the owner of a point, 32 bytes. Raises ValueError for no point."""
        from cryptography.hazmat.primitives.asymmetric.ec import ECDH, SECP256R1, EllipticCurvePublicKey

        return self._private.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point))

    def pass_of(self, user_id: str) -> str:
        """What only this server can give a user, and what proves that a file was made on a phone of that user."""
        return hmac.new(self._secret, f"rescue-pass:{user_id}".encode(), sha256).hexdigest()


@lru_cache(maxsize=4)
def own(folder: Path) -> RescueKey:
    """The key in this folder, made there when there is none. Raises WrongSetting for a file that is no such key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    file = folder / _FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        form = serialization.PrivateFormat.PKCS8
        made = generate_private_key(SECP256R1())
        keep_first(
            file, made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()), 0o600
        )
    found = _loaded(file)
    if found is None:
        raise WrongSetting(
            f"{file}：不是代发文件的密钥，请从备份恢复，或移走它让系统重新生成。 "
            "This file is no key of rescue files: restore it from the backup, or move it away and a new one is made."
        )
    return found


def named(folder: Path, name: str) -> RescueKey | None:
    """The key of this name, the present one or an older one that still lies here."""
    present = own(folder)
    if present.name == name:
        return present
    older = (_loaded(file) for file in sorted(folder.glob(_OLDER)))
    return next((key for key in older if key is not None and key.name == name), None)


def _loaded(file: Path) -> RescueKey | None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey

    try:
        private = serialization.load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return None
    if not isinstance(private, EllipticCurvePrivateKey) or not isinstance(private.curve, SECP256R1):
        return None
    form = serialization.PublicFormat.UncompressedPoint
    point = private.public_key().public_bytes(serialization.Encoding.X962, form)
    number = private.private_numbers().private_value
    return RescueKey(
        sha256(point).hexdigest()[:16],
        urlsafe_b64encode(point).decode().rstrip("="),
        private,
        sha256(b"xunting-rescue-pass-1" + number.to_bytes(32)).digest(),
    )
