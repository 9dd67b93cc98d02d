"""Desk pages of lot numbers: rules with a preview, suppliers' patterns, and the bench on which samples are read."""

from typing import Any, Final

from flask import Blueprint, redirect, render_template, url_for

from wms.catalog import queries as catalog
from wms.core.clock import now
from wms.core.errors import BadCode, FieldErrors
from wms.core.ids import WarehouseId
from wms.db import run_in_transaction
from wms.numbering import queries, schemas, service, words
from wms.numbering.models import LotNumberRule, SupplierLotPattern
from wms.numbering.rules import elements, reading
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("numbering", __name__)

_BLANK_LINES: Final = 3


@bp.get("/setup/lot-numbers")
@requires("numbering.edit", "lot.edit")
def lot_numbers() -> Any:
    """List the rules and the suppliers' patterns."""
    rules = queries.rules()
    return render_template(
        "numbering/lot_numbers.html",
        rules=rules,
        patterns=queries.patterns(),
        next_numbers={rule.id: _next(rule) for rule in rules if rule.is_active},
        words=words,
    )


# -- rules ------------------------------------------------------------------------------------------------------------
@bp.get("/setup/lot-numbers/rules/new")
@requires("numbering.edit")
def new_rule() -> Any:
    """Show the form of a new rule, begun with the commonest: date and a sequence of the day."""
    begun = {
        "name": "", "trigger": "receipt", "sku": "", "supplier_code": "", "item_class": "", "warehouse_code": "",
        "is_gapless": False, "is_active": True,
        "lines": [{"kind": "date", "value": "YYMMDD", "of": "today"}, {"kind": "sequence", "width": 3, "reset": "day"}],
    }  # fmt: skip
    return _form(None, begun)


@bp.post("/setup/lot-numbers/rules/new")
@requires("numbering.edit")
def create_rule() -> Any:
    """Make a rule; or show its next numbers, or more lines, and keep nothing."""
    form = parse_form(schemas.RuleFormIn())
    if form["do"] != "save":
        return _form(None, _as_typed(form), preview=form["do"] == "preview", form=form)
    values = schemas.rule_of_form(form)
    _demand_there(values.warehouse)
    run_in_transaction(service.create_rule, values, at=now())
    return redirect(url_for("numbering.lot_numbers"))


@bp.get("/setup/lot-numbers/rules/<int:rule_id>")
@requires("numbering.edit")
def rule(rule_id: int) -> Any:
    """Show the form of a rule."""
    found = queries.get_rule(rule_id)
    kept = {
        "name": found.name, "trigger": found.trigger.value, "sku": found.item.sku if found.item else "",
        "supplier_code": found.supplier.code if found.supplier else "",
        "item_class": found.item_class.value if found.item_class else "",
        "warehouse_code": found.warehouse.code if found.warehouse else "", "is_gapless": found.is_gapless,
        "is_active": found.is_active, "lines": found.elements,
    }  # fmt: skip
    return _form(found, kept)


@bp.post("/setup/lot-numbers/rules/<int:rule_id>")
@requires("numbering.edit")
def change_rule(rule_id: int) -> Any:
    """Change a rule; or show its next numbers, or more lines, and keep nothing."""
    form = parse_form(schemas.RuleFormIn())
    found = queries.get_rule(rule_id)
    if form["do"] != "save":
        return _form(found, _as_typed(form), preview=form["do"] == "preview", form=form)
    values = schemas.rule_of_form(form)
    _demand_there(values.warehouse)
    _demand_there(found.warehouse_id)
    run_in_transaction(service.change_rule, rule_id, values)
    return redirect(url_for("numbering.lot_numbers"))


def _form(
    found: LotNumberRule | None, typed: dict[str, Any], *, preview: bool = False, form: dict[str, Any] | None = None
) -> str:
    numbers: list[str] | None = None
    if preview and form is not None:
        numbers = service.preview(
            schemas.rule_of_form(form), rule=found.id if found else None, warehouse=auth.current_warehouse(), at=now()
        )
    lines = [line for line in typed["lines"] if line.get("kind")]
    return render_template(
        "numbering/rule.html",
        rule=found,
        typed=typed,
        lines=(lines + [{}] * _BLANK_LINES)[: elements.ELEMENTS_MAX],
        numbers=numbers,
        suppliers=catalog.partners_in_role("supplier"),
        sites=auth.permitted_sites(),
        item_fields=elements.ITEM_FIELDS,
        words=words,
    )


def _as_typed(form: dict[str, Any]) -> dict[str, Any]:
    """What the form holds, to be shown again as it is."""
    kept = {
        name: form[name]
        for name in ("name", "sku", "supplier_code", "warehouse_code", "is_gapless", "is_active")
    }  # fmt: skip
    names = ("kind", "value", "width", "reset", "of")
    longest = max((len(form[name]) for name in names), default=0)
    lines = [
        {name: form[name][n] if n < len(form[name]) else "" for name in names}
        for n in range(longest)
    ]  # fmt: skip
    item_class = form["item_class"].value if form["item_class"] else ""
    return kept | {"trigger": form["trigger"].value, "item_class": item_class, "lines": lines}


def _next(rule: LotNumberRule) -> str:
    values = service.values_of(rule)
    try:
        found = service.preview(values, rule=rule.id, warehouse=auth.current_warehouse(), at=now(), count=1)
    except (FieldErrors, BadCode):  # the code of a supplier has become longer than the number may be
        return "–"
    return found[0] if found else "–"


def _demand_there(warehouse: WarehouseId | None) -> None:
    """A rule of one warehouse is made by those who may there."""
    if warehouse is not None:
        auth.demand_at("numbering.edit", warehouse)


# -- suppliers' patterns ----------------------------------------------------------------------------------------------
@bp.get("/setup/lot-numbers/patterns/new")
@requires("numbering.edit")
def new_pattern() -> Any:
    """Show the form of a new pattern."""
    return _pattern_form(None)


@bp.post("/setup/lot-numbers/patterns/new")
@requires("numbering.edit")
def create_pattern() -> Any:
    """Make a supplier's pattern."""
    run_in_transaction(service.create_pattern, schemas.pattern_of(parse_form(schemas.PatternFormIn())))
    return redirect(url_for("numbering.lot_numbers"))


@bp.get("/setup/lot-numbers/patterns/<int:pattern_id>")
@requires("numbering.edit")
def pattern(pattern_id: int) -> Any:
    """Show the form of a supplier's pattern."""
    return _pattern_form(queries.get_pattern(pattern_id))


@bp.post("/setup/lot-numbers/patterns/<int:pattern_id>")
@requires("numbering.edit")
def change_pattern(pattern_id: int) -> Any:
    """Change a supplier's pattern."""
    values = schemas.pattern_of(parse_form(schemas.PatternFormIn()))
    run_in_transaction(service.change_pattern, pattern_id, values)
    return redirect(url_for("numbering.lot_numbers"))


def _pattern_form(found: SupplierLotPattern | None) -> str:
    return render_template(
        "numbering/pattern.html", pattern=found, suppliers=catalog.partners_in_role("supplier"), words=words
    )


# -- the bench --------------------------------------------------------------------------------------------------------
@bp.get("/setup/lot-numbers/bench")
@requires("numbering.edit", "lot.edit")
def bench() -> Any:
    """Read pasted samples, one a line, by a template that is tried, or by the patterns a supplier has."""
    asked = parse_query(schemas.BenchIn())
    samples = [line.strip() for line in asked["samples"].splitlines() if line.strip()][: schemas.SAMPLES_MAX]
    return render_template(
        "numbering/bench.html",
        asked=asked,
        rows=[(sample, _readings(sample, asked)) for sample in samples],
        is_asked=bool(asked["template"] or asked["supplier_code"]),
        suppliers=catalog.partners_in_role("supplier"),
        words=words,
    )


def _readings(sample: str, asked: dict[str, Any]) -> list[reading.CodeReading]:
    on = auth.today()
    if asked["template"]:
        return [service.try_template(asked, sample, on=on)]
    return service.read_by_codes(sample, supplier_code=asked["supplier_code"], sku=asked["sku"], on=on)
