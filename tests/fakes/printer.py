"""A label printer on a TCP port of this machine: it takes ZPL, and answers ~HS as a Zebra does when asked to.

It is a listener and no more: nothing of ours runs in it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Listener:
    """What came, whole connections; `is_paper_out` and the like are said in its answers."""

    port: int
    received: list[bytes] = field(default_factory=list)
    is_paper_out: bool = False
    is_head_open: bool = False
    #: After so many bytes of a label the line breaks; None for never.
    breaks_after: int | None = None
    #: How many times it says that a label is still to be printed.
    busy_answers: int = 1
    came: threading.Event = field(default_factory=threading.Event)

    def status(self, *, left: int) -> bytes:
        """Give the three strings of a host status."""
        first = f"030,{int(self.is_paper_out)},0,0400,00{left},0,0,0,000,0,0,0"
        second = f"000,0,{int(self.is_head_open)},0,0,2,4,0,0000000{left},1,000"
        return f"\x02{first}\x03\r\n\x02{second}\x03\r\n\x021234,0\x03\r\n".encode()


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """Listen on a free port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        printer = Listener(server.getsockname()[1])
        ending = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, printer, ending), daemon=True)
        thread.start()
        try:
            yield printer
        finally:
            ending.set()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", printer.port), timeout=1).close()
            thread.join(5)


def _serve(server: socket.socket, printer: Listener, ending: threading.Event) -> None:
    while True:
        line, _ = server.accept()
        with line, contextlib.suppress(OSError):
            if ending.is_set():
                return
            _talk(line, printer)


def _talk(line: socket.socket, printer: Listener) -> None:
    whole, left = b"", 0
    while part := line.recv(65536):
        asked = part.count(b"~HS")
        whole += part.replace(b"~HS\r\n", b"")
        if whole and not left and b"^XZ" in part:
            left = printer.busy_answers
        if printer.breaks_after is not None and len(whole) >= printer.breaks_after:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            break
        for _ in range(asked):
            line.sendall(printer.status(left=min(left, 1)))
            left = max(0, left - 1)
    if whole:
        printer.received.append(whole)
        printer.came.set()
