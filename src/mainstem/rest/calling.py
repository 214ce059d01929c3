"""Writes the call of a function as something to select from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.rest.binding import Binder, Mark, array_text
from mainstem.rest.catalog import Argument, Function, Relation, quoted
from mainstem.rest.problem import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.rest.catalog import Exposed


def overloads(exposed: Exposed, name: str) -> tuple[Function, ...]:
    """The functions of that name.

    Raises:
        RequestError: there is none.
    """
    found = exposed.functions.get(name)
    if found is None:
        raise _missing(exposed, name, None)
    return found


def choose(
    exposed: Exposed, functions: Sequence[Function], given: frozenset[str], *, has_body: bool
) -> Function:
    """The one function that takes these arguments.

    Raises:
        RequestError: none does, or several do.
    """
    found = [one for one in functions if one.needed <= given <= one.names and "" not in one.needed]
    if not found and has_body:
        found = [one for one in functions if one.takes_body]
    if len(found) == 1:
        return found[0]
    if not found:
        raise _missing(exposed, functions[0].name, given)
    shown = ", ".join(f"{one.name}({', '.join(_shown(one))})" for one in found)
    raise RequestError(
        300,
        "PGRST203",
        f"Could not choose the best candidate function between: {shown}",
        hint="Try renaming the parameters or the function itself in the database so function "
        "overloading can be resolved",
    )


def _shown(function: Function) -> list[str]:
    return [f"{one.name} => {one.type}" for one in function.arguments]


def _missing(exposed: Exposed, name: str, given: frozenset[str] | None) -> RequestError:
    """That there is none which takes these; None: none of that name."""
    called = f"the function {exposed.name}.{name}"
    if given is not None:
        called += f" with parameters {', '.join(sorted(given))}" if given else " without parameters"
    return RequestError(
        404,
        "PGRST202",
        f"Could not find {called} in the schema cache",
        details=f"Searched for {called}, but no matches were found in the schema cache.",
    )


def relation_of(exposed: Exposed, function: Function) -> Relation:
    """What its rows look like."""
    if function.relation is not None:
        return exposed.relations[function.relation]
    return Relation(
        schema=function.schema,
        name=function.name,
        table=function.name,
        is_view=True,
        is_tenant=False,
        may_delete=False,
        columns=function.columns,
        primary_key=(),
        unique_keys=(),
    )


def call_sql(
    binder: Binder,
    function: Function,
    *,
    arguments: Sequence[tuple[str, str]] = (),
    given: frozenset[str] | None = None,
) -> str:
    """The call as an item of a FROM clause.

    Args:
        binder: of the statement.
        function: which.
        arguments: those of the query string.
        given: the names that the object of the body has; None: the body has none.
    """
    source = ""
    if given is None:
        values = _texts(binder, function, arguments)
    elif function.takes_body:
        values = [f"{binder.mark(Mark.BODY)}::{function.arguments[0].type}"]
    else:
        used = [one for one in function.arguments if one.name in given]
        values = [_named(one, f"a.{quoted(one.name)}") for one in used]
        types = ", ".join(f"{quoted(one.name)} {one.type}" for one in used)
        if used:
            body = binder.mark(Mark.BODY)
            source = f"json_to_record({body}::json) as a({types}) cross join lateral "
    output = "f" if function.result == "row" else "f(v)"
    return f"(select f.* from {source}{function.sql}({', '.join(values)}) as {output})"


def _texts(binder: Binder, function: Function, arguments: Sequence[tuple[str, str]]) -> list[str]:
    texts: dict[str, list[str]] = {}
    for name, value in arguments:
        texts.setdefault(name, []).append(value)
    written: list[str] = []
    for one in function.arguments:
        values = texts.get(one.name)
        if values is None:
            continue
        is_list = one.is_variadic and not (len(values) == 1 and values[0].startswith("{"))
        text = array_text(tuple(values)) if is_list else values[-1]
        written.append(_named(one, f"{binder.bind(text)}::{one.type}"))
    return written


def _named(argument: Argument, value: str) -> str:
    word = "variadic " if argument.is_variadic else ""
    return f"{word}{quoted(argument.name)} := {value}"
