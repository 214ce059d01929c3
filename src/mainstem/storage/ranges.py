"""`Range`, `If-Range` and `If-None-Match` (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class UnsatisfiableError(Exception):
    """The range begins behind the end of the file."""


@dataclass(frozen=True)
class Span:
    """A part of a file: its first byte, and how many."""

    start: int
    length: int

    def shown(self, size: int) -> str:
        """As `Content-Range` says it."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def span_of(header: str, size: int) -> Span | None:
    """The part that is asked for; None for the whole, also where the header means nothing.

    Several ranges in one request are answered with the whole file, which is allowed.

    Raises:
        UnsatisfiableError: nothing of the file lies in it.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first == "":
        length = min(int(last), size)
        if length == 0:
            raise UnsatisfiableError
        return Span(size - length, length)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    if start >= size:
        raise UnsatisfiableError
    return Span(start, end - start + 1)


def matches(header: str, etag: str) -> bool:
    """Whether `If-None-Match` names the content; compared weakly, as it is for reading."""
    named = (one.strip().removeprefix("W/") for one in header.split(","))
    return header.strip() == "*" or etag in named
