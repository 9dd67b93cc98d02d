"""Who may do what by the API: every role at every operation, and no way from one warehouse into another."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import time_machine
from flask import Flask

from tests.given import NOW
from tests.web.api.calls import GATEWAY, GOOD, ROLES, Call, House, Scene, scene_of
from tests.web.machine import Machine
from wms.accounts.rules import permissions_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: Belongs to no warehouse: who may see or change it in one may do so.
SHARED: Final = frozenset(
    {
        "lot_id", "item_id", "partner_id", "user_id", "token_id", "name", "form", "supplier_id", "plan_id", "state_id",
        "pattern_id", "field_id", "item_class", "bom_id", "line",
        "number",
    }
)  # fmt: skip
#: Seen by who may number lots anywhere, and changed only where it holds.
SEEN_BY_ALL: Final = frozenset({"rule_id"})
#: Codes of the whole world in a body, by operation: nobody knows yet in which warehouse such goods arrive.
ANYWHERE: Final = frozenset({("receiving.note_plate", "sscc")})
#: Names in a body of what belongs to no warehouse.
SHARED_FIELDS: Final = frozenset({"sku", "lot_number", "customer_code", "supplier_code"})
#: Ids in a query, by the name of the house.
QUERY_IDS: Final = {
    "pick_list_id": "list_id", "zone_id": "zone", "door": "portal_id", "lot_id": "lot_id", "zone": "zone",
    "lot": "lot_id", "lpn": "lpn_id", "bin": "only_bin",
}  # fmt: skip
#: What an operation of the house answers when only the house, and not the right, stands in the way.
WRONG_BUT_IN: Final = frozenset({"second_person_needed"})
#: A right beside that of the operation, which its words in the document tell of.
ALSO_WANTS: Final = {
    "handheld.receive_line": "lot.type",
    "production_issues.exchange": "pick.override",
    # A spreadsheet of lots is a count; others are brought in by other rights.
    **{f"imports.{verb}": "count" for verb in (
        "upload", "one", "rows", "answer", "apply", "map_columns", "drop", "judge", "read_anew",
    )},
}  # fmt: skip


#: What an inspector's key leaves of each look, also of one that is refused.
LOOKS: Final = frozenset({"inspector_look", "audit_entry", "sqlite_sequence"})


def changes_of(watch: Any) -> set[str]:
    """The tables that a call changed, but for the look itself that it left."""
    changed: set[str] = watch.changes()
    return changed - LOOKS if "inspector_look" in changed else changed


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """What the first test built, for the others."""
    return {}


@pytest.fixture
def scene(app: Flask, database: Any, kept: dict[str, Any], tmp_path_factory: Any) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        yield scene_of(app, database.url, kept, tmp_path_factory.mktemp("houses"))


def test_a_role_does_what_it_may_and_nothing_else(scene: Scene) -> None:
    keys = {role: Machine.of(scene.app, role, site=scene.a.site).key for role in ROLES}
    everywhere = {role: Machine.of(scene.app, role).key for role in ROLES}
    scene.keep()
    watch = scene.watch()
    faults = []
    for operation in scene.operations.values():
        if not operation.permissions:
            continue
        for role in ROLES:
            may = bool(operation.permissions & permissions_of(role))
            may &= ALSO_WANTS.get(operation.id, "") in {"", *permissions_of(role)}
            for key, is_in in ((keys[role], may and not operation.is_everywhere), (everywhere[role], may)):
                if key == everywhere[role] and not operation.is_everywhere:
                    continue
                answer = scene.send(operation, key)
                changed = changes_of(watch)
                code = (answer.json or {}).get("code") if answer.status_code >= 400 else None
                if answer.status_code >= 500:
                    faults.append(f"{role} {operation.id}: {answer.text}")
                elif not is_in and (answer.status_code != 403 or changed):
                    faults.append(f"{role} may not {operation.id}: {answer.status_code}, changed {changed}")
                elif is_in and (answer.status_code == 401 or (answer.status_code == 403 and code not in WRONG_BUT_IN)):
                    faults.append(f"{role} may {operation.id}: {answer.text}")
                answer.close()
                if changed:
                    scene.restore()
                    watch.changes()
    watch.close()
    assert not faults, "\n".join(faults)


def test_no_id_leads_into_another_warehouse(scene: Scene) -> None:
    watch = scene.watch()
    faults = []

    def look(what: str, answer: Any, *, may_pass: bool = False) -> None:
        changed = changes_of(watch)
        words = answer.get_data().decode(errors="replace")
        told = [text for text in scene.b.secrets if text in words and text not in scene.asked]
        is_through = answer.status_code < 400 or bool(changed - {"idempotency_key"})
        if answer.status_code >= 500 or told or (is_through and not may_pass):
            faults.append(f"{what}: {answer.status_code}, tells {told}, changed {changed}: {words[:200]}")
        answer.close()
        if changed:
            scene.restore()
            watch.changes()

    for operation in scene.operations.values():
        if operation.id in GATEWAY or operation.is_everywhere:
            continue
        good = GOOD.get(operation.id, Call())
        body = good.body(scene.a) if good.body else None
        names = [one["name"] for one in operation.told["parameters"] if one["in"] == "path"]
        path = scene.path_of(operation, scene.b)
        is_shared = set(names) <= (SHARED | SEEN_BY_ALL if operation.method == "GET" else SHARED)
        look(f"{operation.id} of B", scene.send(operation, scene.own, path=path), may_pass=is_shared)
        for name in names if len(names) > 1 else ():
            mixed = scene.path_of(operation, scene.a, **{name: scene.value_of(operation, scene.b, name)})
            look(f"{operation.id} {name} of B", scene.send(operation, scene.own, path=mixed), may_pass=name in SHARED)
        if operation.is_placed:
            elsewhere = scene.send(operation, scene.own, path=path, query=scene.query(operation, scene.b))
            look(f"{operation.id} ?warehouse=B", elsewhere)
        for name, of_house in QUERY_IDS.items():
            if operation.takes_query(name):
                query = scene.query(operation, scene.a) | {name: str(scene.b.ids[of_house])}
                look(f"{operation.id} ?{name}=B", scene.send(operation, scene.own, query=query), may_pass=True)
        for where, swapped in _swapped(body, scene.a, scene.b):
            own = where.split(".")[-1] in SHARED_FIELDS or (operation.id, where) in ANYWHERE
            look(f"{operation.id} with {where} of B", scene.send(operation, scene.own, body=swapped), may_pass=own)
    watch.close()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "path", ["/labels.pdf?bin={only_bin}", "/labels.pdf?lpn={lpn_id}", "/labels.pdf?prefix=ONLY-BB"]
)
def test_no_label_of_another_warehouse_is_drawn(scene: Scene, path: str) -> None:
    machine = Machine(scene.app, scene.client, scene.own)
    assert machine.get(path.format(**scene.b.ids)).status_code == 404
    assert machine.get(path.format(**scene.a.ids).replace("BB", "AA")).status_code == 200


def _swapped(body: Any, ours: House, theirs: House) -> Iterator[tuple[str, Any]]:
    """The body with one value of ours after the other in place of theirs."""
    pairs = {str(ours.ids[name]): str(theirs.ids[name]) for name in ours.ids if name != "seq"}
    # Both houses have bins of the same codes, and which of them the day's draw checks is left to chance.
    pairs |= {ours.codes[name]: theirs.codes[name] for name in ours.codes if name != "check_bin"}
    if not isinstance(body, dict):
        return
    for name, value in body.items():
        if isinstance(value, str) and value in pairs and pairs[value] != value:
            yield name, body | {name: pairs[value]}
        elif isinstance(value, dict):
            for inner, swapped in _swapped(value, ours, theirs):
                yield f"{name}.{inner}", body | {name: swapped}
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for inner, swapped in _swapped(value[0], ours, theirs):
                yield f"{name}.{inner}", body | {name: [swapped]}


def test_a_hold_reaches_no_goods_where_the_key_may_not_hold(scene: Scene) -> None:
    machine = Machine(scene.app, scene.client, scene.own)
    theirs, lot = scene.b, scene.b.ids["lot_id"]
    watch = scene.watch()
    for body, status in (
        ({"scope": "lot"}, 403),
        ({"scope": "lot", "everywhere": True}, 403),
        ({"scope": "lpn", "lpn_code": theirs.codes["lpn"]}, 404),
        ({"scope": "bin", "bin_code": theirs.codes["bin"]}, 404),
        ({"scope": "bin", "bin_code": "A-01"}, 404),
        ({"scope": "quantity", "bin_code": "A-01", "quantity": "1"}, 409),
    ):
        answer = machine.post(f"/lots/{lot}/hold", body | {"reason": "damage"})
        assert answer.status_code == status, (body, answer.text)
        assert changes_of(watch) <= {"idempotency_key"}, body
        query = {name: str(value).lower() if isinstance(value, bool) else value for name, value in body.items()}
        seen = machine.get(f"/lots/{lot}/hold-preview", query_string=query)
        assert seen.status_code >= 400 or seen.json["reaches"] == [], body  # type: ignore[index]
    shown = machine.get(f"/lots/{lot}").json
    assert shown is not None and (shown["on_hand_quantity"], shown["states"]) == ("0", [])
    story = machine.get(f"/lots/{lot}/story").json
    assert story is not None and story["on_hand_quantity"] == "0" and not story["orders"] and not story["receipts"]
    assert not [event for event in story["events"] if event["kind"] == "move"]
    watch.close()
