"""Trace on the command line: the whole answer as JSON, or a table to read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from wms.cli import application, verbs, warehouse_id

if TYPE_CHECKING:
    from wms.trace.rules.graph import TraceResult

#: Kept here so that `run.py trace --help` loads nothing; a test says that these are all.
KINDS = (
    "lot", "maker_lot", "supplier_lot", "work_order", "operation", "machine", "team", "operator", "hour", "receipt", "order",
    "shipment", "customer", "lpn", "tag", "unit", "dates",
)  # fmt: skip


@verbs.command()
@click.argument("start", metavar="LOT")
@click.option("--forward", "direction", flag_value="forward", help="Where it was used and where it is (the default).")
@click.option("--backward", "direction", flag_value="backward", help="Where it came from.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON: shares as exact fractions.")
@click.option("--item", metavar="SKU", default="", help="The item, where several have a lot of this number.")
@click.option("--kind", type=click.Choice(KINDS), default="lot", help="What LOT is, where it is no lot's number.")
@click.option("--site", metavar="CODE", help="Show stock and papers of this warehouse alone.")
def trace(start: str, direction: str | None, as_json: bool, item: str, kind: str, site: str | None) -> None:
    """Trace a lot, or whatever --kind says LOT is.

    operation: WO-1/20. machine, team, operator, customer: a code, with @2026-11-01..2026-11-22 behind it for some days.
    hour: 2026-11-22T14, or from..to. dates: 2026-11-01..2026-11-22.
    """
    from wms.trace import queries, starts
    from wms.trace.rules.graph import Direction, StartKind
    from wms.trace.spelling import as_json as spelled

    with application():
        warehouses = None if site is None else [warehouse_id(site)]
        begins = starts.find_start(StartKind(kind), start, item=item, warehouses=warehouses)
        result = queries.trace(begins, Direction(direction or "forward"), warehouses=warehouses)
        if as_json:
            click.echo(json.dumps(spelled(result), ensure_ascii=False))
        else:
            _show(result)


def _show(result: TraceResult) -> None:
    from wms.trace.rules.graph import percent

    named = {node.lot: f"{node.sku} {node.number}" for node in result.nodes}
    click.echo(
        f"{result.direction.value} from {result.start.kind.value} {result.start.text}: {len(result.nodes)} lots, "
        f"{len(result.edges)} links, {len(result.shipments)} lines shipped, in {result.seconds:.3f} s"
    )
    if result.why_no_shares:
        click.echo(f"no shares: {_WHY[result.why_no_shares]}")
    if result.hidden:
        click.echo(f"{result.hidden} lines of other warehouses are not shown")
    _table(
        "lots", ("level", "item", "lot", "came", "unit", "share %", "part %"),
        ((n.level, n.sku, n.number, n.came, n.unit, percent(n.share), percent(n.part)) for n in result.nodes),
    )  # fmt: skip
    _table("suppliers", ("code", "name", "share %"), ((s.code, s.name_en, percent(s.share)) for s in result.suppliers))
    _table(
        "receipts", ("receipt", "on", "lot", "quantity"),
        ((r.number or "-", r.on.isoformat(), named[r.lot], r.quantity) for r in result.receipts),
    )  # fmt: skip
    _table("work orders", ("number", "item", "state"), ((w.number, w.sku, w.state) for w in result.work_orders))
    _table(
        "stock", ("where", "bin", "LPN", "lot", "quantity", "quality", "held", "share %"),
        (
            (s.where.value, s.bin_code, s.lpn_code, named[s.lot], s.quantity, s.quality, "held" if s.is_held else "",
             percent(s.share))
            for s in result.stock
        ),
    )  # fmt: skip
    names = {c.partner: c.code for c in result.customers}
    _table(
        "shipped", ("shipment", "on", "customer", "lot", "shipped", "returned", "share %"),
        (
            (s.number or "-", (s.at.date() if s.at else s.on) or "", names.get(s.customer, "-") if s.customer else "-",
             named[s.lot], s.shipped, s.returned, percent(s.share))
            for s in result.shipments
        ),
    )  # fmt: skip
    _table(
        "customers", ("code", "name", "contact", "phone", "e-mail", "share %"),
        ((c.code, c.name_en, c.recall_contact, c.phone, c.email, percent(c.share)) for c in result.customers),
    )  # fmt: skip


_WHY = {
    "units": "the lots it starts at are counted in different units",
    "size": "there are more lots than shares are worked out for",
    "depth": "the goods are mixed too often for exact fractions",
}


def _table(name: str, heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    lines = [tuple(str(cell) for cell in row) for row in rows]
    if not lines:
        return
    widths = [max(len(row[n]) for row in (heads, *lines)) for n in range(len(heads))]
    click.echo(f"\n{name}")
    for row in (heads, *lines):
        click.echo("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
