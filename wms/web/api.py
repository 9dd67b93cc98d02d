"""The edge of a machine: what each operation under /api/v1 takes and gives, said once, obeyed and documented from there.

    @bp.post("/items")
    @requires("catalog.edit")
    @writes(body=ItemIn(), answer=ItemOut(), status=201, offers=("catalog.create_item",))
    def create_item(values):
        \"\"\"Make an item.\"\"\"
        made = service.create_item(**values, at=now())
        return queries.get_item(made.id)

`reads` and `writes` do what every operation has in common: read query and body through schemas, take the
Idempotency-Key, open the one transaction, compare If-Match, check a signature, dump the answer with its ETag. So the
function below them stands inside the transaction already and calls one verb. Errors leave as problem+json
(wms/web/errors.py); the document is drawn from the same words (wms/web/openapi.py).
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, cast

from flask import Blueprint, Response, request
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from wms.core.clock import now
from wms.core.errors import (
    BadInput,
    FieldErrors,
    KeyNeeded,
    LoginFailed,
    MatchNeeded,
    NotAllowed,
    NotFound,
    NotJson,
    RecordChanged,
    WmsError,
)
from wms.db import db, run_in_transaction
from wms.db.paging import Page
from wms.web import auth, errors, idempotency
from wms.web.forms import In, Line, Secret, json_body, load_json, parse_query
from wms.web.idempotency import Answer, Attempt

Edge = Callable[..., Response]

PREFIX: Final = "/api/v1"
#: A body of JSON beyond this is refused unread; an operation that takes a file says its own bound.
BODY_BYTES_MAX: Final = 1024 * 1024
PAGE_SIZE: Final = 50
PAGE_SIZE_MAX: Final = 200
_KEY_LENGTH_MAX: Final = 255


class Query(Schema):
    """The base of a query string: unknown names are refused, and the warehouse may be named in each."""

    warehouse = Line(
        max_length=20,
        metadata={"description": "Code of the warehouse. Needed when the key is good in more than one."},
    )


class ListQuery(Query):
    """The query string of a list: where to go on, and how many."""

    cursor = Line(
        max_length=1000, load_default=None, allow_none=False, metadata={"description": "`next` of the page before."}
    )
    limit = fields.Integer(
        load_default=PAGE_SIZE, validate=validate.Range(min=1, max=PAGE_SIZE_MAX, error="not_a_choice"), strict=False
    )


class Signature(In):
    """An electronic signature: the person who decides, by login and password (21 CFR 11.200(a)(1))."""

    login = Line(required=True, max_length=80)
    password = Secret(required=True)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What one operation is, for the edge and for the document."""

    summary: str
    body: Schema | None = None
    query: Schema | None = None
    answer: Schema | None = None
    status: int = 200
    #: The answer is one page of a list: {"items": […], "next": cursor or null}.
    is_paged: bool = False
    #: The answer has an ETag; a change of it asks for If-Match.
    has_etag: bool = False
    #: Signed by a person in the call, who needs the permission of the mark.
    is_signed: bool = False
    #: The Idempotency-Key must be there.
    is_keyed: bool = False
    #: Endpoints of the pages and handheld tasks that offer the same verb.
    offers: tuple[str, ...] = ()
    #: What the answer is when it is no JSON, as "application/pdf".
    media: str = "application/json"
    #: The view does all by itself (the gateway's own contract); it is only told of here.
    is_told_only: bool = False
    #: A larger body is refused unread (413).
    body_bytes_max: int = BODY_BYTES_MAX


def operation_of(view: Any) -> Operation | None:
    """Give what a view is as an operation, None for a page."""
    return cast(Operation | None, getattr(view, "wms_operation", None))


def blueprint(name: str, module: str) -> Blueprint:
    """Make the blueprint of a feature's operations; `name` ends in "_api"."""
    return Blueprint(name, module, url_prefix=PREFIX)


def reads(
    *,
    answer: Schema | None,
    query: Schema | None = None,
    paged: bool = False,
    etag: bool = False,
    media: str = "application/json",
) -> Callable[[Callable[..., Any]], Edge]:
    """Make a view a reading operation.

    The function gets the values of the path by name and, with a `query` of its own, `query` as a dict. It gives what
    `answer` dumps: a record, a Page when `paged`, or, with `answer` None, a finished Response of kind `media` (several,
    comma apart, where the path chooses).
    """

    def make(view: Callable[..., Any]) -> Edge:
        own = query or (ListQuery() if paged else None)
        operation = Operation(
            summary=_summary(view), query=own or Query(), answer=answer, is_paged=paged, has_etag=etag, media=media
        )

        @wraps(view)
        def run(**path: Any) -> Response:
            values = parse_query(operation.query or Query())
            values.pop("warehouse", None)
            found = view(**path, query=values) if own is not None else view(**path)
            if operation.answer is None:
                return cast(Response, found)
            response = _respond(_answer(operation, found))
            if etag and request.if_none_match.contains_weak(response.get_etag()[0] or ""):
                return Response(status=304, headers={"ETag": response.headers["ETag"]})
            return response

        run.wms_operation = operation  # type: ignore[attr-defined]
        return run

    return make


def writes(
    *,
    body: Schema | None = None,
    answer: Schema | None = None,
    status: int = 200,
    offers: tuple[str, ...] = (),
    edits: Callable[..., Any] | None = None,
    locks: Any = None,
    signed: bool = False,
    keyed: bool | None = None,
    prepares: Callable[[Any], Any] | None = None,
    shows_once: tuple[str, ...] = (),
    body_bytes_max: int = BODY_BYTES_MAX,
) -> Callable[[Callable[..., Any]], Edge]:
    """Make a view a writing operation: its function runs inside the transaction, with `values` (the loaded body).

    body     what may be sent; None for an operation that takes no body
    offers   the endpoints of the pages and handheld tasks with the same verb
    edits    the function of the GET of the same path: its answer's ETag must stand in If-Match (RFC 9110, 13.1.1);
             `locks` is the model whose row, by the first id in the path, is locked before the comparison
    signed   the body also takes `signature`; the function gets `signer`, the person who signed
    keyed    the Idempotency-Key must be there; by default for POST
    prepares what is slow and touches no table (a picture is kept on disk): gets the values before the transaction, and
             gives those that the function gets
    shows_once  fields of the answer that are secrets: they are not kept, and a repeat shows null in their place
    """

    def make(view: Callable[..., Any]) -> Edge:
        operation = Operation(
            summary=_summary(view), body=body, query=Query(), answer=answer, status=status, is_signed=signed,
            has_etag=edits is not None, is_keyed=edits is None if keyed is None else keyed, offers=offers,
            body_bytes_max=body_bytes_max,
        )  # fmt: skip

        @wraps(view)
        def run(**path: Any) -> Response:
            parse_query(Query())
            values, signature = _read_body(operation)
            attempt = _take_key(operation)
            if isinstance(attempt, Answer):
                return _respond(attempt, is_repeat=True)
            try:
                signer = auth.sign(signature["login"], signature["password"]) if signature else None
                if signer is not None:
                    _demand_signer_may(signer)
                ready = prepares(values) if prepares is not None else values

                def do() -> Answer:
                    if edits is not None:
                        _compare(operation, edits, locks, path)
                    arguments = dict(path)
                    if body is not None:
                        # Of each try its own: a deadlock runs this again, and what took values out of it finds them.
                        arguments["values"] = copy(ready)
                    if signed:
                        arguments["signer"] = signer
                    given = _answer(operation, view(**arguments))
                    if attempt is not None:
                        idempotency.keep(attempt, _without(given, shows_once))
                    return given

                return _respond(run_in_transaction(do))
            except WmsError as refused:
                _settle(attempt, refused)
                raise
            except Exception:
                _settle(attempt, None)
                raise

        run.wms_operation = operation  # type: ignore[attr-defined]
        return run

    return make


def told(*, body: Schema | None = None, body_bytes_max: int = BODY_BYTES_MAX) -> Callable[[Edge], Edge]:
    """Put a view into the document that answers in JSON by a contract of its own, and does its own transactions."""

    def make(view: Edge) -> Edge:
        view.wms_operation = Operation(  # type: ignore[attr-defined]
            summary=_summary(view), body=body, is_told_only=True, body_bytes_max=body_bytes_max
        )
        return view

    return make


def call_key() -> str:
    """Give the key under which this call's posting is kept: the caller's Idempotency-Key, told apart by API key.

    At most 60 signs; a call without a header gets one of its own.
    """
    person = auth.current_person()
    said = request.headers.get("Idempotency-Key", "").strip().strip('"') or secrets.token_hex(16)
    whole = f"{person.key_id if person else 0}:{said}"
    return "api:" + hashlib.sha256(whole.encode()).hexdigest()[:48]


# -- inside -----------------------------------------------------------------------------------------------------------
def _summary(view: Any) -> str:
    """The first line of the docstring: what the document says of the operation."""
    text = (view.__doc__ or "").strip()
    if not text:
        raise RuntimeError(f"{view.__name__} has no docstring, and so no words in the document")
    return str(text)


def _read_body(operation: Operation) -> tuple[Any, dict[str, str] | None]:
    """Give the loaded body, and the signature apart from it."""
    if operation.body is None and not operation.is_signed:
        if request.get_data(cache=True).strip() not in {b"", b"{}"}:
            raise FieldErrors(errors={"body": ["unknown"]})
        return None, None
    if request.content_length and request.mimetype != "application/json":
        raise NotJson(content_type=request.mimetype[:80] or "nothing")
    sent = json_body()
    signature = None
    if operation.is_signed:
        if not isinstance(sent, dict):
            raise BadInput()
        rest = {name: value for name, value in sent.items() if name != "signature"}
        signature = _read_signature(sent.get("signature"))
        sent = rest
    return load_json(operation.body or In(), sent), signature


def _read_signature(sent: Any) -> dict[str, str]:
    """Read the signature; a fault names it, and not its parts as if they stood beside it."""
    if not sent:
        raise FieldErrors(errors={"signature": ["required"]})
    try:
        return cast("dict[str, str]", load_json(Signature(), sent))
    except FieldErrors as faulty:
        raise FieldErrors(
            errors={f"signature.{name}": faults for name, faults in faulty.data["errors"].items()}
        ) from None


def _take_key(operation: Operation) -> Attempt | Answer | None:
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not key:
        if operation.is_keyed:
            raise KeyNeeded()
        return None
    if len(key) > _KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
        raise FieldErrors(errors={"Idempotency-Key": ["too_long" if key.isascii() else "unprintable"]})
    person = auth.current_person()
    if person is None or person.key_id is None:
        raise LoginFailed()
    fingerprint = idempotency.fingerprint_of(
        method=request.method,
        path=request.path,
        query=request.query_string.decode("ascii", "replace"),
        body=request.get_json(silent=True),
    )
    return run_in_transaction(idempotency.take, key, token_id=person.key_id, fingerprint=fingerprint, at=now())


def _demand_signer_may(signer: auth.Person) -> None:
    """The one who signs needs the right too, and where the call stands: the key alone decides nothing."""
    mark = auth.current_mark()
    if mark is not None and mark.permissions:
        where = None if mark.everywhere else auth.current_warehouse()
        if not any(signer.may(permission, where) for permission in mark.permissions):
            raise NotAllowed(permission=mark.permissions[0])


def _compare(operation: Operation, edits: Callable[..., Any], locks: Any, path: dict[str, Any]) -> None:
    """Refuse a change of a record that is not as the caller saw it; the row is ours from here to the commit."""
    if not request.if_match:
        raise MatchNeeded()
    if locks is not None:
        row = db.session().execute(select(locks.id).where(locks.id == next(iter(path.values()))).with_for_update())
        if row.first() is None:
            raise NotFound(kind=locks.__tablename__, text=str(next(iter(path.values()))))
    seen = operation_of(edits)
    if seen is None or seen.answer is None:
        raise RuntimeError("`edits` wants a reading operation")
    inner = edits.__wrapped__  # type: ignore[attr-defined]
    present = _etag(_dump(seen.answer, inner(**path)))
    if not request.if_match.contains(present):
        raise RecordChanged()


def _answer(operation: Operation, found: Any) -> Answer:
    schema = operation.answer
    if schema is None:
        return Answer(status=204 if operation.status == 200 else operation.status, headers={}, body="")
    headers: dict[str, str] = {}
    if operation.is_paged:
        page = cast("Page[Any]", found)
        body = _text({"items": [schema.dump(row) for row in page.rows], "next": page.next_cursor})
    else:
        body = _dump(schema, found)
        if operation.has_etag:
            headers["ETag"] = f'"{_etag(body)}"'
    return Answer(status=operation.status, headers=headers, body=body)


def _without(answer: Answer, secrets_shown: tuple[str, ...]) -> Answer:
    """The answer as it may be kept."""
    if not secrets_shown:
        return answer
    body = json.loads(answer.body)
    return Answer(answer.status, answer.headers, _text(body | dict.fromkeys(secrets_shown)))


def _dump(schema: Schema, record: Any) -> str:
    return _text(schema.dump(record))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _etag(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:32]


def _respond(answer: Answer, *, is_repeat: bool = False) -> Response:
    kind = "application/problem+json" if answer.status >= 400 else "application/json"
    response = Response(answer.body, status=answer.status, content_type=kind if answer.body else None)
    if not answer.body:
        response.headers.pop("Content-Type", None)
    response.headers.update(answer.headers)
    if is_repeat:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _settle(attempt: Attempt | None, refused: WmsError | None) -> None:
    """A refusal of a rule stands as the answer; after a fault nothing stands, and the call may be made again."""
    if attempt is None:
        return
    is_kept = refused is not None and refused.status in {404, 409, 422} and refused.code != "key_in_flight"
    try:
        if is_kept and refused is not None:
            response = errors.problem_of(refused)
            answer = Answer(status=response.status_code, headers={}, body=response.get_data(as_text=True))
            run_in_transaction(idempotency.keep, attempt, answer)
        else:
            run_in_transaction(idempotency.give_back, attempt)
    except WmsError:
        db.session.rollback()  # the database is away: the key is taken over later
