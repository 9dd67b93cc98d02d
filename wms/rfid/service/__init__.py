"""The verbs of doors; each runs inside one transaction that its caller opened, and never commits.

accept_batch (batches.py); settle_passage, associate_tag, assign_shipment (settling.py); save_gateway, save_reader,
save_portal (setup.py).
"""

from wms.rfid.service.batches import accept_batch
from wms.rfid.service.commands import (
    AcceptBatch,
    Accepted,
    AntennaReads,
    AssignShipment,
    AssociateTag,
    EpisodeItem,
    GpoOrder,
    ReaderStatus,
    SaveGateway,
    SavePortal,
    SaveReader,
    SettlePassage,
    StateItem,
)
from wms.rfid.service.settling import assign_shipment, associate_tag, settle_passage
from wms.rfid.service.setup import save_gateway, save_portal, save_reader

__all__ = [
    "AcceptBatch", "Accepted", "AntennaReads", "AssignShipment", "AssociateTag", "EpisodeItem", "GpoOrder",
    "ReaderStatus", "SaveGateway", "SavePortal", "SaveReader", "SettlePassage", "StateItem", "accept_batch",
    "assign_shipment", "associate_tag", "save_gateway", "save_portal", "save_reader", "settle_passage",
]  # fmt: skip
