"""The verbs of picking, by the order of the day: orders, allocation, lists, the pick, the short, the override, back."""

from wms.picking.service.allocation import Allocated, allocate_order
from wms.picking.service.lists import give_back_lists, leave_list, reallocate_order, release_order, take_list
from wms.picking.service.orders import (
    CreateOrder,
    NewLine,
    cancel_order,
    change_quantity,
    create_order,
    create_orders,
)
from wms.picking.service.pegging import Kept, LayPeg, OrderLines, lay_peg, promise_kept
from wms.picking.service.pick import ConfirmPick, Override, Picked, confirm_pick
from wms.picking.service.shorts import ReportShort, Short, report_short
from wms.picking.service.unpick import unpick

__all__ = [
    "Allocated", "ConfirmPick", "CreateOrder", "Kept", "LayPeg", "NewLine", "OrderLines", "Override", "Picked", "ReportShort", "Short", "allocate_order",
    "cancel_order", "change_quantity", "confirm_pick", "create_order", "create_orders", "give_back_lists", "lay_peg", "leave_list", "promise_kept", "reallocate_order", "release_order", "report_short",
    "take_list", "unpick",
]  # fmt: skip
