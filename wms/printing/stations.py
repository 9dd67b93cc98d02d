"""What pages and API of printing share: a label to try a printer with, and whose printer a form or call means."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from wms.core.errors import NotFound
from wms.core.ids import new_id
from wms.gs1.codes import BinCode
from wms.labels.content import BinLabel, Captions
from wms.labels.zpl import to_zpl
from wms.printing import queries
from wms.printing.models import LabelKind, Printer
from wms.printing.service import QueueLabel
from wms.web import auth
from wms.web.auth import actor_id, current_warehouse


def a_test(printer: Printer) -> QueueLabel:
    """A label to try a printer with."""
    label = BinLabel(code=BinCode.parse("TEST"), zone=printer.code)
    return QueueLabel(
        key=f"test:{new_id()}",
        warehouse=printer.warehouse_id,
        printer=printer.id,
        kind=LabelKind.TEST,
        subject=printer.id,
        title=gettext("Test of %(code)s", code=printer.code),
        body=to_zpl(label, captions=Captions(zone=gettext("PRINTER"))),
    )


def demand(values: dict[str, Any]) -> None:
    """Only one's own printer may be chosen without the right to set up."""
    if not values["is_mine"]:
        auth.demand("settings.edit", current_warehouse())


def named(values: dict[str, Any]) -> dict[str, Any]:
    """Name the station a form or a call means; NotFound for a handheld of another warehouse."""
    if values["is_mine"]:
        return {"user": actor_id(), "device": None}
    device = values["device_id"]
    if device is not None and device not in {known for known, _ in queries.list_devices(current_warehouse())}:
        raise NotFound(kind="device", text=str(device))
    return {"device": device}
