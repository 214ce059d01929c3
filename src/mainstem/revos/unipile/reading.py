"""Reads fields of an answer's JSON: tolerant of what is new, strict about what we rely on.

Texts lose what no database column can hold (NUL, halves of surrogate pairs) and nothing else.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mainstem.revos.unipile.model import Distance, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Item = TypeVar("Item")

COUNT_MAX = 2**31 - 1
#: longer ids are none of this provider's
ID_MAX = 1_024
CURSOR_MAX = 16_384
#: how many items that could not be read are described
UNREADABLE_MAX = 20

_DISTANCES = {
    "SELF": Distance.SELF,
    "FIRST_DEGREE": Distance.FIRST,
    "SECOND_DEGREE": Distance.SECOND,
    "THIRD_DEGREE": Distance.THIRD,
    "OUT_OF_NETWORK": Distance.OUT,
    "DISTANCE_1": Distance.FIRST,
    "DISTANCE_2": Distance.SECOND,
    "DISTANCE_3": Distance.THIRD,
}


class MalformedError(Exception):
    """An answer lacks what it must have; the message names the field, never what is in it."""


def decoded(body: bytes) -> Mapping[str, object]:
    """The object that a body holds.

    Raises:
        MalformedError: it is no JSON, or no object.
    """
    try:
        found: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise MalformedError("the answer is no JSON") from None
    if not isinstance(found, dict):
        raise MalformedError("the answer is no JSON object")
    return found


def text(given: Mapping[str, object], *names: str) -> str | None:
    """The first of the fields that holds a text; None when none does."""
    for name in names:
        found = given.get(name)
        if isinstance(found, str):
            return clean(found)
    return None


def identifier(given: Mapping[str, object], *names: str) -> str | None:
    """The first of the fields that holds an id; numbers are ids too."""
    for name in names:
        found = given.get(name)
        if isinstance(found, int) and not isinstance(found, bool):
            found = str(found) if abs(found) < 10**40 else None
        if isinstance(found, str):
            cleaned = clean(found).strip()
            if 0 < len(cleaned) <= ID_MAX:
                return cleaned
    return None


def needed(given: Mapping[str, object], *names: str) -> str:
    """An id that has to be there.

    Raises:
        MalformedError: it is not.
    """
    found = identifier(given, *names)
    if found is None:
        raise MalformedError(f"no {' or '.join(names)}")
    return found


def nested(given: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An object within the object; an empty one when there is none."""
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def listed(given: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """The objects of a list within the object."""
    found = given.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def texts(given: Mapping[str, object], name: str) -> tuple[str, ...]:
    """The texts of a list within the object."""
    found = given.get(name)
    if not isinstance(found, list):
        return ()
    return tuple(clean(each) for each in found if isinstance(each, str))


def count(given: Mapping[str, object], name: str) -> int:
    """A counter; 0 when there is none."""
    return optional_count(given, name) or 0


def optional_count(given: Mapping[str, object], name: str) -> int | None:
    """A counter that need not be told."""
    found = given.get(name)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    if isinstance(found, float) and not math.isfinite(found):
        return None
    return min(max(int(found), 0), COUNT_MAX)


def flag(given: Mapping[str, object], name: str) -> bool:
    """A boolean, which this provider also writes as 0 and 1."""
    found = given.get(name)
    return found is True or (isinstance(found, int) and found == 1)


def instant(given: Mapping[str, object], *names: str) -> datetime | None:
    """A time: ISO 8601, or a number of seconds or milliseconds; None when it is neither."""
    for name in names:
        found = given.get(name)
        moment = _from_text(found) if isinstance(found, str) else _from_number(found)
        if moment is not None:
            return moment
    return None


def distance(given: Mapping[str, object], name: str = "network_distance") -> Distance | None:
    """How far a person is, in any of the provider's spellings."""
    found = given.get(name)
    return _DISTANCES.get(found.upper()) if isinstance(found, str) else None


def page(
    given: Mapping[str, object],
    parse: Callable[[Mapping[str, object]], Item],
    *,
    items: str,
    cursor: str,
    total: str = "",
) -> Page[Item]:
    """A page of a list. An item that cannot be read is described, and stops no other.

    Raises:
        MalformedError: there is no list, or the cursor is none.
    """
    found = given.get(items)
    if not isinstance(found, list):
        raise MalformedError(f"no list {items}")
    read: list[Item] = []
    unreadable: list[str] = []
    for place, each in enumerate(found):
        try:
            if not isinstance(each, dict):
                raise MalformedError("no object")  # noqa: TRY301 - one way out of the loop
            read.append(parse(each))
        except MalformedError as error:
            unreadable.append(f"{items}[{place}]: {error}")
    return Page(
        tuple(read),
        cursor=_cursor(given.get(cursor), cursor),
        total=optional_count(given, total),
        unreadable=tuple(unreadable[:UNREADABLE_MAX]),
    )


def clean(given: str) -> str:
    """The text without what no column can hold."""
    if "\0" in given:
        given = given.replace("\0", "")
    try:
        given.encode()
    except UnicodeEncodeError:
        given = given.encode("utf-8", "replace").decode()
    return given


def _cursor(found: object, name: str) -> str | None:
    """A cursor of another type is no last page: what follows would be lost in silence."""
    if found is None or found == "":
        return None
    if not isinstance(found, str) or len(found) > CURSOR_MAX:
        raise MalformedError(f"the {name} is no text")
    return found


def _from_text(found: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(found)
    except ValueError:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None


def _from_number(found: object) -> datetime | None:
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(found / 1000 if abs(found) > 10**11 else found, UTC)
    except (OverflowError, ValueError, OSError):
        return None
