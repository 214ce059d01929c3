"""The checks in a function's body of who calls it, found in its text so that they can be taken out.

Two forms are recognised: a condition of a WHERE clause, and `if ... then raise` in PL/pgSQL, each
where it reads what is known of the caller: a claim or a setting, or a variable that holds one. The
server's parser decides what a condition reads; the text only says where it stands. What is not
recognised is not weakened: a `perform` of a function that raises, a branch that returns early, the
condition of a join, statements that are put together when they run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.expressions import columns, names, nodes, parse_expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.catalog.database import Function
    from mainstem.unify.isolation.expanding import Expander

_TOKEN: Final = re.compile(
    r"(?P<aside>--[^\n]*|/\*.*?\*/|\s+)"
    r"|(?P<text>[eE]?'(?:[^'\\]|''|\\.)*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|\"(?:[^\"]|\"\")*\")"
    r"|(?P<word>[A-Za-z_][\w$]*)|(?P<sign>:=|.)",
    re.DOTALL,
)
_USERS: Final = frozenset({"SVFOP_CURRENT_USER", "SVFOP_SESSION_USER", "SVFOP_USER"})
_INTO: Final = re.compile(
    r"\binto\s+(?:strict\s+)?[\w\s,.]+?(?=\bfrom\b|\bwhere\b|$)", re.IGNORECASE
)
#: what ends a WHERE clause, outside of its parentheses
_ENDS: Final = frozenset(
    {"group", "order", "limit", "offset", "fetch", "for", "having", "window", "union", "intersect"}
    | {"except", "returning", "loop", "on", "then", "into", "when", "with"}
)


@dataclass(frozen=True)
class Check:
    """A place of a body, what stands there, and what makes it let everybody through."""

    start: int
    end: int
    text: str
    instead: str


@dataclass(frozen=True)
class _Token:
    """A word, a sign or a text, with how many parentheses are open around it."""

    text: str
    start: int
    end: int
    depth: int


def body_checks(function: Function, expander: Expander) -> list[Check]:
    """The checks of who calls, in the order of the body."""
    tokens = _tokens(function.body)
    held = _variables(function.body, tokens, expander)
    found = [*_conditions(function.body, tokens), *_refusals(function.body, tokens)]
    return sorted(
        (one for one in found if _asks(one.text, held, expander)),
        key=lambda one: (one.start, -one.end),
    )


def outermost(checks: Sequence[Check]) -> list[Check]:
    """Those that stand inside no other."""
    found: list[Check] = []
    for check in checks:
        if not found or check.start >= found[-1].end:
            found.append(check)
    return found


def without(body: str, checks: Sequence[Check]) -> str:
    """The body with checks that let everybody through; they do not overlap."""
    parts, position = [], 0
    for check in checks:
        parts += [body[position : check.start], check.instead]
        position = check.end
    return "".join([*parts, body[position:]])


def _tokens(body: str) -> list[_Token]:
    found: list[_Token] = []
    depth = 0
    for match in _TOKEN.finditer(body):
        if match["aside"] is not None:
            continue
        text = match[0].lower() if match["word"] else match[0]
        depth -= text in {")", "]"}
        found.append(_Token(text, match.start(), match.end(), depth))
        depth += text in {"(", "["}
    return found


def _conditions(body: str, tokens: Sequence[_Token]) -> Iterator[Check]:
    """Each part of each WHERE clause that AND joins to the others."""
    for at, token in enumerate(tokens):
        if token.text != "where":
            continue
        clause: list[_Token] = []
        for one in tokens[at + 1 :]:
            is_over = one.depth < token.depth or (
                one.depth == token.depth and (one.text in _ENDS or one.text == ";")
            )
            if is_over:
                break
            clause.append(one)
        yield from _parts(body, clause, token.depth)


def _parts(body: str, clause: Sequence[_Token], depth: int) -> Iterator[Check]:
    """The conjuncts of a clause; none where OR joins them at the top."""
    joints = [n for n, one in enumerate(clause) if one.depth == depth and one.text == "and"]
    between = [n for n, one in enumerate(clause) if one.depth == depth and one.text == "between"]
    for opened in between:
        closing = next((n for n in joints if n > opened), None)
        joints = [n for n in joints if n != closing]
    if any(one.depth == depth and one.text in {"or", "case"} for one in clause):
        joints = []
    for before, after in pairwise([-1, *joints, len(clause)]):
        part = clause[before + 1 : after]
        if part:
            start, end = part[0].start, part[-1].end
            yield Check(start, end, body[start:end], "true")


def _refusals(body: str, tokens: Sequence[_Token]) -> Iterator[Check]:
    """The condition of each `if ... then raise`, which then never holds."""
    for at, token in enumerate(tokens):
        if token.text not in {"if", "elsif", "elseif"} or (at and tokens[at - 1].text == "end"):
            continue
        rest = tokens[at + 1 :]
        then = next((n for n, one in enumerate(rest) if one.text in {"then", ";"}), None)
        if then is None or then == 0 or rest[then].text == ";" or then + 1 >= len(rest):
            continue
        if rest[then + 1].text == "raise":
            start, end = rest[0].start, rest[then - 1].end
            yield Check(start, end, body[start:end], "false")


def _variables(body: str, tokens: Sequence[_Token], expander: Expander) -> frozenset[str]:
    """The variables that are given what is known of the caller."""
    found: set[str] = set()
    start = 0
    for at, token in enumerate(tokens):
        if token.text != ";":
            continue
        statement, start = tokens[start:at], at + 1
        texts = [one.text for one in statement]
        if ":=" in texts and texts.index(":=") > 0:
            place = texts.index(":=")
            value = body[statement[place].end : token.start]
            declared = [text for text in texts[:place] if text not in {"begin", "declare", "then"}]
            if declared and _asks(value, frozenset(found), expander):
                found.add(declared[0])
        if "into" in texts and "select" in texts:
            value = body[statement[0].start : token.start]
            if _reads_claims(_select_of(value), expander):
                found.update(_targets(texts[texts.index("into") + 1 :]))
    return frozenset(found)


def _select_of(statement: str) -> str:
    """A SELECT as an expression; words of PL/pgSQL that stand before it are left out."""
    begin = re.search(r"\bselect\b", statement, re.IGNORECASE)
    query = statement[begin.start() :] if begin is not None else statement
    return f"({_INTO.sub('', query)})"


def _targets(texts: Sequence[str]) -> Iterator[str]:
    """`a, b` of `into strict a, b from ...`."""
    is_next = True
    for text in texts:
        if text == "strict":
            continue
        if text == ",":
            is_next = True
        elif is_next and re.fullmatch(r"[a-z_]\w*", text):
            yield text
            is_next = False
        else:
            return


def _asks(condition: str, variables: frozenset[str], expander: Expander) -> bool:
    """Whether a condition reads what is known of the caller."""
    tree = parse_expression(condition)
    return bool(columns(tree) & variables) or _reads_claims(condition, expander)


def _reads_claims(expression: str, expander: Expander) -> bool:
    return any(
        (kind == "SQLValueFunction" and fields.get("op") in _USERS)
        or (kind == "FuncCall" and names(fields["funcname"])[-1:] == ("current_setting",))
        for kind, fields in nodes(expander.expression(expression))
    )
