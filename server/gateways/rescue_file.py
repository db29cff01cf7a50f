"""Opens a rescue file, one frame at a time: nothing is given out before every byte of it was proved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

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
    RescueKeyUnknown,
    RescueNone,
    RescueTooMuch,
    nonce,
)
from server.gateways import rescue_keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Opened:
    """A file that was proved whole: its list, its files' bytes in the order of the list, and the key it was sealed for."""

    def __init__(
        self, sealed: BinaryIO, key: rescue_keys.RescueKey, frames: AESGCM, end: int, limits: Limits
    ) -> None:
        self.key = key
        self._sealed = sealed
        self._key = frames
        self._end = end
        self._limits = limits
        first = next(self._frames())
        try:
            self.manifest = Manifest.model_validate_json(first, strict=True)
        except ValidationError:
            raise RescueDamaged() from None
        most = limits.photos_per_visit * len(self.manifest.visits)
        if len(self.manifest.files) > most:
            raise RescueTooMuch(limit=most)
        lengths = [len(each) for each in self._frames()]
        if lengths[1:] != [*(file.bytes for file in self.manifest.files), 0]:
            raise RescueDamaged()

    def files(self) -> Iterator[bytes]:
        """The bytes of each file of the list, one after the other."""
        frames = self._frames()
        next(frames)
        for _ in self.manifest.files:
            yield next(frames)

    def _frames(self) -> Iterator[bytes]:
        """Every frame's content from the first on. Raises RescueDamaged at the first that is not as it was sealed."""
        from cryptography.exceptions import InvalidTag

        self._sealed.seek(HEAD)
        place, number = HEAD, 0
        most = max(self._limits.photo_bytes, self._limits.document_bytes * LIST_DOCUMENTS) + TAG
        while place < self._end:
            length = int.from_bytes(self._sealed.read(LENGTH))
            place += LENGTH + length
            if not TAG <= length <= most or place > self._end:
                raise RescueDamaged()
            try:
                content = self._key.decrypt(
                    nonce(number, last=place == self._end), self._sealed.read(length), None
                )
            except InvalidTag:
                raise RescueDamaged() from None
            yield content
            number += 1
        if number == 0:
            raise RescueDamaged()


def opened(sealed: BinaryIO, folder: Path, limits: Limits) -> Opened:
    """A rescue file, proved to its last byte; `folder` is where the keys lie.

    Raises RescueNone for what is no rescue file, RescueKeyUnknown for one of another server, RescueDamaged for a byte
    that is not as it was sealed, RescueTooMuch.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
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
    return Opened(sealed, key, AESGCM(derived), end, limits)
