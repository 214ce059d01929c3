"""Old names in the SQL that stands in the strings of a program, and in files of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.code.sql_strings import statements
from mainstem.unify.rename.model import Doubt, Found, Kind
from mainstem.unify.rename.placed import placed_text
from mainstem.unify.rename.sql import sql_found

if TYPE_CHECKING:
    from collections.abc import Collection

    from tree_sitter import Node

    from mainstem.unify.code.syntax import SyntaxFile
    from mainstem.unify.rename.model import Renames


def sql_strings_found(file: SyntaxFile, renames: Renames, other_lines: Collection[int]) -> Found:
    """Every old name in SQL; `other_lines` are those whose SQL is for another engine."""
    found = Found()
    for text, _ in statements(file):
        first, last = text.node.start_point[0] + 1, text.node.end_point[0] + 1
        if any(first <= line <= last for line in other_lines):
            continue
        placed = placed_text(file, text.node, is_tagged=_is_tagged(text.node))
        if placed is None:
            continue
        said = sql_found(placed.text, renames, shown=text.sql)
        for part in said.parts:
            spot = placed.spot(part.start, part.end, part.text, old=part.old, kind=Kind.SQL)
            if spot is not None:
                found.spots.append(spot)
            else:
                said.doubts.append(f"where it names {part.old} is put together from several texts")
        found.doubts.extend(
            Doubt(file.place(text.node), file.expression(text.node), reason, file.is_test)
            for reason in said.doubts
        )
    return found


def _is_tagged(node: Node) -> bool:
    parent = node.parent
    return (
        node.type == "template_string" and parent is not None and parent.type == "call_expression"
    )
