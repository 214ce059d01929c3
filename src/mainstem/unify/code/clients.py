"""Whether something that is asked for a table is a PostgREST client, and not `Array` or a stream.

Evidence that it is: it is made by a function whose name says so, comes from a module or is typed
with a name that says so, or is called so. Where it only could be (`db`, `client`, a parameter),
what is called on the table afterwards decides.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.facts import Reference
from mainstem.unify.code.names import origins
from mainstem.unify.code.scopes import scopes
from mainstem.unify.code.syntax import as_call, plain

if TYPE_CHECKING:
    from mainstem.unify.code.syntax import SyntaxFile


class Likeness(enum.Enum):
    """How sure it is that an expression is a client."""

    IS = "is"
    COULD = "could be"
    IS_NOT = "is not"


def likeness(file: SyntaxFile, receiver: Node) -> Likeness:
    """How sure it is that what a method is called on is a PostgREST client."""
    receiver = plain(receiver)
    call = as_call(file, receiver)
    while call is not None and call.name == "schema" and call.receiver is not None:
        receiver = plain(call.receiver)
        call = as_call(file, receiver)
    words = call.name if call is not None else _last_name(file, receiver)
    if _OTHER.search(words) or (call is not None and call.name in _QUERIES):
        return Likeness.IS_NOT
    if _CLIENT.search(words) or (call is not None and _MAKER.search(words)):
        return Likeness.IS
    found = {_origin(file, origin) for origin in origins(file, receiver)} | {_typed(file, receiver)}
    if Likeness.IS_NOT in found:
        return Likeness.IS_NOT
    if Likeness.IS in found:
        return Likeness.IS
    is_class = receiver.type == "identifier" and words[:1].isupper() and not words.isupper()
    return Likeness.IS_NOT if is_class or receiver.type in _VALUES else Likeness.COULD


def is_storage(file: SyntaxFile, receiver: Node) -> bool:
    """It is a client's storage, whose `from` names a bucket."""
    receiver = plain(receiver)
    if _last_name(file, receiver) in {"storage", "storage_client", "storageClient"}:
        return True
    if receiver.type != "identifier":
        return False
    bound = scopes(file).find(file.text(receiver), receiver.start_byte)
    return any(
        one.path[-1:] == ("storage",)
        or (one.value is not None and not one.path and _ends_in_storage(file, plain(one.value)))
        for one in bound
    )


def _ends_in_storage(file: SyntaxFile, value: Node) -> bool:
    return value.type in {"member_expression", "attribute"} and (
        _last_name(file, value) == "storage"
    )


def _last_name(file: SyntaxFile, node: Node) -> str:
    name = node.child_by_field_name("property") or node.child_by_field_name("attribute")
    if name is not None:
        return file.text(name)
    return file.text(node) if node.type in {"identifier", "this"} else ""


def _origin(file: SyntaxFile, origin: object) -> Likeness:
    if isinstance(origin, Reference):
        return _named(" ".join((origin.module, *origin.path)))
    call = as_call(file, origin) if isinstance(origin, Node) else None
    if call is None:
        is_value = isinstance(origin, Node) and origin.type in _VALUES
        return Likeness.IS_NOT if is_value else Likeness.COULD
    named = Likeness.IS_NOT if call.name in _QUERIES else _named(call.name)
    if named is not Likeness.COULD or _MAKER.search(call.name):
        return Likeness.IS if named is Likeness.COULD else named
    called = call.node.child_by_field_name("function")
    if called is None or called.type != "identifier":
        return Likeness.COULD
    made_by = [_origin(file, one) for one in origins(file, called) if isinstance(one, Reference)]
    return made_by[0] if made_by else Likeness.COULD


def _named(words: str) -> Likeness:
    if _OTHER.search(words):
        return Likeness.IS_NOT
    return Likeness.IS if _CLIENT.search(words) else Likeness.COULD


def _typed(file: SyntaxFile, receiver: Node) -> Likeness:
    """What the type of a parameter or variable says."""
    if receiver.type != "identifier":
        return Likeness.COULD
    for bound in scopes(file).find(file.text(receiver), receiver.start_byte):
        annotation = bound.parameter.type if bound.parameter is not None else None
        if annotation is not None and _CLIENT.search(file.text(annotation)):
            return Likeness.IS
    return Likeness.COULD


_CLIENT: Final = re.compile(r"supa[-_]?base|postgrest|(?:^|_)sb(?:_|$)", re.IGNORECASE)
_MAKER: Final = re.compile(
    r"^(?:create|get|use|make|init)_?\w*?(?:Server|Browser|Admin|Service|Anon|Middleware|Route"
    r"|Component|Handler|Action|Pages|Role)\w*Client\w*$|^createClient$|^create_client$"
    r"|^(?:acreate_client|create_async_client)$"
)
_OTHER: Final = re.compile(
    r"knex|kysely|drizzle|prisma|typeorm|mongo|sequelize|dexie|rxjs|objection|bookshelf|ibis|spark"
    r"|duckdb|bigquery|clickhouse|firestore|dynamo|airtable|lancedb|rethink|polars|pandas",
    re.IGNORECASE,
)
_QUERIES: Final = frozenset(
    {"select", "selectDistinct", "distinct", "delete", "del", "with", "count", "max", "min"}
)
_VALUES: Final = frozenset(
    {"string", "template_string", "array", "object", "list", "dictionary", "number", "regex"}
)
