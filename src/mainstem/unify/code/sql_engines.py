"""Which database a piece of SQL is for: told by the driver that opens it, or by the SQL itself."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.facts import Opened, Reference
from mainstem.unify.code.model import Engine
from mainstem.unify.code.names import entries, origins, resolve
from mainstem.unify.code.scopes import scopes
from mainstem.unify.code.syntax import as_call, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.syntax import Call, SyntaxFile

_DEPTH_MAX: Final = 8
_TEXT_CHARACTERS_MAX: Final = 120


def engine_of_module(module: str) -> Engine | None:
    """The engine whose driver a module is; None for any other module."""
    return _BY_MODULE.get(module) or _BY_MODULE.get(re.split(r"[./]", module)[0])


def engine_of_sql(sql: str) -> Engine | None:
    """The engine that alone understands the SQL; None where several do."""
    if _SQLITE_ONLY.search(sql):
        return Engine.SQLITE
    if _POSTGRES_ONLY.search(sql):
        return Engine.POSTGRES
    return Engine.OTHER if _OTHERS_ONLY.search(sql) else None


@lru_cache(maxsize=4)
def engines_of_file(file: SyntaxFile) -> frozenset[Engine]:
    """The engines whose drivers the file imports, or whose addresses it holds."""
    if not any(part in file.source for part in _DRIVERS):
        return frozenset()
    modules = {
        bound.reference.module
        for named in scopes(file).bindings.values()
        for bound in named
        if bound.reference is not None
    }
    modules |= {file.text(node).strip("'\"`") for node in _sources(file)}
    found = {engine_of_module(module) for module in modules}
    found |= {engine for engine, address in _ADDRESSES.items() if address.search(file.source)}
    return frozenset(engine for engine in found if engine is not None)


def database_of(file: SyntaxFile, receiver: Node) -> Opened | Reference | None:
    """What a method is called on: a database opened in this file, or what another file holds."""
    return _database(file, receiver, 0)


def opened_by(file: SyntaxFile) -> dict[str, Opened]:
    """The databases that other files can ask the file for, by the name they have there."""
    if not engines_of_file(file):
        return {}
    found: dict[str, Opened] = {}
    for name, value in _outermost(file):
        database = _returned(file, value)
        if isinstance(database, Opened):
            found[name] = database
    return found


def _outermost(file: SyntaxFile) -> Iterator[tuple[str, Node]]:
    """What the file binds for others: variables, functions, its default."""
    start = file.root.start_byte
    for name, bindings in scopes(file).bindings.items():
        for bound in bindings:
            if bound.value is not None and not bound.path and bound.start <= start:
                yield name, bound.value
    exports = "(export_statement value: (_) @value)"
    for node in file.captures(exports).get("value", []) if file.language.is_script else ():
        yield "default", node
        for key, value in entries(file, node) if node.type == "object" else ():
            yield f"default.{key}", value


def _returned(file: SyntaxFile, value: Node) -> Opened | Reference | None:
    """A database, or the one that a function gives back."""
    made = next((origin for origin in origins(file, value) if isinstance(origin, Node)), value)
    if "function" not in made.type:
        return _database(file, value, 0)
    for node in file.nodes("return_statement", made):
        found = _database(file, node.named_children[0], 0) if node.named_children else None
        if found is not None:
            return found
    return None


def _sources(file: SyntaxFile) -> list[Node]:
    """The modules that are imported for no name, and those that `require` and `import()` take."""
    if not file.language.is_script:
        return []
    return file.captures(
        "[(import_statement source: (string) @source) (call_expression"
        " function: [(identifier) @f (import)] arguments: (arguments . (string) @source)"
        ' (#any-of? @f "require"))]'
    ).get("source", [])


def _database(file: SyntaxFile, node: Node, depth: int) -> Opened | Reference | None:
    if depth > _DEPTH_MAX:
        return None
    for origin in origins(file, node):
        if isinstance(origin, Reference):
            engine = engine_of_module(origin.module)
            return Opened(engine) if engine else origin
        call = as_call(file, plain(origin)) if isinstance(origin, Node) else None
        found = _opened(file, call, depth) if call is not None else None
        if found is not None:
            return found
    return None


def _opened(file: SyntaxFile, call: Call, depth: int) -> Opened | Reference | None:
    """What a call gives: a database where a driver is called, else what it is called on."""
    called = call.receiver if call.receiver is not None else call.name_node
    if called.id == call.node.id:
        return None
    found = _database(file, called, depth + 1)
    if isinstance(found, Opened) and found.name is None and call.arguments:
        return Opened(found.engine, _name(file, call.arguments[0], found.engine))
    return found


def _name(file: SyntaxFile, argument: Node, engine: Engine) -> str | None:
    """What to call a database: a file's path or a variable; never an address, it holds secrets."""
    if engine is not Engine.SQLITE or argument.type in {"object", "dictionary"}:
        return None
    text = resolve(file, argument).sole or file.expression(argument)
    return None if "://" in text or len(text) > _TEXT_CHARACTERS_MAX else text


#: an address as a string begins: `sqlite+aiosqlite:///data.db`
_ADDRESSES: Final = {
    Engine.SQLITE: re.compile(rb"[\"'`](?:jdbc:)?sqlite(?:\+\w+)?:"),
    Engine.POSTGRES: re.compile(rb"[\"'`](?:jdbc:)?postgres(?:ql)?(?:\+\w+)?://"),
    Engine.OTHER: re.compile(rb"[\"'`](?:jdbc:)?(?:mysql|mariadb|mssql|oracle)(?:\+\w+)?://"),
}
_MODULES: Final = {
    Engine.SQLITE: """
        better-sqlite3 better-sqlite3-multiple-ciphers sqlite3 sqlite bun:sqlite node:sqlite
        expo-sqlite expo-sqlite/next sql.js libsql @libsql/client @op-engineering/op-sqlite
        react-native-sqlite-storage @capacitor-community/sqlite wa-sqlite @sqlite.org/sqlite-wasm
        @tauri-apps/plugin-sql drizzle-orm/better-sqlite3 drizzle-orm/libsql drizzle-orm/d1
        drizzle-orm/bun-sqlite drizzle-orm/expo-sqlite drizzle-orm/sqlite-core drizzle-orm/sql-js
        aiosqlite apsw pysqlite3 libsql_experimental sqlite_utils pysqlcipher3 sqlean""",
    Engine.POSTGRES: """
        pg pg-pool pg-promise pg-native postgres @vercel/postgres @neondatabase/serverless slonik
        @electric-sql/pglite @supabase/supabase-js @supabase/ssr drizzle-orm/pg-core
        drizzle-orm/node-postgres drizzle-orm/postgres-js
        drizzle-orm/neon-http drizzle-orm/neon-serverless drizzle-orm/vercel-postgres
        drizzle-orm/pglite massive @databases/pg psycopg psycopg2 psycopg_pool asyncpg aiopg pg8000
        psycopg2cffi pgdb postgresql supabase""",
    Engine.OTHER: """
        mysql mysql2 mysql2/promise mariadb @planetscale/database mssql tedious oracledb
        drizzle-orm/mysql2 drizzle-orm/mysql-core drizzle-orm/planetscale-serverless
        @clickhouse/client @google-cloud/bigquery snowflake-sdk duckdb @duckdb/node-api pymysql
        MySQLdb aiomysql asyncmy clickhouse_driver clickhouse_connect snowflake pyodbc cx_Oracle
        pymssql databricks pyspark""",
}
_BY_MODULE: Final = {
    module: engine for engine, modules in _MODULES.items() for module in modules.split()
}
#: parts of the drivers' names: looking for them is quicker than for the imports
_DRIVERS: Final = tuple(
    b"sql pg postgres supabase slonik neon massive maria planetscale tedious oracle drizzle "
    b"clickhouse bigquery snowflake duckdb pyodbc databricks pyspark apsw Oracle MySQL".split()
)
_SQLITE_ONLY: Final = re.compile(
    r"\bautoincrement\b|\bpragma\s|\bsqlite_\w+|\bstrftime\s*\(|\bdatetime\s*\(\s*'now'"
    r"|\b(?:insert|update)\s+or\s+(?:replace|ignore|rollback|abort|fail)\b|\bwithout\s+rowid\b"
    r"|\busing\s+fts[345]\b|\bjulianday\s*\(|\bunixepoch\s*\(",
    re.IGNORECASE,
)
_POSTGRES_ONLY: Final = re.compile(
    r"\w::\w|\$\d\b|\bjsonb\b|\bilike\b|\bgen_random_uuid\s*\(|\b(?:big)?serial\b|\btimestamptz\b"
    r"|\bdistinct\s+on\s*\(|=\s*any\s*\(|%s|%\(\w+\)s|\bplpgsql\b|\bset_config\s*\(",
    re.IGNORECASE,
)
#: MySQL's, ClickHouse's, and the columns that Cloudflare's analytics engine gives each data set
_OTHERS_ONLY: Final = re.compile(
    r"\bauto_increment\b|\bon\s+duplicate\s+key\b|\bengine\s*=\s*\w+|\binsert\s+ignore\b"
    r"|\bshow\s+tables\b|\btoStartOf\w+\s*\(|\btoDateTime\w*\s*\(|\b(?:count|sum|uniq)If\s*\("
    r"|\b_sample_interval\b|\bindex1\b|\b(?:blob|double)(?:1?\d|20)\b",
    re.IGNORECASE,
)
