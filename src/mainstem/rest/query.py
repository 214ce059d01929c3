"""A request as it was written, before anything of it is looked up: plain trees."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Path:
    """A column, or a place inside a JSON column: each step is (`->` or `->>`, key or index)."""

    name: str
    steps: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True)
class Output:
    """One column of the answer. `path` is None for `count()` over rows."""

    path: Path | None
    alias: str | None = None
    cast: str | None = None
    aggregate: str | None = None
    aggregate_cast: str | None = None


@dataclass(frozen=True)
class Star:
    """All columns."""


@dataclass(frozen=True)
class Embed:
    """Another table's rows inside the answer."""

    target: str
    alias: str | None
    hint: str | None
    is_inner: bool
    is_spread: bool
    items: tuple[Item, ...]

    @property
    def name(self) -> str:
        """What the answer, and other parameters, call it."""
        return self.alias or self.target


Item = Output | Star | Embed


@dataclass(frozen=True)
class Condition:
    """One comparison. `values` is a tuple for `in` and for `any` and `all`."""

    path: Path
    operator: str
    value: str | tuple[str, ...]
    is_negated: bool = False
    #: `any` or `all`; of a text search: its configuration
    modifier: str | None = None


@dataclass(frozen=True)
class Group:
    """Conditions joined by `and` or `or`."""

    word: str
    members: tuple[Where, ...]
    is_negated: bool = False


Where = Condition | Group


@dataclass(frozen=True)
class Order:
    """One term of an order; `embed` names a to-one embedding that the column is in."""

    path: Path
    embed: str | None = None
    is_descending: bool = False
    nulls: str | None = None


@dataclass
class Part:
    """What the parameters say of the table itself, or of the embedding at one place."""

    where: list[Where] = field(default_factory=list)
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


@dataclass
class Query:
    """All parameters of a request. `parts` is by place: () is the table itself."""

    items: tuple[Item, ...]
    parts: dict[tuple[str, ...], Part]
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] = ()
    #: what is no parameter of the grammar and, for a function, may be an argument
    arguments: list[tuple[str, str]] = field(default_factory=list)

    @property
    def top(self) -> Part:
        """The part of the table itself."""
        return self.parts.setdefault((), Part())
