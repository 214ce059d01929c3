"""Drizzle's tables and the queries over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.code.drizzle import READER
from mainstem.unify.code.linking import link
from mainstem.unify.code.model import Engine, Operation, Role, TableUse
from mainstem.unify.code.syntax import Language, SyntaxFile

if TYPE_CHECKING:
    from mainstem.unify.code.facts import FileFacts

SCHEMA = """
import { pgTable, pgSchema, text, uuid, serial, timestamp } from 'drizzle-orm/pg-core'
const stamps = { createdAt: timestamp('created_at').notNull() }
export const shop = pgSchema('shop')
export const person = pgTable('people', {
  id: uuid().primaryKey(),
  email: text('email_address').notNull(),
  tags: text('tags').array(),
  boss: uuid('boss_id').references((): AnyPgColumn => person.id),
  ...stamps,
})
export const basket = shop.table('basket', (t) => ({
  id: t.serial('id'),
  personId: t.uuid('person_id').references(() => person.id).notNull(),
}), (table) => [index('x').on(table.id)])
"""
IMPORTS = "import { person, basket } from './schema'\n"


def read(source: str, path: str = "src/queries.ts") -> FileFacts:
    return READER.read(SyntaxFile(path, Language.TYPESCRIPT, source.encode()))


def uses(source: str) -> list[TableUse]:
    facts = {"src/schema.ts": read(SCHEMA, "src/schema.ts"), "src/queries.ts": read(source)}
    return [use for reading in link(facts) for use in reading.uses]


def columns(use: TableUse, role: Role) -> list[str]:
    return [column.name for column in use.columns if column.role is role]


def test_tables_are_declared_with_the_names_that_the_database_knows() -> None:
    person, basket = read(SCHEMA).reading.declared

    assert (person.name, person.schema, person.engine, person.place.line) == (
        "people",
        None,
        Engine.POSTGRES,
        5,
    )
    assert [(c.name, c.type, c.is_nullable, c.references) for c in person.columns] == [
        ("id", "uuid", False, None),
        ("email_address", "text", False, None),
        ("tags", "text[]", True, None),
        ("boss_id", "uuid", True, "people"),
        ("created_at", "timestamp", False, None),
    ]
    assert (basket.name, basket.schema) == ("basket", "shop")
    assert [(c.name, c.is_nullable, c.references) for c in basket.columns] == [
        ("id", False, None),
        ("person_id", False, "people"),
    ]


def test_a_table_creator_adds_its_prefix() -> None:
    (table,) = read(
        "const createTable = sqliteTableCreator((name) => `shop_${name}`)\n"
        "export const post = createTable('post', { id: integer('id') }) // drizzle"
    ).reading.declared

    assert (table.name, table.engine) == ("shop_post", Engine.SQLITE)


def test_a_select_with_a_join_over_imported_tables() -> None:
    found = {
        use.name: use
        for use in uses(
            IMPORTS
            + """db.select({ mail: person.email, other: basket.id })
               .from(person).leftJoin(basket, eq(basket.personId, person.id))
               .where(and(eq(person.boss, id), gt(person.missing, 1))).orderBy(person.createdAt)"""
        )
    }

    assert set(found) == {"people", "basket"}
    assert columns(found["people"], Role.READ) == ["created_at", "email_address"]
    assert set(columns(found["people"], Role.FILTERED)) == {"id", "boss_id"}
    assert found["basket"].schema == "shop"
    assert columns(found["basket"], Role.FILTERED) == ["person_id"]
    assert not found["people"].reads_all


@pytest.mark.parametrize(
    ("query", "operation", "written"),
    [
        (
            "db.insert(person).values({ email, boss: 1 })",
            Operation.INSERT,
            ["email_address", "boss_id"],
        ),
        ("tx.insert(person).values([{ email }])", Operation.INSERT, ["email_address"]),
        (
            "db.update(person).set({ boss: null }).where(eq(person.id, 1))",
            Operation.UPDATE,
            ["boss_id"],
        ),
        ("db.delete(person).where(eq(person.id, 1))", Operation.DELETE, []),
        (
            """db.insert(person).values({ email })
                 .onConflictDoUpdate({ target: person.id, set: { boss: 1 } })""",
            Operation.UPSERT,
            ["email_address", "boss_id"],
        ),
    ],
)
def test_changes(query: str, operation: Operation, written: list[str]) -> None:
    (use,) = uses(IMPORTS + query)

    assert (use.name, use.operation) == ("people", operation)
    assert sorted(columns(use, Role.WRITTEN)) == sorted(written)
    if operation is Operation.UPSERT:
        assert columns(use, Role.CONFLICT) == ["id"]


def test_relational_queries_find_the_schemas_table() -> None:
    (use,) = uses(
        "db.query.person.findFirst({ columns: { id: true }, where: (p, { eq }) => eq(p.email, x) })"
    )

    assert (use.name, use.is_single, use.reads_all) == ("people", True, False)
    assert columns(use, Role.READ) == ["id"]
    assert columns(use, Role.FILTERED) == ["email_address"]


def test_the_engine_is_that_of_the_declaration() -> None:
    facts = {
        "src/schema.ts": read("export const note = sqliteTable('note', {})", "src/schema.ts"),
        "src/a.ts": read("import { note } from './schema'\ndb.select().from(note)", "src/a.ts"),
    }
    (use,) = [use for reading in link(facts) for use in reading.uses]

    assert (use.engine, use.reads_all) == (Engine.SQLITE, True)


@pytest.mark.parametrize(
    "source",
    [
        "Array.from(person)",
        "const m = new Map(); m.delete(key)",
        "import { key } from './keys'\nseen.delete(key)",
        "const sub = db.select().from(x).as('s')",
        "supabase.from('person').select()",
        "// db.select().from(person)",
    ],
)
def test_what_is_no_query_over_a_table(source: str) -> None:
    facts = read(source)

    assert facts.reading.uses == ()
    assert facts.pending == ()


def test_a_table_that_a_parameter_holds_is_unresolved() -> None:
    facts = read("export function all(db, table) { return db.select().from(table) }")

    assert [one.expression for one in facts.reading.unresolved] == ["table"]


def test_a_row_given_to_another_client_is_no_table() -> None:
    found = read("export const add = (row: Row) => supabase.from('person').insert(row).select()")
    assert found.reading.uses == ()
    assert found.reading.unresolved == ()
    assert found.pending == ()
