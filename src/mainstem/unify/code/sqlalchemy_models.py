"""Tables that SQLAlchemy's and SQLModel's classes and `Table()` calls declare.

What a class inherits from one in another file is not among its columns.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.model import DeclaredColumn, DeclaredTable, Engine, Via
from mainstem.unify.code.names import entries, resolve
from mainstem.unify.code.orm_models import Model
from mainstem.unify.code.python_classes import PythonClass, classes_of, with_bases
from mainstem.unify.code.sql_engines import engines_of_file
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import as_call, literal, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from mainstem.unify.code.python_classes import Attribute
    from mainstem.unify.code.syntax import Call, SyntaxFile

_COLUMNS: Final = frozenset({"Column", "mapped_column"})
_NO_COLUMNS: Final = frozenset(
    {
        "relationship",
        "Relationship",
        "association_proxy",
        "column_property",
        "hybrid_property",
        "synonym",
        "composite",
        "ClassVar",
        "deferred",
        "backref",
        "object_session",
    }
)
_NO_TYPES: Final = frozenset({"ForeignKey", "Identity", "Computed", "Sequence"})
_OPTIONAL: Final = re.compile(r"\bOptional\[|\bNone\b")
_COLLECTION: Final = re.compile(r"^(?:Mapped\[)?\s*(?:typing\.)?(?:List|list|Set|set|Dict|dict)\b")
_MAPPED: Final = re.compile(r"^(?:\w+\.)?(?:Mapped|MappedColumn)\[(.*)\]$", re.DOTALL)


def read_models(file: SyntaxFile) -> dict[str, Model]:
    """The tables that a file declares, by the name of the class or variable."""
    found = {
        name: model
        for name, made in classes_of(file).items()
        if (model := _of_class(file, made)) is not None
    }
    for name, made in classes_of(file).items():  # one table for several classes
        if name not in found:
            parents = (one.name for one in with_bases(file, made)[1:] if one.name in found)
            parent = next(parents, None)
            if parent is not None:
                found[name] = found[parent]
    for call in calls_by_name(file).get("Table", ()):
        model, holder = _of_call(file, call), call.node.parent
        left = holder.child_by_field_name("left") if holder is not None else None
        if model is not None:
            found[file.text(left) if left is not None else model.table.name] = model
    return found


def made_by_migrations(file: SyntaxFile) -> Iterator[DeclaredTable]:
    """The tables that Alembic's `op.create_table('person', Column(...))` makes."""
    for call in calls_by_name(file).get("create_table", ()):
        is_alembic = call.receiver is not None and call.receiver.text == b"op"
        name = resolve(file, call.arguments[0]).sole if is_alembic and call.arguments else None
        if name is not None:
            yield _table(file, call, name, call.arguments[1:], makes=True)


def _of_class(file: SyntaxFile, made: PythonClass) -> Model | None:
    name = _table_name(file, made)
    if name is None:
        return None
    columns: dict[str, DeclaredColumn] = {}
    is_plain = "table" in made.keywords  # SQLModel: an annotation alone makes a column
    for one in reversed(with_bases(file, made)):
        for attribute in one.attributes:
            column = _column(file, attribute, is_plain=is_plain)
            if column is not None:
                columns.pop(attribute.name, None)
                columns[attribute.name] = column
    table = DeclaredTable(
        name,
        file.place(made.node),
        Via.SQLALCHEMY,
        tuple(columns.values()),
        schema=_schema(file, made),
        engine=engine_of_models(file),
        is_test=file.is_test,
    )
    return Model(table, {field: column.name for field, column in columns.items()})


def _table_name(file: SyntaxFile, made: PythonClass) -> str | None:
    written = made.attribute("__tablename__")
    if written is not None and written.value is not None:
        return resolve(file, written.value).sole
    table = made.keywords.get("table")
    if table is not None and file.text(table) == "True":
        return made.name.lower()
    is_flask = any(file.text(base) in {"db.Model", "database.Model"} for base in made.bases)
    return _snake(made.name) if is_flask and _has_key(file, made) else None


def _has_key(file: SyntaxFile, made: PythonClass) -> bool:
    return any(
        one.value is not None and "primary_key" in file.text(one.value) for one in made.attributes
    )


def _snake(name: str) -> str:
    """Flask-SQLAlchemy's name for a class: `OrderLine` is `order_line`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _schema(file: SyntaxFile, made: PythonClass) -> str | None:
    given = made.attribute("__table_args__")
    value = given.value if given is not None else None
    for node in file.nodes("dictionary", value) if value is not None else ():
        for key, inner in entries(file, node):
            if key == "schema":
                return resolve(file, inner).sole
    return None


def engine_of_models(file: SyntaxFile) -> Engine:
    """The engine of a file's models: its driver's, if it says one; else PostgreSQL."""
    engines = engines_of_file(file)
    return next(iter(engines)) if len(engines) == 1 else Engine.POSTGRES


def _column(file: SyntaxFile, attribute: Attribute, *, is_plain: bool) -> DeclaredColumn | None:
    """The column that an attribute of a class is, if it is one."""
    call = as_call(file, plain(attribute.value)) if attribute.value is not None else None
    annotation = file.text(attribute.annotation) if attribute.annotation is not None else ""
    is_special = attribute.name.startswith("__") or "ClassVar" in annotation
    if is_special or (call is not None and call.name in _NO_COLUMNS):
        return None
    if call is not None and call.name in _COLUMNS:
        return _declared(file, attribute.name, call, annotation)
    if call is not None and call.name == "Field":
        given = call.keywords.get("sa_column")
        inner = as_call(file, plain(given)) if given is not None else None
        return _declared(file, attribute.name, inner or call, annotation)
    is_mapped = _MAPPED.match(annotation) is not None and attribute.value is None
    if _COLLECTION.match(annotation) or not annotation or not (is_plain or is_mapped):
        return None
    return DeclaredColumn(
        attribute.name,
        _plain_type(annotation),
        is_nullable=_OPTIONAL.search(annotation) is not None,
        line=file.line(attribute.node),
    )


def _declared(file: SyntaxFile, field: str, call: Call, annotation: str) -> DeclaredColumn:
    name = literal(file, call.arguments[0]) if call.arguments else None
    written = call.keywords.get("name")
    if written is not None and call.name in _COLUMNS:
        name = literal(file, written) or name
    return DeclaredColumn(
        name or field,
        _type(file, call, annotation),
        is_nullable=_is_nullable(file, call, annotation),
        line=file.line(call.node),
        references=_referenced(file, call),
    )


def _type(file: SyntaxFile, call: Call, annotation: str) -> str:
    """The type as written, without its arguments; else what the annotation says."""
    given = [
        *call.arguments,
        *(call.keywords[key] for key in ("type_", "sa_type") if key in call.keywords),
    ]
    for argument in given:
        inner = as_call(file, plain(argument))
        if inner is not None and inner.name not in {
            "ForeignKey",
            "Identity",
            "Computed",
            "Sequence",
        }:
            return inner.name
        if inner is None and argument.type in {"identifier", "attribute"}:
            return file.text(argument).rpartition(".")[2]
    return _plain_type(annotation)


def _plain_type(annotation: str) -> str:
    mapped = _MAPPED.match(annotation)
    inner = mapped[1] if mapped is not None else annotation
    optional = re.fullmatch(r"(?:\w+\.)?Optional\[(.*)\]", inner.strip(), re.DOTALL)
    inner = optional[1] if optional is not None else inner
    return re.sub(r"\s*\|\s*None\b|\bNone\s*\|\s*", "", inner).strip()


def _is_nullable(file: SyntaxFile, call: Call, annotation: str) -> bool:
    for key, meant in (("nullable", True), ("primary_key", False)):
        if key in call.keywords:
            is_true = file.text(call.keywords[key]) == "True"
            if key == "nullable" or is_true:
                return is_true if meant else False
    return _OPTIONAL.search(annotation) is not None if annotation else call.name != "Field"


def _referenced(file: SyntaxFile, call: Call) -> str | None:
    """The table of `ForeignKey('person.id')` or `foreign_key='person.id'`."""
    target = call.keywords.get("foreign_key")
    for argument in call.arguments:
        inner = as_call(file, plain(argument))
        if inner is not None and inner.name == "ForeignKey" and inner.arguments:
            target = inner.arguments[0]
    text = literal(file, target) if target is not None else None
    return (text.rpartition(".")[0] or None) if text is not None else None


def _of_call(file: SyntaxFile, call: Call) -> Model | None:
    """`Table('person', metadata, Column('id', Integer), ...)`."""
    name = resolve(file, call.arguments[0]).sole if call.arguments else None
    if name is None or len(call.arguments) < 2:  # noqa: PLR2004 -- the name and the metadata
        return None
    table = _table(file, call, name, call.arguments[2:], makes=False)
    return Model(table, {column.name: column.name for column in table.columns})


def _table(
    file: SyntaxFile, call: Call, name: str, given: tuple[Node, ...], *, makes: bool
) -> DeclaredTable:
    schema = call.keywords.get("schema")
    return DeclaredTable(
        name,
        file.place(call.node),
        Via.SQLALCHEMY,
        tuple(_columns(file, given)),
        schema=resolve(file, schema).sole if schema is not None else None,
        engine=engine_of_models(file),
        is_test=file.is_test,
        makes=makes,
    )


def _columns(file: SyntaxFile, arguments: tuple[Node, ...]) -> Iterator[DeclaredColumn]:
    for argument in arguments:
        call = as_call(file, plain(argument))
        if call is not None and call.name == "Column":
            column = _declared(file, "", call, "")
            if column.name:
                yield column
