"""What the OpenAPI documents say, held against the answers: schemathesis asks, as several callers.

It makes requests that a document allows, and ones that it does not. Whatever is asked: no answer of
500, none that the document does not describe, no words of the database, no row of another agency.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok
from tests.server.world import MARK, opened_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from schemathesis import APIOperation, Case
    from tests.server.world import World

    from mainstem.pg.scratch import ScratchServer

OWN = ("owner", "member", "client")
FOREIGN = ("anonymous", "other tenant", "operator")
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: words of the database and of the language, which no answer holds
INSIDE = ("psycopg", "SQLSTATE", "syntax error", "at or near", "Traceback")
BASE = "http://testserver.local"


@pytest.fixture(scope="module")
def asked(
    scratch: ScratchServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A world of its own: what is asked here changes rows and sessions."""
    with opened_world(scratch, template, tmp_path_factory.mktemp("files")) as world:
        world.callers["operator"] = world.fresh("operator")
        yield world


def test_the_api_answers_as_its_description_says(asked: World) -> None:
    document = asked.client.get("/api/schema/openapi.json").json()
    callers, number = cycle((*OWN, *FOREIGN)), count()

    def hold(case: Case[Any]) -> None:
        if next(number) % 2:
            mine = {name: asked.ids[name] for name in case.path_parameters if name in asked.ids}
            case.path_parameters.update(mine)
        _hold(asked, case, next(callers))

    for operation in _operations(document):
        for mode in GenerationMode:
            _try(operation, mode, hold, examples=3)
    assert next(number) > 150


def test_the_data_api_answers_as_its_description_says(asked: World) -> None:
    """A method of every table or two, so that all methods have their turn; half are not allowed."""
    owner = asked.callers["owner"].headers
    document = asked.client.get("/rest/v1/", headers=owner).json()
    callers, modes, number = cycle((*OWN, *FOREIGN)), cycle(GenerationMode), count()

    def hold(case: Case[Any]) -> None:
        next(number)
        _hold(asked, case, next(callers))

    for operation in _operations(document)[::3]:
        _try(operation, next(modes), hold, examples=1)
    assert next(number) > 100


def _operations(document: dict[str, Any]) -> list[APIOperation[Any, Any, Any, Any]]:
    found = list(schemathesis.openapi.from_dict(document).get_all_operations())
    assert all(isinstance(each, Ok) for each in found), "the document describes what cannot be"
    return [each.ok() for each in found if isinstance(each, Ok)]


def _try(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    hold: Callable[[Case[Any]], None],
    *,
    examples: int,
) -> None:
    """The same requests each time; an operation that takes nothing can be asked nothing wrong."""
    bounded = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with suppress(Unsatisfiable):
        bounded(given(operation.as_strategy(generation_mode=mode))(hold))()


def _hold(world: World, case: Case[Any], name: str) -> None:
    answer = _ask(world, case, name)
    assert answer.status_code != 500, answer.text
    case.validate_response(answer, checks=CHECKS)
    assert not any(word in answer.text for word in INSIDE), answer.text
    assert name in OWN or MARK not in answer.text


def _ask(world: World, case: Case[Any], name: str) -> httpx.Response:
    """As that caller; the anonymous bring whatever token or cookie was made up for them."""
    sent: dict[str, Any] = case.as_transport_kwargs(
        base_url=f"{BASE}{case.operation.schema.base_path.rstrip('/')}"
    )
    headers = dict(sent["headers"])
    if name != "anonymous":
        headers.pop("Authorization", None)
        headers |= world.callers[name].headers
    elif sent["cookies"]:
        headers["cookie"] = "; ".join("=".join(each) for each in sent["cookies"].items())
    world.client.cookies.clear()
    return world.client.request(
        sent["method"],
        sent["url"].removeprefix(BASE),
        headers=headers,
        params=sent["params"],
        content=sent.get("data"),
        json=sent.get("json"),
    )
