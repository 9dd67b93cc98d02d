"""Every error the product raises on purpose, drawn once.

WmsError
├── BadInput            422  what came could not be read
│   ├── BadQuantity, BadDate, BadCode, BadScan, MissingField, FieldErrors
├── NotFound            404  what is named does not exist, or not here
├── Refused             409  a rule of the trade says no; nothing was changed
│   ├── InsufficientStock, LotOnHold, LotExpired, LifeTooShort, NotReleased, WrongPurpose
│   ├── WrongState, WrongBinScanned, WrongItemScanned, WrongLotScanned, FefoBroken, BinBlocked, ...
├── NotAllowed          403  this person may not
│   └── SecondPersonNeeded, PasswordWrong
└── Unavailable         503  the database or a disk refuses; try again

An error carries a stable `code` and data, never prose: the sentence is made at the edge, in the reader's language
(wms/web/sentences.py has one for every code; a house test says so). Data values are plain text or numbers.
"""

import re
from typing import Any, ClassVar, NamedTuple


class Names(NamedTuple):
    """A name that people gave in English and Chinese; the sentence takes that of the reader."""

    name_en: str
    name_zh: str = ""


class WmsError(Exception):
    """The root. `data` holds what was needed and what came, for the sentence."""

    status: ClassVar[int] = 500

    def __init__(self, **data: Any) -> None:
        self.data = data
        super().__init__(self.code, data)

    @property
    def code(self) -> str:
        """The stable name of the refusal, snake_case: InsufficientStock -> insufficient_stock."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()


# -- what came could not be read ------------------------------------------------------------------------------------
class BadInput(WmsError):
    """What came could not be read."""

    status = 422


class BadQuantity(BadInput):
    """data: text"""


class BadDate(BadInput):
    """data: text"""


class BadCode(BadInput):
    """A code of ours or a standard's that does not parse. data: kind, text"""


class BadScan(BadInput):
    """A scan that cannot be read. data: text, why"""


class WrongKindScanned(BadInput):
    """A readable scan of a kind this step does not take. data: needed (list of kinds), scanned (kind), text"""


class MissingField(BadInput):
    """data: field"""


class BadLpnTree(BadInput):
    """Announced plates that make no tree. data: why (cycle, twice, unknown_parent), sscc"""


class FieldErrors(BadInput):
    """A form or body with faults. data: errors {field: [code or text, ...]}"""


class BadFile(BadInput):
    """A file that cannot be taken. data: why (empty, too_large, not_a_photo)"""


class BadAttachment(BadFile):
    """A file that cannot be attached. data: name, why (empty, too_large, not_a_kind, not_as_named, broken, file_count), mb"""


class OwnFieldUnknown(BadInput):
    """A value for an own field that this kind of record does not have. data: field (its code), kind, known (codes)"""


class OwnFieldMissing(BadInput):
    """An own field that must be filled in is blank. data: field, field_code"""


class OwnFieldWrongKind(BadInput):
    """A value that is not of the field's type. data: field, field_code, needed, came"""


class OwnFieldOutOfRange(BadInput):
    """A number or day beyond the field's range. data: field, field_code, least, most, unit, came"""


class OwnFieldNotChoice(BadInput):
    """A value that is none of the field's choices. data: field, field_code, needed, came"""


class OwnFieldWrongForm(BadInput):
    """Text that is not as the field's pattern says. data: field, field_code, needed, came"""


class SheetRefused(BadInput):
    """A spreadsheet that cannot be taken. data: why, found, needed"""


class KeyReused(BadInput):
    """One idempotency key with two different bodies. data: key"""


class KeyNeeded(BadInput):
    """A writing call without an Idempotency-Key. data: {}"""

    status = 400


class MatchNeeded(BadInput):
    """A change of a record without If-Match. data: {}"""

    status = 428


class NotJson(BadInput):
    """A body of another kind than JSON. data: content_type"""

    status = 415


# -- not there --------------------------------------------------------------------------------------------------------
class NotFound(WmsError):
    """data: kind, text"""

    status = 404


# -- a rule says no ---------------------------------------------------------------------------------------------------
class Refused(WmsError):
    """A rule of the trade says no; nothing was changed."""

    status = 409


class KeyInFlight(Refused):
    """The call under this idempotency key is still under way. data: key"""


class RecordChanged(Refused):
    """The record is no longer as the caller saw it. data: {}"""

    status = 412


class InsufficientStock(Refused):
    """data: lot, bin, needed, (available)"""


class LotOnHold(Refused):
    """data: lot, reason"""


class HeldPartNotApart(Refused):
    """Held goods lie loose among free ones of the lot; they must be set apart first. data: lot, bin, quantity, reason"""


class LotExpired(Refused):
    """data: lot, expires_on, on"""


class LifeTooShort(Refused):
    """Too little remaining shelf life. data: lot, expires_on, needed_on"""


class NotReleased(Refused):
    """data: lot, quality"""


class ReleaseIncomplete(Refused):
    """A point of the release's checklist is missing. data: lot, missing (list of points), details"""


class ScopeUnclear(Refused):
    """Part of a lot is released for others than this decision says. data: lot, released_for"""


class ConcessionStands(Refused):
    """A concession says for whom the lot is released; one person does not widen it. data: lot, released_for"""


class HeldByNonconformance(Refused):
    """The hold of a non-conformance is lifted by its disposition alone. data: lot"""


class LotStopped(Refused):
    """A recall has stopped the lot and does not hold it yet: it goes no further. data: lot, recall"""


class LotNotRecalled(Refused):
    """The lot is not in the scope of the recall. data: lot, recall"""


class RecallChanged(Refused):
    """What a closing report says has changed since one person prepared it. data: recall, name, what (parts of it)"""


class HeldByRecall(Refused):
    """The hold of an open recall is lifted by narrowing its scope, or after its end. data: lot, recall"""


class RecallNotNil(Refused):
    """A supplier's recall is answered with nil stock, and some is or was here. data: recall, on_hand, shipped, made"""


class RecallOutstanding(Refused):
    """A recall is closed while goods are outstanding, without a reason. data: recall, outstanding"""


class RecallStepsOpen(Refused):
    """A recall is closed while steps are open. data: recall, steps"""


class RecallIsDrill(Refused):
    """A drill posts nothing and writes to nobody. data: recall"""


class ScopeNotWider(Refused):
    """A new version of a scope names no lot that is not in it yet. data: recall, version"""


class NotShippedTo(Refused):
    """Nothing of this lot was shipped to this customer. data: lot, customer, recall"""


class NotAllGone(Refused):
    """Goods of a non-conformance are still here. data: number, quantity"""


class NotReleasedFor(Refused):
    """Released for some markets or customers only. data: lot, released_for, buyer"""


class WrongPurpose(Refused):
    """This stock may not be used for this. data: lot, purpose, state"""


class WrongState(Refused):
    """data: subject, state, event, needed, (of: the kind of record, where its number is the subject)"""


class RecallStepFirst(WrongState):
    """A step of a recall comes before its turn. data: recall, steps (those that come first)"""


class AlreadyTaken(Refused):
    """Another person works on it. data: subject, by"""


class WrongBinScanned(Refused):
    """data: needed, scanned"""


class WrongItemScanned(Refused):
    """data: needed, scanned"""


class WrongLotScanned(Refused):
    """data: needed, scanned, (grade: what an override of this item takes)"""


class WrongLpnScanned(Refused):
    """data: needed, scanned"""


class FefoBroken(Refused):
    """Another lot than the policy's. data: needed, scanned, skipped, grade (of the item: what an override takes)"""


class TooManyLots(Refused):
    """A query matches more lots than are held at once. data: most"""


class RetestNotPassed(Refused):
    """A retest of the lot is open, or the last one failed. data: lot, inspection, state"""


class PickListStopped(Refused):
    """A hold stopped all that is left to pick for an order. data: order, lot, reason"""


class OperationTooEarly(Refused):
    """An operation before it has made nothing yet. data: operation, needed"""


class OutputNeeded(Refused):
    """Goods are said to be used by a report that makes nothing. data: operation, needed (the operation that makes it)"""


class OutputNotMadeHere(Refused):
    """What is said to come out is not made by the order, or not by this operation. data: item, needed"""


class YieldTooHigh(Refused):
    """More than the plan and what the item allows beyond it. data: order, most, came"""


class LotMakesItself(Refused):
    """A lot cannot be used and made by one order. data: lot"""


class ReportCorrected(Refused):
    """A report that was taken back, or that another one corrects. data: number"""


class OrderReopened(Refused):
    """An order that was opened again for a wrong report is closed by a signature. data: order, report"""


class VesselMixesPromised(Refused):
    """What is promised to somebody does not run together with other lots. data: lot, vessel, needed, free"""


class LotOpenAtLine(Refused):
    """Back-flush takes from this lot: it belongs to its line until it is closed. data: lot, line"""


class VesselShort(Refused):
    """Less is in a vessel than is drawn. data: vessel, needed, available"""


class VesselFull(Refused):
    """More than a vessel takes. data: vessel, capacity, came"""


class VesselHoldsOther(Refused):
    """Another item is in a vessel. data: vessel, needed, came"""


class VesselNotEmpty(Refused):
    """By the books something is in a vessel still. data: vessel, quantity"""


class VesselMixed(Refused):
    """Several lots run together in a vessel and cannot be told apart outside. data: vessel, lots"""


class UnitsNeeded(Refused):
    """Goods with unit ids are carried, and not so many ids are named. data: lot, needed, came"""


class UnitUnknown(Refused):
    """data: unit, lot"""


class UnitElsewhere(Refused):
    """A unit is known in another place or lot than the goods carried. data: unit, known, needed"""


class UnitOfOtherItem(Refused):
    """data: unit, needed, came"""


class UnitOfOtherLot(Refused):
    """data: unit, needed, came"""


class UnitNamedTwice(Refused):
    """data: unit"""


class PickStopped(Refused):
    """The task was stopped by a hold after it was made. data: lot, reason"""


class PickedTooMuch(Refused):
    """More than the stop asks for. data: needed, scanned"""


class NothingBound(Refused):
    """Nothing of a component is bound to the work order any more. data: order, item, lot, grade"""


class ReturnedTooMuch(Refused):
    """More comes back from the line than stands there for the order. data: lot, order, at_line, came"""


class LotNotAtLine(Refused):
    """data: lot, line"""


class NoOpenLot(Refused):
    """Back-flush has nothing to take from. data: item, line"""


class BackflushNotAllowed(Refused):
    """The item, or the component of this order, is not one that back-flush takes. data: item, order"""


class BackflushShort(Refused):
    """The open lot at the line holds too little. data: lot, line, needed, available, missing"""


class BinBlocked(Refused):
    """data: bin, why"""


class BinNotEmpty(Refused):
    """Found goods are reported where the book knows of none. data: bin, lot"""


class BinUnsuitable(Refused):
    """This bin may not take these goods. data: bin, why (bin_kind, storage_class, other_lot, bin_full), found, needed"""


class OverReceipt(Refused):
    """data: expected, received, tolerance"""


class LicenceExpired(Refused):
    """A supplier's licence ran out. data: partner, licence, expires_on, on"""


class LicenceScope(Refused):
    """A supplier's licence does not cover this class of item. data: partner, licence, scope, item, item_class"""


class CheckNeeded(Refused):
    """Part of a pallet must be scanned before it is taken in whole. data: sscc, count, first"""


class GoodsMovedOn(Refused):
    """What a receipt brought in is no longer as it came in. data: lot, quantity"""


class ExpiryContradicts(Refused):
    """A known lot came with another expiry. data: lot, known, came"""


class LotTypedTwiceDiffers(Refused):
    """data: first, second"""


class StartEmpty(Refused):
    """What a trace is to begin at is known, and no lot has to do with it. data: kind, text"""


class StartAmbiguous(Refused):
    """What a trace is to begin at may mean several things. data: kind, text, found (list of names)"""


class DuplicateValue(Refused):
    """data: field, value"""


class GoodsPromised(Refused):
    """Goods are promised to orders, and what is asked would take them away. data: lot, bin, quantity"""


class LotsDiffer(Refused):
    """Lots that cannot become one. data: lot, other, what (item, release_scope, made_for)"""


class NumbersUsedUp(Refused):
    """A lot-number rule has no number left. data: width, last"""


class OwnFieldInUse(Refused):
    """Records have values that the change of an own field would leave without sense. data: field, field_code, what, count"""


class AttachmentChanged(Refused):
    """The bytes on disk are not those that were attached, or are gone. data: name, sha256"""


class BinsExist(Refused):
    """Some of the bins to make are there already. data: bins (the first of them), count"""


class LotPegged(Refused):
    """The lot is made for another demand and goes to no other until it is freed. data: lot, made_for"""


class PegTooLate(Refused):
    """Another demand has goods of the lot in hand already. data: lot, made_for, order, task, quantity"""


class ClearanceNeeded(Refused):
    """A work order does not start on a line that was not cleared for it. data: line, number, why (not_cleared, not_checked, used_since)"""


class BackflushForbidden(Refused):
    """The item may not be taken off the line by the recipe. data: sku"""


class BomUsed(Refused):
    """Work orders were made by this version of a bill of materials. data: sku, version"""


class QuestionNeeded(Refused):
    """Not forbidden, but a person must say yes first. data: question, plus its own"""


class InspectionIncomplete(Refused):
    """Not everything was looked at yet. data: inspection, count (results still missing)"""


class SupplierStopped(Refused):
    """Five lots failed under tightened sampling; no more is accepted until quality lifts it. data: supplier, sku"""


class SampleStillKept(Refused):
    """A retained sample is kept until a day that has not passed. data: sample, keep_until, on"""


class WorkOrderNotClear(Refused):
    """Goods, tasks or promises of a work order still stand. data: order, what (list of sentences' codes with their facts)"""


class WorkOrderDiffers(Refused):
    """What was used does not agree with what was issued: closing takes a signature. data: order, differences"""


class ShipmentIncomplete(Refused):
    """data: order, missing"""


class ShipmentBlocked(Refused):
    """An alert that is not settled stops the shipment. data: shipment, alert"""


# -- this person may not ----------------------------------------------------------------------------------------------
class NotAllowed(WmsError):
    """data: permission"""

    status = 403


class SecondPersonNeeded(NotAllowed):
    """The one who placed it may not lift it. data: placed_by"""


class AcceptorNotSecond(NotAllowed):
    """Who took goods in may not accept them. data: receiver, acceptor"""


class InspectorReceived(NotAllowed):
    """The one who took the goods in may not inspect them. data: lot, person"""


class PasswordWrong(NotAllowed):
    """The re-entered password or PIN is wrong. data: {}"""


class OtherPersonNeeded(NotAllowed):
    """One who had a part in the matter may not do this as well. data: name, part, task"""


class RoleNeeded(NotAllowed):
    """Somebody of another role must approve. data: needed (roles), found (roles)"""


class SignerNotPerson(NotAllowed):
    """A machine, or a closed access, cannot sign. data: name"""


class LoginFailed(NotAllowed):
    """data: {}"""

    status = 401


class ChangeNeeded(NotAllowed):
    """Came in with a password or PIN that another person set; one's own must be chosen first. data: what"""


class LockedOut(NotAllowed):
    """data: until"""

    status = 429


class TooManyCalls(WmsError):
    """More calls than a key or address may make. data: limit, seconds"""

    status = 429


class Unavailable(WmsError):
    """data: what"""

    status = 503


class OutcomeUnknown(Unavailable):
    """The connection broke while saving: it may be done, or not. data: what"""


class SigningKeyFaulty(Unavailable):
    """The file of the site's signing key cannot be read or holds another thing. data: file"""


class AnchorFaulty(Unavailable):
    """The anchor of the seals cannot be written, or does not belong to this chain. data: file, what"""


class DatabaseBehindAnchor(Refused):
    """The anchor knows more blocks than the database: it was restored, or its end was cut. data: file, anchored, found"""


class NotBehindAnchor(Refused):
    """A restore was to be noted, and the database is not behind its anchor. data: file"""


class ExportThere(Refused):
    """Evidence goes into a folder of its own, and something lies in this one. data: folder"""


class SchemaMissing(Unavailable):
    """The database has no tables yet. data: needed"""


class SchemaOld(Unavailable):
    """data: found, needed (migrations)"""


class SchemaNew(Unavailable):
    """A newer version of the product wrote this database. data: found, needed"""


class SchemaBroken(Unavailable):
    """A migration or a restore broke off. data: tables (what it left), found, needed"""


# -- backup and restore -----------------------------------------------------------------------------------------------
class BackupUnreadable(BadInput):
    """Not a backup of ours. data: file, why"""


class BackupDamaged(BadInput):
    """Part of a backup is not what its manifest says. data: file, member"""


class BackupNewer(Refused):
    """The backup is of a newer version than this one. data: found, needed (migrations), version"""


class BackupElsewhere(Refused):
    """The backup is of another engine, or of a newer server. data: found, needed"""


class BackupExists(Refused):
    """data: file"""


class DatabaseNotEmpty(Refused):
    """A restore would replace what is there. data: database"""


class DatabaseInUse(Refused):
    """Somebody else works on the database that is to be replaced. data: database, by"""


class RestoredDataFaulty(Refused):
    """What was restored does not hold together; it was not put in place. data: faults, first"""


class BackupFailed(Unavailable):
    """data: what"""


class NoRoom(Unavailable):
    """Too little free disk. data: folder, needed, available (MB)"""


class PgToolMissing(Unavailable):
    """pg_dump or pg_restore is not there, or too old. data: tool, found, needed (major versions)"""


class ProgrammingError(WmsError):
    """A fault of ours: a rule of the house was broken. Never shown as a refusal."""
