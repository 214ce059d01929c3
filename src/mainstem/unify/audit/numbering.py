"""Numbers of migration files: a name under which a file would run before another."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBERED = re.compile(r"(?P<letters>[vV]?)(?P<number>\d+)(?P<rest>.*)", re.DOTALL)
#: how long a number is that is a moment, how it is written, and the next smaller one
_MOMENTS: Final = {
    14: ("%Y%m%d%H%M%S", timedelta(seconds=1)),
    12: ("%Y%m%d%H%M", timedelta(minutes=1)),
    8: ("%Y%m%d", timedelta(days=1)),
}


def name_before(files: Sequence[str], *, moved: str, first_use: str) -> str | None:
    """A path for `moved` that sorts right before `first_use`; None where no number is free.

    `files` are all paths in the order in which they run.
    """
    before = _NUMBERED.fullmatch(_label(first_use))
    own = _NUMBERED.fullmatch(_label(moved))
    if before is None or own is None or first_use not in files:
        return None
    number = _smaller(before["number"])
    taken = [_NUMBERED.fullmatch(_label(file)) for file in files[: files.index(first_use)]]
    last = max((int(match["number"]) for match in taken if match is not None), default=-1)
    if number is None or int(number) <= last:
        return None
    return _relabelled(moved, before["letters"] + number + own["rest"])


def name_after(files: Sequence[str], *, new: str) -> str:
    """A path for `new`, whose number does not count, that sorts after all files."""
    last = next(
        (match for file in reversed(files) if (match := _NUMBERED.match(_label(file)))), None
    )
    own = _NUMBERED.fullmatch(_label(new))
    assert own is not None, "the caller gives it a number to replace"
    number = f"{int(last['number']) + 1:0{len(last['number'])}}" if last else "0001"
    return _relabelled(new, (last["letters"] if last else "") + number + own["rest"])


def _smaller(number: str) -> str | None:
    if len(number) in _MOMENTS:
        form, step = _MOMENTS[len(number)]
        try:
            # Only its digits are compared: a zone would change nothing.
            moment = datetime.strptime(number, form)  # noqa: DTZ007
        except ValueError:
            pass  # eight digits need not be a date
        else:
            return (moment - step).strftime(form)
    return f"{int(number) - 1:0{len(number)}}" if int(number) > 0 else None


def _label(path: str) -> str:
    """The part of a path that orders it: the folder's name for `20240101_x/migration.sql`."""
    pure = PurePosixPath(path)
    return pure.name if _NUMBERED.match(pure.name) else pure.parent.name


def _relabelled(path: str, label: str) -> str:
    pure = PurePosixPath(path)
    if _NUMBERED.match(pure.name):
        return str(pure.with_name(label))
    return str(pure.parent.with_name(label) / pure.name)
