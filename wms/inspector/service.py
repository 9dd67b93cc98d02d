"""The one verb: keep what an inspector asks to see, before it is shown."""

from datetime import datetime

from wms.core.ids import UserId, new_id
from wms.db import db
from wms.inspector.models import InspectorLook


def keep_look(*, path: str, query: str, actor: UserId, at: datetime) -> None:
    """Write down that a person asks for a page. Where it cannot be written, the page is not shown."""
    db.session.add(InspectorLook(id=new_id(), user_id=actor, at=at, path=path[:300], query=query[:500]))
    db.session.flush()
