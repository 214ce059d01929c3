"""SQLAlchemy's and SQLModel's tables, and the queries over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.code.linking import link
from mainstem.unify.code.model import Operation, Role, TableUse
from mainstem.unify.code.sqlalchemy import READER
from mainstem.unify.code.syntax import Language, SyntaxFile

if TYPE_CHECKING:
    from mainstem.unify.code.facts import FileFacts

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from .base import Base

class Stamped:
    made_at: Mapped[datetime] = mapped_column(nullable=False)

class Person(Stamped, Base):
    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("email"), {"schema": "shop"})

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column("email_address", String(80))
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="person")

class Order(Base):
    __tablename__ = "order_head"
    id = Column(Integer, primary_key=True)
    person_id = Column(Integer, ForeignKey("shop.people.id"), nullable=False)
    note = Column(Text)

class Express(Order):
    pass

tags = Table("tag", metadata, Column("id", Integer, primary_key=True), Column("word", String))
"""
IMPORTS = (
    "from sqlalchemy import select, insert, update, delete, func\n"
    "from app.models import Person, Order, Express, tags\n"
)


def read(source: str, path: str = "app/queries.py") -> FileFacts:
    return READER.read(SyntaxFile(path, Language.PYTHON, source.encode()))


def uses(source: str) -> list[TableUse]:
    facts = {
        "app/models.py": read(MODELS, "app/models.py"),
        "app/queries.py": read(IMPORTS + source),
    }
    readings = list(link(facts))
    assert [one for reading in readings for one in reading.unresolved] == []
    return [use for reading in readings for use in reading.uses]


def columns(use: TableUse, role: Role) -> list[str]:
    return [column.name for column in use.columns if column.role is role]


def test_classes_declare_tables() -> None:
    person, order, tag = read(MODELS, "app/models.py").reading.declared

    assert (person.name, person.schema, person.place.line) == ("people", "shop", 9)
    assert [(c.name, c.type, c.is_nullable) for c in person.columns] == [
        ("made_at", "datetime", False),
        ("id", "int", False),
        ("email_address", "String", True),
        ("name", "str", False),
    ]
    assert [(c.name, c.is_nullable, c.references) for c in order.columns] == [
        ("id", False, None),
        ("person_id", False, "shop.people"),
        ("note", True, None),
    ]
    assert (tag.name, [c.name for c in tag.columns]) == ("tag", ["id", "word"])


def test_sqlmodel_makes_a_table_of_the_class_that_says_so() -> None:
    (table,) = read(
        """from sqlmodel import Field, SQLModel
class PersonBase(SQLModel):
    email: str = Field(max_length=80)
    age: int | None = None
class PersonCreate(PersonBase):
    password: str
class Person(PersonBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(foreign_key="team.id")
    team: "Team" = Relationship(back_populates="people")
""",
        "app/models.py",
    ).reading.declared

    assert table.name == "person"
    assert [(c.name, c.is_nullable, c.references) for c in table.columns] == [
        ("email", False, None),
        ("age", True, None),
        ("id", False, None),
        ("team_id", False, "team"),
    ]


def test_a_select_with_a_join() -> None:
    person, order = uses(
        "select(Person.email, func.count(Order.id)).join(Order, Order.person_id == Person.id)"
        ".where(Person.name == 'a').order_by(Person.made_at)"
    )

    assert (person.name, person.schema, person.reads_all) == ("people", "shop", False)
    assert columns(person, Role.READ) == ["email_address", "made_at"]
    assert columns(person, Role.FILTERED) == ["id", "name"]
    assert (order.name, columns(order, Role.FILTERED)) == ("order_head", ["person_id"])


@pytest.mark.parametrize(
    ("query", "operation", "written"),
    [
        ("session.execute(insert(Person).values(name='a', email='b'))", Operation.INSERT, 2),
        (
            "session.execute(update(Person).where(Person.id == 1).values(name='a'))",
            Operation.UPDATE,
            1,
        ),
        ("session.execute(delete(Person).where(Person.id == 1))", Operation.DELETE, 0),
        ("session.query(Person).filter(Person.id == 1).delete()", Operation.DELETE, 0),
        ("session.query(Person).filter_by(id=1).update({'name': 'a'})", Operation.UPDATE, 1),
        ("session.add(Person(name='a'))", Operation.INSERT, 1),
        ("person = Person(name='a', email=1)\nsession.add(person)", Operation.INSERT, 2),
        ("session.get(Person, 1)", Operation.SELECT, 0),
        ("session.scalars(select(Person)).all()", Operation.SELECT, 0),
    ],
)
def test_operations(query: str, operation: Operation, written: int) -> None:
    (use,) = uses(query)

    assert (use.name, use.operation) == ("people", operation)
    assert len(columns(use, Role.WRITTEN)) == written


def test_tables_without_classes_and_classes_without_tables() -> None:
    (tag,) = uses("select(tags).where(tags.c.word == 'a')")
    assert (tag.name, columns(tag, Role.FILTERED)) == ("tag", ["word"])

    (express,) = uses("select(Express)")
    assert express.name == "order_head"


def test_migrations_in_code_make_tables() -> None:
    (table,) = read(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "op.create_table('note', sa.Column('id', sa.Integer(), nullable=False))"
    ).reading.declared

    assert (table.name, table.makes) == ("note", True)
    assert [(c.name, c.type, c.is_nullable) for c in table.columns] == [("id", "Integer", False)]


@pytest.mark.parametrize(
    "source",
    [
        "import sqlalchemy\nform.select(Person)",
        "from sqlalchemy import select, func\nselect(func.count())",
        "from sqlalchemy import update\ncache.update(Person)",
        "# from sqlalchemy import select\n# select(Person)",
        "import sqlalchemy\ncache.get(Person, 1)",
    ],
)
def test_what_is_no_query_over_a_model(source: str) -> None:
    facts = read(source)

    assert facts.pending == ()
    assert facts.reading.uses == ()
