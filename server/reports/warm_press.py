"""A press in a process of its own that stays warm and is replaced now and then, so that no memory piles up.

Layout leaves half a megabyte behind with every report, whatever is collected; a process that ends gives it all back.
Run as a module, this is the process; it takes manuscripts from the pipe that it was given until that is closed.
"""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import traceback
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from server.reports.press import Manuscript, printed

AFTER = 40
"""Reports that one process prints: its second of loading is then a fortieth of the cost of each."""
SECONDS = 100
"""As long as a report may take at most: less than the lease of the job that waits for it."""
_MODULE = "server.reports.warm_press"


class NotPrinted(Exception):
    """The report was not printed; the text says why, as the press said it."""


class PressLost(NotPrinted):
    """The process that printed it died, and so did a second one."""


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    pipe: Connection
    printed: int = 0


class WarmPress:
    """Prints in a child process. May be called from several threads; one report is printed at a time."""

    def __init__(self, after: int = AFTER, seconds: float = SECONDS, module: str = _MODULE) -> None:
        """`after` reports the process is replaced; one that says nothing for `seconds` is ended."""
        self._after, self._seconds, self._module = after, seconds, module
        self._child: _Child | None = None
        self._turn = threading.Lock()

    def __call__(self, manuscript: Manuscript) -> bytes:
        """The signed PDF. Raises NotPrinted; PressLost when a second process died as well."""
        with self._turn:
            try:
                return self._print(manuscript)
            except PressLost:
                # Somebody may have ended the process, or memory was short for a moment.
                return self._print(manuscript)

    @property
    def pid(self) -> int | None:
        """The process that prints at present, if there is one."""
        return self._child.process.pid if self._child else None

    def close(self) -> None:
        """End the process; the next report would begin a new one."""
        with self._turn:
            self._end()

    def _print(self, manuscript: Manuscript) -> bytes:
        child = self._child = self._child or self._begin()
        try:
            child.pipe.send(manuscript)
            if not child.pipe.poll(self._seconds):
                self._end()
                raise NotPrinted(f"no report after {self._seconds} s")
            answer: tuple[bytes, str] = child.pipe.recv()
        except (OSError, EOFError) as error:
            self._end()
            raise PressLost(f"{type(error).__name__}: {error}") from error
        pdf, wrong = answer
        child.printed += 1
        if child.printed >= self._after:
            self._end()
        if wrong:
            raise NotPrinted(wrong)
        return pdf

    def _begin(self) -> _Child:
        ours, theirs = Pipe()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", self._module, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        return _Child(process, ours)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.pipe.close()
        child.process.kill()
        child.process.wait()


def main(pipe: Connection) -> None:
    """Print what comes through the pipe until its other end is closed, also by the death of who holds it."""
    # Who is asked to stop finishes the report first, and closes the pipe then.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    while True:
        try:
            manuscript: Manuscript = pipe.recv()
        except (EOFError, OSError):
            return
        answer: tuple[bytes, str]
        try:
            answer = printed(manuscript), ""
        except Exception as error:
            # Whatever goes wrong with one report is said, and the next one is printed.
            traceback.print_exc()
            answer = b"", traceback.format_exception_only(error)[-1].strip()
        try:
            pipe.send(answer)
        except OSError:
            return
        del manuscript, answer
        # Laid-out pages hang together in circles.
        gc.collect()


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
