"""Lines of the log: one for each record, whatever stands in it, and no secret."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from wms.web import logs

SECRET = "k3yQ9_" * 7


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, logging.StreamHandler[io.StringIO]]]:
    logger = logging.getLogger("wms.test_logs")
    handler = logging.StreamHandler(io.StringIO())
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger, handler
    logger.removeHandler(handler)


HOSTILE = 'a\r\nb\x00\x1b[31m\u2028c\x85 {"level": "info"} \ud800 %s 入库'


def test_a_record_is_one_object_on_one_line_whatever_it_holds(log) -> None:
    logger, handler = log
    handler.setFormatter(logs.formatter("json"))
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logger.exception("went wrong: %s", HOSTILE, extra={"code": HOSTILE, "count": 3})
    text = handler.stream.getvalue()
    assert text.endswith("\n") and len(text.splitlines()) == 1
    text.encode()  # half a character would break the stream
    told = json.loads(text)
    assert list(told)[:4] == ["time", "level", "logger", "message"]
    assert told["time"].endswith("Z") and told["level"] == "error" and told["logger"] == "wms.test_logs"
    assert told["message"] == f"went wrong: {HOSTILE}" and told["code"] == HOSTILE and told["count"] == 3
    assert "ValueError" in told["exception"] and "Traceback" in told["exception"]


def test_text_for_people_cannot_be_forged_either(log) -> None:
    logger, handler = log
    handler.setFormatter(logs.formatter("text"))
    try:
        raise ValueError("x\n2026-11-22 08:00:00Z INFO    wms.request: answered")
    except ValueError:
        logger.exception("bad %s", HOSTILE)
    first, *rest = handler.stream.getvalue().splitlines()
    assert "wms.test_logs: bad a\\r\\nb\\x00\\x1b[31m\\u2028c\\x85" in first and "入库" in first
    assert rest and all(line.startswith("    | ") for line in rest)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"bearer {SECRET}",
        f"Cookie: wms_session={SECRET}; wms_device=x",
        f"password={SECRET}&login=li",
        f"{{'pin': '{SECRET}', 'login': 'li'}}",
        f'{{"password": "{SECRET} with blanks"}}',
        f"postgresql://wms:{SECRET}@db/wms",
        f"the key wms_{SECRET}",
        f"GET /m/device/{SECRET} HTTP/1.1",
        f"/m/setup?value={SECRET}",
        f"csrf_token={SECRET}",
    ],
)
def test_secrets_are_masked(log, text: str) -> None:
    logger, handler = log
    handler.setFormatter(logs.formatter("json"))
    logger.info("%s", text, extra={"token": SECRET, "note": text})
    assert SECRET not in handler.stream.getvalue() and "***" in handler.stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "lot 20251101A in bin A-03-2-1 of order SO-1",
        "SSCC 069012340000000777, EPC 3034257BF7194E4000001A85",
        "/api/v1/lots/382815700668056958/hold",
        "the token is not known",
        '  File "wms/web/errors_of_a_very_long_name_indeed_that_goes_on.py", line 3',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert logs.mask(text) == text


def test_fields_of_a_block_stand_on_each_of_its_lines(log) -> None:
    logger, handler = log
    handler.setFormatter(logs.formatter("json"))
    with logs.fields(job="ledger_audit"):
        logger.info("begun")
    logger.info("later")
    first, second = map(json.loads, handler.stream.getvalue().splitlines())
    assert first["job"] == "ledger_audit" and "job" not in second
