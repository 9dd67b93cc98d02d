"""The words of own fields: kinds of records, types of values; pages only."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.fields.rules.values import FieldType

_ = lazy_gettext

#: One for each of rules.values.RECORD_KINDS.
RECORDS: Final[dict[str, Any]] = {
    "item": _("Items"),
    "lot": _("Lots"),
    "receipt": _("Receipts"),
    "inspection": _("Inspections"),
    "work_order": _("Work orders"),
}
TYPES: Final[dict[FieldType, Any]] = {
    FieldType.TEXT: _("Text"),
    FieldType.WHOLE: _("Whole number"),
    FieldType.DECIMAL: _("Number with decimals"),
    FieldType.DATE: _("Date"),
    FieldType.YES_NO: _("Yes or no"),
    FieldType.CHOICE: _("Choice"),
    FieldType.LINK: _("Link"),
}
