"""Reads documents that a test writes."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from mainstem.unify.documents.names import Names
from mainstem.unify.documents.reading import read_text

if TYPE_CHECKING:
    from mainstem.unify.documents.attempts import TryBlock
    from mainstem.unify.documents.model import DocumentReading, Expectation

FILE = "docs/status.md"


def read(
    text: str, *known: str, try_block: TryBlock | None = None, file: str = FILE
) -> DocumentReading:
    """What the document says, when other sources know those tables; the text may be indented."""
    return read_text(dedent(text).lstrip("\n"), file=file, names=Names(known), try_block=try_block)


def said(reading: DocumentReading) -> list[tuple[str, int, Expectation]]:
    """Each mention as name, line and expectation."""
    return [(one.name, one.place.line, one.expectation) for one in reading.mentions]
