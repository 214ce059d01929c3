"""Prisma's schema, and the client's calls over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.code.linking import link
from mainstem.unify.code.model import Engine, Operation, Role, TableUse, Unresolved
from mainstem.unify.code.prisma import READER
from mainstem.unify.code.syntax import Language, SyntaxFile

if TYPE_CHECKING:
    from mainstem.unify.code.facts import FileFacts

SCHEMA = """
datasource db {
  provider = "postgresql" // not "sqlite"
}
enum State { OPEN CLOSED }

/* model Gone { id Int @id } */
model Person {
  id      String   @id @default(uuid()) @db.Uuid
  email   String?  @unique @map("email_address")
  state   State    @default(OPEN)
  tags    String[]
  orders  Order[]
  groups  Group[]

  @@map("people")
  @@schema("shop")
}
model Order {
  id        Int    @id @default(autoincrement())
  personId  String @map("person_id") @db.Uuid
  person    Person @relation(fields: [personId], references: [id])
  total     Decimal
  // note String
}
model Group {
  id      Int @id
  people  Person[]
}
"""


def read(source: str, path: str = "src/a.ts") -> FileFacts:
    language = Language.TEXT if path.endswith(".prisma") else Language.TYPESCRIPT
    return READER.read(SyntaxFile(path, language, source.encode()))


def linked(source: str) -> tuple[list[TableUse], list[Unresolved]]:
    facts = {
        "prisma/schema.prisma": read(SCHEMA, "prisma/schema.prisma"),
        "src/a.ts": read(source),
    }
    readings = list(link(facts))
    return (
        [use for reading in readings for use in reading.uses],
        [one for reading in readings for one in reading.unresolved],
    )


def columns(use: TableUse, role: Role) -> list[str]:
    return [column.name for column in use.columns if column.role is role]


def test_models_are_declared_as_the_database_knows_them() -> None:
    person, order, group, join = read(SCHEMA, "prisma/schema.prisma").reading.declared

    assert (person.name, person.schema, person.engine) == ("people", "shop", Engine.POSTGRES)
    assert person.place.line == 8
    assert [(c.name, c.type, c.is_nullable, c.line) for c in person.columns] == [
        ("id", "String", False, 9),
        ("email_address", "String", True, 10),
        ("state", "State", False, 11),
        ("tags", "String[]", False, 12),
    ]
    assert [(c.name, c.references) for c in order.columns] == [
        ("id", None),
        ("person_id", "shop.people"),
        ("total", None),
    ]
    assert group.name == "Group"
    assert (join.name, [c.references for c in join.columns]) == (
        "_GroupToPerson",
        ["Group", "shop.people"],
    )


@pytest.mark.parametrize(
    ("provider", "engine"), [("sqlite", Engine.SQLITE), ("mysql", Engine.OTHER)]
)
def test_the_provider_tells_the_engine(provider: str, engine: Engine) -> None:
    text = f'datasource db {{\n provider = "{provider}"\n}}\nmodel A {{\n id Int @id\n}}\n'

    assert read(text, "schema.prisma").reading.declared[0].engine is engine


def test_a_find_with_conditions_and_relations() -> None:
    uses, unresolved = linked(
        """await prisma.person.findFirst({
             where: { email: 'a', OR: [{ state }, { orders: { some: { total: { gt: 1 } } } }] },
             select: { id: true, orders: { select: { personId: true } } },
             orderBy: { tags: 'asc' },
           })"""
    )
    person, *orders = uses

    assert unresolved == []
    assert (person.name, person.schema, person.is_single) == ("people", "shop", True)
    assert person.reads_all is False
    assert columns(person, Role.FILTERED) == ["email_address", "state"]
    assert columns(person, Role.READ) == ["id", "tags"]
    assert [(one.name, [c.name for c in one.columns]) for one in orders] == [
        ("Order", ["total"]),
        ("Order", ["person_id"]),
    ]


@pytest.mark.parametrize(
    ("call", "operation", "written"),
    [
        (
            "prisma.order.create({ data: { total: 1, personId } })",
            Operation.INSERT,
            ["total", "person_id"],
        ),
        ("prisma.order.createMany({ data: [{ total: 1 }] })", Operation.INSERT, ["total"]),
        (
            "this.prisma.order.update({ where: { id }, data: { total } })",
            Operation.UPDATE,
            ["total"],
        ),
        ("tx.order.deleteMany({ where: { id } })", Operation.DELETE, []),
        (
            "ctx.db.order.upsert({ where: { id }, create: { total }, update: { personId } })",
            Operation.UPSERT,
            ["total", "person_id"],
        ),
    ],
)
def test_changes(call: str, operation: Operation, written: list[str]) -> None:
    uses, unresolved = linked(call)

    assert unresolved == []
    assert [(use.name, use.operation) for use in uses] == [("Order", operation)]
    assert columns(uses[0], Role.WRITTEN) == written


def test_a_nested_write_is_a_use_of_the_related_table() -> None:
    uses, _ = linked(
        "prisma.person.create({ data: { email, orders: { create: [{ total: 1 }] } } })"
    )

    assert [(use.name, use.operation, columns(use, Role.WRITTEN)) for use in uses] == [
        ("people", Operation.INSERT, ["email_address"]),
        ("Order", Operation.INSERT, ["total"]),
    ]


def test_a_model_that_no_schema_has_is_said_to_be_unresolved() -> None:
    uses, unresolved = linked("prisma.ghost.findMany()")

    assert uses == []
    assert [one.expression for one in unresolved] == ["ghost"]


@pytest.mark.parametrize(
    "source",
    [
        "stripe.customers.create({ email })",
        "api.person.create({ name })",
        "db.query.person.findFirst({ where: x })",
        "this.people.update({ id: 1 })",
        "// prisma.person.findMany()",
    ],
)
def test_what_is_no_client_of_prisma(source: str) -> None:
    facts = read(source)

    assert facts.pending == ()
    assert facts.reading.uses == ()
