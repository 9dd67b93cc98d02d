"""Orders are taken at the desk, promised first expired first out, explained, and sent to picking."""

from __future__ import annotations

from datetime import timedelta

from wms.tour.page import Element
from wms.tour.report import ms, must, same
from wms.tour.tale import Tale


def take_order(tale: Tale, name: str, lines: list[tuple[str, int]]) -> None:
    """Take an order by the form, for the customer of the story, leaving today; remember its id and number as `name`."""
    desk = tale.desk("supervisor")
    desk.open("/orders/new")
    number = f"SO-TOUR-{name}"
    desk.act(
        "/orders/new", customer=str(tale.customer), ship_on=tale.today.isoformat(), number=number,
        sku=[sku for sku, _ in lines], quantity=[str(quantity) for _, quantity in lines], lot=["" for _ in lines],
    )  # fmt: skip
    tale.orders[name] = (int(desk.at.url.rstrip("/").rsplit("/", 1)[1]), number)


def promise_and_release(tale: Tale, name: str) -> None:
    """Allocate an order and make its pick list; remember the list's plate."""
    order, number = tale.orders[name]
    desk = tale.desk("supervisor")
    desk.open(f"/orders/{order}")
    desk.act(f"/orders/{order}/allocate")
    desk.act(f"/orders/{order}/release")
    tale.plates[name] = newest_plate(tale, order)
    same(tale.reads.value("SELECT state FROM customer_order WHERE id = ?", order), "picking", f"the state of {number}")


def newest_plate(tale: Tale, order: int) -> str:
    """The SSCC of the newest pick list of an order."""
    return str(
        tale.reads.value(
            "SELECT lpn.code FROM pick_list JOIN lpn ON lpn.id = pick_list.lpn_id WHERE order_id = ?"
            " ORDER BY pick_list.id DESC LIMIT 1",
            order,
        )
    )


def promised_lots(tale: Tale, order: int) -> list[tuple[str, float]]:
    """What is promised to an order: lot and quantity."""
    rows = tale.reads.rows(
        "SELECT lot.number, sum(c.quantity) FROM stock_claim c JOIN stock_balance b ON b.id = c.balance_id"
        " JOIN lot ON lot.id = b.lot_id JOIN order_line ol ON ol.id = c.demand_id AND c.demand_kind = 'order_line'"
        " WHERE ol.order_id = ? GROUP BY 1 ORDER BY 1",
        order,
    )
    return [(row[0], row[1] / 1_000_000) for row in rows]


def play(tale: Tale) -> None:
    """The lot that travels is promised since it ends first of all that are good for long enough."""
    goods, report = tale.goods, tale.report
    wanted = 4 * goods.case_of
    needed = tale.today + timedelta(days=-(-goods.life_days * 50 // 100))
    first = tale.usable_lots(goods.item, needed)
    same(first[0], (goods.travels, goods.travels_until), "the usable lot that ends first, by the database itself")
    take_order(tale, "A", [(goods.sku, wanted)])
    report.step(
        f"order SO-TOUR-A: {wanted} {goods.unit} of {goods.sku}, half of the shelf life asked",
        ms(tale.desk("supervisor").at.seconds),
    )
    order, _ = tale.orders["A"]
    desk = tale.desk("supervisor")
    desk.open(f"/orders/{order}")
    allocated = desk.act(f"/orders/{order}/allocate").seconds
    same(promised_lots(tale, order), [(goods.travels, float(wanted))], "what is promised")
    reasons = _reasons(desk.at.page)
    must(reasons.get(goods.travels, "").startswith("Taken"), f"the page must say why {goods.travels}: {reasons}")
    others = {lot: why for lot, why in reasons.items() if lot != goods.travels}
    must(goods.later in others and all(others.values()), f"the page must say why not the others: {reasons}")
    report.step(
        f"allocated FEFO: lot {goods.travels} ({goods.travels_until}), the earliest of {len(first)} usable lots",
        ms(allocated),
    )
    for lot, why in list(reasons.items())[:4]:
        report.said(f"{lot}: {why}")
    desk.act(f"/orders/{order}/release")
    tale.plates["A"] = newest_plate(tale, order)
    report.step(f"released: one pick list onto plate {tale.plates['A']}", ms(desk.at.seconds))


def _reasons(page: Element) -> dict[str, str]:
    """Lot and reason, as the order's page tells them."""
    found: dict[str, str] = {}
    for box in page.all("details"):
        for row in box.all("tr"):
            cells = [cell.text for cell in row.all("td")]
            if len(cells) == 6:
                found.setdefault(cells[0], cells[5].lstrip("▲●◆✔✖■ "))
    return found
