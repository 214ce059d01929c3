"""What an answer comes to: of a read a result or an error, of a write one of three outcomes."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, TypeVar

from mainstem.revos.unipile import reading
from mainstem.revos.unipile.faults import Fault, Kind, UnipileError, is_known, kind_of
from mainstem.revos.unipile.outcome import Indeterminate, Outcome, Refused, Sent
from mainstem.revos.unipile.reading import MalformedError
from mainstem.revos.unipile.wire import Answer, Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mainstem.revos.unipile.wire import Line, Request

Result = TypeVar("Result")

READ_TRIES_MAX = 2
MESSAGE_MAX = 300
SLUG_MAX = 100
#: what may follow from asking again at once
_WORTH_ANOTHER = frozenset({Kind.UNAVAILABLE, Kind.TIMEOUT})
#: of a write: these words of a failing provider mean that nothing was done
_SURELY_NOT_DONE = frozenset({Kind.UNAVAILABLE, Kind.FEATURE, Kind.CONFIG, Kind.DISCONNECTED})


async def read(
    line: Line, request: Request, parse: Callable[[Mapping[str, object]], Result]
) -> Result:
    """Make a call that changes nothing; once more when the provider was not there.

    Raises:
        UnipileError: it failed, or its answer makes no sense.
    """
    for tries_left in reversed(range(READ_TRIES_MAX)):
        reply = await line.ask(request)
        try:
            return parsed(reply, parse)
        except UnipileError as error:
            if not tries_left or error.fault.kind not in _WORTH_ANOTHER:
                raise
        await asyncio.sleep(line.retry_s * random.uniform(0.5, 1.5))  # noqa: S311 - a pause
    raise AssertionError("the last try returns or raises")


async def write(
    line: Line, request: Request, parse: Callable[[Mapping[str, object]], Sent]
) -> Outcome:
    """Make a call that others see, once."""
    reply = await line.ask(request)
    if isinstance(reply, Silence):
        if reply.may_have_landed:
            return Indeterminate(reply.reason)
        return Refused(_silence(reply))
    if is_success(reply):
        try:
            return parse(reading.decoded(reply.body))
        except MalformedError as error:
            return Indeterminate(f"accepted ({reply.status}), but {error}")
    fault = fault_of(reply)
    if _may_have_landed(fault):
        return Indeterminate(f"the provider failed: {fault}")
    return Refused(fault)


async def arrange(
    line: Line, request: Request, parse: Callable[[Mapping[str, object]], Result]
) -> Result:
    """Make a call that sets the service up, once.

    Raises:
        UnipileError: it failed, or its answer makes no sense.
    """
    return parsed(await line.ask(request), parse)


def parsed(reply: Answer | Silence, parse: Callable[[Mapping[str, object]], Result]) -> Result:
    """The result of an answer.

    Raises:
        UnipileError: it says a fault, or makes no sense.
    """
    if isinstance(reply, Silence):
        raise UnipileError(_silence(reply))
    if not is_success(reply):
        raise UnipileError(fault_of(reply))
    try:
        return parse(reading.decoded(reply.body))
    except MalformedError as error:
        fault = Fault(Kind.MALFORMED, "malformed_answer", reply.status, str(error))
        raise UnipileError(fault) from None


def is_success(answer: Answer) -> bool:
    """Whether the provider says that it was done."""
    return 200 <= answer.status < 300  # noqa: PLR2004


def fault_of(answer: Answer) -> Fault:
    """The fault that an error's body tells; without a body that can be read, the status alone.

    The body's own status is not trusted over the answer's. `type` is `errors/<slug>` in v1,
    `api/<slug>` or `provider/<slug>` in v2.
    """
    try:
        given = reading.decoded(answer.body)
    except MalformedError:
        given = {}
    origin, _, slug = (reading.text(given, "type") or "").rpartition("/")
    known = slug[:SLUG_MAX] if slug else f"http_{answer.status}"
    title = reading.text(given, "title") or ""
    return Fault(
        kind_of(known, answer.status),
        known,
        answer.status,
        (reading.text(given, "detail") or title)[:MESSAGE_MAX],
        answer.retry_after_s,
        {"provider": True, "api": False}.get(origin),
    )


def expect(given: Mapping[str, object], *names: str) -> Mapping[str, object]:
    """The answer, when its `object` is one of those names: another one was not what we asked.

    Raises:
        MalformedError: it is another.
    """
    found = reading.text(given, "object")
    if found is None or found.lower() not in {name.lower() for name in names}:
        raise MalformedError(f"it is no {' or '.join(names)}")
    return given


def unsupported(call: str) -> UnipileError:
    """The error of a call that a dialect has not got."""
    message = f"this dialect of the provider's API has no call for {call}"
    return UnipileError(Fault(Kind.FEATURE, "not_in_dialect", None, message))


def _silence(silence: Silence) -> Fault:
    if silence.may_have_landed:
        return Fault(Kind.TIMEOUT, "no_answer", None, silence.reason)
    return Fault(Kind.UNAVAILABLE, "connection_failed", None, silence.reason)


def _may_have_landed(fault: Fault) -> bool:
    """Of a refused write: only an answer that names its reason proves that nothing was done.

    A failing proxy says 500 or 502 without the provider's words, and the provider's own
    `unexpected_error` may come after the deed; `provider_error` is LinkedIn's throttle.
    """
    assert fault.status is not None, "a fault that came with an answer"
    if fault.kind is Kind.TIMEOUT:
        return True
    if fault.status < 500:  # noqa: PLR2004
        return False
    if not is_known(fault.slug) or fault.slug == "unexpected_error":
        return True
    return fault.kind not in _SURELY_NOT_DONE and fault.slug != "provider_error"
