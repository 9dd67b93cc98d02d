"""The words of form fields, for a refusal that names them: the same words as on the form's labels.

A field without words here is shown by its name; `quantity 2` is the quantity of line 2.
"""

from typing import Any, Final

from flask_babel import gettext, lazy_gettext

_ = lazy_gettext

FIELDS: Final[dict[str, Any]] = {
    "address": _("Address"),
    "again": _("New password again"),
    "aisles": _("Aisles"),
    "alarm_gpo_port": _("Output of the alarm light"),
    "alarm_seconds": _("It burns for"),
    "allergen": _("Allergens"),
    "allocation_policy": _("Choice of lots"),
    "antennas": _("Antennas"),
    "api_token_id": _("API key"),
    "approval_number": _("Approval number"),
    "approval_valid_until": _("Approval valid until"),
    "base_unit": _("Base unit"),
    "bays": _("Bays in each aisle"),
    "bin": _("Bin"),
    "bin_id": _("Bin"),
    "capacity_lpns": _("Room for LPNs"),
    "carrier": _("Carrier"),
    "code": _("Code"),
    "company_name": _("Company"),
    "company_prefix": _("GS1 company prefix"),
    "copies": _("Copies of each"),
    "country": _("Country"),
    "customer": _("Customer"),
    "date_basis": _("What decides"),
    "days": _("Good for"),
    "delivery_note": _("Delivery note"),
    "docks": _("Docks"),
    "driver": _("Driver"),
    "expected_on": _("Expected on"),
    "expires_on": _("Expiry"),
    "expiry_warning_days": _("Warn before expiry"),
    "face_levels": _("Levels picked from"),
    "factor": _("Contains"),
    "fefo_grade": _("Another lot than the policy's"),
    "full_name": _("Name"),
    "gateway_id": _("Gateway"),
    "gln": _("GLN"),
    "gtin": _("GTIN"),
    "hazard": _("Hazard"),
    "host": _("Address"),
    "item_class": _("Kind"),
    "kind": _("Kind"),
    "levels": _("Levels in each bay"),
    "licence_expires_on": _("Licence until"),
    "licence_number": _("Licence"),
    "licence_scope": _("Licence covers"),
    "login": _("Login"),
    "lot": _("Lot"),
    "lpn": _("LPN"),
    "maker_id": _("Maker"),
    "name": _("Name"),
    "name_en": _("English name"),
    "name_zh": _("Chinese name"),
    "note": _("Note"),
    "number": _("Number"),
    "over_receipt_percent": _("Over-receipt allowed"),
    "password": _("Password"),
    "phone": _("Phone"),
    "pin": _("PIN"),
    "plate": _("Number plate"),
    "policy": _("Which lots first"),
    "port": _("Port"),
    "portal": _("Door"),
    "positions": _("Positions on each level"),
    "present": _("Present password"),
    "priority": _("Priority"),
    "purchase_order": _("Purchase order"),
    "purpose": _("Purpose"),
    "quantity": _("Quantity"),
    "reason": _("Reason"),
    "recall_contact": _("Recall contact"),
    "recall_contact_verified_on": _("Contact checked on"),
    "receipt_life_days_min": _("Least life at receipt"),
    "receipt_life_percent_min": _("Least life at receipt"),
    "registrant": _("Registrant"),
    "roles": _("Roles"),
    "scopes": _("Scopes"),
    "seal": _("Seal"),
    "session": _("Session (0 to 3)"),
    "shelf_life_days": _("Shelf life"),
    "shelf_life_days_min": _("Least life, days"),
    "shelf_life_percent_min": _("Least life, percent"),
    "ship_on": _("Leaves on"),
    "sku": _("SKU"),
    "specification": _("Specification"),
    "sscc": _("SSCC"),
    "storage_class": _("Storage class"),
    "supplier": _("Supplier"),
    "tag_population": _("Tags at once, about"),
    "secret": _("New PIN or password"),
    "temperature": _("Arrival temperature"),
    "timezone": _("Time zone"),
    "token": _("API key"),
    "tx_power_dbm": _("Transmit power"),
    "typed_lot_policy": _("A lot without a code to scan"),
    "use": _("Use"),
    "walk_sequence": _("Place in the walk"),
    "warehouse_id": _("Warehouse"),
    "waybill": _("Waybill"),
    "zone": _("Zone"),
    "zone_code": _("Code of the zone"),
    "zone_name_en": _("English name of the zone"),
    "zone_name_zh": _("Chinese name of the zone"),
}


def field_words(name: str) -> str:
    """Give the words of a field; `quantity 2` gives those of line 2."""
    base, _space, line = name.partition(" ")
    if base not in FIELDS:
        return name
    if line.isdigit():
        return gettext("%(field)s of line %(n)s", field=FIELDS[base], n=line)
    return str(FIELDS[base])


def name_faults(faults: dict[str, str]) -> str:
    """Say which field has which fault, one after the other, without the last full stop."""
    said = [gettext("%(field)s: %(fault)s", field=field_words(name), fault=fault) for name, fault in faults.items()]
    return " ".join(said).rstrip(".。")
