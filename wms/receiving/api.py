"""Receiving for machines: purchase orders and ASNs, receipts with their lines and photos, and putting away.

Taking goods in is POST /receipts/{id}/lines and POST /receipts/{id}/lpns (wms/mobile/api.py): what a label says is read
there.
"""

from pathlib import Path
from typing import Any

from flask import Response, current_app

from wms.core.clock import now
from wms.core.errors import NotAllowed, NotFound
from wms.core.ids import (
    AsnId,
    BinId,
    FileId,
    ItemId,
    LpnId,
    PalletCheckId,
    PurchaseOrderId,
    ReceiptId,
    ReceiptLineId,
    RefusalId,
    TaskId,
)
from wms.db.paging import Page
from wms.fields.forms import given_by_call
from wms.fields.queries import conditions_of
from wms.files import queries as file_queries
from wms.files import service as file_service
from wms.files import serving
from wms.files.models import StoredFile
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.receiving import schemas, service
from wms.receiving.queries import checks, lines, papers, putaway, refusals, whole
from wms.receiving.rules.commands import ConfirmPutaway, NoteDifference, OpenReceipt, ScanUnit, Unreceive
from wms.stock import capture_edge
from wms.stock import queries as stock
from wms.tasks import queries as tasks
from wms.tasks.models import Task, TaskKind
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_site, current_warehouse, requires
from wms.web.forms import yeses

bp = api.blueprint("receiving_api", __name__)


def _find_photos(values: dict[str, Any]) -> dict[str, Any]:
    """Find the pictures that were kept a moment ago: slow, so before the transaction."""
    folder = Path(current_app.config["WMS"].data_dir)
    return values | {"photos": tuple(file_service.find_kept(one, data_dir=folder) for one in values["photos"])}


# -- ASN --------------------------------------------------------------------------------------------------------------
@bp.get("/asns")
@requires("receive", "stock.view")
@reads(query=schemas.AsnsQuery(), answer=schemas.AsnRowOut(), paged=True)
def asns(query: dict[str, Any]) -> Page[papers.PaperRow]:
    """List the ASNs of a warehouse, the newest first."""
    return papers.list_asns(current_warehouse(), **_wanted(query))


@bp.post("/asns")
@requires("receive")
@writes(body=schemas.NewAsnIn(), answer=schemas.AsnOut(), status=201, offers=("receiving.create_asn",))
def create_asn(values: dict[str, Any]) -> whole.WholeAsn:
    """Announce what a supplier sends.

    Lines name an item, or a lot of it, or that on an SSCC, in the item's base unit or the `unit` named. `lpns` say which
    plate stands on which, in any order and to any depth; plates that only lines name stand by themselves. What is announced
    with SSCC, lot and day is taken in by one scan of the lowest SSCC. Refused: a supplier or item that is not known, a
    purchase order that is not open, a number that is in use, an SSCC that another open ASN announces or that stands twice on
    this one, a plate that stands on one not named, or on itself.
    """
    site = current_site()
    cmd = schemas.new_asn(values, warehouse=site.id, timezone=site.timezone)
    return _asn(service.create_asn(cmd, actor=actor_id(), at=now()))


@bp.get("/asns/<int:asn_id>")
@requires("receive", "stock.view")
@reads(answer=schemas.AsnOut())
def asn(asn_id: int) -> whole.WholeAsn:
    """Give an ASN: what was announced, what came of it, where the two differ."""
    return _asn(AsnId(asn_id))


@bp.post("/asns/<int:asn_id>/cancel")
@requires("receive")
@writes(answer=schemas.AsnOut(), offers=("receiving.cancel_asn",))
def cancel_asn(asn_id: int) -> whole.WholeAsn:
    """Give an ASN up that will not come. Refused once a receipt was opened."""
    service.cancel_asn(AsnId(asn_id), warehouse=current_warehouse(), actor=actor_id(), at=now())
    return _asn(AsnId(asn_id))


@bp.post("/asns/<int:asn_id>/receive")
@requires("receive")
@writes(answer=schemas.ReceiptOut(), offers=("receiving.receive_asn", "mobile.receive"))
def receive_asn(asn_id: int) -> whole.WholeReceipt:
    """Open a receipt against an ASN, or join the one that is open: people on one paper share it."""
    return _opened(OpenReceipt(warehouse=current_warehouse(), asn=AsnId(asn_id)))


# -- purchase order ---------------------------------------------------------------------------------------------------
@bp.get("/purchase-orders")
@requires("receive", "stock.view")
@reads(query=schemas.PurchaseOrdersQuery(), answer=schemas.PurchaseOrderRowOut(), paged=True)
def purchase_orders(query: dict[str, Any]) -> Page[papers.PaperRow]:
    """List the purchase orders of a warehouse, the newest first."""
    return papers.list_purchase_orders(current_warehouse(), **_wanted(query))


@bp.post("/purchase-orders")
@requires("receive")
@writes(
    body=schemas.NewPurchaseOrderIn(), answer=schemas.PurchaseOrderOut(), status=201,
    offers=("receiving.create_purchase_order",),
)  # fmt: skip
def create_purchase_order(values: dict[str, Any]) -> whole.WholeOrder:
    """Write down what was ordered from a supplier, in the items' base units.

    Refused: a supplier or item that is not known, a number that is in use.
    """
    cmd = schemas.new_purchase_order(values, warehouse=current_warehouse())
    return _order(service.create_purchase_order(cmd, actor=actor_id(), at=now()))


@bp.get("/purchase-orders/<int:purchase_order_id>")
@requires("receive", "stock.view")
@reads(answer=schemas.PurchaseOrderOut())
def purchase_order(purchase_order_id: int) -> whole.WholeOrder:
    """Give a purchase order and what came of it, by whatever receipt."""
    return _order(PurchaseOrderId(purchase_order_id))


@bp.post("/purchase-orders/<int:purchase_order_id>/close")
@requires("receive")
@writes(answer=schemas.PurchaseOrderOut(), offers=("receiving.close_purchase_order",))
def close_purchase_order(purchase_order_id: int) -> whole.WholeOrder:
    """Close a purchase order, the rest given up."""
    order = PurchaseOrderId(purchase_order_id)
    service.close_purchase_order(order, warehouse=current_warehouse(), actor=actor_id(), at=now())
    return _order(order)


@bp.post("/purchase-orders/<int:purchase_order_id>/receive")
@requires("receive")
@writes(answer=schemas.ReceiptOut(), offers=("receiving.receive_order", "mobile.receive"))
def receive_purchase_order(purchase_order_id: int) -> whole.WholeReceipt:
    """Open a receipt against a purchase order without an ASN, or join the one that is open."""
    return _opened(OpenReceipt(warehouse=current_warehouse(), purchase_order=PurchaseOrderId(purchase_order_id)))


# -- receipt ----------------------------------------------------------------------------------------------------------
@bp.get("/receipts")
@requires("receive", "stock.view")
@reads(query=schemas.ReceiptsQuery(), answer=schemas.ReceiptRowOut(), paged=True)
def receipts(query: dict[str, Any]) -> Page[papers.PaperRow]:
    """List the receipts of a warehouse, the newest first.

    ?f.code=value filters by an own field of receipts: text begins so, numbers and dates may be `a..b`.
    """
    return papers.list_receipts(current_warehouse(), **_wanted(query), own=conditions_of("receipt", query["f"]))


@bp.post("/receipts")
@requires("receive")
@writes(body=schemas.NewReceiptIn(), answer=schemas.ReceiptOut(), offers=("mobile.receive",))
def open_receipt(values: dict[str, Any]) -> whole.WholeReceipt:
    """Open a blind receipt: goods came that no paper announced.

    One that this user opened and has put nothing into yet is given again.
    """
    code = values["supplier_code"]
    supplier = papers.get_supplier(code).id if code else None
    return _opened(
        OpenReceipt(warehouse=current_warehouse(), supplier=supplier, is_provisional=values["is_provisional"])
    )


@bp.get("/receipts/<int:receipt_id>")
@requires("receive", "stock.view")
@reads(answer=schemas.ReceiptOut())
def receipt(receipt_id: int) -> whole.WholeReceipt:
    """Give a receipt: the truck, the paper behind it, where what came differs from it."""
    return _receipt(ReceiptId(receipt_id))


@bp.get("/receipts/<int:receipt_id>/lines")
@requires("receive", "stock.view")
@reads(query=api.ListQuery(), answer=schemas.ReceiptLineOut(), paged=True)
def receipt_lines(receipt_id: int, query: dict[str, Any]) -> Page[lines.CameLine]:
    """List what was taken in, the newest first, each line with the labels that were read."""
    found = papers.get_receipt(ReceiptId(receipt_id), warehouse=current_warehouse())
    return lines.page_of_receipt_lines(found.id, cursor=query["cursor"], size=query["limit"])


@bp.post("/receipts/<int:receipt_id>/arrival")
@requires("receive")
@writes(
    body=schemas.ArrivalOfTruckIn(), answer=schemas.ReceiptOut(), prepares=_find_photos,
    offers=("receiving.record_arrival", "mobile.receive_arrival"),
)  # fmt: skip
def record_arrival(receipt_id: int, values: dict[str, Any]) -> whole.WholeReceipt:
    """Write down delivery note, plate, driver, seal, carrier and temperatures of the truck, with photos.

    Send the whole of it: what is left out is blank afterwards; of own fields (`fields`) those that change. Refused once the
    receipt is closed. Asked about first, each answered with "yes": `delivery_note_seen` (this supplier sent that note before),
    `temperature_holds_received` (goods that are in already were carried too warm or too cold, and are held then).
    """
    own = given_by_call(values.pop("own_fields"))
    service.record_arrival(
        ReceiptId(receipt_id), schemas.arrival_of_truck(values), warehouse=current_warehouse(), actor=actor_id(),
        at=now(), own=own, answers=yeses(values["answers"]), photos=values["photos"],
    )  # fmt: skip
    return _receipt(ReceiptId(receipt_id))


@bp.post("/receipts/<int:receipt_id>/close")
@requires("receive")
@writes(answer=schemas.ReceiptOut(), offers=("receiving.close_receipt", "mobile.receive"))
def close_receipt(receipt_id: int) -> whole.WholeReceipt:
    """End taking in.

    The ASN is received then, or waits again when nothing was taken in; a purchase order of which all came closes.
    """
    service.close_receipt(ReceiptId(receipt_id), warehouse=current_warehouse(), actor=actor_id(), at=now())
    return _receipt(ReceiptId(receipt_id))


@bp.post("/receipts/<int:receipt_id>/pause")
@requires("receive")
@writes(answer=schemas.ReceiptOut(), offers=("receiving.pause_receipt", "mobile.receive"))
def pause_receipt(receipt_id: int) -> whole.WholeReceipt:
    """End taking in for now: what did not come is expected on another day, with a receipt of its own.

    The ASN is `partly_received` then; it is received when all of it came, by tolerance.
    """
    service.close_receipt(
        ReceiptId(receipt_id), warehouse=current_warehouse(), actor=actor_id(), at=now(), is_rest_expected=True
    )
    return _receipt(ReceiptId(receipt_id))


@bp.post("/receipts/<int:receipt_id>/accept")
@requires("receive.accept")
@writes(body=schemas.AcceptReceiptIn(), answer=schemas.ReceiptOut(), offers=("receiving.accept_receipt",), signed=True)
def accept_receipt(receipt_id: int, values: dict[str, Any], signer: auth.Person) -> whole.WholeReceipt:
    """Accept a closed receipt as the second person, signed, where an item asks for one.

    What waited for it alone is released; what quality inspects stays pending. Refused with `acceptor_not_second` for one who
    took some of it in.
    """
    found = papers.get_receipt(ReceiptId(receipt_id), warehouse=current_warehouse())
    if not signer.may("receive.accept", current_warehouse()):
        raise NotAllowed(permission="receive.accept")
    service.accept_receipt(
        ReceiptId(found.id), warehouse=current_warehouse(), actor=signer.id, at=now(), reason=values["reason"]
    )
    return _receipt(ReceiptId(receipt_id))


@bp.post("/receipt-lines/<int:receipt_line_id>/reverse")
@requires("receive.reverse")
@writes(body=schemas.ReverseLineIn(), answer=schemas.ReceiptOut(), offers=("receiving.reverse_line",))
def reverse_line(receipt_line_id: int, values: dict[str, Any]) -> whole.WholeReceipt:
    """Take a line back, with all that came in by the same scan: the goods are no stock any more.

    The ASN waits for them again, the work of putting away is withdrawn. Refused with `goods_moved_on` once they were moved,
    promised, held, decided on or used.
    """
    cmd = Unreceive(
        warehouse=current_warehouse(), line=ReceiptLineId(receipt_line_id), reason=values["reason"], key=api.call_key()
    )
    return _receipt(service.unreceive(cmd, actor=actor_id(), at=now()).receipt)


# -- pallets that are looked at -----------------------------------------------------------------------------------------
@bp.get("/receipts/<int:receipt_id>/pallet-checks")
@requires("receive", "stock.view")
@reads(answer=schemas.PalletChecksOut())
def pallet_checks(receipt_id: int) -> dict[str, Any]:
    """Give every pallet of a receipt that was looked at, with its parts."""
    found = papers.get_receipt(ReceiptId(receipt_id), warehouse=current_warehouse())
    return {"items": checks.views_of_receipt(found)}


@bp.post("/receipts/<int:receipt_id>/pallet-checks")
@requires("receive")
@writes(body=schemas.OpenCheckIn(), answer=schemas.PalletCheckOut(), status=201, offers=("mobile.receive",))
def open_pallet_check(receipt_id: int, values: dict[str, Any]) -> checks.CheckView:
    """Begin to look at a pallet that the ASN announces: its parts are listed, and those to scan are drawn by the receipt's seed.

    How many follows from the supplier: `check_share_percent` of the partner, else its standing; all of a new one's. With none
    asked, or all scanned, POST /receipts/{id}/lpns takes the pallet in.
    """
    check = service.open_check(
        ReceiptId(receipt_id),
        str(Sscc.parse(values["sscc"])),
        warehouse=current_warehouse(),
        actor=actor_id(),
        at=now(),
    )
    return checks.view_of(check, warehouse=current_warehouse())


@bp.get("/pallet-checks/<int:pallet_check_id>")
@requires("receive", "stock.view")
@reads(answer=schemas.PalletCheckOut())
def pallet_check(pallet_check_id: int) -> checks.CheckView:
    """Give one look at a pallet: which parts are asked, what came of each."""
    return checks.view_of(PalletCheckId(pallet_check_id), warehouse=current_warehouse())


@bp.post("/pallet-checks/<int:pallet_check_id>/scans")
@requires("receive")
@writes(body=schemas.ScanUnitIn(), answer=schemas.PalletCheckOut(), offers=("mobile.receive",))
def scan_pallet_unit(pallet_check_id: int, values: dict[str, Any]) -> checks.CheckView:
    """Say that a plate of the pallet was scanned, or a goods label (`sku` and `lot_number`). The last one takes the pallet in.

    Asked about first, each answered with "yes": `extra_child` (a plate that nobody announced on it), `child_elsewhere` (a plate
    announced on, or standing on, another pallet: it is put onto this one), `other_lot_on_pallet`; with the last scan also what
    POST /receipts/{id}/lpns asks.
    """
    items = papers.items_by_sku([values["sku"]]) if values["sku"] else {}
    if values["sku"] and values["sku"] not in items:
        raise NotFound(kind="item", text=values["sku"])
    cmd = ScanUnit(
        warehouse=current_warehouse(), check=PalletCheckId(pallet_check_id), key=api.call_key(),
        sscc=Sscc.parse(values["sscc"]) if values["sscc"] else None,
        item=ItemId(items[values["sku"]].id) if values["sku"] else None,
        lot=LotNumber.parse(values["lot_number"]) if values["lot_number"] else None,
        raw_scan=values["sscc"] or values["lot_number"], answers=yeses(values["answers"]),
    )  # fmt: skip
    return _looked(service.scan_unit(cmd, actor=actor_id(), at=now()))


@bp.post("/pallet-checks/<int:pallet_check_id>/differences")
@requires("receive")
@writes(body=schemas.NoteDifferenceIn(), answer=schemas.PalletCheckOut(), offers=("mobile.receive",))
def note_pallet_difference(pallet_check_id: int, values: dict[str, Any]) -> checks.CheckView:
    """Write down that a part of the pallet is missing, is another lot, or holds another quantity; all of it is asked then.

    Another quantity comes in as counted. A missing part and another lot stay out; what really stands there is taken in as
    lines on its SSCC.
    """
    cmd = NoteDifference(
        warehouse=current_warehouse(), check=PalletCheckId(pallet_check_id), code=values["code"], kind=values["kind"],
        key=api.call_key(), quantity=values["quantity"],
        lot=LotNumber.parse(values["lot_number"]) if values["lot_number"] else None, answers=yeses(values["answers"]),
    )  # fmt: skip
    return _looked(service.note_difference(cmd, actor=actor_id(), at=now()))


def _looked(looked: service.Looked) -> checks.CheckView:
    return checks.view_of(looked.check, warehouse=current_warehouse())


# -- deliveries of nobody known -----------------------------------------------------------------------------------------
@bp.post("/receipts/<int:receipt_id>/supplier")
@requires("receive")
@writes(
    body=schemas.NameSupplierIn(), answer=schemas.ReceiptOut(), offers=("receiving.name_supplier", "mobile.receive")
)
def name_supplier(receipt_id: int, values: dict[str, Any]) -> whole.WholeReceipt:
    """Say from whom a blind or provisional delivery came; lots that were made on it get the supplier too."""
    service.name_supplier(
        ReceiptId(receipt_id), papers.get_supplier(values["supplier_code"]).id, warehouse=current_warehouse(),
        actor=actor_id(), at=now(),
    )  # fmt: skip
    return _receipt(ReceiptId(receipt_id))


@bp.post("/receipts/<int:receipt_id>/provisional-lpns")
@requires("receive")
@writes(body=schemas.OpenCheckIn(), answer=schemas.ReceiptOut(), status=201, offers=("mobile.receive",))
def note_plate(receipt_id: int, values: dict[str, Any]) -> whole.WholeReceipt:
    """Note a plate that nobody announced on a provisional receipt, before anyone knows what stands on it."""
    service.note_plate(
        ReceiptId(receipt_id),
        str(Sscc.parse(values["sscc"])),
        warehouse=current_warehouse(),
        actor=actor_id(),
        at=now(),
    )
    return _receipt(ReceiptId(receipt_id))


@bp.post("/receipts/<int:receipt_id>/provisional-lpns/<int:lpn_id>/drop")
@requires("receive")
@writes(answer=schemas.ReceiptOut(), offers=("receiving.drop_plate",))
def drop_plate(receipt_id: int, lpn_id: int) -> whole.WholeReceipt:
    """Take a plate off a provisional receipt: nothing stands there. Refused while goods do."""
    service.drop_plate(ReceiptId(receipt_id), LpnId(lpn_id), warehouse=current_warehouse(), actor=actor_id(), at=now())
    return _receipt(ReceiptId(receipt_id))


@bp.post("/receipts/<int:receipt_id>/finish")
@requires("receive")
@writes(answer=schemas.ReceiptOut(), offers=("receiving.finish_provisional", "mobile.receive"))
def finish_provisional(receipt_id: int) -> whole.WholeReceipt:
    """Say that all of a provisional receipt is named: the supplier, and item, lot and day on each plate.

    The holds on its goods stay: quality lifts them. Refused without a supplier, or with a plate on which nothing was received.
    """
    service.finish_provisional(ReceiptId(receipt_id), warehouse=current_warehouse(), actor=actor_id(), at=now())
    return _receipt(ReceiptId(receipt_id))


# -- refusals -----------------------------------------------------------------------------------------------------------
@bp.get("/refusals")
@requires("receive", "stock.view")
@reads(query=schemas.RefusalsQuery(), answer=schemas.RefusalOut(), paged=True)
def refusal_list(query: dict[str, Any]) -> Page[refusals.RefusalView]:
    """List what was turned away, the newest first."""
    return refusals.list_refusals(
        current_warehouse(), state=query["state"], search=query["q"], cursor=query["cursor"], size=query["limit"]
    )


@bp.post("/refusals")
@requires("receive.refuse")
@writes(
    body=schemas.NewRefusalIn(), answer=schemas.RefusalOut(), status=201, prepares=_find_photos,
    offers=("receiving.create_refusal", "mobile.receive_refuse"),
)  # fmt: skip
def create_refusal(values: dict[str, Any]) -> refusals.RefusalView:
    """Write down goods that were turned away; they never are stock.

    `sku` or `description` say what they are. The supplier is that of the receipt where none is named.
    """
    photos = values.pop("photos")
    cmd = schemas.refusal(values, warehouse=current_warehouse(), key=api.call_key())
    return _refusal(service.refuse(cmd, actor=actor_id(), at=now(), photos=photos))


@bp.get("/refusals/<int:refusal_id>")
@requires("receive", "receive.refuse", "stock.view")
@reads(answer=schemas.RefusalOut())
def refusal(refusal_id: int) -> refusals.RefusalView:
    """Give a refusal. Its photos are attachments of `refusal`."""
    return _refusal(RefusalId(refusal_id))


@bp.post("/refusals/<int:refusal_id>/close")
@requires("receive.refuse")
@writes(body=schemas.CloseRefusalIn(), answer=schemas.RefusalOut(), offers=("receiving.close_refusal",))
def close_refusal(refusal_id: int, values: dict[str, Any]) -> refusals.RefusalView:
    """Say that a carrier took refused goods back, and which."""
    service.close_refusal(
        RefusalId(refusal_id), warehouse=current_warehouse(), carrier=values["carrier"], actor=actor_id(), at=now()
    )
    return _refusal(RefusalId(refusal_id))


def _refusal(refusal_id: RefusalId) -> refusals.RefusalView:
    return refusals.get_refusal(refusal_id, warehouse=current_warehouse())


@bp.get("/receipts/<int:receipt_id>/photos")
@requires("receive", "stock.view")
@reads(query=api.ListQuery(), answer=schemas.ReceiptPhotoOut(), paged=True)
def photos(receipt_id: int, query: dict[str, Any]) -> Page[StoredFile]:
    """List the photos of a receipt's lines, the oldest first."""
    found = papers.get_receipt(ReceiptId(receipt_id), warehouse=current_warehouse())
    return lines.page_of_photos(found.id, cursor=query["cursor"], size=query["limit"])


@bp.get("/receipts/<int:receipt_id>/photos/<int:photo_id>")
@requires("receive", "stock.view")
@reads(answer=None, media="image/jpeg, image/png, image/webp")
def photo(receipt_id: int, photo_id: int) -> Response:
    """Give the picture of one photo, as the type its content is."""
    found = papers.get_receipt(ReceiptId(receipt_id), warehouse=current_warehouse())
    file = file_queries.get_file(FileId(photo_id))
    if not lines.is_photo_of(file, found.id) or not serving.place_of(file).exists():
        raise NotFound(kind="file", text=str(photo_id))
    return serving.give(file)


# -- putaway ----------------------------------------------------------------------------------------------------------
@bp.get("/putaway-tasks")
@requires("putaway")
@reads(query=api.ListQuery(), answer=schemas.PutawayTaskOut(), paged=True)
def putaway_tasks(query: dict[str, Any]) -> Page[Task]:
    """List the goods that wait at the docks to be put away, the oldest first."""
    page = tasks.page_of_tasks(
        current_warehouse(), kind=TaskKind.PUTAWAY, states=tasks.UNDONE, cursor=query["cursor"], size=query["limit"]
    )
    return Page(rows=[row.task for row in page.rows], next_cursor=page.next_cursor)


@bp.get("/putaway-tasks/<int:task_id>")
@requires("putaway")
@reads(answer=schemas.PutawayTaskOut())
def putaway_task(task_id: int) -> Task:
    """Give one task of putting away, done or not."""
    return putaway.get_putaway(TaskId(task_id), warehouse=current_warehouse())


@bp.post("/putaway-tasks/<int:task_id>/start")
@requires("putaway")
@writes(body=schemas.StartPutawayIn(), answer=schemas.PutawayTaskOut(), offers=("mobile.putaway",))
def start_putaway(task_id: int, values: dict[str, Any]) -> Task:
    """Take a task and have a bin suggested, with the reason.

    No other user can take it then. `suggested_bin_code` is null when no bin may take the goods. Where nothing stands at
    the dock any more, the task is cancelled and says `goods_gone`. Asked again, the same bin is suggested while it may
    still take them, unless it is excluded.
    """
    warehouse = current_warehouse()
    excluded = frozenset(
        BinId(stock.find_bin(code, warehouse=warehouse).id) for code in set(values["excluded_bin_codes"])
    )
    service.start_putaway(TaskId(task_id), warehouse=warehouse, excluded=excluded, actor=actor_id(), at=now())
    return putaway.get_putaway(TaskId(task_id), warehouse=warehouse)


@bp.post("/putaway-tasks/<int:task_id>/confirm")
@requires("putaway")
@writes(body=schemas.ConfirmPutawayIn(), answer=schemas.PutAwayOut(), offers=("mobile.putaway",))
def confirm_putaway(task_id: int, values: dict[str, Any]) -> service.PutAway:
    """Say that the goods stand in a bin now: they are moved there, and the task is done.

    An LPN moves as a whole. Of loose goods a part may be put away; the rest waits as a task of its own. Refused: a bin of
    the wrong kind, temperature or lot, a full or blocked one. Another bin than the suggested one is asked about first:
    question `another_bin`, answered with "yes".
    """
    warehouse = current_warehouse()
    cmd = ConfirmPutaway(
        warehouse=warehouse,
        task=TaskId(task_id),
        bin=BinId(stock.find_bin(values["bin_code"], warehouse=warehouse).id),
        key=api.call_key(),
        quantity=values["quantity"],
        answers=yeses(values["answers"]),
    )
    with capture_edge.told(values):
        return service.confirm_putaway(cmd, actor=actor_id(), at=now())


# -- inside -----------------------------------------------------------------------------------------------------------
def _wanted(query: dict[str, Any]) -> dict[str, Any]:
    return {
        "states": [query["state"].value] if query["state"] else [],
        "search": query["q"],
        "cursor": query["cursor"],
        "size": query["limit"],
    }


def _asn(asn_id: AsnId) -> whole.WholeAsn:
    return whole.whole_asn(asn_id, warehouse=current_warehouse())


def _order(order: PurchaseOrderId) -> whole.WholeOrder:
    return whole.whole_order(order, warehouse=current_warehouse())


def _receipt(receipt_id: ReceiptId) -> whole.WholeReceipt:
    return whole.whole_receipt(receipt_id, warehouse=current_warehouse())


def _opened(cmd: OpenReceipt) -> whole.WholeReceipt:
    return _receipt(service.open_receipt(cmd, actor=actor_id(), at=now()))
