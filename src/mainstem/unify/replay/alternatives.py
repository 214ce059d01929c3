"""Other ways to run a statement that failed only because of what stands in for an extension."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mainstem.unify.replay.session import Complaint

_MISSING_CLASS: Final = re.compile(
    r'operator class "[^"]+" does not exist for access method'
    r"|has no default operator class for access method"
)
_SPATIAL: Final = re.compile(
    r"\b(geometry|geography)\s*\(\s*[a-z]+\s*(?:,\s*\d+\s*)?\)", re.IGNORECASE
)
_METHOD: Final = re.compile(r"\busing\s+(?:gin|gist|spgist)\b", re.IGNORECASE)
_CLASS: Final = re.compile(r"\b(?:\w+\.)?\w+_(?:trgm_)?ops\b", re.IGNORECASE)
_EXCLUSION: Final = re.compile(
    r",?\s*(?:\badd\s+)?(?:\bconstraint\s+(?:\w+|\"[^\"]+\")\s+)?\bexclude\s+(?:using\s+\w+\s*)?\(",
    re.IGNORECASE,
)
#: those that bring operator classes written in C
CLASS_EXTENSIONS: Final = frozenset(
    {"pg_trgm", "btree_gin", "btree_gist", "postgis", "hstore", "ltree", "citext"}
)


def alternatives(
    kind: str, text: str, complaint: Complaint, *, installed: Callable[[], frozenset[str]]
) -> Iterator[tuple[str, str]]:
    """Yield (statement, reason) to try in place of one that failed, as long as none succeeds.

    `installed` tells the extensions that the database has: without one, the failure is a true one.
    """
    if "type modifier is not allowed" in complaint.message and _SPATIAL.search(text):
        yield _SPATIAL.sub(r"\1", text), "its spatial types are stand-ins without modifiers"
    if _MISSING_CLASS.search(complaint.message) and installed() & CLASS_EXTENSIONS:
        if kind == "IndexStmt":
            reason = "the operator class is not there: an index of another kind stands in"
            yield _CLASS.sub("", _METHOD.sub("using brin", text)), reason
            yield "select", "the operator class is not there: the index is left out"
        elif (without := without_exclusion(text)) != text:
            yield without, "the operator class is not there: the exclusion is left out"


def without_exclusion(text: str) -> str:
    """Cut the EXCLUDE constraints out of a statement."""
    while (found := _EXCLUSION.search(text)) is not None:
        end = _closing(text, found.end())
        where = re.compile(r"\s*where\s*\(", re.IGNORECASE).match(text, end)
        end = _closing(text, where.end()) if where else end
        begin = found.start()
        if text[begin] != "," and (comma := re.compile(r"\s*,").match(text, end)):
            end = comma.end()
        text = text[:begin] + text[end:]
    return "select" if re.fullmatch(r"alter\s+table\s+\S+\s*", text, re.IGNORECASE) else text


def _closing(text: str, position: int) -> int:
    """Return the place after the parenthesis that closes the one before a position."""
    depth = 1
    for found in re.compile(r"'(?:[^']|'')*'|[()]").finditer(text, position):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return len(text)
