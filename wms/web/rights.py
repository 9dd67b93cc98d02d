"""What a person may do, in the reader's words: one line for each permission, shown on the roles page and in refusals."""

from typing import Any, Final

from flask_babel import lazy_gettext

_ = lazy_gettext

RIGHTS: Final[dict[str, Any]] = {
    "stock.view": _("see stock"),
    "stock.export": _("export stock"),
    "stock.move": _("move stock"),
    "receive": _("receive goods"),
    "putaway": _("put goods away"),
    "pick": _("pick goods"),
    "pick.override": _("approve another lot"),
    "order.view": _("see orders"),
    "order.edit": _("make and change orders"),
    "order.allocate": _("allocate and release orders"),
    "ship": _("ship goods"),
    "hold.place": _("place holds"),
    "hold.lift": _("lift holds"),
    "quality.release": _("release or reject"),
    "count": _("count"),
    "door.view": _("see doors"),
    "door.settle": _("settle alarms at doors"),
    "rfid.setup": _("set up readers and doors"),
    "rfid.gateway": _("send what readers read"),
    "alert.view": _("see alerts"),
    "alert.settle": _("settle alerts"),
    "label.print": _("print labels"),
    "catalog.view": _("see items and partners"),
    "catalog.edit": _("change items and partners"),
    "user.edit": _("manage users and roles"),
    "settings.edit": _("change settings"),
    "audit.view": _("see the audit trail"),
    "task.view": _("see tasks"),
    "metrics.view": _("read the figures of operation"),
    "lot.type": _("type lots by hand"),
    "lot.edit": _("split, merge, relabel and correct lots"),
    "numbering.edit": _("set up lot numbers"),
    "field.edit": _("define own fields"),
    "file.attach": _("attach files"),
    "any warehouse": _("a role in a warehouse"),
    "this warehouse": _("a role in this warehouse"),
    "receive.reverse": _("take receipts back"),
    "receive.refuse": _("refuse goods"),
    "receive.accept": _("accept receipts"),
    "return.edit": _("make returns to suppliers"),
    "return.held": _("return goods on hold"),
    "return.carry": _("carry returns out"),
    "own_change": _("a password or PIN that was given for once"),
    "own_secret": _("another administrator: nobody resets their own password or PIN"),
}
