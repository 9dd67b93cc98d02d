"""What the pages and the API of imports share: a file that is kept and read, a run that one may work on."""

from pathlib import Path
from typing import Any, Final

from flask import current_app

from wms.core.errors import NotFound
from wms.imports import queries, reading, service
from wms.imports.models import ImportRun
from wms.imports.rights import KIND_RIGHTS
from wms.web import auth
from wms.web.auth import current_warehouse

_TAB: Final = {"tab": "\t"}


def read_upload(
    kind: str, name: str, content: bytes, *, sheet: str = "", charset: str = "", delimiter: str = ""
) -> service.Upload:
    """Keep a file and read it; what a verb takes in. Raises SheetRefused."""
    sha256, path = reading.keep_upload(content, data_dir=data_dir())
    read = reading.read_sheet(
        path, name=name, kind=kind, sheet=sheet, charset=charset, delimiter=_TAB.get(delimiter, delimiter)
    )
    return service.Upload(
        kind=kind, warehouse=current_warehouse(), file_name=name, sha256=sha256, size_bytes=len(content), read=read,
        may_release=auth.permitted("quality.release"),
    )  # fmt: skip


def demand_kind(kind: str) -> None:
    """The right of the kind is needed beside the right to import."""
    for right in KIND_RIGHTS[kind]:
        auth.demand(right)


def own_run(run_id: int) -> ImportRun:
    """A run of the warehouse that the person stands in, of a kind they may bring in."""
    run = queries.get_run(run_id).run
    if run.warehouse_id != current_warehouse():
        raise NotFound(kind="import", text=str(run_id))
    demand_kind(run.kind)
    return run


def data_dir() -> Path:
    """Where files are kept."""
    found: Path = current_app.config["WMS"].data_dir
    return found


def reread(run: ImportRun, wanted: dict[str, Any]) -> reading.SheetRead:
    """Read the kept file of a run as somebody wants it."""
    return reading.read_sheet(
        reading.path_of(run.sha256, data_dir=data_dir()), name=run.file_name, kind=run.kind, sheet=wanted["sheet"],
        charset=wanted["charset"], delimiter=_TAB.get(wanted["delimiter"], wanted["delimiter"]),
    )  # fmt: skip
