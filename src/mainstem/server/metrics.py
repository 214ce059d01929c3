"""`/metrics` for Prometheus: requests, named queries, the pool, the queue. No tenant is in it.

Answered to whoever brings the operator's token, and on this machine itself; what a proxy hands on
comes from elsewhere, whatever its connection says.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import psycopg
from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from mainstem import jobs
from mainstem.core import Core
from mainstem.db.timing import BOUNDS_S, Histogram, observed
from mainstem.errors import MainstemError, RefusedError
from mainstem.server.deadline import brief_connection
from mainstem.server.problem import refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIMIT_S = 4.0
SERIES_MAX = 2_000
FORMAT = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Requests:
    """Counts answers by route, method and status."""

    def __init__(self) -> None:
        self.durations: dict[tuple[str, str, str], Histogram] = {}

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one. A route is a template: what callers write in a path is no label."""
        series = (route, method if method in METHODS else "other", str(status))
        found = self.durations.get(series)
        if found is None:
            if len(self.durations) >= SERIES_MAX:
                return
            found = self.durations[series] = Histogram()
        found.add(seconds)


@dataclass(frozen=True)
class Figures:
    """Where the figures come from, and who may see them."""

    url: str = field(repr=False)
    token: str = field(repr=False)
    requests: Requests

    def require(self, request: Request[Any, Any, Any]) -> None:
        """Refuse whoever is neither here nor has the token.

        Raises:
            RefusedError: that one.
        """
        brought = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if self.token and hmac.compare_digest(brought.encode(), self.token.encode()):
            return
        is_proxied = any(name in request.headers for name in PROXIED)
        if not self.token and not is_proxied and _is_here(request):
            return
        raise RefusedError("no_authorization", "These figures are the operator's.", status=401)


def _is_here(request: Request[Any, Any, Any]) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


FiguresDependency = NamedDependency[SkipValidation[Figures]]
CoreDependency = NamedDependency[SkipValidation[Core]]


@get(
    "/metrics",
    sync_to_thread=True,
    media_type=MediaType.TEXT,
    include_in_schema=False,
    exception_handlers={RefusedError: refused},
)
def metrics(
    request: Request[Any, Any, Any], figures: FiguresDependency, core: CoreDependency
) -> Response[str]:
    """The figures."""
    figures.require(request)
    lines = [
        *_histograms(
            "mainstem_request_seconds",
            "Seconds to answer a request, by route.",
            {
                f'route="{_escaped(route)}",method="{method}",status="{status}"': found
                for (route, method, status), found in sorted(figures.requests.durations.items())
            },
        ),
        *_histograms(
            "mainstem_query_seconds",
            "Seconds that a named query took.",
            {f'query="{_escaped(name)}"': found for name, found in observed().items()},
        ),
        *_pool(core.pool.get_stats()),
    ]
    try:
        with brief_connection(figures.url, limit_s=LIMIT_S) as connection:
            queue, is_up = jobs.metrics(connection), 1
    except (MainstemError, psycopg.Error):
        queue, is_up = "", 0
    lines += [
        "# HELP mainstem_database_up 1 when the database answers.",
        "# TYPE mainstem_database_up gauge",
        f"mainstem_database_up {is_up}",
    ]
    return Response("\n".join(lines) + "\n" + queue, headers={"content-type": FORMAT})


def _histograms(name: str, summary: str, found: Mapping[str, Histogram]) -> Iterator[str]:
    yield f"# HELP {name} {summary}"
    yield f"# TYPE {name} histogram"
    for labels, histogram in found.items():
        counts = list(accumulate(histogram.counts))
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
            yield f'{name}_bucket{{{labels},le="{bound}"}} {count}'
        yield f"{name}_sum{{{labels}}} {histogram.sum_s:.6f}"
        yield f"{name}_count{{{labels}}} {counts[-1]}"


def _pool(stats: Mapping[str, int]) -> Iterator[str]:
    yield "# HELP mainstem_pool State of the pool of connections (psycopg's names)."
    yield "# TYPE mainstem_pool gauge"
    for name, value in sorted(stats.items()):
        yield f'mainstem_pool{{state="{name}"}} {value}'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
