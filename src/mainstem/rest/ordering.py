"""Reads `order`: terms with a direction and the place of nulls."""

from __future__ import annotations

from mainstem.rest.problem import too_much
from mainstem.rest.query import Order
from mainstem.rest.scanner import Scanner

TERMS_MAX = 32
_DIRECTIONS = {"asc": False, "desc": True}
_NULLS = {"nullsfirst": "nulls first", "nullslast": "nulls last"}


def read_order(text: str) -> tuple[Order, ...]:
    """The terms of an `order`; an empty one has none."""
    if not text.strip():
        return ()
    scanner = Scanner("order parameter", text)
    terms = [_term(scanner)]
    while scanner.take(","):
        terms.append(_term(scanner))
        if len(terms) > TERMS_MAX:
            raise too_much("order has many terms", limit=TERMS_MAX, setting="order_terms_max")
    scanner.end()
    return tuple(terms)


def _term(scanner: Scanner) -> Order:
    path, embed = scanner.path(), None
    if not path.steps and scanner.take("("):
        embed, path = path.name, scanner.path()
        scanner.need(")")
    is_descending, nulls = False, None
    if scanner.take("."):
        word = scanner.word()
        if word in _DIRECTIONS:
            is_descending = _DIRECTIONS[word]
            word = scanner.word() if scanner.take(".") else ""
        if word:
            if word not in _NULLS:
                raise scanner.fail("asc, desc, nullsfirst or nullslast")
            nulls = _NULLS[word]
    return Order(path, embed, is_descending, nulls)
