"""Every sentence a handheld can show, but the refusals (web/sentences.py has those).

Prompts say the one thing to do now, in at most five words. Yes-messages say what was done.
"""

from flask_babel import lazy_gettext as _

# -- prompts ----------------------------------------------------------------------------------------------------------
SCAN_BADGE = _("Scan your badge")
ENTER_PIN = _("Enter your PIN")
SCAN_BIN = _("Scan the bin")
SCAN_SOURCE_BIN = _("Scan the bin to take from")
SCAN_TARGET_BIN = _("Scan the bin to put into")
SCAN_ITEM_OR_LOT = _("Scan the item or lot")
SCAN_LOT = _("Scan the lot")
SCAN_LPN = _("Scan the LPN")
SCAN_LABEL = _("Scan the label")
SCAN_ANYTHING = _("Scan anything")
TYPE_LOT = _("Type the lot")
TYPE_LOT_AGAIN = _("Type the lot again")
TYPE_EXPIRY = _("Type the expiry date")
ENTER_QUANTITY = _("How many?")
CHOOSE = _("Choose one")

# -- task names -------------------------------------------------------------------------------------------------------
RECEIVE = _("Receive")
PUTAWAY = _("Put away")
PICK = _("Pick")
MOVE = _("Move")
COUNT = _("Count")
ISSUE = _("Issue")
INQUIRY = _("Look up")

# -- what went well ---------------------------------------------------------------------------------------------------
DONE = _("Done")
LOCKED_IDLE = _("The screen was locked. Log in to go on; your work is kept.")
LOGIN_WRONG = _(
    "Not let in. Badge, PIN or password is wrong, or too many tries were wrong. Try again or ask a supervisor."
)
DEVICE_UNKNOWN = _(
    "This device is not registered, so a badge does not work here. Log in by password, or ask an administrator."
)
