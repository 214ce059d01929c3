"""The ASGI application: who asks, which table or function, what is answered."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

from mainstem.db.tenant import GroundsError
from mainstem.errors import RefusedError
from mainstem.rest import requests
from mainstem.rest.current import Current
from mainstem.rest.failures import STALE, problem_of
from mainstem.rest.model import PROFILES
from mainstem.rest.problem import RequestError
from mainstem.rest.reply import PREFLIGHT, Reply, refusal

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool

    from mainstem.rest.catalog import Catalog, Exposed
    from mainstem.rest.model import Access, Receive, Resolve, Scope, Send

PATH = "/rest/v1"
_READS = frozenset({"GET", "HEAD"})


class DataApi:
    """The data API of one database, to be mounted at `/rest/v1`.

    Args:
        pool: connections of a login that may take the role `authenticated`; opened by its owner.
        resolve: says who asks.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]],
        resolve: Resolve,
    ) -> None:
        self._pool = pool
        self._resolve = resolve
        self._current = Current(pool)

    def kept_fresh(self) -> AbstractAsyncContextManager[None]:
        """Follow changes of the schema while the block runs; without it, reload by hand."""
        return self._current.kept_fresh()

    async def reload(self) -> None:
        """Read the catalog anew now."""
        await self._current.read()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"the data API answers http, not {scope['type']}")
        method = scope["method"]
        if method == "OPTIONS":
            reply = Reply(200, headers=[*PREFLIGHT, (b"allow", b"GET,HEAD,POST,PUT,PATCH,DELETE")])
        else:
            reply = await self._answer(scope, receive)
        await reply.send(send, has_body=method != "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        """Answer; anew where the answer was for somebody remembered, and nothing confirmed them."""
        try:
            access = await self._resolve(scope, is_anew=False)
            with suppress(GroundsError):
                reply = await self._for(scope, receive, access)
                if access.grounds is None or access.grounds.has_held:
                    return reply
            return await self._for(scope, receive, await self._resolve(scope, is_anew=True))
        except RequestError as problem:
            return refusal(problem)
        except RefusedError as error:
            return refusal(RequestError(error.status, error.code, str(error)), error.retry_after_s)
        except psycopg.OperationalError:
            return refusal(
                RequestError(503, "PGRST001", "the database cannot be reached; try again")
            )

    async def _for(self, scope: Scope, receive: Receive, access: Access) -> Reply:
        if access.tenant is None:
            return refusal(RequestError(401, "PGRST302", "Anonymous access is disabled"))
        return await self._of(scope, receive, access, await self._current.catalog())

    async def _of(self, scope: Scope, receive: Receive, access: Access, catalog: Catalog) -> Reply:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        exposed: Exposed | None = None
        try:
            exposed = _schema(scope["method"], headers, access, catalog)
            request = requests.Request(
                method=scope["method"],
                query=scope["query_string"],
                headers=headers,
                receive=receive,
                access=access,
                exposed=exposed,
                version=catalog.version,
                cache=self._current.cache,
                pool=self._pool,
            )
            return await requests.answer(request, _place(scope))
        except RequestError as problem:
            return refusal(problem)
        except psycopg.Error as error:
            if error.sqlstate in STALE:
                self._current.forget()
            assert exposed is not None, "only requests for a schema reach the database"
            return refusal(problem_of(error, exposed, access.limits))


def _place(scope: Scope) -> tuple[str, ...]:
    """What follows the mount point: nothing, a table, or `rpc` and a function."""
    path: str = scope["path"]
    root: Any = scope.get("root_path", "")
    path = path.removeprefix(str(root)).removeprefix(PATH).strip("/")
    return tuple(path.split("/")) if path else ()


def _schema(method: str, headers: dict[bytes, bytes], access: Access, catalog: Catalog) -> Exposed:
    """The schema that a request means.

    Old code names `public` in each request: for a key of the old schema that means `legacy`.
    """
    name = b"accept-profile" if method in _READS else b"content-profile"
    asked = headers.get(name, b"").decode("latin-1") or access.profile
    if asked == PROFILES[0]:
        asked = access.profile
    known = [one for one in PROFILES if one in catalog.schemas]
    if asked not in known:
        raise RequestError(
            406,
            "PGRST106",
            f"Invalid schema: {asked[:63]}",
            hint=f"Only the following schemas are exposed: {', '.join(known)}",
        )
    return catalog.schemas[asked]
