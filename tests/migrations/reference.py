"""The page docs/reference/schema.md, made from a migrated database and the files that built it.

`.venv/bin/python -m tests.migrations.reference > docs/reference/schema.md` writes it anew.
"""

from __future__ import annotations

import re
import sys
from importlib import resources
from typing import TYPE_CHECKING

from mainstem.db.migrate import migrate
from mainstem.pg.connect import connect
from mainstem.pg.scratch import scratch_server

if TYPE_CHECKING:
    from tests.migrations.people import Connection

HEAD = """# The schema

One PostgreSQL database holds every app of every agency. The tables are made by the files in
`src/mainstem/migrations/`, one for each bounded context, applied by `mainstem db migrate`;
`mainstem check` proves the rules they keep. This page is made from the database; a test compares
them.

## Classes and scopes

Every table has a row in `app.table_class`, the manifest:

- **TENANT**: has `agency_id`, key `(agency_id, id)`. Its scope says who sees a row: everyone of the
  *agency*, those who may see the *client*, or the one *user*. With an app, the row is seen in that
  app only; a table with a column `app_context` decides it for each row.
- **GLOBAL**: small tables that all agencies share. Everyone signed in reads them (of `agency` and
  `"user"` only the own agency's rows), `service_role` writes them.
- **LOCAL**: internals in schema `app`. No tenant reaches them; `app.job` is open as far as the view
  `queue_job` needs.

Row-level security is enabled and forced on all of them. A TENANT table has exactly one policy; it
is written by `app.protect` from the manifest, so that it always has the same form:
`agency_id = app.agency_in('revos') and app.sees_client(client_id)`.

## A new table

Write it in a new migration as a plain `create table`: `agency_id uuid not null`,
`id uuid not null default app.uuid7()`, `primary key (agency_id, id)`; every constraint named; an
index for every foreign key, `agency_id` first; a comment that says what a row is. A foreign key is
`(agency_id, x_id)`; between tables whose rows all belong to a client it is
`(agency_id, client_id, x_id)`, so that no row names a row of another client. Then one call:

```sql
call app.protect('ticket', 'client', app => 'audience',
  writes => '{insert,update}', fixed => '{number}');
```

| argument | meaning |
|---|---|
| `scope` | `agency`, `client` or `user` |
| `app` | the app that alone sees the rows; left out for shared tables |
| `high_volume` | no audit rows: logs, and tables filled by the thousand |
| `writes` | what `authenticated` may do, of `insert`, `update`, `delete`; `'{}'` for ledgers |
| `fixed` | columns that `authenticated` never writes: derived ones, or decided by the server |
| `unaudited` | counters and times of last use: a change of nothing else leaves no audit row |

It enters the manifest, enables and forces row-level security, makes the policy, grants column by
column, and adds the triggers: `updated_at`, the guard of the key, the audit. To add a column later,
call it again. A column that proves who somebody is, such as the hash of a key, is kept from
`authenticated` by `app.hide_columns`. `app.protect_global`, `app.protect_local` and
`app.protect_view` do the same for the other kinds. A partitioned table also gets a row in
`app.partition_policy` and
`select app.ensure_partitions()`.

## What happens by itself

- An insert, update or delete writes one `audit_log` row for each changed row: who, where, which
  columns; never values.
- `updated_at` is set on every change. Tenants do not choose it; a load or an undo may.
- A change of `client.stage` writes a `stage_event` and sets `stage_entered_at`.
- A `ticket` gets the next number of its agency, without gaps.
- `agency_id` and `id` never change.

Deleting a client deletes everything of that client, unless credits moved for it: that ledger is
kept, and with it the client. A campaign that has sent keeps its ledger, and so stays. An agency or
a person that something still points to is not deleted: nothing cascades from them but what is only
theirs (a person's chats, preferences, notifications).
"""

TABLES = """
select m.schema_name, m.table_name, m.class, m.scope, coalesce(m.app, ''), m.has_app_context,
       not m.high_volume and m.class <> 'LOCAL' and m.scope <> 'global',
       obj_description(to_regclass(format('%I.%I', m.schema_name, m.table_name)), 'pg_class')
from app.table_class as m
"""

PARTITIONS = """
select schema_name, table_name, period, ahead, extract(day from retention)::integer
from app.partition_policy order by 1 desc, 2
"""

VIEWS = """
select c.relname, obj_description(c.oid, 'pg_class')
from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v' order by 1
"""

FUNCTIONS = """
select p.proname, pg_get_function_identity_arguments(p.oid),
       case when p.prokind = 'p' then '' else format_type(p.prorettype, null) end,
       obj_description(p.oid, 'pg_proc')
from pg_proc as p
where p.pronamespace = 'app'::regnamespace and p.prorettype <> 'trigger'::regtype
order by 1, 2
"""

TITLES = {
    "foundation": "Foundation",
    "core": "Core",
    "chat": "Chat and AI",
    "revos": "RevOS",
    "audience": "AudienceOS",
    "mail": "Direct mail",
    "persona": "Personas",
    "internals": "Internals",
    "storage": "Files",
    "identity_providers": "Who says who somebody is",
    "revos_provider": "RevOS: what the provider tells",
    "revos_sending": "RevOS: what is asked of the provider",
}


def page(connection: Connection) -> str:
    """Return the page for the schema that a connection leads to."""
    parts = [HEAD, *_contexts(connection), *_partitions(connection), *_views(connection)]
    return "".join([*parts, *_functions(connection)])


def _contexts(connection: Connection) -> list[str]:
    described = {(row[0], row[1]): row[2:] for row in connection.execute(TABLES).fetchall()}
    parts = ["\n## Tables\n"]
    folder = resources.files("mainstem.migrations")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        made = (
            re.findall(
                r'^create table (public|app)\."?(\w+)"? \(', file.read_text("utf-8"), re.MULTILINE
            )
            if file.name.endswith(".sql")
            else []
        )
        if made:
            context = file.name[5:].removesuffix(".sql")
            parts.append(f"\n### {TITLES[context]}\n\n`{file.name}`\n\n")
            parts.append("| table | class | scope | app | audited | a row is |\n")
            parts.append("|---|---|---|---|---|---|\n")
            parts += [_table_row(schema, name, described[schema, name]) for schema, name in made]
    return parts


def _table_row(schema: str, name: str, about: tuple[object, ...]) -> str:
    table_class, scope, app, has_app_context, is_audited, comment = about
    label = name if schema == "public" else f"{schema}.{name}"
    where = "by row" if has_app_context else app
    audited = "yes" if is_audited else ""
    text = _cell(str(comment)).removeprefix("One row ")
    return f"| `{label}` | {table_class} | {scope or ''} | {where} | {audited} | {text} |\n"


def _partitions(connection: Connection) -> list[str]:
    parts = ["\n## Partitions\n\nBy `id`, whose first bits are the time; in UTC.\n\n"]
    parts.append("| table | period | ahead | kept |\n|---|---|---|---|\n")
    for schema, name, period, ahead, days in connection.execute(PARTITIONS).fetchall():
        label = name if schema == "public" else f"{schema}.{name}"
        kept = "for good" if days is None else f"{days} days"
        parts.append(f"| `{label}` | {period} | {ahead} | {kept} |\n")
    return parts


def _views(connection: Connection) -> list[str]:
    parts = ["\n## Views\n\n| view | shows |\n|---|---|\n"]
    for name, comment in connection.execute(VIEWS).fetchall():
        parts.append(f"| `{name}` | {_cell(comment)} |\n")
    return parts


def _functions(connection: Connection) -> list[str]:
    parts = ["\n## Functions of schema `app`\n\n| function | returns | does |\n|---|---|---|\n"]
    for name, arguments, returns, comment in connection.execute(FUNCTIONS).fetchall():
        short = re.sub(r"\b(IN|OUT) ", "", arguments)
        parts.append(f"| `{name}({short})` | {returns} | {_cell(comment)} |\n")
    return parts


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Print the page."""
    with scratch_server() as server, connect(server.create_database("reference")) as connection:
        migrate(connection)
        sys.stdout.write(page(connection))


if __name__ == "__main__":
    main()
