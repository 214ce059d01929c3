"""TOML for people: a section for each table, a line for each key; what is inline stays one line.

https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Noted:
    """A section with comments below its name."""

    content: Mapping[str, object]
    comments: Sequence[str]


@dataclass(frozen=True)
class Inline:
    """A table in one line."""

    content: Mapping[str, object]


def write_toml(content: Mapping[str, object], *, header: str) -> str:
    """The text of a file that begins with a comment.

    A mapping is a section, a list of mappings one for each; a mapping of mappings alone needs no
    name of its own.
    """
    lines = [*(f"# {line}" for line in header.splitlines()), "", *_lines((), content)]
    return "\n".join(lines) + "\n"


def _lines(path: tuple[str, ...], content: Mapping[str, object]) -> Iterator[str]:
    sections = {name: found for name, found in content.items() if _is_section(found)}
    for name, found in content.items():
        if name not in sections:
            yield f"{_key(name)} = {_value(found)}"
    for name, found in sections.items():
        yield from _sections((*path, name), found)


def _is_section(found: object) -> bool:
    is_array = isinstance(found, list) and bool(found) and isinstance(found[0], Mapping)
    return is_array or isinstance(found, Mapping | Noted)


def _sections(path: tuple[str, ...], found: object) -> Iterator[str]:
    called = ".".join(map(_key, path))
    if isinstance(found, list):
        for one in found:
            yield from ("", f"[[{called}]]", *_lines(path, one))
        return
    noted = found if isinstance(found, Noted) else None
    content = found if noted is None else noted.content
    assert isinstance(content, Mapping)
    if not content or not all(map(_is_section, content.values())):
        yield from ("", f"[{called}]")
    if noted is not None:
        yield from (f"# {line}" for line in noted.comments)
    yield from _lines(path, content)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(found: object) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str):
        return _text(found)
    if isinstance(found, int):
        return str(found)
    if isinstance(found, Inline):
        pairs = (f"{_key(name)} = {_value(one)}" for name, one in found.content.items())
        return f"{{{', '.join(pairs)}}}"
    assert isinstance(found, list | tuple), f"TOML has no {type(found).__name__}"
    return f"[{', '.join(map(_value, found))}]"


def _text(text: str) -> str:
    """A basic string: what JSON escapes TOML does, and DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
