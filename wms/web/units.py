"""The reader's words for units of quantity: stock keeps the item's own code, Chinese pages show 箱 for case.

A unit without a word here, and every unit on English pages, is shown as its code. Labels, exports and the API keep
the code.
"""

from typing import Any, Final

from flask_babel import get_locale, lazy_gettext

_ = lazy_gettext

UNITS: Final[dict[str, Any]] = {
    "ea": _("ea"),
    "pc": _("pc"),
    "bag": _("bag"),
    "bar": _("bar"),
    "bottle": _("bottle"),
    "box": _("box"),
    "can": _("can"),
    "carton": _("carton"),
    "case": _("case"),
    "cup": _("cup"),
    "drum": _("drum"),
    "jar": _("jar"),
    "pack": _("pack"),
    "pallet": _("pallet"),
    "pen": _("pen"),
    "reel": _("reel"),
    "roll": _("roll"),
    "set": _("set of parts"),
    "syringe": _("syringe"),
    "tin": _("tin"),
    "tub": _("tub"),
    "tube": _("tube"),
    "vial": _("vial"),
}


def unit_word(code: str) -> str:
    """Give the reader's word for a unit's code."""
    if code not in UNITS or not str(get_locale() or "en").startswith("zh"):
        return code
    return str(UNITS[code])
