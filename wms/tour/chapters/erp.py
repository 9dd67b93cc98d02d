"""An ERP works by the API: a key of its own, an order sent twice and done once, a stale edit, a hold that a person lifts."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from typing import Any

import requests

from wms.demo.people import PASSWORD
from wms.tour.machine import Machine, Reply
from wms.tour.report import Clock, ms, must, same
from wms.tour.tale import CUSTOMER, Tale

_VERBS = frozenset(("get", "post", "put", "patch", "delete"))
_ORDER = "SO-TOUR-ERP"


def play(tale: Tale) -> None:
    """From the printed call to the signed one."""
    _as_printed(tale)
    _document(tale)
    clock = Clock()
    key = tale.stage.run(
        "token", "tour-erp", "--by", "admin", "--machine", "supervisor", "--machine", "quality", "--warehouse", "CNSZ1"
    ).strip()
    tale.machine = Machine(tale.stage.url, key)
    tale.report.step("run.py token: a key for a machine's user of its own, shown once, good in one warehouse", clock)
    _order_twice(tale)
    _stale_edit(tale)
    _hold(tale)


def _as_printed(tale: Tale) -> None:
    """The call that the demo's log-ins end with, word by word as it was printed."""
    line = next(line for line in tale.printed.splitlines() if "curl " in line)
    words = shlex.split(line)
    header = words[words.index("-H") + 1].partition(": ")
    clock = Clock()
    came = requests.get(words[-1], headers={header[0]: header[2]}, timeout=60)
    took = ms(clock.seconds)
    same(came.status_code, 200, "the printed call of the API")
    rows = came.json()["items"]
    must(len(rows) == 3 and all("held" in row["states"] for row in rows), f"three rows on hold: {rows}")
    tale.report.step("the call that the demo prints, with its ERP's key: three rows of stock on hold", took)


def _document(tale: Tale) -> None:
    clock = Clock()
    document = requests.get(f"{tale.stage.url}/api/v1/openapi.json", timeout=60).json()
    took = ms(clock.seconds)
    operations = [verb for path in document["paths"].values() for verb in path if verb in _VERBS]
    problems = requests.get(f"{tale.stage.url}/api/v1/problems", timeout=60).json()
    must(len(operations) > 100 and "record_changed" in problems, "the document must hold every operation and refusal")
    tale.report.step(
        f"/api/v1/openapi.json, OpenAPI {document['openapi']}: {len(operations)} operations, {len(problems)} refusals",
        took,
    )
    page = requests.get(f"{tale.stage.url}/help/api", timeout=60)
    same(page.status_code, 200, "/help/api")
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    must(files and not re.search(r'(?:src|href)="(?:https?:)?//', page.text), "the page must live on files of our own")
    for path in files:
        same(requests.get(tale.stage.url + path, timeout=60).status_code, 200, path)
    tale.report.step(f"/help/api shows them, from {len(files)} files of our own", ms(page.elapsed.total_seconds()))


def _order_twice(tale: Tale) -> None:
    machine, goods = tale.machine, tale.goods
    order: dict[str, Any] = {
        "number": _ORDER, "customer_code": CUSTOMER, "ship_on": (tale.today + timedelta(days=1)).isoformat(),
        "lines": [{"sku": goods.sku, "quantity": str(goods.case_of)}],
    }  # fmt: skip
    first = machine.do("POST", "/orders", order, key="erp order 4711")
    again = machine.do("POST", "/orders", order, key="erp order 4711")
    same(again.headers.get("Idempotent-Replayed"), "true", "the mark of a repeat")
    same(again.body, first.body, "the answer to the repeat")
    same(tale.reads.value("SELECT count(*) FROM customer_order WHERE number = ?", _ORDER), 1, f"orders {_ORDER}")
    tale.report.step(
        f"order {_ORDER} sent twice with one Idempotency-Key: done once, the same answer again", ms(again.seconds)
    )
    order["lines"] = [{"sku": goods.sku, "quantity": str(2 * goods.case_of)}]
    _refused(
        tale,
        "another order under the same key",
        machine.refused("key_reused", "POST", "/orders", order, key="erp order 4711"),
    )
    tale.erp_order = str(first.body["id"])


def _stale_edit(tale: Tale) -> None:
    """Two systems edit one item; the second of them has seen an older one."""
    machine = tale.machine
    path = f"/items/{tale.goods.item}"
    seen = machine.do("GET", path)
    fixed = {"id", "sku", "base_unit", "is_lot_tracked", "date_basis", "units"}
    whole = {name: value for name, value in seen.body.items() if name not in fixed}
    tag = seen.headers["ETag"]
    changed = machine.do("PUT", path, whole | {"expiry_warning_days": whole["expiry_warning_days"] + 1}, match=tag)
    must(changed.headers["ETag"] != tag, "a change must give a new ETag")
    late = machine.refused("record_changed", "PUT", path, whole | {"name_en": "overwritten"}, match=tag)
    same(machine.do("GET", path).body["name_en"], whole["name_en"], "the item's name after the refused change")
    _refused(tale, "a change of an item by who has seen an older one (ETag)", late)


def _hold(tale: Tale) -> None:
    """A machine holds at once; only a person lifts, by a signature in the call, and one who may."""
    machine, goods, reads = tale.machine, tale.goods, tale.reads
    before = reads.stock(goods.later_id)
    held = machine.do(
        "POST", f"/lots/{goods.later_id}/hold", {"scope": "lot", "reason": "suspect", "note": "told by the maker"}
    )
    same({row[3] for row in reads.stock(goods.later_id)}, {"held"}, "every part of the lot")
    tale.report.step(f"the ERP holds lot {goods.later}, every place of it, in one call", ms(held.seconds))
    hold = reads.value("SELECT id FROM hold WHERE lot_id = ? AND lifted_at IS NULL", goods.later_id)
    lift = {"reason": "the maker's letter seen"}
    unsigned = machine.refused("field_errors", "POST", f"/holds/{hold}/lift", lift)
    must("signature" in str(unsigned.body["data"]), f"the refusal must name what a signature needs: {unsigned.body}")
    picker = {"signature": {"login": "picker", "password": PASSWORD}}
    refused = machine.refused("not_allowed", "POST", f"/holds/{hold}/lift", lift | picker)
    same({row[3] for row in reads.stock(goods.later_id)}, {"held"}, "the lot after two refused lifts")
    _refused(tale, "it lifts its hold: unsigned, or signed by one who may not", refused)
    second = {"signature": {"login": "quality2", "password": PASSWORD}}
    lifted = machine.do("POST", f"/holds/{hold}/lift", lift | second)
    same(reads.stock(goods.later_id), before, "the lot after the hold was lifted, place by place")
    who = reads.value("SELECT login FROM hold JOIN user_account u ON u.id = lifted_by WHERE hold.id = ?", hold)
    same(who, "quality2", "who lifted the hold")
    tale.report.step(
        "a permitted person signs in the call: lifted, and the trail names that person", ms(lifted.seconds)
    )


def _refused(tale: Tale, what: str, reply: Reply) -> None:
    tale.report.step(f"refused: {what}", ms(reply.seconds))
    tale.report.said(f"{reply.status} {reply.code}: {reply.sentence}")
