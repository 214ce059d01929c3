"""Tables that Django's models declare (docs.djangoproject.com/en/stable/ref/models/fields/).

A table is called after its app, which is the folder of `models.py` or of `models/`, unless `Meta`
says otherwise. What a model inherits from one in another file is not among its columns.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.model import DeclaredColumn, DeclaredTable, Via
from mainstem.unify.code.names import resolve
from mainstem.unify.code.orm_models import Model
from mainstem.unify.code.python_classes import PythonClass, classes_of, with_bases
from mainstem.unify.code.sqlalchemy_models import engine_of_models
from mainstem.unify.code.syntax import as_call, literal, plain

if TYPE_CHECKING:
    from mainstem.unify.code.python_classes import Attribute
    from mainstem.unify.code.syntax import Call, SyntaxFile

_TO_ONE: Final = frozenset({"ForeignKey", "OneToOneField", "ParentalKey", "TreeForeignKey"})
_TO_MANY: Final = "ManyToManyField"
_FIELD: Final = re.compile(r"(?:Field|Key|^GenericRelation)$")
#: fields that have no column of their own
_NO_COLUMNS: Final = frozenset({"ManyToManyField", "GenericRelation", "GenericForeignKey"})
_BASE: Final = re.compile(r"(?:^|\.)models\.Model$|(?:^|\.)Model$|Model\w*$|Mixin$")


class Models:
    """The models of one file; tables that Django makes beside them; what has no name to be told."""

    def __init__(self, file: SyntaxFile) -> None:
        self._file = file
        self.by_name: dict[str, Model] = {}
        #: by the name under which code asks for them: `Person.groups.through`
        self.joins: dict[str, DeclaredTable] = {}
        #: models whose app cannot be told from the path
        self.unnamed: list[PythonClass] = []
        for name, made in classes_of(file).items():
            self._read(name, made)

    def _read(self, name: str, made: PythonClass) -> None:
        if not self._is_model(made) or self._says(made, "abstract"):
            return
        if self._says(made, "proxy"):
            parents = (one.name for one in with_bases(self._file, made)[1:])
            parent = next((one for one in parents if one in self.by_name), None)
            if parent is not None:
                self.by_name[name] = self.by_name[parent]
            return
        table = self._table_name(made)
        if table is None:
            self.unnamed.append(made)
            return
        self.by_name[name] = self._model(made, table)

    def _is_model(self, made: PythonClass) -> bool:
        """It inherits from a model, or from anything with a field that is a model's."""
        line = with_bases(self._file, made)
        heads = [self._file.text(base) for one in line for base in one.bases]
        if any(head in {"models.Model", "db.models.Model"} for head in heads):
            return True
        fields = [call for one in line for _, call in self._fields(one)]
        if any(call.receiver is not None and call.receiver.text == b"models" for call in fields):
            return bool(heads)
        is_place = "models" in {PurePosixPath(self._file.path).stem, *self._file.path.split("/")}
        return is_place and bool(fields) and any(_BASE.search(head) for head in heads)

    def _fields(self, made: PythonClass) -> list[tuple[Attribute, Call]]:
        found = []
        for one in made.attributes:
            call = as_call(self._file, plain(one.value)) if one.value is not None else None
            if call is not None and (
                _FIELD.search(call.name) or call.name in _TO_ONE | _NO_COLUMNS
            ):
                found.append((one, call))
        return found

    def _meta(self, made: PythonClass, name: str) -> str | None:
        meta = made.inner.get("Meta")
        said = meta.attribute(name) if meta is not None else None
        return resolve(self._file, said.value).sole if said and said.value is not None else None

    def _says(self, made: PythonClass, name: str) -> bool:
        meta = made.inner.get("Meta")
        said = meta.attribute(name) if meta is not None else None
        return said is not None and said.value is not None and said.value.text == b"True"

    def _app(self, made: PythonClass) -> str | None:
        label = self._meta(made, "app_label")
        if label is not None:
            return label
        *folders, name = self._file.path.split("/")
        if name == "models.py":
            return folders[-1] if folders else None
        if "models" in folders:
            at = len(folders) - 1 - folders[::-1].index("models")
            return folders[at - 1] if at > 0 else None
        return None

    def _table_name(self, made: PythonClass) -> str | None:
        meta = made.inner.get("Meta")
        if meta is not None and meta.attribute("db_table") is not None:
            return self._meta(made, "db_table")
        app = self._app(made)
        return f"{app}_{made.name.lower()}" if app is not None else None

    def _model(self, made: PythonClass, name: str) -> Model:
        fields: dict[str, str] = {}
        columns: dict[str, DeclaredColumn] = {}
        for one in reversed(self._line(made)):
            for attribute, call in self._fields(one):
                if call.name == _TO_MANY and one is made:
                    self._join(made, name, attribute, call)
                if call.name in _NO_COLUMNS:
                    continue
                column = self._column(made, name, attribute, call)
                columns[attribute.name] = column
                fields[attribute.name] = fields[column.name] = column.name
        key = self._key(made, columns)
        fields["pk"] = key.name
        fields.setdefault(key.name, key.name)
        known = list(columns.values())
        table = DeclaredTable(
            name,
            self._file.place(made.node),
            Via.DJANGO,
            tuple(known if key in known else [key, *known]),
            engine=engine_of_models(self._file),
            is_test=self._file.is_test,
            makes=not self._is_unmanaged(made),
        )
        return Model(table, fields)

    def _line(self, made: PythonClass) -> list[PythonClass]:
        """The class and the abstract ones above it: a concrete one has a table of its own."""
        return [
            one
            for one in with_bases(self._file, made)
            if one is made or one.name not in self.by_name
        ]

    def _is_unmanaged(self, made: PythonClass) -> bool:
        meta = made.inner.get("Meta")
        said = meta.attribute("managed") if meta is not None else None
        return said is not None and said.value is not None and said.value.text == b"False"

    def _column(
        self, made: PythonClass, table: str, attribute: Attribute, call: Call
    ) -> DeclaredColumn:
        is_reference = call.name in _TO_ONE
        written = call.keywords.get("db_column")
        name = literal(self._file, written) if written is not None else None
        default = f"{attribute.name}_id" if is_reference else attribute.name
        null = call.keywords.get("null")
        return DeclaredColumn(
            name or default,
            call.name,
            is_nullable=null is not None and null.text == b"True",
            line=self._file.line(attribute.node),
            references=self._target(made, table, call) if is_reference else None,
        )

    def _target(self, made: PythonClass, table: str, call: Call) -> str | None:
        """The table that a key leads to, if its model stands in the same file."""
        to = call.argument(0, "to")
        if to is None:
            return None
        name = literal(self._file, to) or self._file.text(to)
        name = name.rpartition(".")[2]
        if name in {"self", made.name}:
            return table
        other = classes_of(self._file).get(name)
        return self._table_name(other) if other is not None else None

    def _key(self, made: PythonClass, columns: dict[str, DeclaredColumn]) -> DeclaredColumn:
        """The primary key: the field that says so, the parent's, or the `id` that Django adds."""
        for one in self._line(made):
            for attribute, call in self._fields(one):
                said = call.keywords.get("primary_key")
                if said is not None and said.text == b"True" and attribute.name in columns:
                    return columns[attribute.name]
        line = self._file.line(made.node)
        for base in made.bases:
            parent = self._file.text(base)
            if parent in self.by_name:
                return DeclaredColumn(
                    f"{parent.lower()}_ptr_id",
                    "OneToOneField",
                    is_nullable=False,
                    line=line,
                    references=self.by_name[parent].table.name,
                )
        return DeclaredColumn("id", "AutoField", is_nullable=False, line=line)

    def _join(self, made: PythonClass, table: str, attribute: Attribute, call: Call) -> None:
        """The table behind a field of many to many, unless a model is that table."""
        if "through" in call.keywords:
            return
        written = call.keywords.get("db_table")
        name = literal(self._file, written) if written is not None else None
        to = call.argument(0, "to")
        target = (literal(self._file, to) or self._file.text(to)) if to is not None else ""
        other = target.rpartition(".")[2].lower()
        own = made.name.lower()
        line = self._file.line(attribute.node)
        sides = ("from_" + own, "to_" + own) if other in {"self", own} else (own, other)
        parents = (table, self._target(made, table, call))
        columns = tuple(
            DeclaredColumn(f"{side}_id", "ForeignKey", is_nullable=False, line=line, references=to)
            for side, to in zip(sides, parents, strict=True)
        )
        self.joins[f"{made.name}.{attribute.name}.through"] = DeclaredTable(
            name or f"{table}_{attribute.name}",
            self._file.place(attribute.node),
            Via.DJANGO,
            (DeclaredColumn("id", "AutoField", is_nullable=False, line=line), *columns),
            engine=engine_of_models(self._file),
            is_test=self._file.is_test,
            makes=not self._is_unmanaged(made),
        )
