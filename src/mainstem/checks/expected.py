"""The objects that the platform consists of, as `expected.txt` declares them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias, get_args

Kind: TypeAlias = Literal["table", "view", "function"]


@dataclass(frozen=True)
class Expected:
    """One object: where it stands and, of a table, what it must be declared as."""

    kind: Kind
    schema: str
    name: str
    table_class: str | None = None
    scope: str | None = None
    app: str | None = None

    @property
    def label(self) -> str:
        """The name as people say it: the schema is left out when it is public."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@cache
def expected_objects() -> tuple[Expected, ...]:
    """Every object of the file, in its order."""
    text = (files("mainstem.checks") / "expected.txt").read_text(encoding="utf-8")
    lines = (line.split("#")[0].split() for line in text.splitlines())
    return tuple(_object(words) for words in lines if words)


def _object(words: list[str]) -> Expected:
    kind, label, *rest = words
    assert kind in get_args(Kind), f"expected.txt: {kind} is no kind of object"
    schema, _, name = label.rpartition(".")
    known: Kind = "table" if kind == "table" else "view" if kind == "view" else "function"
    table_class, scope, app = (*rest, None, None, None)[:3]
    return Expected(known, schema or "public", name, table_class, scope, app)
