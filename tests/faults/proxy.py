"""A proxy on loopback that breaks connections after so many bytes from the client, for clients that resume."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Proxy:
    """Forwards to a port; the first `cuts` connections are broken once they carried `after` bytes of a request."""

    def __init__(self, target: int, after: int, cuts: int) -> None:
        self.target, self.after, self.left = target, after, cuts
        self.broken = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._spawn(self._forward, client)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _spawn(self, job: object, *arguments: object) -> None:
        thread = threading.Thread(target=job, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _forward(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.target))
        self._spawn(self._pump, server, client)
        carried = 0
        with client, server:
            while data := _received(client):
                carried += len(data)
                if self.left > 0 and carried > self.after:
                    self.left -= 1
                    self.broken += 1
                    _sent(server, data[: len(data) // 2])
                    _shut(server)
                    _shut(client)
                    return
                if not _sent(server, data):
                    return
            _shut(server)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        while data := _received(source):
            if not _sent(sink, data):
                return
        _shut(sink)


def _sent(wire: socket.socket, data: bytes) -> bool:
    """Whether the other end was still there to take it."""
    try:
        wire.sendall(data)
    except OSError:
        return False
    return True


def _received(wire: socket.socket) -> bytes:
    try:
        return wire.recv(16_384)
    except OSError:
        return b""


def _shut(wire: socket.socket) -> None:
    try:
        wire.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The other side was faster.
        return


@contextmanager
def cutting(target: int, *, after: int, cuts: int) -> Iterator[Proxy]:
    """A running proxy."""
    proxy = Proxy(target, after, cuts)
    thread = threading.Thread(target=proxy.run, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
