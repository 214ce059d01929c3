"""Makes the catalog out of what the server says of itself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from mainstem.rest.catalog import (
    AGENCY,
    Argument,
    Catalog,
    Column,
    Exposed,
    ForeignKey,
    Function,
    Relation,
)
from mainstem.rest.views import Below, below

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Row = Mapping[str, Any]
    Name = tuple[str, str]


def catalog_of(answers: Mapping[str, Iterable[Row]], *, version: int) -> Catalog:
    """The catalog of the rows that the queries of the same names gave."""
    relations = _relations(answers)
    views = {
        (row["schema"], row["name"]): under
        for row in answers["relations"]
        if row["is_view"] and (under := below(row["definition"])) is not None
    }
    relations |= {name: _like_table(relations, name, under) for name, under in views.items()}
    keys = [
        (row["schema"], row["target_schema"], _foreign_key(row)) for row in answers["foreign_keys"]
    ]
    functions = _functions(answers["functions"], relations)
    names = {schema for schema, _ in relations} | {schema for schema, _ in functions}
    return Catalog(
        version,
        {name: _exposed(name, relations, functions, [*_seen(name, keys, views)]) for name in names},
    )


def _exposed(
    schema: str,
    relations: Mapping[Name, Relation],
    functions: Mapping[Name, tuple[Function, ...]],
    keys: list[ForeignKey],
) -> Exposed:
    own = {name: relation for (where, name), relation in relations.items() if where == schema}
    # A reference whose columns requests may not see cannot be followed by them.
    known = tuple(
        key
        for key in keys
        if key.source in own
        and key.target in own
        and set(key.columns) <= set(own[key.source].columns)
        and set(key.target_columns) <= set(own[key.target].columns)
    )
    return Exposed(
        schema,
        own,
        {name: found for (where, name), found in functions.items() if where == schema},
        known,
    )


def _relations(answers: Mapping[str, Iterable[Row]]) -> dict[Name, Relation]:
    columns: dict[Name, dict[str, Column]] = defaultdict(dict)
    for row in answers["columns"]:
        columns[row["schema"], row["relation"]][row["name"]] = _column(row)
    primary: dict[Name, tuple[str, ...]] = {}
    unique: dict[Name, list[frozenset[str]]] = defaultdict(list)
    for row in answers["unique_keys"]:
        name = row["schema"], row["relation"]
        unique[name].append(frozenset(row["columns"]))
        if row["is_primary"]:
            primary[name] = tuple(row["columns"])
    return {
        name: Relation(
            schema=name[0],
            name=name[1],
            table=name[1],
            is_view=row["is_view"],
            is_tenant=not row["is_view"] and AGENCY in columns[name],
            may_delete=row["may_delete"],
            columns=columns[name],
            primary_key=primary.get(name, ()),
            unique_keys=tuple(unique[name]),
            comment=row["comment"],
        )
        for row in answers["relations"]
        for name in [(row["schema"], row["name"])]
    }


def _column(row: Row) -> Column:
    return Column(
        name=row["name"],
        type=row["type"],
        base_type=row["base_type"],
        is_nullable=row["is_nullable"],
        default=row["default"],
        is_generated=row["is_generated"],
        may_insert=row["may_insert"],
        may_update=row["may_update"],
        comment=row["comment"],
    )


def _like_table(relations: Mapping[Name, Relation], name: Name, under: Below) -> Relation:
    """A view with the keys of the table below, as far as it shows their columns."""
    view, table = relations[name], relations.get((under.schema, under.table))
    if table is None:
        return view
    unique = [
        frozenset(under.names[column] for column in key)
        for key in table.unique_keys
        if key <= set(under.names)
    ]
    shows_key = set(table.primary_key) <= set(under.names)
    return replace(
        view,
        table=table.name,
        is_tenant=table.is_tenant and under.names.get(AGENCY) == AGENCY,
        unique_keys=tuple(unique),
        primary_key=tuple(under.names[one] for one in table.primary_key) if shows_key else (),
    )


def _foreign_key(row: Row) -> ForeignKey:
    return ForeignKey(
        name=row["name"],
        source=row["source"],
        columns=tuple(row["columns"]),
        target=row["target"],
        target_columns=tuple(row["target_columns"]),
    )


def _seen(
    schema: str, keys: Iterable[tuple[str, str, ForeignKey]], views: Mapping[Name, Below]
) -> Iterable[ForeignKey]:
    """The references between tables of a schema, and again for each view of it over one of them."""
    faces: dict[Name, list[tuple[str, Mapping[str, str] | None]]] = defaultdict(list)
    for (where, view), under in views.items():
        if where == schema:
            faces[under.schema, under.table].append((view, under.names))
    for source_schema, target_schema, key in keys:
        sources = [*faces[source_schema, key.source]]
        targets = [*faces[target_schema, key.target]]
        sources += [(key.source, None)] if source_schema == schema else []
        targets += [(key.target, None)] if target_schema == schema else []
        for source, names in sources:
            for target, target_names in targets:
                pairs = _renamed(key, names, target_names)
                if pairs:
                    yield ForeignKey(
                        key.name,
                        source,
                        tuple(one for one, _ in pairs),
                        target,
                        tuple(other for _, other in pairs),
                    )


def _renamed(
    key: ForeignKey, names: Mapping[str, str] | None, target_names: Mapping[str, str] | None
) -> list[tuple[str, str]]:
    """The columns at both ends under a view's names; empty where it does not show them.

    The agency, and a client that both ends carry, may be missing on either side: ids are unique by
    themselves, and both ends are read under the same agency's policies.
    """
    pairs = []
    for column, target in zip(key.columns, key.target_columns, strict=True):
        here = column if names is None else names.get(column)
        there = target if target_names is None else target_names.get(target)
        if here is not None and there is not None:
            pairs.append((here, there))
        elif column in key.own_columns:
            return []
    return pairs


def _functions(
    rows: Iterable[Row], relations: Mapping[Name, Relation]
) -> dict[Name, tuple[Function, ...]]:
    found: dict[Name, list[Function]] = defaultdict(list)
    for row in rows:
        found[row["schema"], row["name"]].append(_function(row, relations))
    return {name: tuple(overloads) for name, overloads in found.items()}


def _function(row: Row, relations: Mapping[Name, Relation]) -> Function:
    every = [
        (name or "", mode or "i", type_)
        for name, mode, type_ in zip_longest(row["names"], row["modes"], row["types"])
    ]
    given = [(name, mode, type_) for name, mode, type_ in every if mode in "ibv"]
    shown = [(name, type_) for name, mode, type_ in every if mode in "tob"]
    relation = relations.get((row["result_schema"], row["result_relation"]))
    own = {name: _returned(name, type_) for name, type_ in shown}
    return Function(
        schema=row["schema"],
        name=row["name"],
        arguments=tuple(
            Argument(name, type_, place >= len(given) - row["defaults"], mode == "v")
            for place, (name, mode, type_) in enumerate(given)
        ),
        is_volatile=row["is_volatile"],
        is_set=row["is_set"],
        result="row" if len(shown) == 1 and row["modes"].count("t") == 1 else row["result"],
        relation=relation.name
        if relation is not None and relation.schema == row["schema"]
        else None,
        columns=relation.columns if relation is not None else own,
        comment=row["comment"],
    )


def _returned(name: str, type_: str) -> Column:
    return Column(
        name,
        type_,
        type_,
        is_nullable=True,
        default=None,
        is_generated=False,
        may_insert=False,
        may_update=False,
    )
