"""Phone keys: under which key a phone seals what its user entered; the same for ever, for every phone of that user."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

BYTES = 32
"""So long are the server's secret and each key (AES-256)."""


def phone_key(secret: bytes, user_id: str) -> str:
    """The key of a user's phones as base64url without padding: HMAC-SHA256 under the server's secret of 32 bytes.

    It comes from the secret and the user's id alone, so that a backup that does not know the user yet gives the same one.
    """
    key = hmac.digest(secret, f"phone-store:{user_id}".encode(), "sha256")
    return urlsafe_b64encode(key).rstrip(b"=").decode()
