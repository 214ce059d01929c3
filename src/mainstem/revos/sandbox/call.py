"""One call to the sandbox, as its routes get it, and the pages of lists."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import msgspec

from mainstem.revos.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mainstem.revos.sandbox.model import Account
    from mainstem.revos.sandbox.server import Sandbox
    from mainstem.revos.sandbox.world import World

Item = TypeVar("Item")
Body: TypeAlias = dict[str, object]


@dataclass(slots=True)
class Write:
    """What a call changed, for the log."""

    kind: str
    target: str
    id: str
    text: str = ""


@dataclass(slots=True)
class Call:
    """What is asked.

    Attributes:
        dialect: v1 or v2.
        account: whose call it is; None where the route has none.
        parts: what stands for `*` in the route's path, without the account.
        given: the fields of the body.
        write: set by routes that change something others see.
        status: of the answer.
        settles: the answer waits until all webhooks are delivered.
    """

    sandbox: Sandbox
    dialect: str
    parts: Sequence[str]
    query: Mapping[str, str]
    given: Mapping[str, object]
    for_account: Account | None = None
    write: Write | None = None
    status: int = 200
    settles: bool = False

    @property
    def world(self) -> World:
        """The world."""
        return self.sandbox.world

    @property
    def account(self) -> Account:
        """Whose call it is."""
        if self.for_account is None:
            raise Refusal("missing_parameters", "account_id")
        return self.for_account

    def text(self, name: str) -> str:
        """A text of the body that has to be there."""
        found = self.given.get(name)
        if not isinstance(found, str) or not found:
            raise Refusal("missing_parameters", name)
        return found

    def optional(self, name: str) -> str | None:
        """A text of the body that may be missing."""
        found = self.given.get(name)
        if found is None or found == "":
            return None
        if not isinstance(found, str):
            raise Refusal("invalid_parameters", name)
        return found

    def limit(self, maximum: int, default: int) -> int:
        """How many items are asked for."""
        found = self.query.get("limit", str(default))
        if not (found.isascii() and found.isdigit()) or not 1 <= int(found) <= maximum:
            raise Refusal("invalid_parameters", f"limit: 1 to {maximum}")
        return int(found)

    def wrote(self, kind: str, target: str, id_: str, text: str = "") -> None:
        """Note what was changed; the answer is `created` in most cases."""
        self.write = Write(kind, target, id_, text)


@dataclass(frozen=True, slots=True)
class Route:
    """A route: what it does, the name of its limit, whether LinkedIn is asked."""

    name: str
    do: Callable[[Call], Body]
    is_counted: bool = True
    needs_account: bool = True


Routes: TypeAlias = dict[tuple[str, tuple[str, ...]], Route]


def paged(
    call: Call, items: Sequence[Item], *, maximum: int = 100, default: int = 100, **more: str
) -> tuple[list[Item], str | None, int]:
    """A page of a list by offset: what is on it, the cursor to the next, where it starts.

    What is added or removed meanwhile shifts the pages, as it does at the provider.
    """
    limit = call.limit(maximum, default)
    start = _start(call.query.get("cursor"))
    found = list(items[start : start + limit])
    if start + limit >= len(items):
        return found, None, start
    account = call.for_account.id if call.for_account else ""
    position = {"account_id": account, "limit": limit, "start": start + limit, **more}
    return found, base64.b64encode(msgspec.json.encode(position)).decode(), start


def iso(at: datetime) -> str:
    """ISO 8601 with milliseconds, as the provider writes times."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def instant(call: Call, name: str) -> datetime | None:
    """A time of the query."""
    found = call.query.get(name)
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(found)
    except ValueError:
        raise Refusal("invalid_parameters", name) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class _Position(msgspec.Struct):
    start: int


def _start(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        found = msgspec.json.decode(base64.b64decode(cursor, validate=True), type=_Position)
    except (ValueError, msgspec.MsgspecError):
        raise Refusal("invalid_parameters", "cursor") from None
    if found.start < 0:
        raise Refusal("invalid_parameters", "cursor")
    return found.start
