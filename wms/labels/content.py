"""What a label says: its words, and the data of its codes. All that is printed on paper passes through here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from wms.gs1.ai import write_bracketed, write_raw
from wms.gs1.checksums import is_cset82
from wms.gs1.codes import BinCode, LotNumber, LpnCode, Sku
from wms.gs1.gtin import Gtin
from wms.gs1.scan import BIN_PREFIX, LPN_PREFIX, write_own_lot
from wms.gs1.sscc import Sscc

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Captions:
    """The few words printed on labels; the edge hands in the reader's language."""

    lot: str = "LOT"
    expires: str = "EXP"
    quantity: str = "QTY"
    sku: str = "SKU"
    gtin: str = "GTIN"
    zone: str = "ZONE"
    lpn: str = "LPN"
    sscc: str = "SSCC"


@dataclass(frozen=True)
class LotLabel:
    """A lot: item names (the first is the heading), codes, last good day, and a quantity as it shall be printed."""

    names: tuple[str, ...]
    sku: Sku
    lot: LotNumber
    gtin: Gtin | None = None
    expires_on: date | None = None
    quantity: str = ""
    #: A GS1 Digital Link for the QR code, such as that of the lot's passport; it says the same GTIN and lot.
    link: str = ""


@dataclass(frozen=True)
class BinLabel:
    """A bin, to be read from two metres."""

    code: BinCode
    zone: str = ""


@dataclass(frozen=True)
class LpnLabel:
    """A pallet, tote or case plate. `epc_hex` is what a printer with RFID shall write, 24 hex digits or more."""

    lpn: Sscc | LpnCode
    contents: tuple[str, ...] = ()
    epc_hex: str | None = None


Label = LotLabel | BinLabel | LpnLabel


def gs1_pairs(label: Label) -> Pairs | None:
    """Say a label's element strings, fixed lengths first so that no separator is needed; None where GS1 cannot say it.

    AI 10 takes at most 20 signs of set 82; another lot number is printed by our own form, unchanged.
    """
    if isinstance(label, LpnLabel) and isinstance(label.lpn, Sscc):
        return [("00", label.lpn.value)]
    if not isinstance(label, LotLabel) or label.gtin is None:
        return None
    if len(label.lot.value) > 20 or not is_cset82(label.lot.value):
        return None
    expiry = [("17", f"{label.expires_on:%y%m%d}")] if label.expires_on else []
    return [("01", label.gtin.value), *expiry, ("10", label.lot.value)]


def qr_text(label: Label) -> str:
    """Say what the label's QR code holds; `scan.read` gives the label's own data back from it."""
    if isinstance(label, LotLabel) and label.link:
        return label.link
    pairs = gs1_pairs(label)
    if pairs is not None:
        return write_raw(pairs)
    if isinstance(label, LotLabel):
        return write_own_lot(label.sku, label.lot, label.expires_on)
    return f"{BIN_PREFIX}{label.code}" if isinstance(label, BinLabel) else f"{LPN_PREFIX}{label.lpn}"


def readable_code(label: Label) -> str:
    """The line under the code for people: "(01)...(17)...(10)..." or the code itself."""
    pairs = gs1_pairs(label)
    if pairs is not None:
        return write_bracketed(pairs)
    return label.lot.value if isinstance(label, LotLabel) and label.link else qr_text(label)


def heading(label: Label, captions: Captions) -> str:
    """The label's largest words."""
    if isinstance(label, LotLabel):
        return label.names[0] if label.names else label.sku.value
    if isinstance(label, BinLabel):
        return label.code.value
    return f"{captions.sscc if isinstance(label.lpn, Sscc) else captions.lpn} {label.lpn}"


def lines(label: Label, captions: Captions) -> list[str]:
    """The lines under the heading, most needed first."""
    if isinstance(label, BinLabel):
        return [f"{captions.zone} {label.zone}"] if label.zone else []
    if isinstance(label, LpnLabel):
        return list(label.contents)
    found = [f"{captions.lot} {label.lot}"]
    if label.expires_on:
        found.append(f"{captions.expires} {label.expires_on.isoformat()}")
    if label.quantity:
        found.append(f"{captions.quantity} {label.quantity}")
    found.append(f"{captions.sku} {label.sku}")
    return [*found, *label.names[1:]]
