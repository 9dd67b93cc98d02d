"""Verbs of unit ids: what follows the ledger (following, undoing), what files and opening stocks name (naming)."""

from wms.units.service.following import follow
from wms.units.service.naming import Announce, AnnounceFile, announce, announce_file, assign

__all__ = ["Announce", "AnnounceFile", "announce", "announce_file", "assign", "follow"]
