"""CPython gets possessive repeats and atomic groups wrong until 3.11.5 (gh-106052)."""

from __future__ import annotations

import re
from pathlib import Path

import mainstem

_POSSESSIVE = re.compile(r"(?:\)|\]|\\\w|\})[*+?]\+|[)\]]\{[\d,]+\}\+|\(\?>")


def test_no_pattern_repeats_possessively() -> None:
    package = Path(mainstem.__file__).parent
    found = [
        f"{path.relative_to(package)}:{number}"
        for path in package.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if _POSSESSIVE.search(line)
    ]
    assert found == []


def test_what_it_looks_for() -> None:
    for pattern in (r"[^a]++", r"(?:ab|c)*+", r"\w?+", r"a(?>b)", r"(x){1,2}+"):
        assert _POSSESSIVE.search(pattern)
    for pattern in (r"[-*+•]+", r"\++", r"(?:a)+\+", r"[)+?]"):
        assert not _POSSESSIVE.search(pattern)
