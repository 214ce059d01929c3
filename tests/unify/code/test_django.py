"""Django's tables, and the queries over its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.code.django import READER
from mainstem.unify.code.linking import link
from mainstem.unify.code.model import DeclaredTable, Operation, Role, TableUse
from mainstem.unify.code.syntax import Language, SyntaxFile

if TYPE_CHECKING:
    from mainstem.unify.code.facts import FileFacts

MODELS = """
from django.db import models

class Stamped(models.Model):
    made_at = models.DateTimeField(auto_now_add=True)
    class Meta:
        abstract = True

class Person(Stamped):
    email = models.EmailField(db_column="email_address", null=True)
    boss = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
    groups = models.ManyToManyField("Group")
    friends = models.ManyToManyField("Group", through="Friendship")
    objects = PersonManager()

class Group(models.Model):
    code = models.CharField(max_length=9, primary_key=True)
    class Meta:
        db_table = "people_group"
        managed = False

class Worker(Person):
    salary = models.DecimalField()

class PersonProxy(Person):
    class Meta:
        proxy = True
"""


def read(source: str, path: str = "shop/views.py") -> FileFacts:
    return READER.read(SyntaxFile(path, Language.PYTHON, source.encode()))


def declared(source: str, path: str) -> dict[str, DeclaredTable]:
    return {table.name: table for table in read(source, path).reading.declared}


def uses(source: str) -> list[TableUse]:
    facts = {
        "crm/models.py": read(MODELS, "crm/models.py"),
        "shop/views.py": read("from crm.models import Person, Group, PersonProxy\n" + source),
    }
    readings = list(link(facts))
    assert [one for reading in readings for one in reading.unresolved] == []
    return [use for reading in readings for use in reading.uses]


def columns(use: TableUse, role: Role) -> list[str]:
    return [column.name for column in use.columns if column.role is role]


def test_models_declare_tables_named_after_their_app() -> None:
    found = declared(MODELS, "crm/models.py")

    assert set(found) == {"crm_person", "people_group", "crm_worker", "crm_person_groups"}
    assert [(c.name, c.type, c.is_nullable, c.references) for c in found["crm_person"].columns] == [
        ("id", "AutoField", False, None),
        ("made_at", "DateTimeField", False, None),
        ("email_address", "EmailField", True, None),
        ("boss_id", "ForeignKey", True, "crm_person"),
    ]
    assert [c.name for c in found["people_group"].columns] == ["code"]
    assert found["crm_person"].makes
    assert not found["people_group"].makes


def test_tables_that_django_makes_beside_the_models() -> None:
    found = declared(MODELS, "crm/models.py")

    assert [(c.name, c.references) for c in found["crm_person_groups"].columns] == [
        ("id", None),
        ("person_id", "crm_person"),
        ("group_id", "people_group"),
    ]
    assert next((c.name, c.references) for c in found["crm_worker"].columns) == (
        "person_ptr_id",
        "crm_person",
    )


def test_the_app_is_the_folder_of_the_models() -> None:
    model = "from django.db import models\nclass A(models.Model):\n    x = models.TextField()\n"

    assert set(declared(model, "src/shop/models/a.py")) == {"shop_a"}
    assert set(declared(model + "    class Meta:\n        app_label = 'b'", "a/c.py")) == {"b_a"}
    facts = read(model, "elsewhere.py")
    assert facts.reading.declared == ()
    assert [one.expression for one in facts.reading.unresolved] == ["A"]


@pytest.mark.parametrize(
    ("query", "operation", "written"),
    [
        (
            "Person.objects.create(email=a, boss=b)",
            Operation.INSERT,
            ["email_address", "boss_id"],
        ),
        ("Person.objects.filter(pk=1).update(boss_id=2)", Operation.UPDATE, ["boss_id"]),
        ("Person.objects.filter(pk=1).delete()", Operation.DELETE, []),
        ("Person.objects.bulk_create([Person(email='a')])", Operation.INSERT, ["email_address"]),
        (
            "Person.objects.update_or_create(pk=1, defaults={'email': 'a'})",
            Operation.UPSERT,
            ["email_address"],
        ),
        ("PersonProxy.objects.all()", Operation.SELECT, []),
        ("get_object_or_404(Person, pk=1)", Operation.SELECT, []),
    ],
)
def test_operations(query: str, operation: Operation, written: list[str]) -> None:
    (use,) = uses("import django\n" + query)

    assert (use.name, use.operation) == ("crm_person", operation)
    assert columns(use, Role.WRITTEN) == written


def test_columns_are_those_behind_the_fields() -> None:
    (use,) = uses(
        "Person.objects.filter(Q(email__icontains=x) | Q(boss__email=y), made_at__gte=z)"
        ".exclude(groups__code='a').order_by('-made_at').values_list('pk', 'boss__email')"
    )

    assert columns(use, Role.FILTERED) == ["made_at", "email_address", "boss_id"]
    assert columns(use, Role.READ) == ["made_at", "id", "boss_id"]
    assert not use.reads_all


@pytest.mark.parametrize(
    "source",
    [
        "self.objects.filter(a=1)",
        "world.objects.all()",
        "from django.contrib.auth.models import User\nUser.objects.all()",
        "# Person.objects.all()",
    ],
)
def test_what_is_no_query_over_a_model(source: str) -> None:
    facts = read(source)

    assert facts.pending == ()
    assert facts.reading.uses == ()
