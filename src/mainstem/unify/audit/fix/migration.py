"""Writes an inferred table as a migration that people read before they apply it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.plan.names import name_sql, short_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.fix.model import InferredColumn, InferredTable, Reference
    from mainstem.unify.catalog.database import ObjectName

_WIDTH: Final = 110


def as_migration(table: InferredTable) -> str:
    """The migration's text: questions first, then the table and all that hangs on it."""
    return "\n".join(_lines(table)) + "\n"


def _lines(table: InferredTable) -> Iterator[str]:
    name = _name(table.name)
    yield from _comment(f"Creates {table.name}: {'; '.join(table.wanted_by)}.")
    yield from _comment(
        "Written by `mainstem audit fix`. Every line says what it was inferred from; read it all "
        "before you apply it."
    )
    if table.all_questions:
        yield "--"
        yield "-- Questions. Answer each in the code below, then remove it:"
        for number, question in enumerate(table.all_questions, 1):
            yield from _comment(f"{number}. {question}", indent="   ")
    yield ""
    yield f"create table {name} ("
    yield from _definitions(table)
    yield ");"
    yield ""
    yield from _comment("Without this every signed-in person could read and write every row.")
    yield f"alter table {name} enable row level security;"
    for policy in table.policies:
        yield ""
        yield from _comment(f"{policy.reason}.")
        yield f"create policy {name_sql(policy.name)} on {name}"
        yield f"  for {policy.command} to {', '.join(map(_role, policy.roles))}"
        if policy.using is not None:
            end = ";" if policy.with_check is None else ""
            yield f"  using {_in_parentheses(policy.using)}{end}"
        if policy.with_check is not None:
            yield f"  with check {_in_parentheses(policy.with_check)};"
    for index in table.indexes:
        yield ""
        yield from _comment(f"{index.reason}.")
        columns = ", ".join(map(name_sql, index.columns))
        title = f"{table.name.name}_{'_'.join(index.columns)}_idx"
        yield f"create index {name_sql(title)} on {name} ({columns});"
    if table.updated_at_function is not None:
        function, reason = table.updated_at_function
        yield ""
        yield from _comment(f"{reason}.")
        yield f"create trigger {name_sql(f'{table.name.name}_updated_at')} before update on {name}"
        yield f"  for each row execute function {_name(function)}();"


def _definitions(table: InferredTable) -> Iterator[str]:
    """The columns and table constraints, each under the evidence for it."""
    parts: list[tuple[str, tuple[str, ...]]] = [
        (_column(column, is_key=table.primary_key == (column.name,)), column.reasons)
        for column in table.columns
    ]
    for columns, reason in table.unique:
        parts.append((f"unique ({', '.join(map(name_sql, columns))})", (reason,)))
    for place, (definition, reasons) in enumerate(parts, 1):
        yield from _comment("; ".join(reasons), indent="", margin="  ")
        yield f"  {definition}" + ("," if place < len(parts) else "")


def _column(column: InferredColumn, *, is_key: bool) -> str:
    said = f"{name_sql(column.name)} {short_type(column.type)}"
    if is_key:
        said += " primary key"
    elif not column.is_nullable:
        said += " not null"
    if column.default is not None:
        said += f" default {column.default}"
    return said + (_references(column.reference) if column.reference else "")


def _references(reference: Reference) -> str:
    said = f" references {_name(reference.parent)} ({name_sql(reference.column)})"
    return said + (f" on delete {reference.on_delete}" if reference.on_delete else "")


def _comment(text: str, *, indent: str = "", margin: str = "") -> Iterator[str]:
    """A comment in lines that fit; text of others never ends it."""
    line = ""
    for word in text.split():
        if line and len(margin) + len(indent) + len(line) + len(word) > _WIDTH:
            yield f"{margin}-- {indent}{line}"
            line = ""
        line = f"{line} {word}" if line else word
    if line:
        yield f"{margin}-- {indent}{line}"


def _in_parentheses(expression: str) -> str:
    """The expression in one pair of parentheses, those it has counted."""
    depth = 0
    for position, character in enumerate(expression):
        depth += (character == "(") - (character == ")")
        if depth == 0 and position < len(expression) - 1:
            return f"({expression})"
    return expression


def _name(name: ObjectName) -> str:
    return f"{name_sql(name.schema)}.{name_sql(name.name)}"


def _role(role: str) -> str:
    return role if role in {"public", "current_user"} else name_sql(role)
