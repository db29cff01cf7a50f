"""Portions on several cores: in order, bounded in flight, and nothing lost or left running when a process ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from server.usecases import cores

MANY = 12


@dataclass(frozen=True)
class Given:
    """What a portion does: `in_children` and `always` name the portions that go wrong; each notes that it was begun."""

    parent: int
    folder: Path
    killed: tuple[int, ...] = ()
    in_children: tuple[int, ...] = ()
    always: tuple[int, ...] = ()


@contextmanager
def begun(given: Given) -> Iterator[Callable[[int], tuple[int, int]]]:
    def square(task: int) -> tuple[int, int]:
        (given.folder / str(task)).touch()
        child = os.getpid() != given.parent
        if child and task in given.killed:
            os.kill(os.getpid(), signal.SIGKILL)
        if task in given.always or (child and task in given.in_children):
            raise LookupError(task)
        return task * task, os.getpid()

    yield square


@contextmanager
def signed(path: Path) -> Iterator[Callable[[int], int]]:
    """Tells its process by the name of a file."""

    def told(task: int) -> int:
        (path / f"pid-{os.getpid()}").touch()
        return task

    yield told


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(os.getpid(), tmp_path)


def alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def test_results_come_in_the_order_of_the_portions_and_from_other_processes(given: Given) -> None:
    found = list(cores.in_order(begun, given, range(MANY), cores=2))
    assert [value for value, _ in found] == [number * number for number in range(MANY)]
    processes = {process for _, process in found}
    assert os.getpid() not in processes
    assert not any(alive(each) for each in processes)


@pytest.mark.parametrize(("many", "on"), [(1, 2), (5, 1), (0, 2)])
def test_one_core_or_one_portion_is_done_in_this_process(given: Given, many: int, on: int) -> None:
    found = list(cores.in_order(begun, given, range(many), cores=on))
    assert found == [(number * number, os.getpid()) for number in range(many)]


def test_no_more_is_begun_than_twice_the_cores_ahead_of_what_was_taken(given: Given) -> None:
    for number, _ in enumerate(cores.in_order(begun, given, range(40), cores=2)):
        assert len(list(given.folder.iterdir())) <= number + 1 + 4


def test_what_a_killed_child_had_is_done_here(given: Given) -> None:
    given = Given(given.parent, given.folder, killed=(3, 4, 9))
    found = list(cores.in_order(begun, given, range(MANY), cores=2))
    assert [value for value, _ in found] == [number * number for number in range(MANY)]
    assert os.getpid() in {process for _, process in found}


def test_a_portion_that_fails_in_a_child_alone_is_done_here(
    given: Given, caplog: pytest.LogCaptureFixture
) -> None:
    given = Given(given.parent, given.folder, in_children=(2,))
    found = list(cores.in_order(begun, given, range(MANY), cores=2))
    assert [number for number, (_, process) in enumerate(found) if process == os.getpid()] == [2]
    assert "LookupError" in caplog.text


def test_what_a_portion_raises_is_raised_here_and_no_child_is_left(given: Given) -> None:
    given = Given(given.parent, given.folder, always=(5,))
    results = cores.in_order(begun, given, range(MANY), cores=2)
    processes = {process for _, process in islice(results, 5)}
    with pytest.raises(LookupError):
        next(results)
    assert not any(alive(each) for each in processes)


def test_who_stops_asking_leaves_no_child(given: Given) -> None:
    results = cores.in_order(begun, given, range(MANY), cores=2)
    _, process = next(results)
    assert alive(process)
    results.close()  # type: ignore[attr-defined]
    assert not alive(process)


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from server.usecases import cores\n"
        "from tests.usecases.test_cores import signed\n"
        "results = cores.in_order(signed, pathlib.Path(sys.argv[1]), range(100), cores=2)\n"
        "print(next(results), flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"0\n"
        children = [int(each.name.partition("-")[2]) for each in tmp_path.iterdir()]
        assert children
        handles = [os.pidfd_open(each) for each in children]
        parent.kill()
        for handle in handles:
            # Readable as soon as the process has ended; the limit is only for a test that fails.
            assert select.select([handle], [], [], 60)[0]
            os.close(handle)
