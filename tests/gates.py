"""A gate before a server of TCP: what connects to it is passed on, until it is shut."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Gate:
    """Listens on a port of its own and passes bytes both ways, while it is open."""

    def __init__(self, host: str, port: int):
        self._target = (host, port)
        self._sockets: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self.open()

    def open(self) -> None:
        """Let connections through, on the same port as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        """End all connections and refuse new ones, as a server that died."""
        if self._listener is not None:
            _end(self._listener)
            self._listener = None
        while self._sockets:
            _end(self._sockets.pop())

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
            except OSError:
                return  # shut
            self._sockets |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pass, args=(source, sink), daemon=True).start()


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    _end(sink)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextlib.contextmanager
def gate(host: str, port: int) -> Iterator[Gate]:
    """A gate that is open, until the end of the block."""
    made = Gate(host, port)
    try:
        yield made
    finally:
        made.shut()
