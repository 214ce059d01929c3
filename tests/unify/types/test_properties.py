"""Types of random schemas: the text parses, is the same each time, and lets in what it should."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_type_hints

from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.unify.code.syntax import Language, SyntaxFile
from mainstem.unify.types.model import (
    Argument,
    DataType,
    Relationship,
    TypedColumn,
    TypedComposite,
    TypedEnum,
    TypedFunction,
    TypedRelation,
    TypedSchema,
    TypeKind,
)
from mainstem.unify.types.python import python
from mainstem.unify.types.typescript import typescript

if TYPE_CHECKING:
    from collections.abc import Sequence

#: tree-sitter takes the `in` of `in_x` at the start of a line for an operator; TypeScript does not
IN = re.compile(r"in(?:stanceof)?(?![A-Za-z])")

names = st.one_of(
    st.sampled_from(
        [
            "user",
            "order_line",
            "a b",
            "Größe",
            "class",
            "__x",
            'q"t',
            "1st",
            "it's",
            "row",
            "ª",
            "a",
        ]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8),
).filter(lambda name: not IN.match(name))
base = st.sampled_from(["int4", "text", "bool", "jsonb", "uuid", "_strange", "void", "record"]).map(
    DataType
)
own = st.builds(
    DataType, names, st.just("public"), st.sampled_from([TypeKind.ENUM, TypeKind.COMPOSITE])
)
types = st.recursive(
    st.one_of(base, own),
    lambda inner: st.builds(
        DataType,
        names,
        st.just("public"),
        st.sampled_from([TypeKind.ARRAY, TypeKind.DOMAIN]),
        inner,
    ),
    max_leaves=3,
)
columns = st.builds(
    TypedColumn, names, types, st.booleans(), st.booleans(), st.booleans(), st.booleans()
)
arguments = st.builds(Argument, names, types, st.booleans())
keys = st.builds(Relationship, names, st.tuples(names), names, st.tuples(names), st.booleans())


def tuples(of: st.SearchStrategy[Any], size: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=size, unique_by=lambda one: one.name).map(
        lambda found: tuple(sorted(found, key=lambda one: one.name))
    )


relations = st.builds(TypedRelation, names, tuples(columns), tuples(keys, 1))
functions = st.builds(TypedFunction, names, tuples(arguments), types, st.just(()), st.booleans())
schemas = st.builds(
    TypedSchema,
    st.just("public"),
    tuples(relations, 4),
    st.just(()),
    tuples(functions, 2),
    tuples(st.builds(TypedEnum, names, st.lists(names, max_size=3, unique=True).map(tuple))),
    tuples(st.builds(TypedComposite, names, tuples(arguments)), 2),
)


@given(schemas)
@settings(max_examples=40)
def test_typescript_parses_and_has_every_column(schema: TypedSchema) -> None:
    text = typescript([schema])
    file = SyntaxFile("a.ts", Language.TYPESCRIPT, text.encode())
    assert not file.root.has_error
    assert text == typescript([schema])
    rows = [node for node in file.nodes("property_signature") if file.text(node).startswith("Row:")]
    found = [len(_members(node)) for node in rows if "infer R" not in file.text(node)]
    relations = (*schema.tables, *schema.views)
    assert found == [len(one.columns) or 1 for one in relations]


def _members(row: Any) -> Sequence[Any]:
    [annotation] = (child for child in row.named_children if child.type == "type_annotation")
    [body] = annotation.named_children
    members: Sequence[Any] = body.named_children
    return members


@given(schemas)
@settings(max_examples=40)
def test_python_runs_and_asks_for_what_an_insert_needs(schema: TypedSchema) -> None:
    module: dict[str, Any] = {"__name__": "rows"}
    exec(compile(python([schema]), "rows.py", "exec"), module)
    inserts = [value for name, value in module.items() if name.endswith("Insert")]
    needed = sorted(
        sorted(one.name for one in table.columns if one.is_insertable and not one.is_optional)
        for table in (*schema.tables, *schema.views)
    )
    assert len(inserts) == len(needed)
    said = sorted(sorted(set(one.__annotations__) - _optional(one)) for one in inserts)
    assert said == needed


def _optional(made: Any) -> set[str]:
    return {
        name
        for name, kind in made.__annotations__.items()
        if "NotRequired[" in getattr(kind, "__forward_arg__", str(kind))
    }


def test_type_hints_of_what_is_written_resolve() -> None:
    enum = DataType("mood", "public", TypeKind.ENUM)
    table = TypedRelation("person", (TypedColumn("mood", enum, is_nullable=False),))
    text = python([TypedSchema("public", (table,), enums=(TypedEnum("mood", ("a", "b")),))])
    module: dict[str, Any] = {"__name__": "rows"}
    exec(compile(text, "rows.py", "exec"), module)
    assert str(get_type_hints(module["PersonRow"], module)["mood"]) == "typing.Literal['a', 'b']"
