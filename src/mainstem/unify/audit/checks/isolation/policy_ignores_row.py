"""A policy asks whether somebody is a member, and not of what.

## What it finds
Policies on tables whose rows belong to somebody, which only ask whether the caller stands in a
table of members, without any column of the row: `exists (select 1 from member where user_id =
auth.uid())`, `auth.uid() in (select user_id from member)`. Tables of administrators, and
sub-selects that ask for more (a role, say), are not meant.

## Why it matters
A member of one team passes for the rows of all teams.

## Example
`create policy see on note using (exists (select 1 from member where user_id = auth.uid()));`

## How to mend it
Bind the sub-select to the row: `and member.team_id = note.team_id`.

## When to ignore it
When the table of members holds only those who may see everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.naming import singular, words
from mainstem.unify.audit.catalogs import Fault, in_catalogs, policy_made
from mainstem.unify.audit.expressions import (
    columns_of_row,
    nodes,
    only,
    parse_expression,
    relations_read,
)
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import expressions, policies_for_people
from mainstem.unify.audit.tenancy import tables_with_owner
from mainstem.unify.audit.width import is_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.expressions import Node
    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.WARNING

_TRUSTED = frozenset({"admin", "administrator", "moderator", "operator", "owner", "root", "staff"})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each policy that any member passes."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    owned = tables_with_owner(database)
    for table, policy in policies_for_people(database):
        if table not in owned or not policy.is_permissive:
            continue
        for text in expressions(policy):
            members = _members_asked(parse_expression(text))
            if members is not None and not columns_of_row(text):
                yield Fault(
                    f'policy "{policy.name}" on {table} lets everybody who stands in {members} '
                    "reach every row",
                    shown=f'policy "{policy.name}" for {policy.command}: {text}',
                    relation=table,
                    fix="bind the sub-select to a column of the row",
                    made_by=policy_made(table, policy),
                )
                break


def _members_asked(tree: Node) -> str | None:
    """The table of which the caller must be a member, where nothing else is asked."""
    kind, fields = only(tree)
    if kind != "SubLink":
        return None
    select = fields["subselect"].get("SelectStmt", {})
    where = select.get("whereClause")
    if fields["subLinkType"] == "EXISTS_SUBLINK":
        is_plain = where is not None and _is_own_row(where)
    else:
        is_plain = where is None and is_identity(fields.get("testexpr", {}))
    tables = {name for _, name in relations_read(select)}
    if not is_plain or len(tables) != 1 or any(k == "SubLink" for k, _ in nodes(select)):
        return None
    (name,) = tables
    is_trusted = not _TRUSTED.isdisjoint(singular(word) for word in words(name))
    return None if is_trusted else name


def _is_own_row(where: Node) -> bool:
    """Whether it is `user_id = auth.uid()` and no more."""
    kind, fields = only(where)
    if kind != "A_Expr" or fields["kind"] != "AEXPR_OP":
        return False
    sides = (fields["lexpr"], fields["rexpr"])
    return any(map(is_identity, sides)) and any("ColumnRef" in side for side in sides)
