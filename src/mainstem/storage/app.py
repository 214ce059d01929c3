"""The ASGI application: which operation is asked, who may do it, what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from mainstem.errors import RefusedError
from mainstem.storage import buckets, granting, reading, writing
from mainstem.storage.bodies import GoneError
from mainstem.storage.failures import problem_of
from mainstem.storage.files import Files
from mainstem.storage.model import MEGABYTE, Limits
from mainstem.storage.problem import StorageError
from mainstem.storage.reply import Reply, refusal
from mainstem.storage.requests import Request
from mainstem.storage.routes import route_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool

    from mainstem.storage.model import Ports, Receive, Scope, Send
    from mainstem.stores.model import Place

PATH = "/storage/v1"
_ALLOWED = "GET,HEAD,POST,PUT,DELETE,OPTIONS"
_TOO_SLOW = 408
_ACCESS = frozenset({401, 403})
#: of a refused body so much is thrown away, or twice the largest file
_DISCARDED = 64 * MEGABYTE
#: every one has its place in the tests that try it as another agency
OPERATIONS: Mapping[str, Callable[[Request], Awaitable[Reply]]] = {
    "add_bucket": buckets.add_bucket,
    "change_bucket": buckets.change_bucket,
    "copy": writing.copy,
    "empty_bucket": buckets.empty_bucket,
    "get_bucket": buckets.get_bucket,
    "info": reading.info,
    "info_public": reading.info_public,
    "list_buckets": buckets.list_buckets,
    "list_objects": reading.list_objects,
    "list_pages": reading.list_pages,
    "move": writing.move,
    "read": reading.read,
    "read_public": reading.read_public,
    "read_signed": reading.read_signed,
    "remove": writing.remove,
    "remove_bucket": buckets.remove_bucket,
    "remove_many": writing.remove_many,
    "replace": writing.replace,
    "sign": granting.grant,
    "sign_many": granting.grant_many,
    "sign_upload": granting.grant_upload,
    "upload": writing.upload,
    "upload_signed": writing.upload_signed,
}


class StorageApi:
    """The storage API of one database and one store of files, to be mounted at `/storage/v1`.

    Args:
        pool: connections of a login that may take the roles `authenticated` and `service_role`;
            opened by its owner.
        place: where the bytes lie; a single bucket, where it is an S3-compatible store.
        ports: who asks, and what signatures are made with.
        limits: how much one request may ask for.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]],
        place: Place,
        ports: Ports,
        *,
        limits: Limits | None = None,
    ) -> None:
        self._pool = pool
        self._files = Files(place)
        self._ports = ports
        self._limits = limits or Limits()

    def close(self) -> None:
        """End its threads."""
        self._files.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"the storage API answers http, not {scope['type']}")
        method = scope["method"]
        if method == "OPTIONS":
            reply = Reply(204)
            reply.add("allow", _ALLOWED)
        else:
            try:
                reply = await self._answer(scope, receive)
            except GoneError:
                return  # nobody is there to read an answer
        await reply.send(receive, send, has_body=method != "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        try:
            route = route_of(scope["method"], _path(scope))
            request = Request(
                scope=scope,
                receive=receive,
                route=route,
                ports=self._ports,
                limits=self._limits,
                pool=self._pool,
                files=self._files,
            )
            return await OPERATIONS[route.operation](request)
        except StorageError as problem:
            refused = problem
        except RefusedError as error:
            refused = StorageError(
                error.status,
                error.code,
                str(error),
                error="Unauthorized" if error.status in _ACCESS else None,
                retry_after_s=error.retry_after_s,
            )
        except psycopg.Error as error:
            refused = problem_of(error)
        return _refusal(scope, refused, self._limits.object_bytes_max)


def _refusal(scope: Scope, problem: StorageError, bytes_max: int) -> Reply:
    """A problem as an answer. What comes of the body after it is thrown away, but not for ever.

    A body of a moderate length may come to its end, so that its sender reads the answer; the
    connection of one that is longer, says no length, or is too slow, ends with the answer.
    """
    reply = refusal(problem)
    headers: dict[bytes, bytes] = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    is_moderate = length.isdigit() and int(length) <= max(_DISCARDED, 2 * bytes_max)
    if b"transfer-encoding" in headers or not is_moderate or problem.status == _TOO_SLOW:
        reply.add("connection", "close")
    return reply


def _path(scope: Scope) -> bytes:
    """What follows the mount point, as it came: what a framework made of it is not looked at."""
    raw: Any = scope.get("raw_path") or scope["path"].encode()
    path = bytes(raw).partition(b"?")[0]
    root = str(scope.get("root_path", "")).encode()
    return path.removeprefix(root).removeprefix(PATH.encode())
