"""Refusals as the clients of a path read them: RFC 9457 below /api, else that API's own form."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import ResponseSpec

from mainstem.core import gotrue
from mainstem.errors import ProviderError, RefusedError
from mainstem.rest import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEM = "application/problem+json"
JSON = "application/json"
SERVER_ERROR = 500


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Problem details (RFC 9457): `code` is one word for programs, `errors` say which part of it.

    `type` is left out, which means about:blank: the status says what kind of problem it is.
    """

    title: str
    status: int
    detail: str
    instance: str = ""
    code: str = ""
    errors: list[dict[str, Any]] | None = None


STATUSES = {
    400: "The request cannot be read.",
    401: "Nobody is signed in.",
    403: "The person may not.",
    404: "There is no such thing, for the one who asks.",
    409: "What is there does not allow it now.",
    422: "The request can be read, and says what cannot be.",
    429: "Too many requests; Retry-After says when to come again.",
}
PROVIDER_STATUSES = {
    502: "The provider did not do it.",
    503: "No provider is set up here.",
}


def _described(statuses: Mapping[int, str]) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(Problem, description=said, media_type=PROBLEM)
        for status, said in statuses.items()
    }


#: what any route below /api may answer, and what one may that asks a provider
RESPONSES = _described(STATUSES)
PROVIDER_RESPONSES = _described(PROVIDER_STATUSES)


def shaped(path: str, error: RefusedError) -> tuple[bytes, str]:
    """The body of a refusal and its media type, as the path's clients read it."""
    if path.startswith("/rest/v1"):
        known = error if isinstance(error, RequestError) else None
        return (known or RequestError(error.status, error.code, str(error))).body(), JSON
    if path.startswith("/auth/v1"):
        return msgspec.json.encode(gotrue.refusal(error)), JSON
    if path.startswith("/storage/v1"):
        body = {"statusCode": str(error.status), "error": error.code, "message": str(error)}
        return msgspec.json.encode(body), JSON
    return msgspec.json.encode(problem_of(path, error)), PROBLEM


def problem_of(path: str, error: RefusedError) -> Problem:
    """A refusal as problem details."""
    return Problem(
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=str(error),
        instance=path,
        code=error.code,
    )


def refused(request: Request[Any, Any, Any], error: RefusedError) -> Response[bytes]:
    """The answer to a refusal below /api."""
    return _response(problem_of(request.url.path, error), retry_after_s=error.retry_after_s)


def unprovided(request: Request[Any, Any, Any], error: ProviderError) -> Response[bytes]:
    """What a provider did not do for us: its own reason, in our words."""
    refusal = RefusedError("provider_failed", str(error), status=502)
    return _response(problem_of(request.url.path, refusal))


def failed(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What Litestar refuses below /api: a path, a method or a body that is none."""
    status = error.status_code
    extra: Any = error.extra
    is_body = isinstance(error, ValidationException) and isinstance(extra, list)
    return _response(
        Problem(
            title=HTTPStatus(status).phrase,
            status=status,
            detail="Something failed here; the operator's log says what."
            if status >= SERVER_ERROR
            else error.detail,
            instance=request.url.path,
            code="validation_failed" if is_body else HTTPStatus(status).name.lower(),
            errors=list(extra) if is_body else None,
        ),
        headers=error.headers,
    )


def crashed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A defect below /api: its words are for the log."""
    del error
    return _response(
        Problem(
            title="Internal Server Error",
            status=SERVER_ERROR,
            detail="Something failed here; the operator's log says what.",
            instance=request.url.path,
            code="internal_server_error",
        )
    )


HANDLERS: Mapping[type[Exception] | int, Any] = {
    RefusedError: refused,
    ProviderError: unprovided,
    HTTPException: failed,
    SERVER_ERROR: crashed,
}


def _response(
    problem: Problem,
    *,
    retry_after_s: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    told = dict(headers or {})
    if retry_after_s is not None:
        told["retry-after"] = str(retry_after_s)
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        headers=told,
        media_type=PROBLEM,
    )


__all__ = [
    "HANDLERS",
    "PROBLEM",
    "PROVIDER_RESPONSES",
    "RESPONSES",
    "Problem",
    "problem_of",
    "shaped",
]
