"""Makes rescue files as a phone does, and with every fault that a phone would not make."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.domain.rescue import MAGIC, nonce
from server.storage.organisation import User
from server.usecases import people, rescue
from server.usecases.work import Office


@dataclass
class Pack:
    """What goes into a rescue file; `sealed()` makes its bytes."""

    name: str
    key: str
    manifest: dict[str, Any]
    files: list[bytes] = field(default_factory=list)

    def frames(self) -> list[bytes]:
        return [json.dumps(self.manifest, ensure_ascii=False).encode(), *self.files, b""]

    def sealed(self) -> bytes:
        mine = ec.generate_private_key(ec.SECP256R1())
        point = mine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), urlsafe_b64decode(self.key + "=")
        )
        head = MAGIC + self.name.encode() + point
        derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=head).derive(
            mine.exchange(ec.ECDH(), theirs)
        )
        frames = self.frames()
        out = head
        for number, content in enumerate(frames):
            last = number == len(frames) - 1
            closed = AESGCM(derived).encrypt(nonce(number, last=last), content, None)
            out += len(closed).to_bytes(4) + closed
        return out


def pack(
    office: Office,
    author: User,
    documents: Sequence[Mapping[str, Any]],
    files: Sequence[bytes] = (),
    **given: Any,
) -> Pack:
    """A rescue file of this user's phone, with these visits that the server knows nothing of, and these files."""
    invited = rescue.invitation(office.settings, people.viewer_of(author))
    assert invited
    manifest = {
        "format": 1,
        "user": str(author.id),
        "pass": invited.pass_,
        "app": "test",
        "at": "2026-11-21T02:30:00Z",
        "visits": [carried(each) for each in documents],
        "files": [{"sha256": sha256(each).hexdigest(), "bytes": len(each)} for each in files],
        **given,
    }
    return Pack(invited.name, invited.key, manifest, list(files))


def carried(document: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    """A visit of the list."""
    text = json.dumps(document, ensure_ascii=False)
    return {
        "id": document["id"],
        "document": text,
        "etag": None,
        "marks": [],
        "mark": uuid4().hex,
        "kept": [],
        **given,
    }
