"""A label printer on a TCP port, for trying the product without one: it takes ZPL and answers ~HS as a Zebra does.

What it takes is written, label by label, to a file. It is a listener and no more: nothing of the queue runs in it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class EmulatedPrinter:
    """A printer and its mood. `received` are whole labels; the faults are said in its answers."""

    port: int
    keeps_in: Path | None = None
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

    def keep(self, label: bytes) -> None:
        """Take a label."""
        self.received.append(label)
        if self.keeps_in is not None:
            with self.keeps_in.open("ab") as file:
                file.write(label)
        self.came.set()


@contextlib.contextmanager
def listening(port: int = 0, *, keeps_in: Path | None = None) -> Iterator[EmulatedPrinter]:
    """Listen on the loopback, on `port` or a free one, until the block ends; OSError when the port is taken."""
    with socket.create_server(("127.0.0.1", port)) as server:
        printer = EmulatedPrinter(server.getsockname()[1], keeps_in)
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


def _serve(server: socket.socket, printer: EmulatedPrinter, ending: threading.Event) -> None:
    while True:
        line, _ = server.accept()
        with line, contextlib.suppress(OSError):
            if ending.is_set():
                return
            _talk(line, printer)


def _talk(line: socket.socket, printer: EmulatedPrinter) -> None:
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
        printer.keep(whole)
