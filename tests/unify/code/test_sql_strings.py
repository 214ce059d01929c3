"""Which strings of a program are read as SQL, and for which engine."""

from __future__ import annotations

import pytest

from mainstem.unify.code.batches import merged
from mainstem.unify.code.facts import FileFacts, Opened, Reference
from mainstem.unify.code.linking import link
from mainstem.unify.code.model import Engine, FileReading, Operation
from mainstem.unify.code.sql_strings import READER
from mainstem.unify.code.syntax import Language, SyntaxFile


def script(source: str) -> FileFacts:
    return READER.read(SyntaxFile("src/a.ts", Language.TYPESCRIPT, source.encode()))


def python(source: str) -> FileFacts:
    return READER.read(SyntaxFile("app/a.py", Language.PYTHON, source.encode()))


def said(facts: FileFacts) -> FileReading:
    """What the file says when it is the whole program."""
    return merged(link({"src/a.ts": facts}))


def tables(facts: FileFacts) -> list[str]:
    return [use.name for use in said(facts).uses]


@pytest.mark.parametrize(
    "call",
    [
        "pool.query('select id from person')",
        "await client.query({ text: `SELECT id FROM person` })",
        "db.prepare('select id from person').all()",
        "await sql`select id from ${sql('person')}`",
        "knex.raw('select id from person where id = ?', [1])",
        'sequelize.query("select id from person")',
        "await prisma.$queryRaw`SELECT id FROM person`",
        "prisma.$queryRawUnsafe('select id from person')",
        "pool.query('select id ' + 'from person')",
        "const q = 'select id from person'; db.query(q)",
        "const TABLE = 'person'; pool.query(`select id from ${TABLE} where id = $1`)",
        "export const FIND = 'SELECT id FROM person WHERE id = $1'",
    ],
)
def test_sql_in_scripts(call: str) -> None:
    facts = script(call)

    assert tables(facts) == ["person"]
    assert [column.name for column in said(facts).uses[0].columns][:1] == ["id"]


@pytest.mark.parametrize(
    "call",
    [
        "cursor.execute('select id from person')",
        "await connection.fetchrow('select id from person where id = $1', 1)",
        "session.execute(text('select id from person'))",
        "cur.executemany('select id from person where id = %s', rows)",
        "cur.execute(SQL('select {} from {}').format(Identifier('id'), Identifier('person')))",
        "cur.execute('select id from %s' % 'person')",
        "T = 'person'\ncur.execute(f'select id from {T}')",
        "cur.execute('select id '\n 'from person')",
        "Q = '''\nSELECT id\nFROM person\n'''",
        "import pandas as pd\npd.read_sql('select id from person', engine)",
    ],
)
def test_sql_in_python(call: str) -> None:
    assert tables(python(call)) == ["person"]


@pytest.mark.parametrize(
    "source",
    [
        "// pool.query('select id from person')",
        "/* SELECT * FROM person */",
        "const label = 'select a file from the list'",
        "const label = 'Select a name, a file from the list.'",
        "show('Delete from basket')",
        "console.log('SELECT * FROM person')",
        "throw new Error('DELETE FROM person WHERE id = 1 failed')",
        "it('SELECT * FROM person works', () => {})",
        "const node = <a title='Select it from (here)' />",
        "http.get('update the set of rules')",
        "const css = css`select from person`",
    ],
)
def test_what_is_no_sql_in_scripts(source: str) -> None:
    facts = READER.read(SyntaxFile("src/a.tsx", Language.TSX, source.encode()))

    assert facts == FileFacts()


@pytest.mark.parametrize(
    "source",
    [
        "# select * from person",
        '"""SELECT * FROM person WHERE id = 1"""',
        'def f():\n    """SELECT * FROM person."""',
        "raise ValueError('UPDATE person SET a = 1 failed')",
        "print('DELETE FROM person')",
        "logger.info('SELECT * FROM person')",
    ],
)
def test_what_is_no_sql_in_python(source: str) -> None:
    assert python(source) == FileFacts()


def test_the_engine_is_the_drivers() -> None:
    facts = script(
        """import Database from 'better-sqlite3'
           import { Pool } from 'pg'
           const db = new Database('data/app.db')
           const pool = new Pool()
           db.prepare('select a from lite where b = ?').all()
           pool.query('select a from heavy')"""
    )

    lite, heavy = said(facts).uses
    assert (lite.engine, lite.database) == (Engine.SQLITE, "data/app.db")
    assert (heavy.engine, heavy.database) == (Engine.POSTGRES, None)


def test_the_engine_of_a_python_connection_is_followed_through_cursors() -> None:
    (use,) = python(
        """import sqlite3, psycopg
PATH = "app.db"
with sqlite3.connect(PATH) as connection:
    cursor = connection.cursor()
    cursor.execute("delete from note")
"""
    ).reading.uses

    assert (use.engine, use.database, use.operation) == (Engine.SQLITE, "app.db", Operation.DELETE)


def test_an_address_is_never_shown() -> None:
    facts = python(
        "import sqlite3\nc = sqlite3.connect('file://me:secret@host/x')\nc.execute('delete from a')"
    )
    assert said(facts).uses[0].engine is Engine.SQLITE
    assert "secret" not in repr(facts)


def test_the_sql_itself_tells_the_engine_where_nothing_else_does() -> None:
    made = script("db.exec('create table a (id integer primary key autoincrement)')")
    assert made.reading.declared[0].engine is Engine.SQLITE
    assert said(script("db.query('select a::text from b')")).uses[0].engine is Engine.POSTGRES
    # Cloudflare's analytics engine, and ClickHouse
    for sql in ("select index1, sum(double1) from b", "select toStartOfHour(a) from b"):
        assert said(script(f"db.query('{sql}')")).uses[0].engine is Engine.OTHER


def test_a_database_that_another_file_opens_is_left_to_linking() -> None:
    (waiting,) = script("import db from './db'\ndb.all('select * from b')").undecided
    assert waiting.reference == Reference("./db", ("default",))
    assert [engine for engine, _ in waiting.readings] == list(Engine)

    opens = script(
        """import Database from 'better-sqlite3'
           export const db = new Database('x.db')
           export function open() { return db }
           export default db"""
    ).opened
    assert opens == {name: Opened(Engine.SQLITE, "x.db") for name in ("db", "open", "default")}


def test_the_whole_program_tells_the_engine_where_the_file_does_not() -> None:
    facts = {
        "open.py": python("import sqlite3\ndef start():\n    run(sqlite3.connect('x.db'))"),
        "use.py": python("def run(connection):\n    connection.execute('select a from b')"),
    }

    assert [use.engine for reading in link(facts) for use in reading.uses] == [Engine.SQLITE]
    del facts["open.py"]
    assert [use.engine for reading in link(facts) for use in reading.uses] == [Engine.POSTGRES]


def test_a_table_that_another_file_names_is_pending_with_its_columns() -> None:
    (pending,) = script(
        "import { NAMES } from './names'\npool.query(`select a from ${NAMES.b} where c = $1`)"
    ).pending

    assert pending.reference == Reference("./names", ("NAMES", "b"))
    assert pending.table is not None
    assert [column.name for column in pending.table.columns] == ["a", "c"]


def test_what_run_time_puts_in_is_unresolved() -> None:
    facts = script("function f(t) { pool.query(`select a from ${t} where b = 1`) }")

    assert said(facts).uses == ()
    assert [(u.kind, u.expression) for u in said(facts).unresolved] == [("table", "${t}")]


def test_only_a_name_is_put_where_a_name_stands() -> None:
    (use,) = said(script("const T = 'shop.b'\nsql`select a from ${sql.raw(T)}, ${T}`")).uses
    assert (use.schema, use.name) == ("shop", "b")

    facts = said(script("const T = 'b where c = 1'\nsql`select a from ${T}`"))
    assert facts.uses == ()
    assert [one.expression for one in facts.unresolved] == ["${T}"]


def test_a_value_in_a_template_is_never_a_column() -> None:
    (use,) = said(script("const S = 'done'\nsql`select a from b where state = ${S}`")).uses

    assert [column.name for column in use.columns] == ["a", "state"]


def test_lines_are_those_of_the_source() -> None:
    facts = script(
        "pool.query(`\n  select a\n    from b\n   where c = 1`)\npool.query('select\\na\\nfrom d')"
    )

    assert [use.place.line for use in said(facts).uses] == [3, 5]
