"""The press in a process of its own: the same bytes as here, errors come back, and a dead process is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.config import Settings
from server.reports import press
from server.reports.facts import Photo
from server.reports.press import Manuscript
from server.reports.warm_press import NotPrinted, PressLost, WarmPress
from tests.reports import period_sample, sample


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env({"XUNTING_DATA": str(tmp_path), "XUNTING_SECRET": "s" * 32})


@pytest.fixture
def letter(settings: Settings) -> Manuscript:
    return Manuscript(settings, period_sample.letter(), {})


@pytest.fixture
def draft(settings: Settings) -> Manuscript:
    files = {sample.sha(each): each for each in sample.photographs(2)}
    photos = tuple(Photo(sha256=name, caption="厅内") for name in files)
    data = period_sample.month(head=period_sample.head(month=True, draft=True), photos=photos)
    return Manuscript(settings, data, files)


@pytest.fixture
def warm() -> Iterator[WarmPress]:
    press = WarmPress(after=2)
    yield press
    press.close()


def test_a_report_is_the_same_wherever_it_is_printed(warm: WarmPress, draft: Manuscript) -> None:
    assert warm(draft) == press.printed(draft)


def test_the_process_is_kept_warm_and_replaced_after_its_reports(warm: WarmPress, letter: Manuscript) -> None:
    assert warm(letter).startswith(b"%PDF")
    first = warm.pid
    assert first is not None
    warm(letter)
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    warm(letter)
    assert warm.pid not in (None, first)


def test_what_goes_wrong_is_said_and_the_next_report_is_printed(
    warm: WarmPress, draft: Manuscript, letter: Manuscript
) -> None:
    with pytest.raises(NotPrinted, match="MissingPhoto"):
        warm(Manuscript(draft.settings, draft.data, {}))
    first = warm.pid
    assert warm(letter).startswith(b"%PDF")
    assert first is not None


def test_a_killed_process_is_replaced_and_the_report_printed(warm: WarmPress, letter: Manuscript) -> None:
    warm(letter)
    assert warm.pid is not None
    os.kill(warm.pid, signal.SIGKILL)
    assert warm(letter).startswith(b"%PDF")


def test_a_process_that_is_asked_to_stop_prints_on_until_its_pipe_is_closed(
    warm: WarmPress, letter: Manuscript
) -> None:
    warm(letter)
    before = warm.pid
    assert before is not None
    os.kill(before, signal.SIGTERM)
    assert warm(letter).startswith(b"%PDF")


def test_a_process_that_always_dies_or_never_answers_is_an_error(letter: Manuscript) -> None:
    with pytest.raises(PressLost):
        WarmPress(module="tests.reports.dying_press")(letter)
    silent = WarmPress(module="tests.reports.silent_press", seconds=0.01)
    with pytest.raises(NotPrinted, match="no report after"):
        silent(letter)
    assert silent.pid is None


def test_the_worker_itself_never_loads_what_lays_out_pages() -> None:
    loaded = "import server.worker, server.usecases.letters, sys; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, check=True, text=True
    ).stdout
    assert {"weasyprint", "pyhanko"}.isdisjoint(modules.split())
    assert "server.reports.warm_press" in modules.split()
