"""The verbs of recalls, one file a part: opening, stopping, scoping, goods, reporting."""

from wms.recall.service.opening import OpenRecall, note_step, open_recall

__all__ = ["OpenRecall", "note_step", "open_recall"]
