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
LABELS = _("Check labels")
PROBLEM = _("Problem")

# -- what went well ---------------------------------------------------------------------------------------------------
DONE = _("Done")
LOCKED_IDLE = _("The screen was locked. Log in to go on; your work is kept.")
LOGIN_WRONG = _(
    "Not let in. Badge, PIN or password is wrong, or too many tries were wrong. Try again or ask a supervisor."
)
DEVICE_UNKNOWN = _(
    "This device is not registered, so a badge does not work here. Log in by password, or ask an administrator."
)

# -- pick ---------------------------------------------------------------------------------------------------------------
PICK_CHOOSE = _("Choose a pick list")
PICK_SCAN_LOT = _("Scan the lot or LPN")
PICK_WHICH_LOT = _("Scan or choose the lot")
PICK_OVERRIDE = _("Say why")
PICK_SHORT = _("How many are there?")
PICKED = _("Picked: %(quantity)s of lot %(lot)s.")
PICKED_PART = _("Picked: %(quantity)s of lot %(lot)s. Left here: %(left)s.")
PICK_LIST_DONE = _("Pick list %(number)s is done. Bring it to %(bin)s.")
PICK_LIST_LEFT = _("The pick list was given back.")
PICK_SHORT_FOUND = _(
    "Noted short. %(quantity)s were found elsewhere and stand next on the list. A count is left for this bin."
)
PICK_SHORT_MISSING = _("Noted short. %(missing)s are missing and nothing else was found. A supervisor is told.")

# -- count --------------------------------------------------------------------------------------------------------------
COUNT_CHOOSE = _("Choose a bin to count")
COUNT_HOW_MANY = _("How many are there?")
COUNT_WHY = _("Why does it differ?")
COUNTED = _("Counted: bin %(bin)s, lot %(lot)s.")
COUNTED_SETTLED = _("Counted and settled: bin %(bin)s, lot %(lot)s, difference %(difference)s.")

# -- receive ----------------------------------------------------------------------------------------------------------
SCAN_PAPER = _("Scan or choose the delivery")
SCAN_OR_TYPE_LOT = _("Scan or type the lot")
SCAN_OR_TYPE_EXPIRY = _("Scan or type the expiry date")
PHOTO_OF_LOT = _("Photograph the lot on the case")
YES_OR_SCAN_ON = _("Answer, or scan the next label")
CLOSE_OR_SCAN_ON = _("Close, or scan the next label")
SCAN_PALLET_AGAIN = _("The delivery of this pallet is open now. Scan the pallet again.")
SCAN_GOODS_ON_LPN = _("Now scan what stands on LPN %(lpn)s.")
RECEIVED = _("Received: %(quantity)s of %(sku)s, lot %(lot)s.")
RECEIVED_PENDING = _("Received: %(quantity)s of %(sku)s, lot %(lot)s. It stands pending until quality releases it.")
RECEIVED_HELD = _("Received: %(quantity)s of %(sku)s, but lot %(lot)s is on hold. Put it aside.")
RECEIVED_LOTS = _("Received: %(lines)s lines in %(lots)s lots, all that is on it.")
RECEIVED_LOTS_HELD = _("Received: %(lines)s lines in %(lots)s lots, but some of it is on hold. Put it aside.")
ARRIVAL = _("Arrival")
ARRIVAL_NOTE = _("Scan or type the delivery note")
ARRIVAL_PLATE = _("Type the number plate")
ARRIVAL_DRIVER = _("Type the driver's name")
ARRIVAL_SEAL = _("Scan or type the seal")
ARRIVAL_INTACT = _("Is the seal intact?")
ARRIVAL_DEPARTED = _("Degrees at departure")
ARRIVAL_ARRIVED = _("Degrees at arrival")
ARRIVAL_CARRIER = _("Type the carrier")
ARRIVAL_PHOTO = _("Photograph the load")
ARRIVAL_SAVED = _("The arrival is written down.")
REFUSE = _("Refuse")
REFUSE_WHAT = _("Scan or name the goods")
REFUSE_HOW_MANY = _("How many are refused?")
REFUSE_WHY = _("Why?")
REFUSE_WHERE = _("Scan or name the place")
REFUSE_PHOTO = _("Photograph the goods")
REFUSED = _("Refused, as %(number)s. Goods that are refused never are stock.")
YES_OR_SCAN_PAPER = _("Answer, or scan another delivery")
SSCC_OF_NOBODY = _("Nobody announced LPN %(lpn)s. Open a provisional receipt for it? Its goods come in on hold.")
SCAN_OR_TYPE_SUPPLIER = _("Type the supplier's code")
SUPPLIER_NAMED = _("Supplier %(supplier)s is named.")
ALL_NAMED = _("All is named. The goods stay on hold until quality lifts it.")
RECEIPT_PAUSED = _("The receipt is closed; the notice waits for the rest.")
SCAN_PART_OF_PALLET = _("Scan the part of the pallet")
WHICH_PART_DIFFERS = _("Scan or choose the part")
HOW_PART_DIFFERS = _("How many are there?")
LOOK_AT_PALLET = _("Look at pallet %(lpn)s first: scan the parts that are named.")
PART_NOTED = _("Noted. Left to scan: %(count)s.")
RECEIPT_CLOSED = _("The receipt is closed.")

# -- put away ---------------------------------------------------------------------------------------------------------
SCAN_GOODS_TO_PUT_AWAY = _("Scan the LPN or lot")
ENTER_PART = _("How many go in this bin?")
YES_OR_SCAN_BIN = _("Answer, or scan a bin")
PUT_AWAY = _("Put away: %(quantity)s of lot %(lot)s in bin %(bin)s.")
NO_BIN_FITS = _("No bin of this warehouse may take these goods now. Ask a supervisor.")
GOODS_GONE = _("Nothing of this stands at the dock any more. The task was taken off the list.")
WHY_BIN = {
    "same_lot": _("The same lot stands there"),
    "same_item": _("The same item stands there"),
    "empty_bin": _("The bin is empty"),
    "has_room": _("The bin has room"),
}

# -- move -------------------------------------------------------------------------------------------------------------
MOVE_SOURCE = _("Scan the bin or LPN")
MOVE_GOODS = _("Scan the lot or LPN")
MOVE_WHICH = _("Which of these?")
MOVED = _("Moved: %(quantity)s of lot %(lot)s to bin %(bin)s.")
MOVED_LPN = _("Moved: LPN %(lpn)s to bin %(bin)s.")

# -- a lot that was typed -----------------------------------------------------------------------------------------------
TYPED_WHY = _("The lot was typed. Say why, or scan its label.")
TYPED_WORDS = _("Another reason needs words: say what it is.")
TYPED_OR_SCAN = _("Or scan the label")
SCAN_UNIT = _("Scan the id of each unit")

# -- check labels -----------------------------------------------------------------------------------------------------
SCAN_LABEL_OF_GOODS = _("Scan the goods' label")
SCAN_LABEL_AGAIN = _("Say yes, or scan again")
LABEL_SCAN_ONLY = _("A label is checked by its scan. If it cannot be scanned, press Cannot read.")
LABEL_RESULTS = {
    "same": _("Right: the label says what the record says."),
    "differs": _("Noted: the label differs. A supervisor is told."),
    "unreadable": _("Noted: the label cannot be read. A supervisor is told."),
    "gone": _("Noted: the goods are not there. A count is left for the bin."),
}

# -- problem ----------------------------------------------------------------------------------------------------------
PROBLEM_WHAT = _("What is wrong?")
PROBLEM_WORDS = _("Say it in words")
PROBLEM_WHICH = _("Which goods are they?")
PROBLEM_WRONG_LABEL = _("Scan the wrong label")
PROBLEM_HOW_MANY = _("How many are concerned?")
PROBLEM_PHOTO = _("Take a photo")
PROBLEM_ANOTHER = _("Reported")
PROBLEM_HELD = _("Reported. The part is on hold; put it aside, a task takes it to the cage.")
PROBLEM_FOUND = _("Reported. The goods are in the book now, on hold; a count is left for the bin.")
PROBLEM_LABEL = _("Reported. A new label will be printed; a count is left for the bin.")
PROBLEM_TOLD = _("Reported. A supervisor is told.")

# -- return to supplier -----------------------------------------------------------------------------------------------
SUPPLIER_RETURN = _("Return to supplier")
RETURN_CHOOSE = _("Scan or choose the return")
RETURN_GOODS = _("Scan the lot or LPN")
RETURN_CARRIED = _("Handed over: %(quantity)s of lot %(lot)s.")
RETURN_DONE = _("Return %(number)s is done.")

# -- back on a recall -------------------------------------------------------------------------------------------------
RECALL_RETURN = _("Recall return")
RECALL_CHOOSE = _("Scan or choose the recall")
RECALL_WHICH = _("Which recall?")
RECALL_LOT = _("Scan the lot's label")
RECALL_WHO = _("Who sent it?")
RECALL_HOW_MANY = _("How many came back?")
RECALL_INTO = _("Scan the cage")
RECALL_WHY_MORE = _("Why more came back than was shipped")
RECALL_RETURNED = _("Taken back, and held: %(quantity)s of lot %(lot)s.")

# -- look up ----------------------------------------------------------------------------------------------------------
INQUIRY_WHICH = _("Which of these is it?")
#: How a text was read, by gs1.scan's word for the evidence.
READ_BY = {
    "symbology": _("GS1, by its symbol"),
    "fnc1": _("GS1, by its separators"),
    "brackets": _("GS1, by its brackets"),
    "structure": _("GS1, by its structure"),
    "digital_link": _("GS1 Digital Link"),
    "check_digit": _("GTIN or SSCC, by its check digit"),
    "prefix": _("our own label"),
    "hex": _("RFID tag"),
    "urn": _("RFID tag"),
    "plain": _("plain code"),
}
HOLD_WHY = _("Why is it held?")
HOLD_SURE = _("Hold it?")
HELD = _("Held: %(quantity)s of lot %(lot)s. Orders stopped: %(orders)s.")
NOTHING_TO_HOLD = _("Scan a lot, or an LPN with one lot, to hold it.")

ISSUE_CHOOSE = _("Scan or choose the work order")
ISSUE_MORE = _("What else for this work order?")
ISSUE_GOODS = _("Scan the lot or LPN")
#: Why another lot or more is taken, each as one press on the page; whatever else is typed.
FREQUENT_REASONS = (_("Damaged"), _("Fell on the floor"), _("Weighed short"), _("Cannot be reached"))
ISSUE_REASON = _("Why this lot, or why more?")
ISSUE_BACK_GOODS = _("Scan the lot that comes back")
ISSUE_BACK_BIN = _("Scan the bin it goes to")
ISSUE_OPEN = _("Scan the lot that is opened at the line")
ISSUE_CLOSE = _("Scan the open lot that is used up")
ISSUED = _("At the line: %(quantity)s of lot %(lot)s.")
ISSUED_ALL = _("At the line: %(quantity)s of lot %(lot)s. Everything is there.")
ISSUE_EXCHANGE = _("%(why)s Or take this one in exchange: count it, and give the reason.")
ISSUE_RETURNED = _("Back in bin %(bin)s: %(quantity)s of lot %(lot)s.")
ISSUE_OPENED = _("Lot %(lot)s is open at line %(line)s.")
ISSUE_CLOSED = _("Lot %(lot)s is closed at line %(line)s.")
ISSUE_NOTHING_LEFT = _("Nothing is left to bring to the line for this order.")
