"""The words for the choices of items, in the reader's language; pages only."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.catalog.models import (
    DateBasis,
    FefoGrade,
    FoodTraceability,
    ItemClass,
    LotNumberBy,
    PolicyName,
    TypedLotPolicy,
)
from wms.sites.words import STORAGE_WORDS

_ = lazy_gettext

ITEM_CLASSES: Final[dict[ItemClass, Any]] = {
    ItemClass.FOOD: _("Food"),
    ItemClass.DRUG: _("Drug"),
    ItemClass.DEVICE: _("Medical device"),
    ItemClass.ELECTRONICS: _("Electronics"),
}
STORAGE_CLASSES: Final = STORAGE_WORDS
POLICIES: Final[dict[PolicyName, Any]] = {
    PolicyName.FEFO: _("First expired, first out"),
    PolicyName.FIFO: _("First in, first out"),
    PolicyName.LIFO: _("Last in, first out"),
}
GRADES: Final[dict[FefoGrade, Any]] = {
    FefoGrade.ALLOW: _("Allowed"),
    FefoGrade.REASON: _("With a reason"),
    FefoGrade.SUPERVISOR: _("By a supervisor"),
    FefoGrade.FORBID: _("Forbidden"),
}
LOT_NUMBERS: Final[dict[LotNumberBy, Any]] = {
    LotNumberBy.MAKER_LOT: _("Maker's lot"),
    LotNumberBy.RULE: _("By rule, one for each maker lot"),
    LotNumberBy.RECEIPT: _("By rule, a new one for each receipt"),
}
TYPED_LOTS: Final[dict[TypedLotPolicy, Any]] = {
    TypedLotPolicy.TWICE: _("Typed twice"),
    TypedLotPolicy.PHOTO: _("With a photo"),
    TypedLotPolicy.FREE: _("Typed once"),
}
TRACEABILITY: Final[dict[FoodTraceability, Any]] = {
    FoodTraceability.UNSTATED: _("not said yet"),
    FoodTraceability.LISTED: _("on the list"),
    FoodTraceability.NOT_LISTED: _("not on the list"),
}
DATE_BASES: Final[dict[DateBasis, Any]] = {
    DateBasis.EXPIRY: _("Expiry date"),
    DateBasis.BEST_BEFORE: _("Best before date"),
    DateBasis.NONE: _("No date"),
}
PARTNER_ROLES: Final[dict[str, Any]] = {
    "supplier": _("Supplier"),
    "maker": _("Maker"),
    "customer": _("Customer"),
}


def choices(words: dict[Any, Any]) -> list[tuple[str, Any]]:
    """Give the choices of a form: (value, words)."""
    return [(str(getattr(kind, "value", kind)), said) for kind, said in words.items()]
