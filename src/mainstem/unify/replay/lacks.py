"""What a statement lacked: the object's kind and name, from the server's message and the tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay.creations import of_table
from mainstem.unify.replay.model import ObjectKind
from mainstem.unify.replay.syntax import DEFAULT_SCHEMA, Node, Step, found, strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mainstem.unify.replay.session import Complaint

_LACKS_PART: Final = (
    r'^(?:constraint|policy|trigger|rule) "(?P<name>[^"]+)" '
    r'(?:of relation|for table|for relation) "(?P<table>[^"]+)"'
)
#: message -> kind; the groups are the object's name and, where it has one, its table's
_LACKS: Final = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r'^column "(?P<name>[^"]+)" of relation "(?P<table>[^"]+)" does not', ObjectKind.COLUMN),
        (r'^column "(?P<name>[^"]+)" referenced in foreign key', ObjectKind.COLUMN),
        (r'^column "(?P<name>[^"]+)"(?: named in \w+)? does not exist', ObjectKind.COLUMN),
        (r"^column (?P<table>[^ .]+)\.(?P<name>[^ ]+) does not exist", ObjectKind.COLUMN),
        (_LACKS_PART, ObjectKind.CONSTRAINT),
        (r'^(?:relation|table|view|index|sequence) "(?P<name>[^"]+)" does', ObjectKind.TABLE),
        (r'^materialized view "(?P<name>[^"]+)" does', ObjectKind.TABLE),
        (r"^(?:function|procedure|aggregate) (?P<name>[^(]+)\(", ObjectKind.FUNCTION),
        (r'^could not find a (?:function|procedure) named "(?P<name>[^"]+)"', ObjectKind.FUNCTION),
        (r'^type "(?P<name>[^"]+)" does', ObjectKind.TYPE),
        (r'^type (?P<name>[^ "]+) does', ObjectKind.TYPE),
        (r'^schema "(?P<name>[^"]+)" does', ObjectKind.SCHEMA),
        (r'^role "(?P<name>[^"]+)" does', ObjectKind.ROLE),
        (r'^extension "(?P<name>[^"]+)" (?:does|is)', ObjectKind.EXTENSION),
        (r'^operator class "(?P<name>[^"]+)" does', ObjectKind.OTHER),
        (r'^(?:publication|collation|text search \w+) "(?P<name>[^"]+)"', ObjectKind.OTHER),
    )
)


def lack(step: Step, said: Complaint) -> tuple[ObjectKind, ObjectName] | None:
    """What kind of object a message says is missing, and its name; None where it says no name."""
    for pattern, kind in _LACKS:
        matched = pattern.match(said.message)
        if matched is None:
            continue
        name = matched["name"]
        table = matched.groupdict().get("table")
        if kind is ObjectKind.COLUMN or table is not None:
            return kind, _of_relation(step, table, name, said)
        if kind in {ObjectKind.SCHEMA, ObjectKind.ROLE, ObjectKind.EXTENSION}:
            return kind, ObjectName("", name)
        schema, _, rest = name.rpartition(".")
        return kind, ObjectName(schema or _schema_in_tree(step, rest), rest.strip('"'))
    return None


def _of_relation(step: Step, table: str | None, name: str, said: Complaint) -> ObjectName:
    """A column's name with its table's: the message's, an alias's, or the statement's own."""
    ranges = list(_ranges(step))
    if said.message.endswith("referenced in foreign key constraint does not exist"):
        parents = [
            step.name(each["pktable"])
            for each in found(step.node, "Constraint")
            if "pktable" in each
        ]
        return of_table(parents[0], name) if parents else ObjectName(DEFAULT_SCHEMA, name)
    if table is None:
        scope = _scope(step, name) or ranges
        return of_table(scope[0], name) if scope else ObjectName(DEFAULT_SCHEMA, name)
    table = table.strip('"').rpartition(".")[2]
    for node in _range_nodes(step):
        if node.get("alias", {}).get("aliasname") == table:
            return of_table(step.name(node), name)
    known = next((each for each in ranges if each.name == table), None)
    return of_table(known or ObjectName(DEFAULT_SCHEMA, table), name)


def _scope(step: Step, column: str) -> list[ObjectName]:
    """The tables of the outermost query that uses a column without naming its table.

    What an inner query lacks may come from an outer one, so where both use it the outer lacks it.
    """
    if step.kind != "SelectStmt" and _uses(step.node, column):
        return []
    for query in found({step.kind: step.node}, "SelectStmt"):
        if "fromClause" in query and _uses(query, column):
            return [step.name(node) for node in found(query["fromClause"], "RangeVar")]
    return []


def _uses(node: object, column: str) -> bool:
    """Whether a column is named on its own, outside of the queries within."""
    if isinstance(node, dict):
        reference = node.get("ColumnRef")
        if reference is not None and strings(reference["fields"]) == (column,):
            return True
        return any(_uses(value, column) for key, value in node.items() if key != "SelectStmt")
    return isinstance(node, list) and any(_uses(item, column) for item in node)


def _schema_in_tree(step: Step, name: str) -> str:
    """The schema that the statement gives a name, because messages may leave it out."""
    return next((each.schema for each in _ranges(step) if each.name == name), step.schema)


def _ranges(step: Step) -> Iterable[ObjectName]:
    return (step.name(node) for node in _range_nodes(step))


def _range_nodes(step: Step) -> Iterator[Node]:
    """Every table that a statement names, its own first."""
    for key in ("relation", "table", "view"):
        if isinstance(step.node.get(key), dict) and "relname" in step.node[key]:
            yield step.node[key]
    yield from found(step.node, "RangeVar")
    for constraint in found(step.node, "Constraint"):
        if "pktable" in constraint:
            yield constraint["pktable"]
