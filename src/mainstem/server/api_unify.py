"""`/api/unify`: start runs, follow them, read their report. For platform operators only."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - structs are decoded by their annotations
from typing import TYPE_CHECKING, Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.status_codes import HTTP_202_ACCEPTED

from mainstem.errors import RefusedError
from mainstem.pg.connect import connect, describe
from mainstem.server import store
from mainstem.server.deadline import brief_connection
from mainstem.server.problem import RESPONSES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mainstem.server.model import RunState

LIMIT_S = 4.0
#: how often progress is looked at, and how long one may watch before asking again
LOOK_S = 1.0
WATCH_S = 3_600
PLANS_MAX = 200
COMMAND = "from mainstem.cli import main; main()"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class RunView(msgspec.Struct, frozen=True):
    """A run and how far it is."""

    id: Annotated[int, msgspec.Meta(examples=[7])]
    kind: Annotated[str, msgspec.Meta(examples=["run"])]
    name: Annotated[str, msgspec.Meta(examples=["agency"])]
    state: Annotated[str, msgspec.Meta(examples=["loading"])]
    started_at: datetime
    finished_at: datetime | None
    steps: Annotated[int, msgspec.Meta(examples=[120])]
    steps_done: Annotated[int, msgspec.Meta(examples=[48])]


class NewRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plan to carry out, by the name of its config in the folder of plans."""

    plan: Annotated[str, msgspec.Meta(max_length=64, examples=["agency"])]


class Started(msgspec.Struct, frozen=True):
    """A run that was started; it shows among the runs as soon as it has begun."""

    plan: Annotated[str, msgspec.Meta(examples=["agency"])]
    process: Annotated[int, msgspec.Meta(examples=[4711])]


@dataclass
class Plans:
    """The operator's folder of plans, and the one run that this server has started.

    Attributes:
        url: the target.
        folder: where configs lie; None where the operator named none.
        running: the run under way, with its plan.
    """

    url: str = field(repr=False)
    folder: Path | None = None
    running: subprocess.Popen[bytes] | None = None

    def names(self) -> list[str]:
        """The plans that there are."""
        if self.folder is None or not self.folder.is_dir():
            return []
        found = (each.stem for each in sorted(self.folder.glob("*.toml"))[:PLANS_MAX])
        return [name for name in found if _NAME.fullmatch(name)]

    def start(self, name: str) -> int:
        """Carry a plan out in a process of its own, which goes on when the server ends.

        Raises:
            RefusedError: there is no such plan, or a run is under way.
        """
        if self.folder is None or name not in self.names():
            raise RefusedError("not_found", "There is no such plan.", status=404)
        if self.running is not None and self.running.poll() is None:
            raise RefusedError("conflict", "A run is under way; wait for its end.", status=409)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-c", COMMAND, "unify", "run", str(self.folder / f"{name}.toml")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "DATABASE_URL": self.url},
                start_new_session=True,
            )
        return self.running.pid


PlansDependency = NamedDependency[SkipValidation[Plans]]


@get("/plans", summary="Plans that can be carried out", responses=RESPONSES)
async def plans(plans: PlansDependency) -> list[str]:
    """Their names, from the operator's folder."""
    return await asyncio.to_thread(plans.names)


@get("/runs", summary="Unification runs", responses=RESPONSES)
async def runs(plans: PlansDependency) -> list[RunView]:
    """The newest fifty."""
    return [_view(each) for each in await asyncio.to_thread(_read, plans.url, None)]


@post("/runs", status_code=HTTP_202_ACCEPTED, summary="Start a run", responses=RESPONSES)
async def start(plans: PlansDependency, data: JSONBody[NewRun]) -> Started:
    """Carry a plan out; one at a time."""
    return Started(data.plan, await asyncio.to_thread(plans.start, data.plan))


@get("/runs/{run_id:int}", summary="One run", responses=RESPONSES)
async def run(plans: PlansDependency, run_id: FromPath[int]) -> RunView:
    """How far it is."""
    return _view(await _one(plans, run_id))


@get("/runs/{run_id:int}/events", summary="Progress of a run", responses=RESPONSES)
async def events(plans: PlansDependency, run_id: FromPath[int]) -> ServerSentEvent:
    """Server-sent events: `progress` whenever something changed, `end` when nothing more comes."""
    await _one(plans, run_id)
    return ServerSentEvent(_followed(plans, run_id))


@get("/runs/{run_id:int}/report", summary="Report of a run", responses=RESPONSES)
async def report(plans: PlansDependency, run_id: FromPath[int]) -> Response[str]:
    """The sign-off as JSON (docs/reference/report.schema.json); no value of any row is in it."""
    await _one(plans, run_id)
    return Response(
        await asyncio.to_thread(_report, plans.url, run_id), media_type="application/json"
    )


async def _one(plans: Plans, run_id: int) -> RunState:
    found = await asyncio.to_thread(_read, plans.url, run_id)
    if not found:
        raise RefusedError("not_found", "There is no such run.", status=404)
    return found[0]


async def _followed(plans: Plans, run_id: int) -> AsyncIterator[ServerSentEventMessage]:
    seen: RunState | None = None
    for _ in range(int(WATCH_S / LOOK_S)):
        found = await asyncio.to_thread(_read, plans.url, run_id)
        if found and found[0] != seen:
            seen = found[0]
            yield _message("progress", seen)
        if not found or found[0].is_over:
            break
        await asyncio.sleep(LOOK_S)
    if seen is not None:
        yield _message("end", seen)


def _message(event: str, state: RunState) -> ServerSentEventMessage:
    data = msgspec.json.encode(_view(state)).decode()
    return ServerSentEventMessage(event=event, id=str(state.steps_done), data=data)


def _read(url: str, run_id: int | None) -> list[RunState]:
    with brief_connection(url, limit_s=LIMIT_S) as connection:
        return store.runs(connection, run_id)


def _report(url: str, run_id: int) -> str:
    from mainstem.unify.sign_off import as_json, read_sign_off  # noqa: PLC0415 - slow to import

    with connect(url, application_name="mainstem report") as connection:
        return as_json(read_sign_off(connection, run_id, database=describe(url), has_values=False))


def _view(state: RunState) -> RunView:
    return RunView(**{name: getattr(state, name) for name in RunView.__struct_fields__})


HANDLERS = [plans, runs, start, run, events, report]
