"""Keys of phones: one for each user, and the same as long as the secret is."""

from __future__ import annotations

from server.domain.phone_keys import BYTES, phone_key

USER = "0193a000-0000-7000-8000-000000000001"


def test_a_user_has_the_same_key_for_ever_and_no_other_user_has_it() -> None:
    """The key of this secret is written out: phones hold answers that only it opens."""
    assert phone_key(bytes(BYTES), USER) == "YXxLbZpn-1Q3S841DrBKb-8Ky4CTrLakMWqPHIehXiU"
    assert phone_key(bytes(BYTES), USER.replace("1", "2")) != phone_key(bytes(BYTES), USER)
    assert phone_key(b"\1" * BYTES, USER) != phone_key(bytes(BYTES), USER)
