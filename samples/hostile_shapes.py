"""Hostile shapes: keys, names, constraints and relations that are hard to carry over."""

from __future__ import annotations

from samples.hostile_model import (
    ANY_HONEST,
    CONVERTED_OR_QUARANTINED,
    KEPT,
    Fate,
    HostileRow,
    HostileTable,
    Undecodable,
    Value,
)

HUGE_SIZE = 2_000_000
LONG_NAME = "a_name_that_is_longer_than_postgresql_allows_for_any_identifier_"
RESERVED_COLUMNS = (
    "select",
    "from",
    "order",
    "user",
    "table",
    "Mixed Case",
    'quo"te',
    "100%",
    "naïve",
)
SYSTEM_COLUMNS = ("ctid", "xmin", "tableoid", "oid")


def _plain(*rows: tuple[Value, ...], keys: int = 1) -> tuple[HostileRow, ...]:
    """Rows without a trap in a value: the shape is the trap. The key is the first `keys` values."""
    return tuple(HostileRow(row[:keys], row, None, "to be kept", KEPT) for row in rows)


def _row(
    *values: Value, column: str, what: str, fates: frozenset[Fate], keys: int = 1
) -> HostileRow:
    return HostileRow(values[:keys], values, column, what, fates)


PARENT = HostileTable(
    "parent", "what the orphans miss",
    "create table parent (id integer primary key, code text unique, name text)",
    ("id", "code", "name"), _plain((1, "A", "one"), (2, "B", "two"), (4, None, "no code")),
)  # fmt: skip
ORPHAN_FOREIGN_KEY = HostileTable(
    "orphan_foreign_key", "rows that point at nothing",
    """create table orphan_foreign_key (id integer primary key,
        parent_id integer references parent(id) on delete cascade,
        parent_code text references parent(code) on update cascade,
        lost_id integer references gone(id))""",
    ("id", "parent_id", "parent_code", "lost_id"),
    (
        *_plain((1, 1, "A", None), (2, None, None, None), (3, 4, "B", None)),
        _row(4, 3, "A", None, column="parent_id", what="no such parent", fates=ANY_HONEST),
        _row(5, 1, "Z", None, column="parent_code", what="no such code", fates=ANY_HONEST),
        _row(6, "x", None, None, column="parent_id", what="no number",
             fates=CONVERTED_OR_QUARANTINED),
    ),
    not_carried=("orphan_foreign_key.lost_id",),
)  # fmt: skip
COMPOSITE_PARENT = HostileTable(
    "composite_parent", "a key of two columns, in another order than declared",
    """create table composite_parent (region text not null, number integer not null, name text,
        primary key (number, region)) without rowid""",
    ("number", "region", "name"),
    _plain((1, "north|south", "a bar"), (1, "a,b", "a comma"), (2, "tab\tin", "a tab"),
           (2, "\\N", "NULL's spelling"), (-1, "", "an empty part"), keys=2),
)  # fmt: skip
COMPOSITE_CHILD = HostileTable(
    "composite_child", "a foreign key of two columns, one of them sometimes NULL",
    """create table composite_child (id integer primary key, number integer, region text,
        foreign key (number, region) references composite_parent (number, region)
        deferrable initially deferred)""",
    ("id", "number", "region"),
    (
        *_plain((1, 1, "a,b"), (2, 2, "\\N"), (3, None, "nowhere"), (4, -1, "")),
        _row(5, 9, "a,b", column="number", what="no such pair", fates=ANY_HONEST),
    ),
)  # fmt: skip
TEXT_KEY = HostileTable(
    "text_key", "keys that differ by case, spaces or composition only",
    "create table text_key (code text primary key, name text)",
    ("code", "name"),
    _plain(("a", "lower"), ("A", "upper"), ("a ", "a space"), ("", "empty"), ("é", "composed"),
           ("e\u0301", "decomposed"), ("1", "a digit"), ("01", "two digits"), ("\t", "a tab")),
)  # fmt: skip
NULL_KEY = HostileTable(
    "null_key", "SQLite lets a text key be NULL, and more than once",
    "create table null_key (code text primary key, name text)",
    ("code", "name"),
    (
        *_plain(("k1", "fine")),
        HostileRow((None,), (None, "first"), "code", "a NULL key", ANY_HONEST),
        HostileRow((None,), (None, "second"), "code", "another NULL key", ANY_HONEST),
    ),
)  # fmt: skip
NOCASE_KEY = HostileTable(
    "nocase_key", "unique without regard to case",
    "create table nocase_key (id integer primary key, email text unique collate nocase)",
    ("id", "email"), _plain((1, "Ada@Example.com"), (2, "bob@example.com"), (3, None), (4, None)),
)  # fmt: skip
UNIQUE_AFTER = HostileTable(
    "unique_after", "values that differ until they are converted",
    "create table unique_after (id integer primary key, code text unique, amount numeric)",
    ("id", "code", "amount"),
    (
        *_plain((1, "same", 1), (2, "other", 2)),
        _row(3, "same\x00", 3, column="code", what="the same once the NUL is gone",
             fates=CONVERTED_OR_QUARANTINED),
    ),
)  # fmt: skip
UNTYPED_UNIQUE = HostileTable(
    "untyped_unique", "1 and '1' are two values here",
    "create table untyped_unique (id integer primary key, code unique)", ("id", "code"),
    (
        *_plain((1, "x")),
        _row(2, 1, column="code", what="the number", fates=ANY_HONEST),
        _row(3, "1", column="code", what="the text", fates=ANY_HONEST),
        _row(4, b"1", column="code", what="the bytes", fates=ANY_HONEST),
    ),
)  # fmt: skip
NO_KEY = HostileTable(
    "no_key", "no primary key, and rows that are the same",
    "create table no_key (name text, amount real)", ("name", "amount"),
    tuple(
        HostileRow((number,), values, None, "to be kept, each of them", KEPT)
        for number, values in enumerate(
            (("twin", 1.5), ("twin", 1.5), (None, None), (None, None), ("single", 0.0)), start=1
        )
    ),
)  # fmt: skip
ROWID_NAMED = HostileTable(
    "rowid_named", "columns that hide the rowid's own names",
    "create table rowid_named (rowid text, oid integer, _rowid_ text, note text)",
    ("rowid", "oid", "_rowid_", "note"),
    tuple(
        HostileRow((number,), values, None, "to be kept", KEPT)
        for number, values in enumerate((("b", 1, "x", "1"), ("a", 1, "x", "2")), start=1)
    ),
)  # fmt: skip
COUNTERS = HostileTable(
    "counters", "gaps, zero, a negative key, and a counter past the highest",
    "create table counters (id integer primary key autoincrement, name text)",
    ("id", "name"), _plain((-5, "below"), (0, "zero"), (7, "seven"), (1000, "a gap")),
)  # fmt: skip
FULL_COUNTER = HostileTable(
    "full_counter", "the highest key there is: no counter can go past it",
    "create table full_counter (id integer primary key, name text)",
    ("id", "name"), _plain((1, "first"), (2**63 - 1, "last")),
)  # fmt: skip
SELF_REFERENCE = HostileTable(
    "self_reference", "rows that point at rows of the same table, also later ones and themselves",
    """create table self_reference (id integer primary key,
        boss_id integer references self_reference(id))""",
    ("id", "boss_id"),
    (
        *_plain((1, 3), (2, 2), (3, None)),
        _row(4, 99, column="boss_id", what="no such boss", fates=ANY_HONEST),
    ),
)  # fmt: skip
CYCLE_HEN = HostileTable(
    "cycle_hen", "two tables that need each other first",
    "create table cycle_hen (id integer primary key, egg_id integer references cycle_egg(id))",
    ("id", "egg_id"), _plain((1, 1), (2, None)),
)  # fmt: skip
CYCLE_EGG = HostileTable(
    "cycle_egg", "the other one",
    "create table cycle_egg (id integer primary key, hen_id integer not null references cycle_hen)",
    ("id", "hen_id"), _plain((1, 2)),
)  # fmt: skip
CHECKS = HostileTable(
    "checks", "constraints that rows violate, and expressions of SQLite alone",
    """create table checks (id integer primary key, age integer check (age >= 0),
        state text constraint known_state check (state in ('on', 'off')),
        code text check (code glob 'A*'), note text check (length(note) < 10 or note like 'x%'))""",
    ("id", "age", "state", "code", "note"),
    (
        *_plain((1, 5, "on", "A1", "short"), (2, None, None, None, None)),
        _row(3, -1, "on", "A2", "x", column="age", what="violates its check", fates=KEPT),
        _row(4, 1, "half", "A3", "x", column="state", what="violates its check", fates=KEPT),
        _row(5, 1, "on", "B", "x", column="code", what="violates its check", fates=KEPT),
    ),
    not_carried=("checks.age", "checks.state", "checks.code"),
)  # fmt: skip
GENERATED = HostileTable(
    "generated", "columns that the database computes",
    """create table generated (id integer primary key, net real not null, rate real not null,
        gross real generated always as (net * (1 + rate)) stored,
        label text generated always as ('no ' || id) virtual,
        day text generated always as (strftime('%Y-%m-%d', net * 86400, 'unixepoch')) virtual)""",
    ("id", "net", "rate"), _plain((1, 10.0, 0.2), (2, 0.1, 0.2), (3, -3.0, 0.0)),
)  # fmt: skip
DEFAULTS = HostileTable(
    "defaults", "defaults of every kind",
    """create table defaults (id integer primary key, made text default (datetime('now')),
        day date default current_date, word text default 'it''s', bytes blob default x'00ff',
        amount real default -1.5, flag boolean default true, dice integer default (random()),
        secret text default (lower(hex(randomblob(16)))), empty_default text default null,
        quoted text default "double quoted")""",
    ("id", "word", "made", "day", "dice", "secret"),
    _plain((1, "given", "2024-05-01 10:00:00", "2024-05-01", 6, "c0ffee"),
           (2, None, "2024-05-02 10:00:00", "2024-05-02", -1, None)),
)  # fmt: skip
INDEXED = HostileTable(
    "indexed", "indexes of every kind, and a value too long for one",
    "create table indexed (id integer primary key, name text, state text, amount real)",
    ("id", "name", "state", "amount"),
    (
        *_plain((1, "one", "live", 1.0), (2, "ONE", "dead", 2.0)),
        _row(3, "".join(f"{n:x}" for n in range(9_000)), "live", 3.0, column="name",
             what="longer than a PostgreSQL index entry", fates=KEPT),
    ),
)  # fmt: skip
HUGE = HostileTable(
    "huge", "values of two million bytes",
    "create table huge (id integer primary key, words text, bytes blob, document json)",
    ("id", "words", "bytes", "document"),
    _plain(
        (1, "wörd \\ " * (HUGE_SIZE // 8), bytes(range(256)) * (HUGE_SIZE // 256), None),
        (2, "", b"", '{"long": "' + "ä" * (HUGE_SIZE // 2) + '"}'),
    ),
)  # fmt: skip
RESERVED_NAMES = HostileTable(
    "select", "reserved, mixed-case and quoted names",
    'create table "select" (id integer primary key, {})'.format(
        ", ".join('"' + name.replace('"', '""') + '" text' for name in RESERVED_COLUMNS)
    ),
    ("id", *RESERVED_COLUMNS),
    _plain((1, *RESERVED_COLUMNS), (2, *(None for _ in RESERVED_COLUMNS))),
)  # fmt: skip
MIXED_CASE = HostileTable(
    "MixedCase Table", "a name with a space and capitals",
    'create table "MixedCase Table" ("Id" integer primary key, "createdAt" text)',
    ("Id", "createdAt"), _plain((1, "2024-01-01 00:00:00"), (2, "2024-01-02 00:00:00")),
)  # fmt: skip
QUOTED_NAME = HostileTable(
    'we"ird.ünï%', "a name with a quote, a point, a percent sign",
    'create table "we""ird.ünï%" (id integer primary key, "a.b" text, "$1" text, ":x" text)',
    ("id", "a.b", "$1", ":x"), _plain((1, "point", "dollar", "colon")),
)  # fmt: skip
SYSTEM_NAMES = HostileTable(
    "system_names", "columns that PostgreSQL keeps for itself",
    "create table system_names (id integer primary key, {})".format(
        ", ".join(f'"{name}" text' for name in SYSTEM_COLUMNS)
    ),
    ("id", *SYSTEM_COLUMNS), _plain((1, *SYSTEM_COLUMNS)),
)  # fmt: skip
LONG_NAMES = tuple(
    HostileTable(
        LONG_NAME + ending, "63 bytes are the most, and these two agree in them",
        f"create table {LONG_NAME}{ending} (id integer primary key, {LONG_NAME}x text, "
        f"{LONG_NAME}y text)",
        ("id", f"{LONG_NAME}x", f"{LONG_NAME}y"), _plain((1, ending, "y")),
    )
    for ending in ("one", "two")
)  # fmt: skip
SECRETS = HostileTable(
    "secrets", "what no ledger, quarantine or report may show",
    """create table secrets (id integer primary key, email text, password_hash text,
        api_token text, session_data json)""",
    ("id", "email", "password_hash", "api_token", "session_data"),
    (
        *_plain((1, "ada@example.com", "$2b$10$abcdefghijklmnopqrstuv", "tok_1", '{"user": 1}')),
        _row(2, "b@example.com", "hunter2\x00", "tok_2", None, column="password_hash",
             what="a NUL in a password", fates=CONVERTED_OR_QUARANTINED),
        _row(3, "c@example.com", "pw", Undecodable(b"tok_\xff_SECRET"), None, column="api_token",
             what="bad UTF-8 in a token", fates=CONVERTED_OR_QUARANTINED),
        _row(4, "d@example.com", "pw", "tok_4", '{"csrf": "s3cr3t"', column="session_data",
             what="malformed JSON of a session", fates=CONVERTED_OR_QUARANTINED),
    ),
)  # fmt: skip
STRICT = HostileTable(
    "strict_table", "the one kind of table that checks its types",
    "create table strict_table (id integer primary key, whole int, anything any) strict",
    ("id", "whole", "anything"),
    (
        *_plain((1, 5, None)),
        _row(2, None, 5, column="anything", what="a number", fates=ANY_HONEST),
        _row(3, None, "5", column="anything", what="a text", fates=ANY_HONEST),
        _row(4, None, b"5", column="anything", what="bytes", fates=ANY_HONEST),
    ),
)  # fmt: skip
EMPTY = HostileTable(
    "empty_table", "no rows", "create table empty_table (id integer primary key, name text)",
    ("id", "name"),
)  # fmt: skip
WIDE_COLUMNS = tuple(f"c{number}" for number in range(300))
WIDE = HostileTable(
    "wide", "three hundred columns",
    f"create table wide (id integer primary key, {' text, '.join(WIDE_COLUMNS)} text)",
    ("id", *WIDE_COLUMNS), _plain((1, *WIDE_COLUMNS), (2, *(None for _ in WIDE_COLUMNS))),
)  # fmt: skip
RETYPED_VALUES: tuple[Value, ...] = ("x-1", "x-2", "x-3", 4, "x-5")
RETYPED = HostileTable(
    "retyped", "declared as a number, used for text",
    "create table retyped (id integer primary key, code integer)",
    ("id", "code"),
    tuple(
        HostileRow((n,), (n, value), "code", "most values decide", ANY_HONEST)
        for n, value in enumerate(RETYPED_VALUES, start=1)
    ),
)  # fmt: skip

SHAPES: tuple[HostileTable, ...] = (
    PARENT, ORPHAN_FOREIGN_KEY, COMPOSITE_PARENT, COMPOSITE_CHILD, TEXT_KEY, NULL_KEY, NOCASE_KEY,
    UNIQUE_AFTER, UNTYPED_UNIQUE, NO_KEY, ROWID_NAMED, COUNTERS, FULL_COUNTER, SELF_REFERENCE,
    CYCLE_HEN, CYCLE_EGG, CHECKS, GENERATED, DEFAULTS, INDEXED, HUGE, RESERVED_NAMES, MIXED_CASE,
    QUOTED_NAME, SYSTEM_NAMES, *LONG_NAMES, SECRETS, STRICT, EMPTY, WIDE, RETYPED,
)  # fmt: skip

#: What is no table: each must be named under "not carried over".
EXTRAS = """
create index indexed_name on indexed (name);
create index indexed_live on indexed (state) where state = 'live';
create index indexed_lower on indexed (lower(name), amount desc);
create unique index indexed_nocase on indexed (name collate nocase, id);
create index indexed_julian on indexed (julianday(state));
create view live_only as select * from indexed where state = 'live';
create trigger touch after update on counters begin select 1; end;
create virtual table words_fts using fts5(body);
insert into words_fts (body) values ('a virtual table and its shadows');
update sqlite_sequence set seq = 5000 where name = 'counters';
"""
NOT_CARRIED_OBJECTS = ("live_only", "touch", "words_fts", "indexed_julian")
