"""To which warehouse a record of the audit trail belongs, so that a person sees what is theirs to see and no more.

Company records (items, partners, lots, plans, people) are seen with the right in any warehouse; the rest where the right is
held (decision 43). A table says its warehouse itself, or names the record that it belongs to. What nobody named here is
seen with the right in every warehouse alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, Text, and_, cast, false, or_, select
from sqlalchemy import exists as sql_exists

from wms.audit.models import AuditEntry
from wms.core.ids import WarehouseId
from wms.db import Base
from wms.stock.ledger import reads as ledger

#: Records of no warehouse.
COMPANY: Final = frozenset(
    {
        "approval_policy", "bom", "bom_alternate", "bom_line", "bom_operation", "bom_output", "complaint_policy",
        "import_mapping", "inspection_plan", "inspector_look", "installation", "item", "item_rule", "lot", "lot_passport",
        "own_field", "owner", "pack_unit", "partner", "passport_policy", "plan_characteristic", "production_rule",
        "recall_policy", "release_policy", "release_scope", "sampling_change", "sampling_state", "seal_block", "seal_check",
        "stock_snapshot", "supplier_lot_pattern", "supplier_rule", "unit_notice", "user_account",
    }
)  # fmt: skip
#: The column that names the record a row belongs to.
UNDER: Final[Mapping[str, str]] = {
    "allocation_decision": "order_line_id", "antenna": "reader_id", "asn_line": "asn_id", "asn_lpn": "asn_id",
    "capa_action": "capa_id", "capa_check": "capa_id", "complaint_link": "complaint_id",
    "destruction_line": "destruction_id", "effectiveness_check": "recall_id", "fefo_override": "task_id",
    "inspection_part": "inspection_id", "inspection_result": "inspection_id", "line_clearance": "line_id",
    "load_line": "shipment_id", "lot_number_counter": "rule_id", "mail_attachment": "mail_id", "mail_recipient": "mail_id",
    "open_lot": "line_id", "order_line": "order_id", "pallet_check": "receipt_id", "pallet_check_unit": "check_id",
    "passage": "portal_id", "purchase_order_line": "purchase_order_id", "reader": "gateway_id",
    "recall_clock": "recall_id", "recall_confirmation": "recall_id", "recall_delivery": "recall_id",
    "recall_level_change": "recall_id", "recall_lot": "version_id", "recall_share": "version_id", "recall_notice": "recall_id", "recall_outcome": "recall_id", "recall_party": "recall_id",
    "recall_reply": "recall_id", "recall_reply_line": "reply_id", "recall_report": "recall_id",
    "recall_sending": "recall_id", "recall_truck": "recall_id", "recall_version": "recall_id",
    "receipt_difference": "receipt_id", "receipt_line": "receipt_id", "receipt_plate": "receipt_id",
    "report_defect": "report_id", "report_input": "report_id", "report_output": "report_id", "report_stop": "report_id",
    "supplier_return_line": "supplier_return_id", "tag": "lpn_id", "unit_event": "unit_id", "vessel_cleaning": "vessel_id",
    "work_order_component": "work_order_id", "work_order_correction": "work_order_id", "work_order_issue": "work_order_id",
    "work_order_operation": "work_order_id",
}  # fmt: skip
#: Tables whose rows are about a record of one of several kinds: (column of the kind, column of the id).
ABOUT: Final[Mapping[str, tuple[str, str]]] = {
    "approval": ("subject_kind", "subject_id"), "lot_peg": ("demand_kind", "demand_id"),
    "own_field_value": ("record_kind", "record_id"), "stored_file": ("subject_kind", "subject_id"),
}  # fmt: skip
#: The table of each of those kinds.
KINDS: Final[Mapping[str, str]] = {
    "capa": "capa", "complaint": "complaint", "destruction": "destruction", "hold": "hold", "inspection": "inspection",
    "item": "item", "lot": "lot", "nonconformance": "nonconformance", "order_line": "order_line", "partner": "partner",
    "problem": "problem", "recall_notice": "recall_notice", "receipt": "receipt", "receipt_line": "receipt_line",
    "refusal": "refusal", "sample": "sample", "task": "task", "wo_component": "work_order_component",
    "work_order": "work_order",
}  # fmt: skip
#: Their place is found in a way of their own.
OTHERWISE: Final = frozenset({"lot_link", "warehouse"})
#: What has no place of its own, and is seen with the right in every warehouse alone.
NOWHERE: Final = frozenset({"idempotency_key", "seal_member", "stock_snapshot_line"})


@dataclass(frozen=True, kw_only=True)
class Where:
    """Whose records: of these warehouses, and of the company."""

    warehouses: Collection[WarehouseId]
    with_company: bool = True


def has_place(table: str) -> bool:
    """Whether somebody said where records of a table belong."""
    named = table in COMPANY or table in UNDER or table in ABOUT or table in OTHERWISE or table in NOWHERE
    return named or "warehouse_id" in Base.metadata.tables[table].columns


def entries_of(where: Where, *, entity: str = "") -> ColumnElement[bool]:
    """The condition on audit entries; `entity` where one kind of record alone is asked for."""
    tables = [entity] if entity else list(Base.metadata.tables)
    found: list[ColumnElement[bool]] = []
    if where.with_company:
        found.append(AuditEntry.entity.in_(sorted(COMPANY & set(tables))))
    for name in tables:
        if name in COMPANY or name not in Base.metadata.tables:
            continue
        place = _of_kind(name, where)
        if place is not None:
            found.append(and_(AuditEntry.entity == name, place))
    return or_(*found) if found else false()


def _of_kind(name: str, where: Where) -> ColumnElement[bool] | None:
    table = Base.metadata.tables[name]
    place = _belongs(name, AuditEntry.entity_id, where)
    if place is not None and "warehouse_id" in table.columns:
        # A row that is gone: what it was made with and had at its end still says where it stood.
        return or_(place, and_(AuditEntry.action != "changed", _said_in(table, where)))
    return place


def _belongs(name: str, identity: Any, where: Where) -> ColumnElement[bool] | None:
    """Whether the row of a table with this id belongs there; None for a table nobody has named."""
    if name in COMPANY:
        return identity.is_not(None) if where.with_company else None
    if name == "warehouse":
        return identity.in_(list(where.warehouses))
    table = Base.metadata.tables[name].alias()
    inside = _condition(name, table, where)
    if inside is None:
        return None
    key = table.c[next(iter(Base.metadata.tables[name].primary_key)).name]
    return sql_exists(select(1).select_from(table).where(key == identity, inside))


def _condition(name: str, table: Any, where: Where) -> ColumnElement[bool] | None:
    if name == "lot_link":
        move = ledger.move.alias()
        moved = sql_exists(
            select(1).select_from(move).where(
                move.c.posting_seq == table.c.posting_seq, move.c.warehouse_id.in_(list(where.warehouses))
            )
        )  # fmt: skip
        return or_(moved, table.c.posting_seq.is_(None)) if where.with_company else moved
    if "warehouse_id" in table.c:
        return _or_none(table.c.warehouse_id.in_(list(where.warehouses)), table.c.warehouse_id, where)
    if name in UNDER:
        column = Base.metadata.tables[name].columns[UNDER[name]]
        (target,) = column.foreign_keys
        above = _belongs(target.column.table.name, table.c[column.name], where)
        return None if above is None else _or_none(above, table.c[column.name], where)
    if name in ABOUT:
        kind, identity = (table.c[column] for column in ABOUT[name])
        found = [
            and_(kind == said, above)
            for said, target in KINDS.items()
            if (above := _belongs(target, identity, where)) is not None
        ]
        return or_(*found) if found else None
    return None


def _or_none(condition: ColumnElement[bool], column: Any, where: Where) -> ColumnElement[bool]:
    """A record that names none is the company's."""
    return or_(condition, column.is_(None)) if where.with_company and column.nullable else condition


def _said_in(table: Table, where: Where) -> ColumnElement[bool]:
    """Whether an entry's own values name the warehouse, as the capture writes them (ids beyond 2^53 as text)."""
    text = cast(AuditEntry.changes, Text)
    found: list[ColumnElement[bool]] = []
    for warehouse in where.warehouses:
        for said in (f'"{warehouse}"', str(warehouse)):
            found += [
                text.contains(f'"warehouse_id": [{said}, null]'), text.contains(f'"warehouse_id": [null, {said}]'),
            ]  # fmt: skip
    if where.with_company and table.columns["warehouse_id"].nullable:
        found.append(~text.contains('"warehouse_id": ['))
    return or_(*found) if found else false()
