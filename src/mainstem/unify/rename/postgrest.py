"""Old names in what code asks of PostgREST: tables, embedded selects, filters, watched changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.builders import plain_method, shown_texts
from mainstem.unify.code.clients import is_storage
from mainstem.unify.code.names import entries, origins, resolve
from mainstem.unify.code.postgrest import builder_of, followed
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.rename.model import Found, Kind
from mainstem.unify.rename.names import name_found, select_found
from mainstem.unify.rename.placed import placed_text
from mainstem.unify.rename.select_text import (
    condition_parts,
    embedded,
    path_parts,
    resource_parts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mainstem.unify.code.builders import Builder
    from mainstem.unify.code.syntax import Call, SyntaxFile
    from mainstem.unify.rename.model import Renames
    from mainstem.unify.rename.select_text import Part

    Parts = Callable[[str, "Renames", Collection[str]], Iterator[Part]]

_TABLE_METHODS: Final = ("from", "table", "from_")
_RESOURCE_OPTIONS: Final = (
    "referencedTable",
    "foreignTable",
    "foreign_table",
    "reference_table",
)
#: methods of the chain whose first argument is no column
_NO_COLUMNS: Final = frozenset(
    {"select", "insert", "update", "upsert", "delete", "or", "limit", "range", "match", "on"}
)


def postgrest_found(file: SyntaxFile, renames: Renames) -> Found:
    """Everything in a file that is asked of PostgREST under an old name."""
    found = Found()
    builders = (
        builder_of(file, call)
        for name in _TABLE_METHODS
        for call in calls_by_name(file).get(name, ())
        if call.receiver is not None
        and len(call.arguments) == 1
        and not is_storage(file, call.receiver)
    )
    for builder in followed(file, [one for one in builders if one is not None]):
        if renames.means(builder.schema):
            found.add(_asked(file, builder, renames))
    for name in ("on", "on_postgres_changes"):
        for call in calls_by_name(file).get(name, ()):
            found.add(_watched(file, call, renames))
    return found


def _asked(file: SyntaxFile, builder: Builder, renames: Renames) -> Found:
    """One table in use, and everything that is called on it."""
    call = builder.call
    found = name_found(file, call.arguments[0], renames, Kind.CALL)
    given = call.node.child_by_field_name("type_arguments")
    for literal in file.nodes("literal_type", given) if given is not None else ():
        found.add(name_found(file, literal, renames, Kind.TYPE))
    selects = [one for one in builder.chain.calls if one.name == "select"]
    arguments = [
        argument
        for one in selects
        for argument in (one.arguments[:1] if file.language.is_script else one.arguments)
    ]
    for argument in arguments:
        found.add(select_found(file, argument, renames))
    named = _named(file, arguments)
    for one in builder.chain.calls:
        _filtered(file, one, renames, named, found)
    return found


def _named(file: SyntaxFile, selects: list[Node]) -> frozenset[str]:
    """Tables that the selects embed under their own name, so that filters name the table."""
    tables: set[str] = set()
    aliases: set[str] = set()
    for node in selects:
        for text in shown_texts(file, node):
            for one in embedded(text):
                if one.alias is None:
                    tables.add(one.name)
                else:
                    aliases.add(one.alias)
    return frozenset(tables - aliases)


def _filtered(
    file: SyntaxFile, call: Call, renames: Renames, named: Collection[str], found: Found
) -> None:
    """What filters, orders and options say of embedded tables."""
    for node in _options(file, call):
        _replace(file, node, renames, named, found, resource_parts)
    if plain_method(call.name) == "or" and call.arguments:
        _replace(file, call.arguments[0], renames, named, found, condition_parts)
    elif call.name not in _NO_COLUMNS and (column := call.argument(0, "column")) is not None:
        _replace(file, column, renames, named, found, path_parts)


def _options(file: SyntaxFile, call: Call) -> Iterator[Node]:
    for key in _RESOURCE_OPTIONS:
        if key in call.keywords:
            yield call.keywords[key]
    for argument in call.arguments[1:]:
        for origin in origins(file, argument) if argument.type in {"object", "identifier"} else ():
            if isinstance(origin, Node) and origin.type == "object":
                yield from (
                    value for key, value in entries(file, origin) if key in _RESOURCE_OPTIONS
                )


def _replace(
    file: SyntaxFile,
    node: Node,
    renames: Renames,
    named: Collection[str],
    found: Found,
    parts: Parts,
) -> None:
    for origin in origins(file, node) if named else ():
        text = placed_text(file, origin) if isinstance(origin, Node) else None
        for part in parts(text.text, renames, named) if text is not None else ():
            assert text is not None
            spot = text.spot(part.start, part.end, part.text, old=part.old, kind=Kind.FILTER)
            if spot is not None:
                found.spots.append(spot)


def _watched(file: SyntaxFile, call: Call, renames: Renames) -> Found:
    """`on('postgres_changes', { table: 'clients' })`."""
    options = dict(call.keywords)
    if call.name == "on":
        first = call.argument(0)
        if first is None or resolve(file, first).sole != "postgres_changes":
            return Found()
        for origin in origins(file, call.arguments[1]) if call.arguments[1:] else ():
            if isinstance(origin, Node) and origin.type == "object":
                options |= {key: value for key, value in entries(file, origin) if key}
    schema = options.get("schema")
    if "table" not in options or not (schema is None or renames.means(resolve(file, schema).sole)):
        return Found()
    return name_found(file, options["table"], renames, Kind.CHANGES)
