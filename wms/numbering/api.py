"""Lot numbers for machines: rules with a preview, suppliers' patterns, and how a code is read."""

from dataclasses import dataclass
from typing import Any

from wms.core.clock import now
from wms.core.ids import WarehouseId
from wms.db import db
from wms.numbering import queries, schemas, service
from wms.numbering.models import LotNumberRule, SupplierLotPattern
from wms.numbering.rules.reading import CodeReading
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("numbering_api", __name__)


@dataclass(frozen=True)
class ReadCode:
    """A reading with the text that was read."""

    text: str
    reading: CodeReading

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.reading, name)
        return [{"name": part, "text": said} for part, said in found] if name == "parts" else found


# -- rules ------------------------------------------------------------------------------------------------------------
@bp.get("/lot-number-rules")
@requires("numbering.edit", "lot.edit", anywhere=True)
@reads(answer=schemas.LotNumberRulesOut())
def rules() -> dict[str, Any]:
    """List the rules by which lots get their numbers, by trigger and name."""
    return {"items": queries.rules()}


@bp.get("/lot-number-rules/<int:rule_id>")
@requires("numbering.edit", "lot.edit", anywhere=True)
@reads(answer=schemas.LotNumberRuleOut(), etag=True)
def rule(rule_id: int) -> LotNumberRule:
    """Give a rule."""
    return queries.get_rule(rule_id)


@bp.post("/lot-number-rules")
@requires("numbering.edit", anywhere=True)
@writes(
    body=schemas.LotNumberRuleIn(), answer=schemas.LotNumberRuleOut(), status=201, offers=("numbering.create_rule",)
)
def create_rule(values: dict[str, Any]) -> LotNumberRule:
    """Make a rule.

    A number is the elements in order, at most 40 signs: one sequence, and a check character behind what it checks. What
    begins again each day, month or year needs that day, month or year in the number. Of several rules that hold for a case
    the one that names the item stands first, then the supplier, the item's class, the warehouse.
    """
    wanted = schemas.rule_of_call(values)
    _demand_there(wanted.warehouse)
    return _fresh(service.create_rule(wanted, at=now()))


@bp.put("/lot-number-rules/<int:rule_id>")
@requires("numbering.edit", anywhere=True)
@writes(
    body=schemas.LotNumberRuleIn(),
    answer=schemas.LotNumberRuleOut(),
    edits=rule,
    locks=LotNumberRule,
    offers=("numbering.change_rule",),
)
def change_rule(rule_id: int, values: dict[str, Any]) -> LotNumberRule:
    """Change a rule: send the whole of it. Its counts go on."""
    wanted = schemas.rule_of_call(values)
    _demand_there(wanted.warehouse)
    _demand_there(queries.get_rule(rule_id).warehouse_id)
    service.change_rule(rule_id, wanted)
    return _fresh(queries.get_rule(rule_id))


@bp.post("/lot-number-rules/preview")
@requires("numbering.edit")
@writes(body=schemas.LotNumberRuleIn(), answer=schemas.NumbersOut(), keyed=False)
def preview(values: dict[str, Any]) -> dict[str, Any]:
    """Show the first five numbers of a rule before it is kept; nothing is kept and no number is taken.

    What only the case will tell (line, order …) stands as an example; the warehouse is that of the call.
    """
    wanted = schemas.rule_of_call(values)
    return {"numbers": service.preview(wanted, rule=None, warehouse=auth.current_warehouse(), at=now())}


@bp.get("/lot-number-rules/<int:rule_id>/next")
@requires("numbering.edit", "lot.edit")
@reads(answer=schemas.NumbersOut())
def next_numbers(rule_id: int) -> dict[str, Any]:
    """Show the next five numbers of a rule; no number is taken."""
    values = service.values_of(queries.get_rule(rule_id))
    return {"numbers": service.preview(values, rule=rule_id, warehouse=auth.current_warehouse(), at=now())}


def _demand_there(warehouse: WarehouseId | None) -> None:
    if warehouse is not None:
        auth.demand_at("numbering.edit", warehouse)


def _fresh(row: Any) -> Any:
    """The row with what it points to as it is now."""
    db.session.expire(row)
    return row


# -- suppliers' patterns ----------------------------------------------------------------------------------------------
@bp.get("/lot-code-patterns")
@requires("numbering.edit", "lot.edit", anywhere=True)
@reads(answer=schemas.PatternsOut())
def patterns() -> dict[str, Any]:
    """List how suppliers write their lot codes, by supplier; those of one item first."""
    return {"items": queries.patterns()}


@bp.get("/lot-code-patterns/<int:pattern_id>")
@requires("numbering.edit", "lot.edit", anywhere=True)
@reads(answer=schemas.PatternOut(), etag=True)
def pattern(pattern_id: int) -> SupplierLotPattern:
    """Give a supplier's pattern."""
    return queries.get_pattern(pattern_id)


@bp.post("/lot-code-patterns")
@requires("numbering.edit", anywhere=True)
@writes(body=schemas.PatternIn(), answer=schemas.PatternOut(), status=201, offers=("numbering.create_pattern",))
def create_pattern(values: dict[str, Any]) -> SupplierLotPattern:
    """Make a supplier's pattern.

    Several may stand beside each other; a code that one of them reads is right. Those for an item stand before those for all
    the supplier's goods.
    """
    return _fresh(service.create_pattern(schemas.pattern_of(values)))


@bp.put("/lot-code-patterns/<int:pattern_id>")
@requires("numbering.edit", anywhere=True)
@writes(
    body=schemas.PatternIn(), answer=schemas.PatternOut(), edits=pattern, locks=SupplierLotPattern,
    offers=("numbering.change_pattern",),
)  # fmt: skip
def change_pattern(pattern_id: int, values: dict[str, Any]) -> SupplierLotPattern:
    """Change a supplier's pattern: send the whole of it."""
    service.change_pattern(pattern_id, schemas.pattern_of(values))
    return _fresh(queries.get_pattern(pattern_id))


# -- reading ----------------------------------------------------------------------------------------------------------
@bp.get("/lot-codes/read")
@requires("stock.view")
@reads(query=schemas.ReadQuery(), answer=schemas.ReadingsOut())
def read_lot_code(query: dict[str, Any]) -> dict[str, Any]:
    """Read a supplier's lot code: days, line, shift, and why where it does not fit; no items when there is no pattern.

    A year of one digit or letter is the nearest that is not after today in the warehouse.
    """
    found = service.read_by_codes(
        query["text"].strip(), supplier_code=query["supplier_code"], sku=query["sku"], on=auth.today()
    )
    return {"items": [ReadCode(query["text"].strip(), reading) for reading in found]}


@bp.post("/lot-codes/read")
@requires("numbering.edit", "lot.edit")
@writes(body=schemas.TemplateReadIn(), answer=schemas.ReadingsOut(), keyed=False)
def try_template(values: dict[str, Any]) -> dict[str, Any]:
    """Read samples by a template that is tried, before it is kept; one reading for each sample, in order."""
    return {
        "items": [
            ReadCode(sample, service.try_template(values, sample, on=auth.today())) for sample in values["samples"]
        ]
    }
