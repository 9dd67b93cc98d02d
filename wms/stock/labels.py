"""Labels of lots, bins and LPNs as the pages and the API give them: looked up, worded for the reader, drawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Response
from flask_babel import get_locale, gettext

from wms.core.errors import NotFound
from wms.core.ids import BinId, LotId, LpnId
from wms.gs1.codes import BinCode, LotNumber, LpnCode, Sku
from wms.gs1.epc import encode_sscc96
from wms.gs1.gtin import Gtin
from wms.gs1.sscc import Sscc
from wms.labels.content import BinLabel, Captions, Label, LotLabel, LpnLabel
from wms.labels.render import to_pdf, to_png, to_svg
from wms.labels.zpl import to_zpl
from wms.printing.models import LabelKind, Printer
from wms.printing.service import QueueLabel
from wms.stock import queries
from wms.web import auth, i18n

MEDIA: Final = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf", "zpl": "application/zpl"}
_EACH_MAX: Final = 200
_LABELS_MAX: Final = 2000


def lot_label(lot_id: LotId) -> LotLabel:
    """Say what the label of a lot holds; NotFound."""
    lot = queries.get_lot(lot_id)
    gtin = queries.gtin_of(lot.item_id)
    return LotLabel(
        names=tuple(n for n in (i18n.local_name(lot.item), lot.item.name_en, lot.item.name_zh) if n)[:2],
        sku=Sku.parse(lot.item.sku),
        lot=LotNumber.parse(lot.number),
        gtin=Gtin.parse(gtin) if gtin else None,
        expires_on=lot.expires_on,
    )


def bin_label(bin_id: BinId) -> BinLabel:
    """Say what the label of a bin of the current warehouse holds; NotFound."""
    found = queries.get_bin(bin_id)
    if found.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="bin", text=str(bin_id))
    return BinLabel(code=BinCode.parse(found.code), zone=found.zone.code if found.zone else "")


def lpn_label(lpn_id: LpnId) -> LpnLabel:
    """Say what the label of an LPN holds, with what stands on it in the current warehouse; NotFound."""
    lpn = queries.get_lpn(lpn_id)
    if lpn.warehouse_id not in (None, auth.current_warehouse()):
        raise NotFound(kind="lpn", text=str(lpn_id))
    rows = queries.find_balances(lpn=lpn.id, warehouse=auth.current_warehouse())
    contents = tuple(f"{row.sku}  {row.lot_number}  {row.on_hand} {row.base_unit}" for row in rows[:4])
    return LpnLabel(lpn=Sscc.parse(lpn.code) if lpn.is_sscc else LpnCode.parse(lpn.code), contents=contents)


def chosen(values: Mapping[str, Any]) -> list[Label]:
    """Say which labels a sheet holds: `lot`, `lpn`, `bin` ids, the bins of `zone` or that begin with `prefix`."""
    labels: list[Label] = [lot_label(LotId(i)) for i in values["lot"][:_EACH_MAX]]
    labels += [lpn_label(LpnId(i)) for i in values["lpn"][:_EACH_MAX]]
    if values["bin"] or values["zone"] or values["prefix"]:
        bins = queries.bins_for_labels(
            auth.current_warehouse(), ids=values["bin"], zone=values["zone"], prefix=values["prefix"]
        )
        labels += [BinLabel(code=BinCode.parse(code), zone=zone) for code, zone in bins]
    if not labels:
        raise NotFound(kind="label", text=values["prefix"] or values["zone"] or "–")
    return [label for label in labels for _ in range(values["copies"])][:_LABELS_MAX]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A label that a person or machine wants from a printer: what it is for, what it says, what people call that."""

    kind: LabelKind
    subject: int
    title: str
    label: Label


def wanted(values: Mapping[str, Any]) -> list[Wanted]:
    """Say which labels are wanted: `lot`, `lpn` and `bin` ids of the current warehouse; NotFound for none."""
    found = [
        *(Wanted(kind=LabelKind.LOT, subject=i, title="", label=lot_label(LotId(i))) for i in values["lot"]),
        *(Wanted(kind=LabelKind.LPN, subject=i, title="", label=lpn_label(LpnId(i))) for i in values["lpn"]),
        *(Wanted(kind=LabelKind.BIN, subject=i, title="", label=bin_label(BinId(i))) for i in values["bin"]),
    ]
    if not found:
        raise NotFound(kind="label", text="–")
    return [replace(one, title=_title(one.label)) for one in found[:_EACH_MAX]]


def _title(label: Label) -> str:
    if isinstance(label, LotLabel):
        return f"{label.sku} {label.lot}"
    return str(label.code if isinstance(label, BinLabel) else label.lpn)


def to_queue(wanted: Wanted, printer: Printer, *, copies: int, reason: str, key: str) -> QueueLabel:
    """Make the job of a printer: a plate whose SSCC is ours gets its tag written by a printer that can."""
    label = wanted.label
    if printer.writes_tags and isinstance(label, LpnLabel):
        label = replace(label, epc_hex=_epc_of(label.lpn, queries.company_prefix_of(printer.warehouse_id)))
    return QueueLabel(
        key=key[:100],
        warehouse=printer.warehouse_id,
        printer=printer.id,
        kind=wanted.kind,
        subject=wanted.subject,
        title=wanted.title,
        body=to_zpl(label, captions=_captions(), copies=copies),
        copies=copies,
        reason=reason,
    )


def _epc_of(plate: Sscc | LpnCode, prefix: str) -> str | None:
    """The tag of a plate (SSCC-96) where its company prefix is known to be ours: its length is part of the code."""
    if not isinstance(plate, Sscc) or not prefix or not plate.value[1:].startswith(prefix):
        return None
    return encode_sscc96(plate, company_prefix_length=len(prefix))


def draw(label: Label, form: str) -> Response:
    """Draw one label as png, svg, pdf or zpl."""
    ways: dict[str, Callable[[], bytes | str]] = {
        "png": lambda: to_png(label, captions=_captions(), traditional=_is_traditional()),
        "svg": lambda: to_svg(label, captions=_captions()),
        "pdf": lambda: to_pdf([label], captions=_captions(), traditional=_is_traditional()),
        "zpl": lambda: to_zpl(label, captions=_captions()),
    }
    return Response(ways[form](), mimetype=MEDIA[form])


def draw_sheet(labels: Sequence[Label]) -> Response:
    """Draw labels on A4 sheets."""
    body = to_pdf(labels, captions=_captions(), traditional=_is_traditional())
    return Response(body, mimetype=MEDIA["pdf"], headers={"Content-Disposition": 'inline; filename="labels.pdf"'})


def _captions() -> Captions:
    return Captions(
        lot=gettext("LOT"),
        expires=gettext("EXP"),
        quantity=gettext("QTY"),
        sku=gettext("SKU"),
        gtin="GTIN",
        zone=gettext("ZONE"),
        lpn="LPN",
        sscc="SSCC",
    )


def _is_traditional() -> bool:
    return str(get_locale()) == i18n.TRADITIONAL
