"""What the page and the operation of the FSMA sheet take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from wms.core.errors import NotFound
from wms.core.ids import LotId, WarehouseId
from wms.regulatory import queries
from wms.regulatory.queries import Goods, Wanted
from wms.trace.queries import closure
from wms.trace.rules.graph import Direction
from wms.web.api import Query
from wms.web.forms import Choice, Day, Exact, In, Tick

#: 24 months are to be kept (21 CFR 1.1455(c)); ten years may be asked for at once.
DAYS_MAX: Final = 3660


class _Asked(In):
    #: Something must be asked for: a lot, or days.
    must_ask = True
    code = Exact(
        load_default="", max_length=80,
        metadata={"description": "A lot: its traceability lot code, our number or the maker's. Blank: every lot of the days."},
    )  # fmt: skip
    is_whole_chain = Tick(
        metadata={"description": "With the lots it is made of and those it went into, as far as the genealogy reaches."}
    )
    since = Day(load_default=None, allow_none=True, metadata={"description": "First day, warehouse-local."})
    until = Day(load_default=None, allow_none=True, metadata={"description": "Last day, warehouse-local."})
    is_all_food = Tick(
        metadata={"description": "All food, and not only what is marked as on the Food Traceability List."}
    )
    is_all_classes = Tick(metadata={"description": "Other goods than food as well."})

    @validates_schema
    def _check(self, values: Mapping[str, Any], **_: Any) -> None:
        since, until = values.get("since"), values.get("until")
        if self.must_ask and not values.get("code") and (since is None or until is None):
            raise ValidationError({"code": ["lot_or_days"]})
        if since and until and until < since:
            raise ValidationError({"until": ["before_since"]})
        if since and until and (until - since).days > DAYS_MAX:
            raise ValidationError({"until": ["out_of_range"]})


class SheetForm(_Asked):
    """The page's form: these, and where."""

    is_everywhere = Tick()


class SheetQuery(Query, _Asked):
    """The operation's query: in one warehouse."""


class LookForm(SheetForm):
    """The page, also before anything was asked."""

    must_ask = False
    kind = Choice(queries.EventKind, load_default=queries.EventKind.RECEIVING)


def wanted_of(values: Mapping[str, Any], warehouses: Collection[WarehouseId]) -> Wanted:
    """What is asked, with its lots. Raises NotFound where nothing goes by the code."""
    lots: set[LotId] | None = None
    if values["code"]:
        lots = set(queries.find_lots(values["code"]))
        if not lots:
            raise NotFound(kind="lot", text=values["code"])
        if values["is_whole_chain"]:
            lots = closure(lots, Direction.BACKWARD) | closure(lots, Direction.FORWARD)
    return Wanted(
        warehouses=list(warehouses), lots=lots, since=values["since"], until=values["until"],
        goods=Goods.ALL if values["is_all_classes"] else Goods.FOOD if values["is_all_food"] else Goods.LISTED,
    )  # fmt: skip
