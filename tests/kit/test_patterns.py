"""CPython gets possessive repeats and atomic groups wrong until 3.11.5 (gh-106052)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import mainstem

_POSSESSIVE = re.compile(r"(?:\)|\]|\\\w|\})[*+?]\+|[)\]]\{[\d,]+\}\+|\(\?>")


def test_no_pattern_repeats_possessively() -> None:
    package = Path(mainstem.__file__).parent
    found = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _POSSESSIVE.search(node.value)
    ]
    assert found == []


def test_what_it_looks_for() -> None:
    for pattern in (r"[^a]++", r"(?:ab|c)*+", r"\w?+", r"a(?>b)", r"(x){1,2}+"):
        assert _POSSESSIVE.search(pattern)
    for pattern in (r"[-*+•]+", r"\++", r"(?:a)+\+", r"[)+?]"):
        assert not _POSSESSIVE.search(pattern)
