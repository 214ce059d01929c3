"""Makes SQL as programs write it fit for a parser: parameters, and pieces put in at run time.

A parameter (`%s`, `:name`, `?`, `@name`) becomes what the parser knows as one. A piece that the
program puts in (`${table}`) arrives as a `marker`, an identifier that nobody would choose. Where
an identifier cannot stand, `repaired` tries the few shapes that can: nothing, a list, a query.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MARKER: Final = re.compile(r"__run_time_(\d+)_(?:piece)?_")
_PIECE: Final = re.compile(r"__run_time_\d+_piece_")
_NOTHING: Final = " "
#: What a piece may stand for, most likely first; `{}` is the marker itself.
_SHAPES: Final = (
    "{}",
    " cross join {}",
    _NOTHING,
    "({})",
    "{} = null",
    " select {} ",
    " as (select {}) ",
    " default values ",
)
_TRIES_MAX: Final = 40
_TOKEN: Final = re.compile(
    r"""
    (?P<text>
        '(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`
        |--[^\n]*|/\*.*?\*/
        |\$(?P<tag>[a-zA-Z_]*)\$.*?\$(?P=tag)\$
    )
    |(?P<cast>::)
    |(?P<braces>\{\{[^{}]*\}\}|\{\w+:\s*[\w()]+\})
    |%\((?P<python>\w+)\)s
    |(?P<percent>%[sdbt]|%%)(?!\w)
    |(?<![\w:\]])(?P<colon>:[a-zA-Z_]\w*)
    |(?<![\w@<])(?P<at>@[a-zA-Z_]\w*)
    |(?<![\w$])(?P<dollar>\$[a-zA-Z_]\w*)
    |(?<![\w?@])(?P<mark>\?\d*)(?![|&?\w]|\s*')
    """,
    re.VERBOSE | re.DOTALL,
)


def marker(of: int) -> str:
    """The identifier that stands for the piece of that number."""
    return f"__run_time_{of}__"


def is_piece(name: str) -> bool:
    """Whether the name stands for more than a name, such as joins and conditions."""
    return _PIECE.search(name) is not None


def number(name: str) -> int | None:
    """The number of the piece that the name is, if it is one and nothing else."""
    match = _MARKER.fullmatch(name)
    return int(match[1]) if match else None


def is_dynamic(name: str) -> bool:
    """Whether a name, or a part of it, is made at run time."""
    return _MARKER.search(name) is not None


def shown(text: str, expressions: dict[str, str]) -> str:
    """The text with its markers as the code has them, to show to people."""
    return _MARKER.sub(lambda match: "${" + expressions.get(match[1], "…") + "}", text)


def with_parameters(sql: str, parameter: str) -> str:
    """The text with every parameter in the parser's way; strings and comments stay as they are."""

    def replaced(match: re.Match[str]) -> str:
        if match["text"] or match["cast"]:
            return match[0]
        if match["percent"] == "%%":
            return "%"
        return parameter

    return _TOKEN.sub(replaced, sql)


def repaired(
    sql: str, error_position: Callable[[str], int | None]
) -> tuple[str, tuple[str, ...]] | None:
    """The text with its markers in shapes that parse, and those left out; None if no shapes do.

    `error_position` parses a text and says where it fails, None where it does not.
    """
    pieces = _MARKER.split(sql)
    texts, numbers = pieces[::2], pieces[1::2]
    shapes = [0] * len(numbers)
    for _ in range(_TRIES_MAX):
        attempt = _joined(texts, numbers, shapes)
        position = error_position(attempt)
        if position is None:
            return attempt, tuple(
                marker(int(of))
                for of, shape in zip(numbers, shapes, strict=True)
                if _SHAPES[shape] == _NOTHING
            )
        culprit = _before(position, texts, numbers, shapes)
        if culprit is None:
            return None
        shapes[culprit] += 1
    return None


def _joined(texts: list[str], numbers: list[str], shapes: list[int]) -> str:
    return "".join(text for text, _ in _parts(texts, numbers, shapes))


def _before(position: int, texts: list[str], numbers: list[str], shapes: list[int]) -> int | None:
    """The last marker before the place of the error that has a shape left to try."""
    found: int | None = None
    start = 0
    for text, index in _parts(texts, numbers, shapes):
        if start > position:
            break
        if index is not None and shapes[index] + 1 < len(_SHAPES):
            found = index
        start += len(text)
    return found


def _parts(
    texts: list[str], numbers: list[str], shapes: list[int]
) -> Iterator[tuple[str, int | None]]:
    for index, text in enumerate(texts):
        yield text, None
        if index < len(numbers):
            yield _shaped(_SHAPES[shapes[index]], numbers[index]), index


def _shaped(shape: str, of: str) -> str:
    # Where joins could stand, the piece may as well be a condition: it is not called a table.
    return shape.format(f"__run_time_{of}_piece_" if "join" in shape else marker(int(of)))
