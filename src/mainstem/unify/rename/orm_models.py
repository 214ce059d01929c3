"""Old names in what models declare: Drizzle, SQLAlchemy and SQLModel, Django, Prisma's schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.drizzle_tables import declarations, model_of
from mainstem.unify.code.model import Engine, Place
from mainstem.unify.code.python_classes import classes_of
from mainstem.unify.code.sqlalchemy_models import engine_of_models, read_models
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import Language
from mainstem.unify.rename.model import Doubt, Found, Kind, Spot
from mainstem.unify.rename.names import name_found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from mainstem.unify.code.syntax import Call, SyntaxFile
    from mainstem.unify.rename.model import Renames

_ALCHEMY: Final = re.compile(rb"\b(?:sqlalchemy|sqlmodel)\b|\bdb\.Model\b")
_DJANGO: Final = re.compile(rb"\bdjango\b")
_PRISMA_COMMENT: Final = re.compile(
    rb"//[^\n]*|/\*.*?\*/|(?P<text>\"(?:[^\"\\\n]|\\.)*\")", re.DOTALL
)
_PRISMA_MODEL: Final = re.compile(
    rb"^[ \t]*(?:model|view)\s+(?P<name>\w+)\s*\{(?P<body>(?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\}",
    re.MULTILINE,
)
_PRISMA_MAP: Final = re.compile(rb"@@map\(\s*(?:name:\s*)?\"([^\"]+)\"")
_PRISMA_ENGINE: Final = re.compile(rb"\bprovider\s*=\s*\"(sqlite|mysql|sqlserver|mongodb)\"")
_PRISMA_ENGINES: Final = {b"sqlite": Engine.SQLITE} | dict.fromkeys(
    (b"mysql", b"sqlserver", b"mongodb"), Engine.OTHER
)
_PRISMA_SCHEMA: Final = re.compile(rb"@@schema\(\s*(?:map:\s*)?\"([^\"]+)\"")


def models_found(file: SyntaxFile, renames: Renames) -> Found:
    """Every old name that a model of the file declares."""
    found = Found()
    if file.language.is_script:
        for _, call in declarations(file):
            model = model_of(file, call)
            if model is not None and _is_meant(model.table.engine, model.table.schema, renames):
                found.add(name_found(file, call.arguments[0], renames, Kind.MODEL))
    elif file.language is Language.PYTHON:
        if _ALCHEMY.search(file.source) and engine_of_models(file) in renames.engines:
            for node in _of_sqlalchemy(file):
                found.add(name_found(file, node, renames, Kind.MODEL, prefix=True))
            found.spots.extend(_unnamed(file, renames))
        if _DJANGO.search(file.source):
            for node in _of_django(file):
                found.add(name_found(file, node, renames, Kind.MODEL))
    elif file.path.endswith(".prisma"):
        _of_prisma(file, renames, found)
    return found


def _is_meant(engine: Engine, schema: str | None, renames: Renames) -> bool:
    return engine in renames.engines and renames.means(schema)


def _of_sqlalchemy(file: SyntaxFile) -> Iterator[Node]:
    """`__tablename__`, `Table('clients', ...)`, `ForeignKey('clients.id')`, `secondary='a_b'`."""
    for made in classes_of(file).values():
        name = made.attribute("__tablename__")
        if name is not None and name.value is not None:
            yield name.value
    found = calls_by_name(file)
    yield from (call.arguments[0] for call in found.get("Table", ()) if len(call.arguments) > 1)
    for call in found.get("ForeignKey", ()):
        is_django = call.receiver is not None and call.receiver.text == b"models"
        yield from call.arguments[:1] if not is_django else ()
    yield from _of_keys(found)


def _unnamed(file: SyntaxFile, renames: Renames) -> Iterator[Spot]:
    """A name for a model that has had its table's from its class (SQLModel, Flask)."""
    models = read_models(file)
    for name, made in classes_of(file).items():
        table = models[name].table if name in models else None
        new = renames.new(table.name) if table is not None else None
        body = made.node.child_by_field_name("body")
        is_own = table is not None and table.place == file.place(made.node)
        if new is None or table is None or body is None or not is_own:
            continue
        if made.attribute("__tablename__") is None and renames.means(table.schema):
            first, *others = body.named_children
            said, pad = f'__tablename__ = "{new}"', "\n" + " " * first.start_point[1]
            is_docstring = first.type == "expression_statement" and (
                first.named_children[0].type == "string"
            )
            at, text = first.start_byte, f"{said}{pad}"
            if is_docstring:
                at, text = (others[0].start_byte, text) if others else (first.end_byte, pad + said)
            yield Spot(at, at, text, table.name, Kind.MODEL)


def _of_keys(found: dict[str, list[Call]]) -> Iterator[Node]:
    """Tables that keys and relations name in lists and by keyword."""
    for call in found.get("ForeignKeyConstraint", ()):
        if len(call.arguments) > 1 and call.arguments[1].type in {"list", "tuple"}:
            yield from call.arguments[1].named_children
    for method in ("Field", "relationship", "mapped_column"):
        for call in found.get(method, ()):
            for key in ("foreign_key", "secondary"):
                if key in call.keywords:
                    yield call.keywords[key]


def _of_django(file: SyntaxFile) -> Iterator[Node]:
    """`db_table` of a model's `Meta`, and of the field of many to many."""
    for made in classes_of(file).values():
        meta = made.inner.get("Meta")
        name = meta.attribute("db_table") if meta is not None else None
        if name is not None and name.value is not None:
            yield name.value
    for call in calls_by_name(file).get("ManyToManyField", ()):
        if "db_table" in call.keywords:
            yield call.keywords["db_table"]


def _of_prisma(file: SyntaxFile, renames: Renames, found: Found) -> None:
    """`@@map("clients")`; a model that is named so gets a map, and keeps its name in the client."""
    text = _PRISMA_COMMENT.sub(
        lambda match: match["text"] or re.sub(rb"[^\n]", b" ", match[0]), file.source
    )
    provider = _PRISMA_ENGINE.search(text)
    engine = _PRISMA_ENGINES.get(provider[1], Engine.POSTGRES) if provider else Engine.POSTGRES
    if engine not in renames.engines:
        return
    for model in _PRISMA_MODEL.finditer(text):
        start, end = model.span("body")
        schema = _PRISMA_SCHEMA.search(text, start, end)
        if not renames.means(schema[1].decode() if schema is not None else None):
            continue
        mapped = _PRISMA_MAP.search(text, start, end)
        old = (mapped[1] if mapped is not None else model["name"]).decode()
        new = renames.new(old)
        if new is None:
            continue
        if mapped is not None:
            found.spots.append(Spot(*mapped.span(1), new, old, Kind.MODEL))
        elif text[end - 1 : end] == b"\n":
            found.spots.append(Spot(end, end, f'\n  @@map("{new}")\n', old, Kind.MODEL))
        else:
            line = text.count(b"\n", 0, model.start("name")) + 1
            reason = f'the model needs @@map("{new}") on a line of its own'
            found.doubts.append(Doubt(Place(file.path, line), f"model {old}", reason))
