"""The demo's label printers: both stand on this machine and are played by `run.py emulator`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from wms.core.ids import DeviceId, WarehouseId
from wms.db import db
from wms.demo.dock import is_free
from wms.printing import emulator, service
from wms.printing.models import Printer
from wms.printing.service import PrinterPlan

HERE = "127.0.0.1"
FIRST_PORT = 9100


def install(warehouse: WarehouseId, *, device: DeviceId, at: datetime) -> None:
    """Put up two printers: one for everybody, one for the demo's handheld that writes RFID tags."""
    desk = PrinterPlan(
        code="LABEL-1", host=HERE, port=FIRST_PORT, place="Packing bench · 打包台", answers_status=True
    )  # fmt: skip
    dock = PrinterPlan(
        code="DOCK-P1", host=HERE, port=FIRST_PORT + 1, place="Dock 1 · 1 号月台", answers_status=True, writes_tags=True
    )  # fmt: skip
    first = service.make_printer(desk, warehouse=warehouse, at=at)
    second = service.make_printer(dock, warehouse=warehouse, at=at)
    service.set_default(warehouse=warehouse, printer=first.id)
    service.set_default(warehouse=warehouse, printer=second.id, device=device)


def move_busy() -> list[tuple[str, int]]:
    """Give the printers on this machine other ports where theirs are taken; those that moved. Stands in a transaction."""
    moved, taken = [], set()
    for printer in _printers_here():
        port = next(p for p in range(printer.port, printer.port + 500) if p not in taken and is_free(HERE, p))
        taken.add(port)
        if port != printer.port:
            printer.port = port
            moved.append((printer.code, port))
    return moved


def ports() -> list[int]:
    """List the ports of the printers that stand on this machine."""
    return [printer.port for printer in _printers_here()]


@contextlib.contextmanager
def playing(where: list[int], *, folder: Path) -> Iterator[None]:
    """Play a printer on each port until the block ends; what they take lies in `folder`/printed-PORT.zpl."""
    with contextlib.ExitStack() as stack:
        for port in where:
            stack.enter_context(emulator.listening(port, keeps_in=folder / f"printed-{port}.zpl"))
        yield


def _printers_here() -> list[Printer]:
    return list(
        db.session.execute(select(Printer).where(Printer.host == HERE).order_by(Printer.port, Printer.code)).scalars()
    )
