"""The FSMA 204 sheet as a download, for page and operation alike."""

from __future__ import annotations

from typing import Final

from flask import Response, stream_with_context
from werkzeug.wsgi import FileWrapper

from wms.core.clock import now
from wms.regulatory import sheet
from wms.regulatory.queries import Wanted
from wms.web import auth
from wms.web.sheets import to_csv, to_workbook

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def answer(wanted: Wanted, form: str) -> Response:
    """The sheet as a download, written as it is read."""
    name = f"fsma204-{auth.current_site().code}-{now():%Y%m%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"}
    if form == "csv":
        body = stream_with_context(to_csv(sheet.ONE_HEADING, sheet.one_table(wanted)))
        return Response(body, mimetype="text/csv", headers=headers)
    file = to_workbook(sheet.tables(wanted))
    response = Response(FileWrapper(file), mimetype=_XLSX, headers=headers, direct_passthrough=True)
    response.call_on_close(file.close)
    return response
