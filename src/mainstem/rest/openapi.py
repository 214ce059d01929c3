"""Describes an exposed schema as OpenAPI 2.0, which is what PostgREST's tools read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mainstem
from mainstem.rest.model import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainstem.rest.catalog import Column, Exposed, Function, Relation
    from mainstem.rest.model import Access

_TYPES = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "real": "number",
    "double precision": "number",
    "boolean": "boolean",
}
#: may hold any type of JSON
_ANY = frozenset({"json", "jsonb"})
_COMMON = ("select", "order", "limit", "offset", "prefer")
_REFUSED = {"default": {"$ref": "#/responses/refused"}}
_PROBLEM = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "details": {"type": "string", "x-nullable": True},
        "hint": {"type": "string", "x-nullable": True},
    },
}


def document(exposed: Exposed, access: Access) -> dict[str, Any]:
    """What the caller may use, as a document."""
    tables = [one for one in exposed.relations.values() if access.may(one.table, Action.READ)]
    paths = {f"/{one.name}": _methods(one, access) for one in tables}
    for name, functions in sorted(exposed.functions.items()):
        paths[f"/rpc/{name}"] = _calls(functions)
    return {
        "swagger": "2.0",
        "info": {"title": "Mainstem data API", "version": mainstem.__version__},
        "basePath": "/rest/v1",
        "consumes": ["application/json", "text/csv"],
        "produces": ["application/json", "application/vnd.pgrst.object+json", "text/csv"],
        "paths": paths,
        "definitions": {one.name: _definition(exposed, one) for one in tables},
        "parameters": {
            name: {"name": name, "in": "header" if name == "prefer" else "query", "type": "string"}
            for name in _COMMON
        },
        "responses": {"refused": {"description": "Why it was not done", "schema": _PROBLEM}},
        "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "apikey"}},
        "security": [{"key": []}],
    }


def _methods(relation: Relation, access: Access) -> dict[str, Any]:
    filters = [
        {"name": name, "in": "query", "type": "string", "required": False}
        for name in relation.columns
    ]
    common = [{"$ref": f"#/parameters/{name}"} for name in _COMMON]
    rows = {"type": "array", "items": {"$ref": f"#/definitions/{relation.name}"}}
    found: dict[str, Any] = {
        "get": {
            "tags": [relation.name],
            "summary": relation.comment or relation.name,
            "parameters": [*filters, *common],
            "responses": _answers({"200": "OK", "206": "A part of the rows"}, rows),
        }
    }
    body = {
        "name": relation.name,
        "in": "body",
        "schema": {"$ref": f"#/definitions/{relation.name}"},
    }
    changed = _answers({"200": "The rows, where they are asked for", "204": "No Content"})
    columns = relation.columns.values()
    if any(one.may_insert for one in columns) and access.may(relation.table, Action.CREATE):
        found["post"] = {
            "tags": [relation.name],
            "parameters": [body],
            "responses": _answers({"201": "Created"}),
        }
    if any(one.may_update for one in columns) and access.may(relation.table, Action.UPDATE):
        found["patch"] = {
            "tags": [relation.name],
            "parameters": [*filters, body],
            "responses": changed,
        }
    if relation.may_delete and access.may(relation.table, Action.DELETE):
        found["delete"] = {"tags": [relation.name], "parameters": filters, "responses": changed}
    return found


def _answers(said: dict[str, str], schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """By status, with what a refusal looks like."""
    shown = {"schema": schema} if schema else {}
    return {status: {"description": text, **shown} for status, text in said.items()} | _REFUSED


def _definition(exposed: Exposed, relation: Relation) -> dict[str, Any]:
    targets = {
        key.told_by: f"{key.target}.{key.target_columns[-1]}"
        for key in exposed.from_table.get(relation.name, ())
    }
    return {
        "type": "object",
        "description": relation.comment or "",
        "required": [one.name for one in relation.columns.values() if _is_required(one)],
        "properties": {
            name: _property(column, name in relation.own_key, targets.get(name))
            for name, column in relation.columns.items()
        },
    }


def _is_required(column: Column) -> bool:
    return not column.is_nullable and column.default is None and not column.is_generated


def _property(column: Column, is_key: bool, target: str | None) -> dict[str, Any]:  # noqa: FBT001 - one of three facts of a column
    notes = [column.comment] if column.comment else []
    notes += ["This is a Primary Key.<pk/>"] if is_key else []
    if target is not None:
        table, _, name = target.partition(".")
        notes.append(f"This is a Foreign Key to `{target}`.<fk table='{table}' column='{name}'/>")
    found: dict[str, Any] = {"format": column.type}
    if column.type.endswith("[]"):
        found |= {"type": "array", "items": {"type": _TYPES.get(column.base_type[:-2], "string")}}
    elif column.base_type not in _ANY:
        found["type"] = _TYPES.get(column.base_type, "string")
    if column.is_nullable:
        found["x-nullable"] = True
    if notes:
        found["description"] = "\n\n".join(notes)
    return found


def _calls(functions: Iterable[Function]) -> dict[str, Any]:
    first = next(iter(functions))
    properties = {one.name or "body": _argument(one.type) for one in first.arguments}
    schema = {"type": "object", "properties": properties, "required": sorted(first.needed)}
    call: dict[str, Any] = {
        "tags": [f"(rpc) {first.name}"],
        "summary": first.comment or first.name,
        "parameters": [{"name": "args", "in": "body", "schema": schema}],
        "responses": _answers({"200": "OK", "204": "No Content"}),
    }
    return {"post": call}


def _argument(type_name: str) -> dict[str, Any]:
    if type_name in _ANY:
        return {"format": type_name}
    return {"type": _TYPES.get(type_name, "string"), "format": type_name}
