"""The key of rescue files: made once, private, the same for all processes; a pass is one user's and nobody else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.config import WrongSetting
from server.gateways import receipt_keys, rescue_keys


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    made = rescue_keys.own(tmp_path / "authority")
    rescue_keys.own.cache_clear()
    again = rescue_keys.own(tmp_path / "authority")
    assert (again.name, again.public) == (made.name, made.public)
    assert again.pass_of("a") == made.pass_of("a") != made.pass_of("b")
    (file,) = (tmp_path / "authority").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_processes_that_begin_together_take_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: rescue_keys.own.__wrapped__(tmp_path).name, range(16)))
    assert len(names) == 1


def test_a_file_that_is_no_such_key_stops_the_start_in_words(tmp_path: Path) -> None:
    receipt_keys.own(tmp_path)
    (tmp_path / "receipt-key.pem").rename(tmp_path / "rescue-key.pem")
    with pytest.raises(WrongSetting, match=r"rescue-key\.pem"):
        rescue_keys.own(tmp_path)


def test_a_point_that_is_not_on_the_curve_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"."):
        rescue_keys.own(tmp_path).shared(b"\x04" + bytes(64))
