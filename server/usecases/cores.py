"""Cores: one function over many portions in child processes, the results in the portions' order, bounded in flight.

    @contextmanager
    def _opened(settings: Settings) -> Iterator[Callable[[Task], Result]]:
        database = Database(settings.database)
        try:
            yield partial(_reckoned, database)
        finally:
            database.close()

    for result in cores.in_order(_opened, settings, tasks):
        ...

`ready` starts the children before it is known what they are given. `_opened` stands at the top of a module, since a child finds it by its name; what it is given, the tasks and the results go
through a pipe and so have to be picklable (no open connection, no `explain.Later` that was not built). Children read what is
committed, on connections of their own, and write nothing: whoever asks writes, between two results. A function must not
lean on what it did for an earlier portion, for that may have been done elsewhere; what is to be added up comes back with
each result. With one core or one portion everything is done in this process, by the same function.

Run as a module, this is the nursery of the children: it reads the program once and splits into them, and ends with all of them when
its pipe is closed, also by the death of who holds it.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

LOG = logging.getLogger("xunting.cores")
MOST = 4
"""More children are never started: each holds its own program and one portion, some 150 MB."""
_MODULE = "server.usecases.cores"

Given = TypeVar("Given")
Task = TypeVar("Task")
Result = TypeVar("Result")
Begin = Callable[[Given], AbstractContextManager[Callable[[Task], Result]]]


def there() -> int:
    """How many cores this process may use, at most `MOST`."""
    return min(len(os.sched_getaffinity(0)), MOST)


def in_order(
    begin: Begin[Given, Task, Result], given: Given, tasks: Sequence[Task], *, cores: int | None = None
) -> Generator[Result, None, None]:
    """Yield the result of each task in the order of the tasks, computed on `cores` cores (None: those that are there).

    At most twice as many results as cores are held. A portion whose child died or raised is done once more in this
    process: so nothing is lost, and what it raises is raised here. Children end when the last result was taken, or when
    the iterator is closed.
    """
    with ready(begin, cores=min(there() if cores is None else cores, len(tasks))) as results:
        yield from results(given, tasks)


@contextmanager
def ready(
    begin: Begin[Given, Task, Result], *, cores: int | None = None
) -> Iterator[Callable[[Given, Sequence[Task]], Generator[Result, None, None]]]:
    """Start the children and let them read their program meanwhile; gives what `in_order` does once, with what is given and the tasks."""
    many = there() if cores is None else cores
    with ExitStack() as opened:
        children = opened.enter_context(_children(begin, many)) if many > 1 else []

        def results(given: Given, tasks: Sequence[Task]) -> Generator[Result, None, None]:
            here: list[Callable[[Task], Result]] = []

            def mine(task: Task) -> Result:
                if not here:
                    here.append(opened.enter_context(begin(given)))
                return here[0](task)

            if not children:
                yield from map(mine, tasks)
                return
            team = _Team(children, given, tasks)
            for number, task in enumerate(tasks):
                found = team.result(number)
                # All are busy again before whoever asked goes on.
                team.hand_out(number + 1)
                yield found[0] if found is not None else mine(task)

        yield results


@dataclass(slots=True)
class _Child:
    pipe: Connection
    task: int | None = None


class _Team:
    """The children, which of them does which task, and the results that are not asked for yet."""

    def __init__(self, children: list[_Child], given: Any, tasks: Sequence[Any]) -> None:
        self._tasks, self._left = tasks, deque(range(len(tasks)))
        self._results: dict[int, tuple[Any] | None] = {}
        self._ahead = 2 * len(children)
        self._children = [each for each in children if _sent(each.pipe, given)]
        self.hand_out(0)

    def hand_out(self, number: int) -> None:
        """Give idle children what is next, but not too far ahead of the result that is wanted next."""
        for child in [each for each in self._children if each.task is None]:
            if not self._left or self._left[0] >= number + self._ahead:
                return
            if _sent(child.pipe, self._tasks[self._left[0]]):
                child.task = self._left.popleft()
            else:
                self._children.remove(child)

    def result(self, number: int) -> tuple[Any] | None:
        """The result of a task, waited for; None where no child has it."""
        while number not in self._results:
            self.hand_out(number)
            busy = {each.pipe: each for each in self._children if each.task is not None}
            if not busy:
                # Nobody is left to do it; so it is among those that were not handed out.
                self._left.remove(number)
                return None
            for pipe in wait(list(busy)):
                self._take(busy[pipe])  # type: ignore[index]
        return self._results.pop(number)

    def _take(self, child: _Child) -> None:
        task, child.task = child.task, None
        assert task is not None
        try:
            result, wrong = child.pipe.recv()
        except (EOFError, OSError):
            LOG.warning("a child process died over portion %s", task)
            self._children.remove(child)
            self._results[task] = None
            return
        if wrong:
            LOG.warning("a child process failed over portion %s:\n%s", task, wrong)
        self._results[task] = None if wrong else (result,)


def _sent(pipe: Connection, what: Any) -> bool:
    try:
        pipe.send(what)
    except OSError:
        LOG.warning("a child process was gone")
        return False
    return True


@contextmanager
def _children(begin: Any, many: int) -> Iterator[list[_Child]]:
    """So many children; they only read, so they are ended as they are."""
    ends = [Pipe() for _ in range(many + 1)]
    ours, theirs = [one for one, _ in ends], [other for _, other in ends]
    numbers = [each.fileno() for each in theirs]
    nursery = subprocess.Popen(
        [sys.executable, "-m", _MODULE, *map(str, numbers)], pass_fds=numbers, stdin=subprocess.DEVNULL
    )
    for each in theirs:
        each.close()
    try:
        _sent(ours[0], begin)
        yield [_Child(pipe) for pipe in ours[1:]]
    finally:
        for each in ours:
            each.close()
        nursery.wait()


def main(watched: Connection, pipes: Sequence[Connection]) -> None:
    """Read the program, split into children, one for each pipe, and end them when the watched one is closed."""
    # Whoever started this decides when it ends, also where a terminal asks everybody.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    begin = watched.recv()
    gc.freeze()
    children: list[int] = []
    for number, pipe in enumerate(pipes):
        child = os.fork()
        if child == 0:
            for other in (watched, *pipes[number + 1 :]):
                other.close()
            _do(begin, pipe)
            return
        children.append(child)
        # The death of a child closes its pipe only where nobody else holds it.
        pipe.close()
    try:
        watched.recv()
    except (EOFError, OSError):
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)


def _do(begin: Any, pipe: Connection) -> None:
    """Do what comes through the pipe until its other end is closed."""
    # What a portion holds is garbage at its end, all at once; looking for it after every few hundred objects takes a tenth of its time.
    gc.set_threshold(20_000, 20, 20)
    try:
        with begin(pipe.recv()) as do:
            while True:
                task = pipe.recv()
                try:
                    answer = pickle.dumps((do(task), ""))
                except Exception:
                    # Whoever started this does it again and meets the same.
                    answer = pickle.dumps((None, traceback.format_exc()))
                pipe.send_bytes(answer)
                del task, answer
    except (EOFError, OSError):
        return


if __name__ == "__main__":
    first, *others = (Connection(int(each)) for each in sys.argv[1:])
    main(first, others)
