"""Reads filters: `column=operator.value`, and trees of them in `and=(...)` and `or=(...)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.rest.problem import malformed, too_much
from mainstem.rest.query import Condition, Group, Path, Where
from mainstem.rest.scanner import Scanner

if TYPE_CHECKING:
    from mainstem.rest.model import Limits

#: PostgREST's word -> the operator
COMPARISONS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
    "isdistinct": "is distinct from",
    "cs": "@>",
    "cd": "<@",
    "ov": "&&",
    "sl": "<<",
    "sr": ">>",
    "nxr": "&<",
    "nxl": "&>",
    "adj": "-|-",
}
SEARCHES = {
    "fts": "to_tsquery",
    "plfts": "plainto_tsquery",
    "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}
IS_VALUES = {
    "null": "is null",
    "not_null": "is not null",
    "true": "is true",
    "false": "is false",
    "unknown": "is unknown",
}
_MULTIPLE = frozenset({"eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch"})
_OPERATION = re.compile(r"(not\.)?([a-z]+)(?:\(([A-Za-z0-9_]{1,63})\))?\.", re.ASCII)
_LOGIC = frozenset({"and", "or"})


def read_condition(path: Path, text: str) -> Condition:
    """The filter of one parameter, whose value goes to the end of the text."""
    found = _OPERATION.match(text)
    what = f"filter {path.name}"
    if found is None:
        raise malformed(what, text, at=0, expected="an operator (eq, gt, like, in, is, ...)")
    is_negated, operator, modifier = found[1] is not None, found[2], found[3]
    scanner = Scanner(what, text)
    scanner.at = found.end(2)
    _check(scanner, operator, modifier)
    scanner.at = found.end()
    value: str | tuple[str, ...]
    if operator == "in":
        value = _list(scanner, "(", ")")
        scanner.end()
    elif modifier in {"any", "all"} and operator not in SEARCHES:
        value = _list(scanner, "{", "}")
        scanner.end()
    else:
        value = text[found.end() :]
    if operator == "is":
        value = _is_value(scanner, str(value))
    return Condition(path, operator, value, is_negated, modifier)


def read_group(word: str, text: str, limits: Limits, *, is_negated: bool) -> Group:
    """The tree of an `and` or `or` parameter."""
    scanner = Scanner(f"logic tree {word}", text)
    group = _group(scanner, word, limits, depth=1, is_negated=is_negated)
    scanner.end()
    return group


def _group(scanner: Scanner, word: str, limits: Limits, *, depth: int, is_negated: bool) -> Group:
    if depth > limits.nesting_max:
        raise too_much("filters are nested", limit=limits.nesting_max, setting="nesting_max")
    scanner.need("(")
    members = [_member(scanner, limits, depth)]
    while scanner.take(","):
        members.append(_member(scanner, limits, depth))
        if len(members) > limits.conditions_max:
            raise too_many(limits)
    scanner.need(")")
    return Group(word, tuple(members), is_negated)


def too_many(limits: Limits) -> Exception:
    """What to raise when a request has too many filters."""
    return too_much(
        "the request has many filters", limit=limits.conditions_max, setting="conditions_max"
    )


def _member(scanner: Scanner, limits: Limits, depth: int) -> Where:
    while scanner.take(" "):
        pass
    start = scanner.at
    is_negated = scanner.take("not.")
    for word in sorted(_LOGIC):
        if scanner.sees(f"{word}("):
            scanner.need(word)
            return _group(scanner, word, limits, depth=depth + 1, is_negated=is_negated)
    scanner.at = start
    path = scanner.path()
    scanner.need(".")
    return _inner_condition(scanner, path)


def _inner_condition(scanner: Scanner, path: Path) -> Condition:
    """A filter inside a tree, where a value ends at a comma or a bracket unless it is quoted."""
    found = _OPERATION.match(scanner.text, scanner.at)
    if found is None:
        raise scanner.fail("an operator (eq, gt, like, in, is, ...)")
    is_negated, operator, modifier = found[1] is not None, found[2], found[3]
    scanner.at = found.end(2)
    _check(scanner, operator, modifier)
    scanner.at = found.end()
    value: str | tuple[str, ...]
    if operator == "in":
        value = _list(scanner, "(", ")")
    elif modifier in {"any", "all"} and operator not in SEARCHES:
        value = _list(scanner, "{", "}")
    else:
        value = _inner_value(scanner)
    if operator == "is":
        value = _is_value(scanner, str(value))
    return Condition(path, operator, value, is_negated, modifier)


def _inner_value(scanner: Scanner) -> str:
    if scanner.sees('"'):
        return scanner.quoted_text()
    if scanner.sees("{"):
        text = scanner.until("}")
        scanner.need("}")
        return text + "}"
    return scanner.until(",)")


def _list(scanner: Scanner, opening: str, closing: str) -> tuple[str, ...]:
    scanner.need(opening)
    values: list[str] = []
    if scanner.take(closing):
        return ()
    while True:
        while scanner.take(" "):
            pass
        quoted = scanner.sees('"')
        values.append(scanner.quoted_text() if quoted else scanner.until("," + closing))
        if not scanner.take(","):
            break
    scanner.need(closing)
    return tuple(values)


def _check(scanner: Scanner, operator: str, modifier: str | None) -> None:
    if operator in SEARCHES:
        return
    if operator not in COMPARISONS and operator not in {"in", "is"}:
        raise scanner.fail("an operator (eq, gt, like, in, is, ...)")
    if modifier is not None and (operator not in _MULTIPLE or modifier not in {"any", "all"}):
        raise scanner.fail('"any" or "all" after eq, gt, gte, lt, lte, like, ilike, match, imatch')


def _is_value(scanner: Scanner, value: str) -> str:
    word = value.lower()
    if word not in IS_VALUES:
        raise scanner.fail("null, not_null, true, false or unknown")
    return word
