"""Text in GitHub Flavored Markdown that stays text, in paragraphs and in tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mainstem.unify.page.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|#~&])")


def plain(text: str) -> str:
    """Text in which nothing is a mark, and every character is seen."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split())))


def code(text: str) -> str:
    """Text as a code span; a run of backticks inside needs a longer one around it."""
    text = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if longest else ""
    return f"{fence}{padding}{text}{padding}{fence}" if text else ""


def row(cells: Iterable[str]) -> str:
    """A row of a table; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |"
