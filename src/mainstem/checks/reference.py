"""The page of the reference that lists every check, made from the checks themselves."""

from __future__ import annotations

from mainstem.checks.registry import GROUPS, all_checks

_HEAD = """# Checks

`mainstem check` proves these on a live database, in one transaction that is rolled back. It ends
with `N of N checks passed` and exits 1 when one fails. `--only NAME` runs one check or group,
`--json` prints the findings for programs.

This page is made by `mainstem check --list`; a test compares them.
"""

_GROUP_TITLES = {
    "existence": "Existence",
    "rules": "Schema rules",
    "state": "State",
    "isolation": "Isolation",
}

#: what a catalog cannot show, and where it is shown instead
_ELSEWHERE = """
## Proven elsewhere

These rules are about queries and sessions, which leave nothing in a catalog.

| rule | says | proven by |
|---|---|---|
| 12 | Claims are set with `set local`, as one quoted literal, inside a transaction. | `mainstem.db.tenant.opening_batch` is the only place that sets them: `tests/db` reads what it sends, and the probe takes its claims from it. |
| 13 | Claims are never set in the statement that reads the rows. | The same function: the claims travel before the first query. |
| 16 | Application code switches to a role without BYPASSRLS in each transaction. | The same function; `role` proves what those roles are. |
| 19 | No volatile function in UPDATE or `on conflict do update`, no MERGE, no `insert ... values ((select ...))`. | For our functions `portable-routine`; for queries, review of the `.sql` files. |
| 20 | Queries name `agency_id` and join on `(agency_id, x_id)`. | Review of the `.sql` files; the isolation benchmark shows the cost. |
| 21 | `for update skip locked` only on LOCAL tables or with a constant `agency_id`. | Review of the `.sql` files. |
"""  # noqa: E501 -- a row of a Markdown table is one line


def reference_page() -> str:
    """The page, in Markdown."""
    return _HEAD + "".join(_table(group) for group in GROUPS) + _ELSEWHERE


def _table(group: str) -> str:
    rows = "".join(
        f"| `{check.name}` | {check.rule or ''} | {_cell(check.title)} | {_cell(check.reason)} |\n"
        for check in all_checks()
        if check.group == group
    )
    head = "| check | rule | holds | why |\n|---|---|---|---|\n"
    return f"\n## {_GROUP_TITLES[group]}\n\n{head}{rows}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
