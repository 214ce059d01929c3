"""What each method does with a table or a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from mainstem.kit.naming import did_you_mean
from mainstem.rest.calling import choose, overloads
from mainstem.rest.compiling import (
    KEPT_BYTES_MAX,
    Asked,
    Cache,
    Compiled,
    compile_call,
    compile_delete,
    compile_insert,
    compile_read,
    compile_update,
)
from mainstem.rest.model import Action
from mainstem.rest.openapi import document
from mainstem.rest.payload import JSON_TYPES, media_refused, parse_json, read_body, rows_of
from mainstem.rest.preferences import Preferences, read_preferences
from mainstem.rest.problem import RequestError
from mainstem.rest.putting import check_put
from mainstem.rest.reply import (
    JSON,
    OPENAPI,
    Reply,
    Shape,
    as_csv,
    content_range,
    etag,
    not_single,
    shape_of,
)
from mainstem.rest.running import Run, Work
from mainstem.rest.writing import Target, may_not

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool

    from mainstem.rest.catalog import Exposed, Function, Relation
    from mainstem.rest.model import Access, Receive

_READS = frozenset({"GET", "HEAD"})
_WRITES = {
    "POST": Action.CREATE,
    "PATCH": Action.UPDATE,
    "PUT": Action.UPDATE,
    "DELETE": Action.DELETE,
}
_RPC_PLACES = 2


@dataclass(frozen=True)
class Request:
    """One request, its caller known."""

    method: str
    query: bytes
    headers: dict[bytes, bytes]
    receive: Receive
    access: Access
    exposed: Exposed
    version: int
    cache: Cache
    pool: AsyncConnectionPool[AsyncConnection[TupleRow]]

    def header(self, name: bytes) -> str:
        """The text of a header; empty when it is not there."""
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def media_type(self) -> str:
        """Of the body."""
        return self.header(b"content-type").partition(";")[0].strip().lower()

    def asked(self) -> Asked:
        """What decides the statement."""
        return Asked(
            exposed=self.exposed,
            query=self.query,
            range=self.headers.get(b"range", b"") if self.method in _READS else b"",
            preferences=read_preferences(self.header(b"prefer")),
            shape=shape_of(self.header(b"accept")),
            limits=self.access.limits,
        )

    def require(self, table: str, *actions: Action) -> None:
        """The caller's role must be allowed to."""
        for action in actions:
            if not self.access.may(table, action):
                raise may_not(action.value, table)

    def compiled(
        self, asked: Asked, name: str, make: Callable[[], Compiled], *more: object
    ) -> Compiled:
        """The statement, from the cache where it is there; the caller's rights are asked anew."""
        key = (self.version, self.method, self.exposed.name, name, asked.query, asked.range)
        key += (asked.preferences, asked.shape, asked.limits, *more)  # type: ignore[assignment]
        found = self.cache.get(key)
        if found is None:
            found = make()
            if len(asked.query) <= KEPT_BYTES_MAX:
                self.cache.keep(key, found)
        for table in found.tables:
            self.require(table, Action.READ)
        return found

    async def run(self, compiled: Compiled, asked: Asked, body: str | None = None) -> Run:
        """Run the statement in a transaction of the tenant."""
        access = self.access
        assert access.tenant is not None, "the anonymous were refused before"
        work = Work(compiled, asked.preferences, asked.shape, asked.limits, self.method in _READS)
        return await work.run(self.pool, access.tenant, body, grounds=access.grounds)


async def answer(request: Request, place: tuple[str, ...]) -> Reply:
    """The answer for a place below the mount point."""
    if not place:
        return _description(request)
    if len(place) == _RPC_PLACES and place[0] == "rpc":
        return await _call(request, place[1])
    if len(place) > 1:
        raise RequestError(404, "PGRST125", "Invalid path specified in request URL")
    relation = _relation(request.exposed, place[0])
    if request.method in _READS:
        return await _read(request, relation)
    if request.method in _WRITES:
        return await _write(request, relation)
    raise RequestError(405, "PGRST117", f"Unsupported HTTP method: {request.method[:20]}")


def _relation(exposed: Exposed, name: str) -> Relation:
    found = exposed.relations.get(name)
    if found is None:
        guess = did_you_mean(name, exposed.relations).removeprefix("; did you mean ").rstrip("?")
        raise RequestError(
            404,
            "PGRST205",
            f"Could not find the table '{exposed.name}.{name}' in the schema cache",
            hint=f"Perhaps you meant the table '{exposed.name}.{guess}'" if guess else None,
        )
    return found


def _description(request: Request) -> Reply:
    if request.method not in _READS:
        raise RequestError(405, "PGRST117", f"Unsupported HTTP method: {request.method[:20]}")
    body = msgspec.json.encode(document(request.exposed, request.access))
    return Reply(200, body, f"{OPENAPI}; charset=utf-8")


async def _read(request: Request, relation: Relation) -> Reply:
    asked = request.asked()
    compiled = request.compiled(asked, relation.name, lambda: compile_read(asked, relation))
    run = await request.run(compiled, asked)
    return _page(request, asked, compiled, run)


def _page(request: Request, asked: Asked, compiled: Compiled, run: Run) -> Reply:
    """The rows of a read, with their range."""
    offset, total = compiled.offset, run.total
    if total is not None and offset > total:
        raise RequestError(
            416,
            "PGRST103",
            "Requested range not satisfiable",
            details=f"An offset of {offset} was requested, but there are only {total} rows.",
        )
    is_part = total is not None and run.count < total
    reply = _shaped(206 if is_part else 200, asked.shape, run.body)
    reply.add("content-range", content_range(offset, run.count, total))
    _add_common(request, asked.preferences, reply)
    if request.method in _READS:
        tag = etag(reply.body)
        reply.add("etag", tag)
        if tag in request.header(b"if-none-match"):
            reply.status, reply.body = 304, b""
    return reply


def _shaped(status: int, shape: Shape, body: bytes) -> Reply:
    if shape.is_csv:
        return Reply(status, as_csv(body), "text/csv; charset=utf-8")
    return Reply(status, body, shape.media_type)


def _add_common(request: Request, preferences: Preferences, reply: Reply) -> None:
    if preferences.applied:
        reply.add("preference-applied", ", ".join(preferences.applied))
    if b"accept-profile" in request.headers or b"content-profile" in request.headers:
        reply.add("content-profile", request.exposed.name)


async def _write(request: Request, relation: Relation) -> Reply:
    asked = request.asked()
    action = _WRITES[request.method]
    request.require(relation.table, action)
    tenant = request.access.tenant
    target = Target(
        request.exposed,
        relation,
        request.access.writable.get(relation.table),
        has_person=tenant is not None and tenant.user_id is not None,
    )
    if request.method == "DELETE":
        compiled = compile_delete(asked, target)
        return _written(request, asked, relation, await _checked_run(request, asked, compiled))
    body = await read_body(request.receive, request.headers, asked.limits)
    is_checked = b"columns=" not in asked.query
    payload = rows_of(body, request.media_type, asked.limits, is_checked=is_checked)
    if request.method == "PUT":
        asked = check_put(asked, relation, payload)
    if asked.preferences.resolution == "merge-duplicates":
        request.require(relation.table, Action.CREATE, Action.UPDATE)
    if request.method == "PATCH":
        if payload.rows > 1:
            raise RequestError(400, "PGRST102", "an update takes one object")
        compile_ = compile_update
    else:
        compile_ = compile_insert
    if not payload.rows or (request.method == "PATCH" and not payload.columns):
        return _written(request, asked, relation, Run(b"[]", 0, 0))
    more = (payload.columns, target.writable, target.has_person)
    compiled = request.compiled(
        asked, relation.name, lambda: compile_(asked, target, payload.columns), *more
    )
    run = await _checked_run(request, asked, compiled, payload.text)
    return _written(request, asked, relation, run)


async def _checked_run(
    request: Request, asked: Asked, compiled: Compiled, body: str | None = None
) -> Run:
    for table in compiled.tables:
        request.require(table, Action.READ)
    return await request.run(compiled, asked, body)


def _written(request: Request, asked: Asked, relation: Relation, run: Run) -> Reply:
    """The answer to a write."""
    preferences = asked.preferences
    is_shown = preferences.returns == "representation"
    if not is_shown and asked.shape.is_single and run.count != 1:
        raise not_single(run.count)
    status = 201 if request.method == "POST" else 200
    if is_shown:
        reply = _shaped(status, asked.shape, run.body)
    else:
        reply = Reply(status if request.method == "POST" else 204, b"")
    total = run.count if preferences.count else None
    if request.method == "PATCH":
        reply.add("content-range", content_range(0, run.count, total))
    else:
        reply.add("content-range", content_range(0, 0, total))
    if preferences.returns == "headers-only" and request.method == "POST":
        _add_location(reply, relation, run.body)
    _add_common(request, preferences, reply)
    return reply


def _add_location(reply: Reply, relation: Relation, keys: bytes) -> None:
    """Where the one new row is."""
    rows: list[dict[str, object]] = msgspec.json.decode(keys) if keys else []
    if len(rows) == 1 and relation.own_key:
        where = "&".join(f"{name}=eq.{quote(str(rows[0][name]))}" for name in relation.own_key)
        reply.add("location", f"/{relation.name}?{where}")


async def _call(request: Request, name: str) -> Reply:
    asked = request.asked()
    functions = overloads(request.exposed, name)
    if request.method in _READS:
        names = frozenset().union(*(one.names for one in functions))
        given = frozenset(key for key, _ in asked.read(arguments=names).arguments)
        function = choose(request.exposed, functions, given, has_body=False)
        if function.is_volatile:
            raise RequestError(
                405,
                "25006",
                f"{name} may change rows: it is called with POST, not with {request.method}",
            )
        return await _called(request, asked, function, None, None)
    if request.method != "POST":
        raise RequestError(405, "PGRST101", f"Cannot use the {request.method[:20]} method on RPC")
    body = await read_body(request.receive, request.headers, asked.limits)
    function, given, text = _with_body(request, functions, body)
    return await _called(request, asked, function, given, text)


def _with_body(
    request: Request, functions: tuple[Function, ...], body: bytes
) -> tuple[Function, frozenset[str], str]:
    """The function that takes this body, the arguments in it, and its text."""
    is_json = request.media_type in JSON_TYPES
    if not is_json and not (request.media_type == "text/plain"):
        raise media_refused(request.media_type)
    value = parse_json(body) if is_json and body.strip() else {}
    given = frozenset(value) if isinstance(value, dict) and is_json else frozenset({""})
    function = choose(request.exposed, functions, given, has_body=bool(body))
    if function.takes_body:
        is_text = function.arguments[0].type == "text"
        if is_text is is_json:
            raise media_refused(request.media_type)
    try:
        return function, given, body.decode() or "{}"
    except UnicodeDecodeError:
        raise RequestError(400, "PGRST102", "the body is no UTF-8") from None


async def _called(
    request: Request,
    asked: Asked,
    function: Function,
    given: frozenset[str] | None,
    body: str | None,
) -> Reply:
    request.require(function.name, Action.UPDATE if function.is_volatile else Action.READ)
    compiled, is_rows = compile_call(asked, function, given)
    run = await _checked_run(request, asked, compiled, body)
    if function.result == "void":
        reply = Reply(204)
        _add_common(request, asked.preferences, reply)
        return reply
    if is_rows and function.is_set:
        return _page(request, asked, compiled, run)
    shape = asked.shape if is_rows else Shape(JSON)
    reply = Reply(200, run.body or b"null", JSON) if not is_rows else _one(shape, run.body)
    _add_common(request, asked.preferences, reply)
    return reply


def _one(shape: Shape, body: bytes) -> Reply:
    """The one row of a function that gives no set."""
    if shape.is_csv:
        return _shaped(200, shape, b"[" + body + b"]" if body else b"[]")
    return Reply(200, body or b"null", shape.media_type)
