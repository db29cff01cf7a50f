"""Opens a rescue file, one frame at a time: nothing is given out before every byte of it was proved."""

from __future__ import annotations

import hmac
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from server.config import Limits
from server.domain.rescue import (
    HEAD,
    KEY_NAME,
    LENGTH,
    LIST_DOCUMENTS,
    MAGIC,
    TAG,
    Manifest,
    RescueDamaged,
    RescueForged,
    RescueKeyUnknown,
    RescueNone,
    nonce,
)
from server.gateways import rescue_keys

STEP = 1 << 20
"""Bytes of a frame that are opened at once."""


class Opened:
    """A file that was proved whole: its list, its files' bytes in the order of the list, and the key it was sealed for."""

    def __init__(
        self, sealed: BinaryIO, key: rescue_keys.RescueKey, derived: bytes, end: int, limits: Limits
    ) -> None:
        self.key = key
        self._sealed = sealed
        self._derived = derived
        self._end = end
        self._most = max(limits.photo_bytes, limits.document_bytes * LIST_DOCUMENTS)
        frames = self._frames()
        try:
            self.manifest = Manifest.model_validate_json(next(frames)[1] or b"", strict=True)
        except ValidationError:
            raise RescueDamaged() from None
        if not hmac.compare_digest(key.pass_of(self.manifest.user), self.manifest.pass_):
            raise RescueForged()
        expected = [*(file.bytes for file in self.manifest.files), 0]
        # One more than there should be says enough.
        if [length for length, _ in islice(frames, len(expected) + 1)] != expected:
            raise RescueDamaged()

    def files(self) -> Iterator[bytes | None]:
        """The bytes of each file of the list, one after the other; None for one that is larger than any may be."""
        for _, content in islice(self._frames(), 1, len(self.manifest.files) + 1):
            yield content

    def _frames(self) -> Iterator[tuple[int, bytes | None]]:
        """Length and content of every frame from the first on, without the content of one that is too large.

        Raises RescueDamaged at the first that is not as it was sealed.
        """
        from cryptography.exceptions import InvalidTag

        self._sealed.seek(HEAD)
        place, number = HEAD, 0
        while place < self._end:
            length = int.from_bytes(self._sealed.read(LENGTH)) - TAG
            place += LENGTH + length + TAG
            if length < 0 or place > self._end:
                raise RescueDamaged()
            try:
                content = self._content(nonce(number, last=place == self._end), length)
            except InvalidTag:
                raise RescueDamaged() from None
            yield length, content
            number += 1
        if number == 0:
            raise RescueDamaged()

    def _content(self, by: bytes, length: int) -> bytes | None:
        """The content of the frame that begins here; raises InvalidTag where it is not as it was sealed."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        frame = Cipher(algorithms.AES(self._derived), modes.GCM(by)).decryptor()
        parts = []
        for begin in range(0, length, STEP):
            part = frame.update(self._sealed.read(min(STEP, length - begin)))
            if length <= self._most:
                parts.append(part)
        frame.finalize_with_tag(self._sealed.read(TAG))
        return b"".join(parts) if length <= self._most else None


def opened(sealed: BinaryIO, folder: Path, limits: Limits) -> Opened:
    """A rescue file, proved to its last byte; `folder` is where the keys lie.

    Raises RescueNone for what is no rescue file, RescueKeyUnknown for one of another server, RescueForged for one
    without its user's pass, RescueDamaged for a byte that is not as it was sealed.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    end = sealed.seek(0, io.SEEK_END)
    sealed.seek(0)
    head = sealed.read(HEAD)
    if not head.startswith(MAGIC):
        raise RescueNone()
    if len(head) < HEAD:
        raise RescueDamaged()
    name = head[len(MAGIC) :][:KEY_NAME].decode("ascii", errors="replace")
    key = rescue_keys.named(folder, name)
    if key is None:
        raise RescueKeyUnknown()
    try:
        secret = key.shared(head[len(MAGIC) + KEY_NAME :])
    except ValueError:
        raise RescueDamaged() from None
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=head).derive(secret)
    return Opened(sealed, key, derived, end, limits)
