"""The desk: who works out what to write keeps other threads of the process from doing so at the same time, on SQLite alone."""

from __future__ import annotations

import threading

import pytest
from sqlmodel import select

from server.domain.errors import StorageBusy
from server.storage import database as storage
from server.storage.organisation import LoginAttempt
from server.usecases.work import Office


def _write(office: Office, key: str) -> None:
    with office.work() as work:
        work.session.add(LoginAttempt(key=key, failures=0, last_at=work.now))


def _keys(office: Office) -> list[str]:
    with office.work(write=False) as work:
        return sorted(work.session.exec(select(LoginAttempt.key)))


def test_another_thread_writes_when_the_desk_is_free_again(office: Office) -> None:
    begun = threading.Event()

    def other() -> None:
        begun.set()
        _write(office, "other")

    with office.database.desk():
        thread = threading.Thread(target=other)
        thread.start()
        begun.wait()
        _write(office, "own")
        assert _keys(office) == ["own"]
    thread.join()
    assert _keys(office) == ["other", "own"]


def test_who_waits_too_long_for_the_desk_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "PATIENCE_SECONDS", 0.05)
    told: list[BaseException] = []

    def other() -> None:
        try:
            with office.database.desk():
                pass
        except StorageBusy as busy:
            told.append(busy)

    with office.database.desk():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(told) == 1
    _write(office, "next")


def test_a_desk_that_is_left_by_an_error_is_free(both: Office) -> None:
    with pytest.raises(ValueError, match="wrong"), both.database.desk():
        raise ValueError("wrong")
    thread = threading.Thread(target=_write, args=(both, "other"))
    thread.start()
    thread.join()
    assert _keys(both) == ["other"]
