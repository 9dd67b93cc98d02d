"""Every refusal in words: one table from error code to sentence, made in the reader's language at the edge.

A sentence says what was needed, what came, and what to do now. To add an error: a class in core/errors.py and its line
here. `QUESTIONS` does the same for QuestionNeeded, `WORDS` for the short codes that stand inside a sentence (states,
kinds, reasons), `FAULTS` for what may be wrong with one field of a form.
"""

import re
from collections import defaultdict
from typing import Any, Final

from flask_babel import gettext, lazy_gettext

from wms.core.errors import FieldErrors, Names, WmsError
from wms.web.field_words import field_words, name_faults
from wms.web.rights import RIGHTS

_ = lazy_gettext

SENTENCES: Final[dict[str, Any]] = {
    # what came could not be read
    "bad_input": _("This could not be read. Check it and send it again."),
    "bad_quantity": _("“%(text)s” is not a quantity. Type digits, such as 12 or 0.5."),
    "bad_date": _("“%(text)s” is not a date. Type year, month and day, such as 2026-11-22."),
    "bad_code": _("“%(text)s” is not a valid %(kind)s. Check the code and enter it again."),
    "bad_scan": _("The scan “%(text)s” cannot be read: %(why)s. Scan it again."),
    "wrong_kind_scanned": _("Needed: %(needed)s. Scanned: %(scanned)s “%(text)s”. Scan the right label."),
    "missing_field": _("%(field)s is missing. Fill it in and send again."),
    "bad_lpn_tree": _("The LPNs of the notice cannot be read: %(why)s. Look at SSCC %(sscc)s."),
    "field_errors": _("Some fields need another value: %(fields)s. Correct them and send again."),
    "bad_file": _("This file cannot be taken: %(why)s. Send a photo as JPEG, PNG or WebP of at most 8 MB."),
    "bad_attachment": _(
        "“%(name)s” cannot be attached: %(why)s. Send JPEG, PNG, WebP, PDF, XLSX, DOCX, CSV or text in UTF-8, of at most "
        "%(mb)s MB."
    ),
    "own_field_unknown": _("There is no own field “%(field)s” for this %(kind)s. Known: %(known)s."),
    "own_field_missing": _("%(field)s must be filled in. Fill it in and send again."),
    "own_field_wrong_kind": _("%(field)s: needed %(needed)s; “%(came)s” is none. Correct it and send again."),
    "own_field_out_of_range": _(
        "%(field)s: needed from %(least)s to %(most)s; came %(came)s. Correct it and send again."
    ),
    "own_field_not_choice": _("%(field)s: needed one of %(needed)s; came “%(came)s”. Choose one of the list."),
    "own_field_wrong_form": _("%(field)s: needed the form %(needed)s; came “%(came)s”. Correct it and send again."),
    "sheet_refused": _(
        "This file was not taken: %(why)s. Found: %(found)s. Needed: %(needed)s. Nothing was changed; mend the file and send it again."
    ),
    "key_reused": _("This was already sent once, with other content. Nothing was changed; begin again."),
    "key_needed": _(
        "The header Idempotency-Key is missing. Send one of your own making, and the same one when you repeat."
    ),
    "match_needed": _("The header If-Match is missing. Read the record and send its ETag with the change."),
    "not_json": _("Needed: application/json. Sent: %(content_type)s. Send the body as JSON."),
    # not there
    "not_found": _("No %(kind)s “%(text)s” was found here. Check the code, or the warehouse you are in."),
    # a rule says no
    "refused": _("This is not possible now; nothing was changed."),
    "key_in_flight": _("The first call with this Idempotency-Key is still under way. Wait a second and repeat it."),
    "record_changed": _("Somebody changed this record since it was read. Read it again and repeat the change."),
    "insufficient_stock": _(
        "Needed: %(needed)s of lot %(lot)s in bin %(bin)s; available there: %(available)s. Take less, or look in another bin."
    ),
    "lot_on_hold": _("Lot %(lot)s is on hold: %(reason)s. Leave it where it is and take another lot."),
    "held_part_not_apart": _(
        "In bin %(bin)s, %(quantity)s of lot %(lot)s are on hold (%(reason)s) and lie among the free ones. "
        "They must be set apart before anything is picked here; tell quality."
    ),
    "lot_expired": _(
        "Lot %(lot)s expired: its last good day was %(expires_on)s, and today is %(on)s. Put it aside and tell quality."
    ),
    "life_too_short": _(
        "Lot %(lot)s is good until %(expires_on)s; it must be good until %(needed_on)s or later. Use a fresher lot."
    ),
    "not_released": _("Lot %(lot)s is %(quality)s; only released goods may be used here. Ask quality."),
    "release_incomplete": _(
        "Lot %(lot)s cannot be released; missing: %(missing)s. Mend it, or let a second person waive what may be waived."
    ),
    "scope_unclear": _(
        "Part of lot %(lot)s is released for %(released_for)s. Name for whom this decision is, or split the lot first."
    ),
    "concession_stands": _(
        "Lot %(lot)s is released for %(released_for)s by a concession. Record a non-conformance to free it for more, or split the lot first."
    ),
    "held_by_nonconformance": _(
        "This hold on lot %(lot)s belongs to a non-conformance; its disposition lifts it, nobody else."
    ),
    "lot_stopped": _(
        "Lot %(lot)s is stopped by recall %(recall)s and goes no further until the recall holds it or frees it. Take another"
        " lot; this one may be set apart, counted and brought back from the line."
    ),
    "lot_not_recalled": _(
        "Lot %(lot)s is not in the scope of recall %(recall)s. Choose the recall it belongs to, or set the goods aside and"
        " tell quality."
    ),
    "recall_changed": _(
        "Recall %(recall)s has changed since %(name)s prepared its closing report: %(what)s. Have it prepared and signed"
        " again; then another person closes it."
    ),
    "held_by_recall": _(
        "This hold on lot %(lot)s belongs to recall %(recall)s. Leave the lot out of its scope, or close the recall first."
    ),
    "recall_not_nil": _(
        "Recall %(recall)s cannot be answered with nil stock: on hand %(on_hand)s, shipped %(shipped)s, lots made of it"
        " %(made)s."
    ),
    "recall_outstanding": _(
        "Recall %(recall)s still has %(outstanding)s outstanding. Say why it is closed all the same, or take them back first."
    ),
    "recall_steps_open": _("Recall %(recall)s cannot be closed: not done yet are %(steps)s."),
    "recall_step_first": _("Recall %(recall)s is not as far. This comes first: %(steps)s."),
    "recall_is_drill": _("Recall %(recall)s is a drill: it posts nothing and writes to nobody."),
    "scope_not_wider": _(
        "The scope of recall %(recall)s has all these lots already, in version %(version)s. A new version names another lot."
    ),
    "not_shipped_to": _("Recall %(recall)s knows of nothing of lot %(lot)s that left to %(customer)s."),
    "not_all_gone": _(
        "%(quantity)s of non-conformance %(number)s are still here. Carry them out first, then finish it."
    ),
    "not_released_for": _(
        "Lot %(lot)s is released for %(released_for)s only; this order is for %(buyer)s. Take another lot, or ask quality."
    ),
    "wrong_purpose": _("Lot %(lot)s is %(state)s and may not be used for %(purpose)s. Choose other stock."),
    "wrong_state": _("%(subject)s is %(state)s; this needs it to be %(needed)s. Open it again to see where it stands."),
    "already_taken": _("%(by)s is already working on %(subject)s. Take another task."),
    "operation_too_early": _(
        "Operation %(needed)s has made nothing of this order yet; %(operation)s comes after it. Report %(needed)s first."
    ),
    "output_needed": _(
        "Operation %(operation)s makes nothing by itself. Report what was used with operation %(needed)s, which makes it."
    ),
    "output_not_made_here": _("%(item)s is not made here. Needed: %(needed)s. Choose what this operation makes."),
    "yield_too_high": _(
        "Order %(order)s may make at most %(most)s; with this report it would be %(came)s. Count again, or ask the planner "
        "for an order of the rest."
    ),
    "lot_makes_itself": _(
        "Lot %(lot)s is made by this order and cannot be used in it. Scan the lot that was used, or name another output lot."
    ),
    "report_corrected": _("Report %(number)s was taken back already. Open the report that stands in its place."),
    "order_reopened": _(
        "Work order %(order)s was opened again to correct report %(report)s, so closing it is signed: give the reason and "
        "your password."
    ),
    "vessel_mixes_promised": _(
        "Of lot %(lot)s only %(free)s are promised to nobody; needed: %(needed)s. Promised goods do not run together with "
        "others in vessel %(vessel)s: give the promise back first, or fill in less."
    ),
    "lot_open_at_line": _(
        "Lot %(lot)s is open at line %(line)s and belongs to the line: the recipe takes from it. Close the open lot first, or "
        "take other goods."
    ),
    "vessel_short": _("In vessel %(vessel)s are %(available)s; needed: %(needed)s. Draw less, or fill it first."),
    "vessel_full": _("Vessel %(vessel)s takes %(capacity)s; with this there would be %(came)s. Fill in less."),
    "vessel_holds_other": _(
        "In vessel %(vessel)s is %(needed)s; this is %(came)s. Empty and clean the vessel first, or use another one."
    ),
    "vessel_not_empty": _(
        "By the books %(quantity)s are still in vessel %(vessel)s. Draw them, or count the vessel, before it is recorded as empty."
    ),
    "vessel_mixed": _(
        "In vessel %(vessel)s %(lots)s lots run together, so what is drawn is a mixture. Draw it by a production report, which "
        "gives it a lot of its own, or into another vessel."
    ),
    "units_needed": _(
        "Lot %(lot)s has unit ids. Needed: %(needed)s ids. Came: %(came)s. Scan the id of each unit or pack."
    ),
    "unit_unknown": _("Unit %(unit)s is not known in lot %(lot)s. Scan a unit of this lot, or receive it first."),
    "unit_elsewhere": _("Unit %(unit)s is known at %(known)s. Needed: %(needed)s. Put it aside and tell quality."),
    "unit_of_other_item": _("Unit %(unit)s belongs to another item. Needed: %(needed)s. Its label says: %(came)s."),
    "unit_of_other_lot": _("Unit %(unit)s belongs to another lot. Needed: %(needed)s. Its label says: %(came)s."),
    "unit_named_twice": _("Unit %(unit)s was scanned twice. Scan another one."),
    "wrong_bin_scanned": _("Wrong bin. Needed: %(needed)s. Scanned: %(scanned)s. Go to the needed bin and scan it."),
    "wrong_item_scanned": _(
        "Wrong item. Needed: %(needed)s. Scanned: %(scanned)s. Put it back and scan the needed item."
    ),
    "wrong_lot_scanned": _("Wrong lot. Needed: %(needed)s. Scanned: %(scanned)s. Put it back and scan the needed lot."),
    "wrong_lpn_scanned": _("Wrong LPN. Needed: %(needed)s. Scanned: %(scanned)s. Scan the needed LPN."),
    "fefo_broken": _(
        "Lot %(skipped)s must go before lot %(scanned)s, which you scanned. "
        "Pick lot %(needed)s, or ask a permitted person to override."
    ),
    "start_empty": _("%(kind)s “%(text)s” is known, and no lot has to do with it yet. There is nothing to trace."),
    "start_ambiguous": _("“%(text)s” may mean more than one here: %(found)s. Which one is meant?"),
    "too_many_lots": _("This matches more than %(most)s lots. Ask for more, so that fewer match, and hold in parts."),
    "retest_not_passed": _(
        "Lot %(lot)s has not passed its retest: inspection %(inspection)s is %(state)s. Close the inspection first."
    ),
    "pick_list_stopped": _(
        "Nothing is left to pick for order %(order)s: lot %(lot)s is on hold (%(reason)s). Take another list; the desk finds "
        "other stock."
    ),
    "pick_stopped": _(
        "This pick was stopped: lot %(lot)s is on hold (%(reason)s). Put the goods back and go on with the next."
    ),
    "picked_too_much": _(
        "Too much. Needed: %(needed)s. Entered: %(scanned)s. Put the rest back and enter what you took."
    ),
    "nothing_bound": _(
        "Nothing of item %(item)s is bound to work order %(order)s any more, and lot %(lot)s was scanned. Let the desk bind it "
        "again, or take this lot with a reason."
    ),
    "returned_too_much": _(
        "Of lot %(lot)s, %(at_line)s still stand at the line for work order %(order)s; entered: %(came)s. Count again and enter "
        "what comes back."
    ),
    "lot_not_at_line": _(
        "Lot %(lot)s does not stand at line %(line)s. Issue it there first, or scan the lot at the line."
    ),
    "no_open_lot": _(
        "No lot of item %(item)s is declared open at line %(line)s. Open one at the line, then report again."
    ),
    "backflush_not_allowed": _(
        "Item %(item)s is not taken by the recipe in work order %(order)s. Name the lots that were really used."
    ),
    "backflush_short": _(
        "The open lot %(lot)s at line %(line)s has %(available)s; needed: %(needed)s. %(missing)s are missing: issue more of it, "
        "or open the next lot."
    ),
    "bin_blocked": _("Bin %(bin)s is blocked: %(why)s. Use another bin."),
    "bin_not_empty": _(
        "Bin %(bin)s is not empty in the book: lot %(lot)s stands there. Count the bin instead of reporting found goods."
    ),
    "bin_unsuitable": _(
        "Bin %(bin)s cannot take these goods: %(why)s. Needed: %(needed)s. The bin: %(found)s. Scan another bin."
    ),
    "over_receipt": _(
        "Expected: %(expected)s, tolerance: %(tolerance)s; received with this: %(received)s. "
        "Count again, and put the rest aside."
    ),
    "licence_expired": _(
        "The licence %(licence)s of %(partner)s ran out on %(expires_on)s; today is %(on)s. Refuse the goods, or have the "
        "new licence written down first."
    ),
    "licence_scope": _(
        "The licence %(licence)s of %(partner)s covers %(scope)s; item %(item)s is %(item_class)s. Refuse the goods, or ask "
        "quality."
    ),
    "check_needed": _(
        "Pallet %(sscc)s is to be looked at first: %(count)s more must be scanned, such as %(first)s. Scan them."
    ),
    "goods_moved_on": _(
        "Lot %(lot)s no longer stands as it came in (%(quantity)s): it was moved, promised, held, decided on or used. "
        "A receipt can be taken back only while its goods are untouched."
    ),
    "expiry_contradicts": _(
        "Lot %(lot)s is known with expiry %(known)s; this label says %(came)s. Put it aside and ask a supervisor."
    ),
    "lot_typed_twice_differs": _(
        "The lot was typed as %(first)s and then as %(second)s. Look at the case and type it twice again."
    ),
    "duplicate_value": _("%(field)s “%(value)s” is already in use. Choose another."),
    "own_field_in_use": _(
        "%(count)s records have a value in %(field)s, so its %(what)s stays. Take it out of use, and make another."
    ),
    "attachment_changed": _(
        "The bytes of “%(name)s” are not those that were attached (SHA-256 %(sha256)s). Ask for the file again, and restore a "
        "backup."
    ),
    "goods_promised": _(
        "%(quantity)s of lot %(lot)s in bin %(bin)s are promised to orders. Free them first, or choose other goods."
    ),
    "lots_differ": _("Lots %(lot)s and %(other)s cannot become one: they differ in their %(what)s. Choose others."),
    "numbers_used_up": _(
        "The rule of these lot numbers has no number left: the last is %(last)s. Ask a supervisor to change the rule."
    ),
    "bins_exist": _(
        "%(count)s of these bins are there already: %(bins)s. Leave them out: choose other aisles or bays."
    ),
    "question_needed": _("This needs your yes first: %(question)s"),
    "lot_pegged": _(
        "Lot %(lot)s is made for order %(made_for)s. Take another lot, or have it freed on the lot's page first."
    ),
    "peg_too_late": _(
        "Lot %(lot)s cannot be kept for order %(made_for)s: %(quantity)s of it are in hand for %(order)s already (%(task)s). "
        "Have them put back first, or keep another lot."
    ),
    "clearance_needed": _(
        "Order %(number)s does not start on line %(line)s: %(why)s. Clear the line, have a second person check it, then start."
    ),
    "backflush_forbidden": _(
        "%(sku)s may not be back-flushed. Allow it in the item's production rule, or take the mark off the component."
    ),
    "bom_used": _(
        "Version %(version)s of the bill of materials of %(sku)s was used by work orders and stays as it is. Make a new version."
    ),
    "inspection_incomplete": _(
        "Inspection %(inspection)s still lacks %(count)s results. Enter them, or reject the lot by what was found."
    ),
    "supplier_stopped": _(
        "%(sku)s from %(supplier)s is stopped: five lots failed under tightened sampling. Reject it, or let quality lift the stop first."
    ),
    "sample_still_kept": _(
        "Retained sample %(sample)s is kept through %(keep_until)s; today is %(on)s. Destroy it after that day."
    ),
    "work_order_not_clear": _("Work order %(order)s cannot be closed yet: %(what)s. Settle this first."),
    "work_order_differs": _(
        "Work order %(order)s does not agree: %(differences)s. Mend it, or sign for the difference with your password."
    ),
    "shipment_incomplete": _(
        "Order %(order)s is not complete; missing: %(missing)s. Pick the rest, or ship what there is."
    ),
    "shipment_blocked": _("Shipment %(shipment)s is stopped by an open alert (%(alert)s). Settle the alert first."),
    # this person may not
    "not_allowed": _("Your role does not allow this here (needed: %(permission)s). Ask a supervisor."),
    "second_person_needed": _("%(placed_by)s placed this hold; another permitted person must lift it."),
    "acceptor_not_second": _(
        "%(receiver)s took these goods in, and %(acceptor)s is the same person. Another permitted person must accept them."
    ),
    "inspector_received": _("%(person)s took lot %(lot)s in; another person must inspect it."),
    "password_wrong": _("The password is wrong. Nothing was changed. Enter it again."),
    "other_person_needed": _("%(name)s %(part)s and may not %(task)s as well; another permitted person must."),
    "role_needed": _("The approval of %(needed)s is needed here; this person has: %(found)s."),
    "signer_not_person": _("%(name)s is no person with an open access; only such a person can sign."),
    "signing_key_faulty": _(
        "The site's signing key %(file)s cannot be read, so nothing can be signed. Tell an administrator: it comes from a backup."
    ),
    "anchor_faulty": _("The anchor of the seals, %(file)s, cannot be used: %(what)s. Nothing was sealed."),
    "database_behind_anchor": _(
        "The anchor %(file)s knows block %(anchored)s, and the database ends at block %(found)s. Nothing was sealed. After a"
        ' restore, say so with: run.py seal --restored "why".'
    ),
    "export_there": _("Something lies in %(folder)s already. Name a new folder for the export."),
    "not_behind_anchor": _("The database is not behind its anchor %(file)s: there is no restore to note."),
    "login_failed": _("Log in to go on."),
    "change_needed": _("This %(what)s was given to you for once. Choose one of your own first."),
    "locked_out": _("Too many wrong tries. Locked until %(until)s; a supervisor may help."),
    "too_many_calls": _("At most %(limit)s calls a minute. Wait %(seconds)s seconds and go on."),
    "unavailable": _("The system cannot save at this moment. Nothing was changed. Wait a moment and try again."),
    "outcome_unknown": _(
        "The system cannot save at this moment. Some of it may be saved already. Look whether it was done before you repeat it."
    ),
    "schema_missing": _(
        "The database is empty. Needed: migration %(needed)s. Run `run.py init` for a site of your own, or `run.py migrate` "
        "for the bare tables, then start again."
    ),
    "schema_old": _(
        "The database stands at migration %(found)s; this version needs %(needed)s. Make a backup, run `run.py migrate`, "
        "then start again."
    ),
    "schema_new": _(
        "The database stands at migration %(found)s, which this version does not know: it ends at %(needed)s. Start the newer "
        "version that wrote it; `run.py migrate` of this one cannot help."
    ),
    "schema_broken": _(
        "A migration or a restore of this database broke off: it left %(tables)s, and stands at migration %(found)s; needed: "
        "%(needed)s. See “A migration broke off” in docs/operations.md, then run `run.py migrate`."
    ),
    "backup_unreadable": _(
        "%(file)s is not a backup that can be read: %(why)s. Nothing was changed. Take another file."
    ),
    "backup_damaged": _("The backup %(file)s is damaged at %(member)s. Nothing was changed. Take another backup."),
    "backup_newer": _(
        "The backup is of version %(version)s at migration %(found)s; this version ends at %(needed)s. Nothing was changed. "
        "Restore it with the newer version."
    ),
    "backup_elsewhere": _(
        "The backup is of %(found)s, and this database is %(needed)s. Nothing was changed. Restore it where it fits."
    ),
    "backup_exists": _("There is a file %(file)s already, and a backup never replaces one. Name another file."),
    "database_not_empty": _(
        "The database %(database)s holds data. Nothing was changed. Say --replace to put the backup in its place."
    ),
    "database_in_use": _(
        "The database %(database)s is in use (%(by)s). Nothing was changed. Stop web and jobs, then restore again."
    ),
    "restored_data_faulty": _(
        "The data in the backup do not hold together: %(faults)s faults, the first: %(first)s. The old data are still in place."
    ),
    "backup_failed": _("This did not work: %(what)s. The data are as they were."),
    "no_room": _(
        "Too little room in %(folder)s. Needed: %(needed)s MB; free: %(available)s MB. Make room, or name another place."
    ),
    "pg_tool_missing": _(
        "Needed: %(tool)s of PostgreSQL %(needed)s or newer. Found: %(found)s. Install the client programs of that version, or "
        "name their folder in WMS_PG_BIN."
    ),
    "programming_error": _(
        "Something went wrong on our side. Nothing was changed. Try again, or report the number below."
    ),
    "wms_error": _("Something went wrong on our side. Nothing was changed. Try again, or report the number below."),
}

#: Questions a person must answer with yes: the code in QuestionNeeded(question=...) -> the question.
QUESTIONS: Final[dict[str, Any]] = {
    "unit_came_back": _("Unit %(unit)s left us before: it is known as %(known)s. Does it come back?"),
    "unit_seen_twice": _(
        "Unit %(unit)s is here already: %(known)s. One of the two is wrong. Take it in all the same, and tell quality?"
    ),
    "lot_nearly_known": _(
        "Lot %(came)s is new here, but %(known)s is known and looks the same. Is %(came)s really another lot?"
    ),
    "date_from_code": _(
        "The label gives no last good day. By the supplier's code, lot %(lot)s was made on %(made)s and is good until %(came)s. "
        "Take it so?"
    ),
    "lot_code_unread": _(
        "This supplier writes its lots as %(needed)s. Scanned or typed: %(lot)s. Is this the lot on the label?"
    ),
    "lot_code_contradicts": _(
        "By its code, lot %(lot)s says %(says)s; the label says %(came)s. Does the label say so?"
    ),
    "lot_of_another_supplier": _(
        "Lot %(lot)s is known from supplier %(supplier)s. Is this the same lot? Another one gets number %(proposed)s."
    ),
    "lot_not_announced": _("Announced: lot %(needed)s. Scanned: lot %(scanned)s. Take this lot in all the same?"),
    "expiry_differs_from_asn": _(
        "Lot %(lot)s was announced with expiry %(announced)s; the label says %(came)s. Does the label say so?"
    ),
    "best_before_not_expiry": _(
        "Item %(item)s needs an expiry date; the label gives only best before %(came)s. Use it as the last good day?"
    ),
    "lot_may_hold_date": _(
        "The lot reads as %(lot)s and may hold a date as well: a separator seems lost. Is this the lot on the label?"
    ),
    "sscc_not_announced": _("LPN %(scanned)s is not on %(needed)s. Take it in and scan what stands on it?"),
    "temperature_out_of_range": _(
        "The truck came at %(came)s; item %(item)s needs %(needed)s. Take it in on hold? With no it is not taken in: refuse it."
    ),
    "temperature_holds_received": _(
        "At %(came)s, %(count)s lines that are in already are out of range: item %(item)s needs %(needed)s. Save, and hold them?"
    ),
    "delivery_note_seen": _(
        "This supplier sent delivery note %(note)s before, with receipt %(receipt)s. Is it the same note once more?"
    ),
    "lpn_of_unknown_origin": _(
        "Nobody announced LPN %(scanned)s, and no supplier is named. Take it in provisionally? Its goods come in on hold."
    ),
    "children_received_before": _(
        "Of pallet %(sscc)s, %(count)s LPNs came in before, such as %(first)s. Take the rest in and put them onto it?"
    ),
    "extra_child": _("LPN %(scanned)s is not announced on pallet %(needed)s. Note it as one too many?"),
    "child_elsewhere": _("LPN %(scanned)s belongs on %(known)s. Does it stand on pallet %(needed)s now?"),
    "other_lot_on_pallet": _("Announced: lot %(needed)s. The label says lot %(scanned)s. Note it as another lot?"),
    "returned_more": _(
        "Of lot %(lot)s %(shipped)s went to %(customer)s, and with this %(returned)s came back. Take it in all the same?"
    ),
    "scope_grew": _(
        "Lots were made of it since the scope was frozen, %(count)s in all: %(lots)s. Hold what is frozen all the same, and widen"
        " the scope next?"
    ),
    "due_past": _("The due day %(due)s is past. Plan it all the same?"),
    "lot_of_other_supplier": _("Lot %(lot)s came from %(known)s. Return it to %(chosen)s all the same?"),
    "another_bin": _("Suggested: bin %(needed)s. Scanned: bin %(scanned)s. Put the goods here instead?"),
    "which_lot": _("Several lots of this item lie here. Needed: lot %(needed)s. Scan the lot, or choose it."),
    "hold_changed": _(
        "Since you looked this changed: lots %(lots_before)s → %(lots)s, orders stopped %(orders_before)s → %(orders)s. "
        "Moved meanwhile: %(moved)s. Look again; hold what there is now?"
    ),
    "peg_takes": _(
        "Lot %(lot)s is promised to others: %(orders)s. Take it from them, keep it for order %(made_for)s, and find other goods "
        "for them?"
    ),
    "several_kinds": _("%(scanned)s is more than one thing here. Say which you mean."),
    "several_lots": _("Several items have lot %(scanned)s. Say which you mean."),
    "several": _("More than one record is called %(scanned)s. Say which you mean."),
    "other_capitals": _("Nothing is written %(scanned)s; this differs in its capitals. Look whether it is meant."),
    "label_differs": _("The label says %(label)s, the record %(record)s. Scan again; if it is so, say yes."),
    "complaint_repeats": _(
        "There are %(count)s complaints about lot %(lot)s with this one. Is it really minor? Look at its severity again."
    ),
    "count_differs": _("Your count of %(counted)s differs from the book. Count again; if it is right, say why."),
}

#: Short codes inside sentences: kinds of records and scans, states, reasons. Unknown codes are shown as they are.
WORDS: Final[dict[str, Any]] = {
    "tasks_open": _("goods are still to be brought to the line"),
    "lots_bound": _("lots are still bound; complete the order first"),
    # Printers and print jobs.
    "printer": _("printer"),
    "print_job": _("print job"),
    "queued": _("waiting"),
    "sending": _("being sent"),
    "sent": _("sent to the printer"),
    "printed": _("printed"),
    "active": _("in use"),
    "uncertain": _("look at the printer"),
    "not_reached": _("not reached"),
    "no_answer": _("no answer"),
    "broken_off": _("the line broke off"),
    "paper_out": _("no paper"),
    "ribbon_out": _("no ribbon"),
    "head_open": _("head open"),
    "paused": _("paused"),
    "reprint_reason": _("why it is printed again"),
    "printers": _("watch on printers"),
    "demo data": _("demo data"),
    **RIGHTS,
    "new": _("new"),
    "picking": _("picking"),
    "taken": _("taken"),
    "stopped": _("stopped"),
    "loading": _("loading"),
    "supplier_return": _("supplier return"),
    "excluded": _("waits for a count"),
    "who_asked": _("proposed it"),
    "who_held": _("placed the hold"),
    "who_found": _("recorded it"),
    "who_sampled": _("drew the sample"),
    "who_inspected": _("inspected the goods"),
    "who_ordered": _("ordered it"),
    "who_approved": _("approved it"),
    "who_opened": _("opened it"),
    "who_prepared": _("prepared its closing report"),
    "who_waived": _("waived a point of the checklist"),
    "who_carried_out": _("carried it out"),
    "who_cleared": _("cleared the line"),
    "to_check": _("check it"),
    "asked_correction": _("asked for the correction"),
    "to_open": _("open it"),
    "clearance": _("line clearance"),
    "bin_taken": _("it belongs to something else"),
    "goods_gone": _("goods of the order before are gone"),
    "labels_gone": _("labels of the order before are gone"),
    "papers_gone": _("papers of the order before are gone"),
    "machine_clean": _("machine and tools are clean"),
    "to_approve": _("approve it"),
    "to_close": _("close it"),
    "to_release": _("release the goods"),
    "to_waive": _("waive a point"),
    "to_witness": _("witness it"),
    "to_finish": _("finish it"),
    "point_inspection": _("inspection"),
    "point_holds": _("no open hold"),
    "point_nonconformance": _("no open non-conformance"),
    "point_certificate": _("certificate"),
    "point_temperature": _("temperature on arrival"),
    "point_registration": _("registration"),
    "point_licences": _("licences"),
    "point_label_check": _("label check"),
    "point_scope": _("market or customer"),
    "problem_damage": _("damaged"),
    "problem_wet": _("wet"),
    "problem_seal_open": _("seal open"),
    "problem_label_unreadable": _("label unreadable"),
    "problem_wrong_label": _("wrong label"),
    "problem_found": _("goods in an empty bin"),
    "problem_other": _("something else"),
    "short_pick": _("short pick"),
    "door_alarm": _("door alarm"),
    "shipped_short": _("shipped short"),
    "packed": _("packed"),
    "item": _("item"),
    "lot": _("lot"),
    "bin": _("bin"),
    "lpn": _("LPN"),
    "epc": _("tag"),
    "tag": _("tag"),
    "unit": _("unit id"),
    "unit_pack": _("pack"),
    "without_unit_ids": _("without unit ids"),
    "with_unit_ids": _("with unit ids"),
    "order": _("order"),
    "order_line": _("order line"),
    "asn": _("ASN"),
    "receipt": _("receipt"),
    "purchase_order": _("purchase order"),
    "shipment": _("shipment"),
    "hold": _("hold"),
    "hold_case": _("hold case"),
    "inspections": _("inspections"),
    "tasks": _("tasks"),
    "goods_apart": _("tasks for goods that must stand apart"),
    "retest_hold": _("holding what is due for retest"),
    "retest_due": _("watch on retests"),
    "partly_lifted": _("partly lifted"),
    "standing": _("stands on for what comes"),
    "retest": _("with a day of retest"),
    "no_retest": _("without a retest"),
    "task": _("task"),
    "pick_list": _("pick list"),
    "production_report": _("production report"),
    "passport": _("passport"),
    "trace_start": _("start of a trace"),
    "import_run": _("import"),
    "lot_retest": _("retest"),
    "waiver": _("waiver"),
    "problem": _("problem"),
    "wo_component": _("component"),
    "component": _("component"),
    "alternate": _("alternate"),
    "bom": _("bill of materials"),
    "production_line": _("line"),
    "lot_at_line": _("lot at the line"),
    "open_lot": _("open lot"),
    "issue_stop": _("goods to bring"),
    "issue": _("issue"),
    "gap": _("gap"),
    "team": _("team"),
    "machine": _("machine"),
    "maker_lot": _("maker’s lot"),
    "supplier_lot": _("supplier’s lot"),
    "work_order": _("work order"),
    "operation": _("operation"),
    "operator": _("operator"),
    "hour": _("hour"),
    "dates": _("days"),
    "vessel": _("vessel"),
    "peg": _("lot made for an order"),
    "planned": _("planned"),
    "started": _("started"),
    "completed": _("completed"),
    "not_cleared": _("nobody cleared it"),
    "used_since": _("another order ran on it since"),
    "not_checked": _("the clearance was not checked by a second person"),
    "work_order_correction": _("correction of a closed order"),
    "correction_not_asked": _("nobody asked to correct it"),
    "correction_asked": _("asked to be corrected"),
    "pick_task": _("pick task"),
    "user": _("user"),
    "device": _("device"),
    "warehouse": _("warehouse"),
    "zone": _("zone"),
    "partner": _("partner"),
    "supplier": _("supplier"),
    "lot_number_rule": _("lot-number rule"),
    "lot_pattern": _("lot-code pattern"),
    "made_for": _("order they are made for"),
    "release_scope": _("market or customer they are released for"),
    "date_pattern": _("date pattern"),
    "lot_template": _("lot-code template"),
    "customer": _("customer"),
    "owner": _("owner"),
    "portal": _("portal"),
    "reader": _("reader"),
    "gateway": _("gateway"),
    "certificate": _("certificate"),
    "alert": _("alert"),
    "passage": _("passage"),
    "badge": _("badge"),
    "gtin": _("GTIN"),
    "sscc": _("SSCC"),
    "number": _("number"),
    "text": _("text"),
    "scan": _("scan"),
    "unknown": _("unknown code"),
    "setup_link": _("set-up link, or it is used or too old"),
    "machine_user": _("a machine's user"),
    "a person": _("a person"),
    "pin": _("PIN"),
    "password": _("password"),
    "outside": _("outside the walls"),
    "installation": _("the installation"),
    "made": _("set up already"),
    "inside": _("inside the walls"),
    "pending": _("pending"),
    "released": _("released"),
    "rejected": _("rejected"),
    "held": _("on hold"),
    "on_hold": _("on hold"),
    "expired": _("expired"),
    "lifted": _("lifted"),
    "not_pending": _("not pending"),
    "recalled": _("recalled"),
    "not_allocated": _("not allocated to any shipment"),
    "made_for_other": _("it is made for another order"),
    "other_shipment": _("it belongs to a shipment at another door"),
    "unexpected": _("not expected at this door"),
    "wrong_door": _("the wrong door for it"),
    "unknown_tag": _("the tag is not known"),
    "not_released": _("not released by quality"),
    "life_too_short": _("too short a life for this customer"),
    "allocated": _("allocated"),
    "available": _("available"),
    "in_transit": _("in transit"),
    "open": _("open"),
    "closed": _("closed"),
    "done": _("done"),
    "cancelled": _("cancelled"),
    "claimed": _("claimed"),
    "picked": _("picked"),
    "shipped": _("shipped"),
    "sale": _("sale"),
    "transfer": _("transfer"),
    "sample": _("sample"),
    "destruction": _("destruction"),
    "count": _("count"),
    "checksum": _("the check digit is wrong"),
    "several": _("several lots have this number"),
    "too_long": _("it is too long"),
    "control_character": _("it holds signs that cannot be printed"),
    "symbology": _("the kind of bar code is not known"),
    "own_lot_label": _("the lot label is damaged"),
    "bad_gtin": _("the GTIN is wrong"),
    "bad_sscc": _("the SSCC is wrong"),
    "bad_lot": _("the lot number is not a valid one"),
    "bad_epc": _("the tag code is not a valid one"),
    "blocked": _("blocked"),
    "sheet_bytes": _("it is too large"),
    "sheet_empty": _("it is empty"),
    "sheet_no_rows": _("no table with a heading and rows was found in it"),
    "sheet_form": _("it is of a kind that is not read"),
    "sheet_name": _("its name says another kind than its content"),
    "sheet_broken": _("it is damaged"),
    "sheet_locked": _("it is locked by a password; save it without one"),
    "sheet_macros": _("it holds macros; save it as a workbook without them"),
    "sheet_parts": _("it is packed of too many parts"),
    "sheet_unpacked": _("unpacked it would be too large"),
    "sheet_ratio": _("a part of it grows too much when it is unpacked"),
    "sheet_entities": _("it defines entities of its own, which no spreadsheet does"),
    "sheet_rows": _("it has too many rows, blank ones counted; delete those below the table, or send it in parts"),
    "sheet_columns": _("it has too many columns"),
    "sheet_cells": _("its table is too large, blank cells counted"),
    "sheet_text": _("it holds too much text"),
    "sheet_line": _("a line of it is too long"),
    "sheet_charset": _("its characters cannot be read (the line is the first that breaks)"),
    "sheet_binary": _("it is no text"),
    "sheet_quotes": _("a quotation mark is never closed (the line is where it was noticed)"),
    "sheet_missing": _("there is no such sheet in it"),
    "sheet_memory": _("it takes too much memory to read"),
    "sheet_time": _("it takes too long to read"),
    "import": _("import"),
    "mapping": _("columns to check"),
    "judging": _("being judged"),
    "judged": _("judged"),
    "applying": _("being applied"),
    "applied": _("applied in part"),
    "refused_rows": _("not whole: rows of it are refused"),
    "open_questions": _("not whole: questions of it are open"),
    "all_accepted": _("accepted in every row"),
    "by_scan": _("scan"),
    "by_typed": _("typed"),
    "by_typed_twice": _("typed twice"),
    "by_photo": _("typed, with a photo"),
    "by_rfid": _("RFID"),
    "by_import": _("import"),
    "by_system": _("the system"),
    "System": _("the system"),
    "putaway_task": _("putaway task"),
    "dock": _("dock bin"),
    "storage": _("storage bin"),
    "pick_face": _("pick face"),
    "quarantine": _("quarantine bin"),
    "reject_cage": _("reject cage"),
    "staging": _("staging bin"),
    "shipping": _("shipping bin"),
    "production": _("production bin"),
    "transit": _("transit bin"),
    "ambient": _("ambient"),
    "cool": _("cool"),
    "cold": _("cold"),
    "frozen": _("frozen"),
    "cycle": _("an LPN stands on itself"),
    "twice": _("an SSCC stands there twice"),
    "unknown_parent": _("an LPN stands on one that is not named"),
    "food": _("food"),
    "drug": _("drug"),
    "electronics": _("electronics"),
    "partly_received": _("partly received"),
    "provisional": _("provisional"),
    "finished": _("finished"),
    "reversed": _("taken back"),
    "under_it": _("it carries the pallet itself"),
    "accepted": _("accepted"),
    "to_accept": _("waits for acceptance"),
    "short_tolerated": _("less, within tolerance"),
    "extra_lpn": _("one LPN too many"),
    "moved_lpn": _("put onto another pallet"),
    "other_quantity": _("another quantity"),
    "waiting": _("to be scanned"),
    "found": _("found"),
    "ok": _("met"),
    "differs": _("differs"),
    "extra": _("one too many"),
    "moved_in": _("put here"),
    "refusal": _("refusal"),
    "pallet_check": _("check of a pallet"),
    "supplier_return_paper": _("supplier return"),
    "receipt_line": _("line of a receipt"),
    "damaged": _("damaged"),
    "wet": _("wet"),
    "wrong_goods": _("wrong goods"),
    "too_many": _("too many"),
    "short_life": _("too little shelf life"),
    "seal_broken": _("seal broken"),
    "no_documents": _("papers missing"),
    "licence": _("licence"),
    "surplus": _("surplus"),
    "return_closed": _("the return was closed"),
    "description": _("what it is"),
    "carrier": _("carrier"),
    "expected": _("not here yet"),
    "arrived": _("arrived"),
    "receiving": _("being received"),
    "received": _("received"),
    "in_stock": _("in stock"),
    "missing": _("missing"),
    "reviewed": _("reviewed"),
    "proposed": _("waits for approval"),
    "decided": _("being carried out"),
    "ordered": _("waits for approval"),
    "approved": _("approved"),
    "carried_out": _("waits for its witness"),
    "waived": _("waived"),
    "not_asked": _("not asked"),
    "must_be_mended": _("such that it must be mended"),
    "may_be_waived": _("one that may be waived"),
    "released_for_some": _("released for some"),
    "everybody": _("everybody"),
    "nonconformance": _("non-conformance"),
    "release": _("release"),
    "over": _("too much"),
    "not_announced": _("not announced"),
    "same": _("as announced"),
    "file": _("file"),
    "photo": _("photo"),
    "lot_again": _("the lot a second time"),
    "expiry": _("expiry date"),
    "quantity": _("unreadable amount"),
    "not_a_lot": _("it is not a lot"),
    "lines": _("lines"),
    "bin_kind": _("wrong kind of bin"),
    "storage_class": _("wrong temperature class"),
    "other_lot": _("another lot stands there"),
    "same_lot": _("the same lot"),
    "same_bin": _("the goods stand there already"),
    "stock": _("stock"),
    "bin_full": _("the bin is full"),
    "empty_bin": _("an empty bin"),
    "too_large": _("it is too large"),
    "not_a_photo": _("it is not a photo"),
    "not_a_kind": _("its content is of none of these kinds"),
    "file_count": _("1 to 10 files are attached at once"),
    "withdrawn": _("withdrawn"),
    "attached": _("attached"),
    "not_as_named": _("its content is not what its name says"),
    "broken": _("it is damaged, or locked by a password"),
    "own_field": _("own field"),
    "attachment": _("attachment"),
    "inspection": _("inspection"),
    "field_text": _("text of one line, at most 200 signs"),
    "field_whole": _("a whole number"),
    "field_decimal": _("a number, such as 4.5"),
    "field_date": _("a date, such as 2026-11-22"),
    "field_yes_no": _("yes or no"),
    "field_choice": _("a choice"),
    "field_link": _("a link that begins with https://"),
    "empty": _("it is empty"),
    "inactive": _("inactive"),
    "other": _("other reason"),
    "foreign_body": _("foreign body"),
    "recall": _("recall"),
    "recall_stop": _("stop shipping"),
    "recall_scope": _("freeze the scope"),
    "recall_hold": _("hold everything inside"),
    "recall_notify": _("tell the customers"),
    "recall_report": _("first report"),
    "recall_progress": _("progress report"),
    "recall_close": _("close the recall"),
    "recall_party": _("customer of the recall"),
    "recall_class": _("class of recalls"),
    "confirmation": _("confirmation"),
    "effectiveness_checks": _("effectiveness checks"),
    "preparation": _("the closing report, prepared and signed by one person"),
    "level_change": _("change of the depth of the checks"),
    "figures_versions": _("the scope"),
    "figures_lots": _("what stands of the lots"),
    "figures_inside": _("what stands inside"),
    "figures_outside": _("what is outside"),
    "figures_parties": _("what customers had and gave back"),
    "figures_outcomes": _("what became of goods inside"),
    "figures_unexplained": _("what is unexplained"),
    "figures_checks": _("the effectiveness checks"),
    "figures_trucks": _("the trucks"),
    "nil_stock": _("nil stock"),
    "scope": _("scope"),
    "notify": _("tell the customers"),
    "freeze": _("freeze the scope"),
    "documents": _("documents missing"),
    "temperature": _("temperature"),
    "damage": _("damage"),
    "complaint": _("complaint"),
    "suspect": _("suspect"),
    "info": _("note"),
    "warning": _("warning"),
    "critical": _("critical"),
    "expiry_warnings": _("warnings of expiry"),
    "label_checks": _("drawing of labels to check"),
    "hold_expired": _("holding what expired"),
    "quarantine_old": _("warnings of long quarantine"),
    "licences": _("watch on licences of suppliers"),
    "suppliers": _("suppliers"),
    "reader_silent": _("watch on readers and gateways"),
    "ledger_audit": _("check of the ledger"),
    "seal": _("sealing of records"),
    "verify": _("check of the seals"),
    "stock_snapshot": _("stock at a month's end"),
    "settle_runs": _("clearing up of broken runs"),
    "retention": _("forgetting of what is old"),
    "backup": _("nightly backup"),
    "backup_age": _("watch on the age of the last backup"),
    "backup_old": _("there is no good backup of the last days"),
    "job": _("scheduled job"),
    "asked": _("waits to be run"),
    "lots": _("lots"),
    "settled": _("settled"),
    "drawn": _("drawn"),
    "missed": _("missed"),
    "silent": _("silent"),
    "faults": _("faults"),
    "events": _("events"),
    "answers": _("kept answers"),
    "episodes": _("raw RFID claims"),
    "lights": _("orders to lights"),
    "runs": _("job runs"),
    "megabytes": _("megabytes"),
    "verified": _("tried"),
    "removed": _("old ones removed"),
    "old": _("too old"),
    "restored": _("by a restore"),
    "read": _("by its hashes"),
    "failed": _("failed"),
    "lost": _("lost"),
    "running": _("running"),
    "none_found": _("none"),
    "not_an_archive": _("it is not a whole archive"),
    "no_manifest": _("its list of contents is missing or cannot be read"),
    "other_contents": _("it holds other files than its list of contents says"),
    "unpacks_too_large": _("it would unpack to far more than a backup does"),
    "no_such_file": _("there is no such file"),
    "no_secrets": _("it was made without --with-secrets"),
    "web_or_jobs": _("by web, jobs or another program"),
    "retained_due": _("watch on retained samples"),
    "mail": _("e-mail"),
    "mail_waiting": _("waiting"),
    "mail_sent": _("sent"),
    "mail_failed": _("not delivered"),
    "mail_cancelled": _("called back"),
    "under_way": _("on its way"),
    "investigating": _("being looked into"),
    "answered": _("answered"),
    "capa": _("corrective action"),
    "capa_action": _("step"),
    "steps_missing": _("without steps"),
    "steps_open": _("open in some steps"),
    "steps_done": _("done in all steps"),
    "who_owns_it": _("owns it"),
    "checking": _("waiting for its check"),
    "effective": _("effective"),
    "complaints_due": _("clock of complaints"),
    "capas_due": _("clock of corrective actions"),
    "recall_letters": _("letters of recalls"),
    "drawing_interrupted": _("the process that drew the letter ended three times before it was done"),
    "kept": _("kept"),
    "consumed": _("used up"),
    "destroyed": _("destroyed"),
    "in_work": _("in work"),
    "skipped": _("skipped"),
    "draft": _("draft"),
    "retired": _("retired"),
    "sampled": _("sampled"),
    "sorted_whole": _("sorted whole"),
    "inspection_plan": _("inspection plan"),
    "sample_bin": _("bin for samples"),
    "sampling_state": _("sampling state"),
    "sorted": _("sorted"),
    "tightened": _("tightened"),
    "normal": _("normal"),
    "reduced": _("reduced"),
    "inspection_over": _("the inspection is over"),
    "retained_over": _("the time of keeping is over"),
    # What was done, where a refusal says that it is done already or must be done first.
    "cleared": _("cleared"),
    "checked": _("checked and clear"),
    "posted": _("posted"),
    "recorded": _("recorded"),
    "voided": _("voided"),
    "signed": _("signed"),
    "placed": _("placed"),
    "drawn_up": _("drawn up"),
    "alarm": _("alarm"),
    "review": _("to be looked at"),
    "inbound": _("inbound"),
    "outbound": _("outbound"),
    "both": _("both ways"),
    # What may be asked for and is not there.
    "recall_notice": _("recall notice"),
    "report": _("report"),
    "version": _("version"),
    "posting": _("posting"),
    "label": _("label"),
    "label_check": _("label check"),
    "token": _("API key"),
    "page": _("page"),
    "row": _("row"),
    "cursor": _("mark of a page of a list"),
    "copies": _("number of copies"),
    "another_bin": _("another bin"),
    "not_apart": _("must stand apart"),
    # What is wrong with a scan; what it is about follows (`_DETAILED`).
    "brackets": _("its brackets do not stand as they must"),
    "digital_link_path": _("the parts of its address stand in a wrong order"),
    "uri_characters": _("it holds signs that no address may have"),
    "unknown_ai": _("there is no such application identifier:"),
    "contradiction": _("these do not stand together:"),
    "format": _("its data has another form"),
    "date": _("there is no such date"),
}

#: Codes that one kind of thing says otherwise than WORDS does: the refusal names it by `of`, or has it as its subject.
OWN_WORDS: Final[dict[str, dict[str, Any]]] = {
    "work_order": {"released": _("released to the line")},
    "role": {
        "receiver": _("Receiver"),
        "picker": _("Picker"),
        "counter": _("Counter"),
        "dock": _("Dock staff"),
        "shipping": _("Shipping"),
        "production": _("Production"),
        "quality": _("Quality"),
        "supervisor": _("Supervisor"),
        "auditor": _("Auditor"),
        "administrator": _("Administrator"),
        "gateway": _("RFID gateway"),
        "inspector": _("Visiting inspector"),
    },
}

#: A code with what it is about behind it, "version 3"; or before it, "(10) format".
_DETAILED: Final = re.compile(
    r"(?P<code>version|unknown_ai|contradiction|digital_link_path) (?P<after>.+)|(?P<before>\(\d+\)) (?P<last>\w+)",
    re.DOTALL,
)

#: What may be wrong with one field: our codes, and the plain English of marshmallow.
FAULTS: Final[dict[str, Any]] = {
    "bad_market": _("Give capital letters, digits and hyphens only, such as CN or EU."),
    "bad_address": _("This is not an e-mail address, such as quality@example.com."),
    "in_future": _("This lies in the future."),
    "in_past": _("This day has passed."),
    "bad_minute": _("Give day and time, such as 2026-11-22 14:30."),
    "bad_host": _("Give the printer's name or address in your network."),
    "not_an_aql": _("This is not an AQL of the standard: 0.010, 0.015, 0.025 ... 4.0, 6.5 or 10."),
    "aql_needed": _("Give at least one AQL."),
    "aql_or_quality_needed": _("Give a limiting quality, or at least one AQL."),
    "bad_percent": _("Type a percentage above 0 and up to 100, such as 5 or 0.65."),
    "bad_measure": _("Type a figure, such as 12.5 or -3."),
    "limit_needed": _("Give a smallest or a largest value."),
    "limits_in_order": _("Smallest, target and largest value must be in this order."),
    "choices_needed": _("Give at least two choices, a comma between them."),
    "one_figure_each": _("A figure is measured on one unit at a time."),
    "against_the_numbers": _("This verdict is not what the numbers say. Write why."),
    "required": _("Fill this in."),
    "Missing data for required field.": _("Fill this in."),
    "Field may not be null.": _("Fill this in."),
    "blank": _("Fill this in."),
    "field_code_form": _("Use small letters, digits and underscore, a letter first, at most 30."),
    "field_no_unit": _("Only numbers have a unit. Leave it empty."),
    "field_no_pattern": _("Only text has a pattern. Leave it empty."),
    "bad_pattern": _(
        "This pattern cannot be used. Write it as in [A-Z]{2}[0-9]{4}; what there is stands beside the field."
    ),
    "field_no_range": _("Only numbers and dates have a least and a most. Leave it empty."),
    "field_bad_bound": _("Write it as a value of this field."),
    "field_range_turned": _("The most lies below the least."),
    "field_no_choices": _("Only a field of the type choice has choices. Leave them empty."),
    "field_choice_count": _("Give 1 to 50 choices."),
    "field_choice_twice": _("Each choice has a code of its own."),
    "bad_own_fields": _('Write own fields as codes and values, such as {"colour": "red"}.'),
    "too_long": _("This is too long."),
    "unprintable": _("This holds characters that cannot be printed."),
    "bad_quantity": _("Type a quantity, such as 12 or 0.5."),
    "not_positive": _("Type a quantity above zero."),
    "same_check_level": _("The checks have this depth already. Choose another one."),
    "required_after_approval": _(
        "The recall is approved: say why the depth changes. Another person signs it then, and until that it stays as it is."
    ),
    "more_than_outstanding": _("That is more than is outstanding at this customer."),
    "unknown_unit": _("The item does not come in this unit."),
    "bad_sscc": _("An SSCC has 18 digits with a right check digit."),
    "bad_date": _("Type a date, such as 2026-11-22."),
    "Not a valid date.": _("Type a date, such as 2026-11-22."),
    "bad_id": _("This is not a valid number."),
    "Not a valid integer.": _("Type a whole number."),
    "Not a valid number.": _("Type a number."),
    "Not a valid string.": _("Type text here."),
    "Not a valid boolean.": _("Answer yes or no."),
    "Unknown field.": _("This field is not known."),
    "lot_or_days": _("Name a lot, or the first and the last day."),
    "before_since": _("The last day lies before the first."),
    "not_a_choice": _("Choose one of the list."),
    "line_count": _("Give at least one line, and split what has too many."),
    "bad_instant": _("This is not an instant. Write 2026-11-22T08:15:00Z, with the offset."),
    "bad_money": _("Write an amount such as 12.5, with at most six decimals."),
    "nothing_asked": _("Ask for at least one thing; else everything would be held."),
    "ends_before": _("The last day lies before the first."),
    "place_does_not_stand": _(
        "What stands in a bin or zone, or has an own field, is held as it is. What comes later is held by other criteria."
    ),
    "not_later": _("This day must lie after today and after the day that stands now."),
    "after_expiry": _("This day lies after the last good day."),
    "expiry_stays": _("A retest does not extend the expiry of this item. Leave the day as it is."),
    "not_held": _("The user whom the key acts for does not hold these rights."),
    "not_a_machine": _("A key acts for yourself or for a machine's user, never for another person."),
    "code_form": _("Use letters, digits, dot, dash and underscore only."),
    "out_of_range": _("This number is too small or too large."),
    "bad_gtin": _("This is not a GTIN: it has 8, 12, 13 or 14 digits and a check digit that must fit."),
    "bad_gln": _("This is not a GLN: it has 13 digits and a check digit that must fit."),
    "country_form": _("Use the two capital letters of a country, such as CN."),
    "not_found": _("This was not found."),
    "in_use": _("This is already in use."),
    "password_short": _("Use at least 12 characters."),
    "password_common": _("This password is too easy to guess. Choose another."),
    "password_like_login": _("The password must not contain the login."),
    "passwords_differ": _("The two passwords differ."),
    "pins_differ": _("The two PINs differ."),
    "same_password": _("Choose another password than the one you were given."),
    "same_pin": _("Choose another PIN than the one you were given."),
    "machine_password": _("A machine's user has no password. Leave it empty."),
    "bad_timezone": _("This is not a time zone. Take one such as Asia/Shanghai or Europe/Amsterdam."),
    "bad_prefix": _("A GS1 company prefix has 4 to 12 digits."),
    "aisles_form": _("Write aisles as A-D, 01-12 or A,B,E: at most 500, each named once."),
    "outside_has_none": _("A bin outside the walls has no zone. Leave it empty."),
    "bays_form": _("Write bays as 12 or as 13-20, up to 999."),
    "too_many_bins": _("At most 50,000 bins are made at once. Make them in parts."),
    "code_too_long": _("The codes of these bins would be too long: 32 characters at most."),
    "password_wrong": _("The present password is wrong."),
    "date_order": _("This day lies before the day of making."),
    "after_its_end": _("This is later than the end."),
    "of_itself": _("Nothing is made of itself, and nothing stands in for itself."),
    "same_lot": _("Choose another lot than this one."),
    "one_sequence": _("A lot number needs one sequence, and no more."),
    "check_first": _("A check character needs something before it."),
    "reset_untold": _("The number must tell the day, month or year that the sequence begins again with. Add it."),
    "date_pattern": _("Write the date with YYYY, YY, Y1, YL, MM, ML, DD, DDD, GGGG, WW, WD and - . / _ only."),
    "item_field": _(
        "Name a field of the item: sku, item_class, country, storage_class, specification, approval_number."
    ),
    "check_kind": _("Name the check: mod10, mod11, mod36 or mod97."),
    "lot_template": _("This template cannot be read. Write it such as {Y1}{DDD}{LINE:1}{SHIFT:1}{SEQ:3}{CHECK:mod10}."),
    "pin_form": _("A PIN has 6 to 12 digits."),
    "pin_easy": _("This PIN is too easy to guess. Choose another."),
    "login_form": _("Use 2 to 40 small letters, digits, dot or dash."),
    "bad_epc": _("This is not the code of a tag: 2 to 124 hexadecimal digits."),
    "bad_time": _("This is not a time with its offset, or it cannot be."),
    "other_gateway": _("A reader of another gateway watches this door. One gateway must see the whole door."),
    "own_roles": _("Nobody may change their own roles."),
    "bad_base64": _("This is not base64."),
    "bad_degrees": _("Write degrees Celsius as text with at most one decimal, such as 4.5 or -18."),
    "parameter_form": _("Write parameters as Temperature [°C] 180..220; Time [min] ..40."),
    "bad_answers": _('Write answers as names and texts, such as {"another_bin": "yes"}.'),
}


def word(code: Any, *, of: str = "") -> str:
    """Give the reader's word for a short code, first that of its kind of thing; a code without one is shown as it is."""
    text = str(code)
    if (own := OWN_WORDS.get(of, {}).get(text)) is not None:
        return str(own)
    if text in WORDS:
        return str(WORDS[text])
    if (parts := _DETAILED.fullmatch(text)) is not None:
        if parts["code"]:
            return f"{WORDS[parts['code']]} {parts['after']}"
        return f"{parts['before']} {word(parts['last'])}"
    return text


def sentence(error: WmsError) -> str:
    """Say the refusal in the reader's language; data missing from the error shows as a dash."""
    if error.code == "question_needed" and error.data.get("question") in QUESTIONS:
        return str(QUESTIONS[error.data["question"]]) % _values(error)
    template = SENTENCES.get(error.code)
    if template is None:
        return gettext("This is not possible now; nothing was changed. (%(code)s)", code=error.code)
    return str(template) % _values(error)


def field_faults(error: FieldErrors) -> dict[str, str]:
    """Give one sentence for each field of a form that has a fault."""
    return {name: _fault(faults) for name, faults in dict(error.data.get("errors", {})).items()}


def _fault(faults: Any) -> str:
    return " ".join(dict.fromkeys(str(FAULTS.get(text, text)) for text in _texts(faults)))


def _texts(faults: Any) -> list[str]:
    """The codes of a field's faults; a list of lines has them deeper, by line and field."""
    if isinstance(faults, (dict, list)):
        parts = faults.values() if isinstance(faults, dict) else faults
        return [text for part in parts for text in _texts(part)]
    return [str(faults)]


def _named(names: Names) -> str:
    from wms.web.i18n import local_name  # which asks who reads, and so stands on this module's own readers

    return local_name(names)


def _values(error: WmsError) -> dict[str, str]:
    values: dict[str, str] = defaultdict(lambda: "–")
    of = str(error.data.get("of") or error.data.get("subject") or "")
    for name, value in error.data.items():
        if isinstance(value, Names):
            values[name] = _named(value)
        elif isinstance(value, (list, tuple, set, frozenset)):
            values[name] = ", ".join(_named(part) if isinstance(part, Names) else word(part, of=of) for part in value)
        elif value is not None and value != "":
            values[name] = word(value, of=of)
    if isinstance(error, FieldErrors):
        values["fields"] = name_faults(field_faults(error))
    field = str(error.data.get("field", ""))
    # "number" is one of the things that a scan may be; the field of a form has words of its own.
    if not isinstance(error.data.get("field"), Names) and (field not in WORDS or field == "number"):
        values["field"] = field_words(field) if field else "–"
    return values
