"""What policies compare: claims with columns, columns with each other, columns with constants.

From these follow who is a caller of which tenant, which columns hold the same thing without a
foreign key saying so, and which kinds of rows a policy treats differently.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from mainstem.unify.audit.expressions import only
from mainstem.unify.catalog.database import ObjectName

if TYPE_CHECKING:
    from mainstem.unify.audit.expressions import Node

#: a column of a table
Spot: TypeAlias = tuple[ObjectName, str]
#: alias -> table, of one level of a query
Scope: TypeAlias = dict[str, ObjectName]
#: what a branch of a policy asks of columns: spot -> (what, constant)
Branch: TypeAlias = dict[Spot, tuple[str, str]]

#: the claim that names the database role, and others that say nothing about a tenant
_ROLE_PATHS: Final = frozenset({("role",), ("aud",), ("exp",), ("iat",)})
_ROLE_SETTINGS: Final = frozenset({"role", "request.jwt.claim.role"})
#: parts of a token, and headers, that whoever asks writes themselves
_WRITABLE: Final = frozenset({"user_metadata", "raw_user_meta_data"})
_WRITABLE_SETTINGS: Final = ("request.header", "request.cookie")


@dataclass(frozen=True, order=True)
class Source:
    """Where a caller's identity comes from: a setting, or a path in the JSON that it holds."""

    setting: str
    path: tuple[str, ...] = ()

    @property
    def is_role(self) -> bool:
        """Whether it names the database role."""
        return self.path in _ROLE_PATHS or self.setting in _ROLE_SETTINGS

    @property
    def is_person(self) -> bool:
        """Whether it is the subject of a token, which everybody who signed in has."""
        return self.path[-1:] == ("sub",) or self.setting.endswith(".sub")

    @property
    def is_callers_own(self) -> bool:
        """Whether whoever asks can write it."""
        return not _WRITABLE.isdisjoint(self.path) or self.setting.startswith(_WRITABLE_SETTINGS)


@dataclass
class Facts:
    """What was found, over all policies that were read."""

    #: claim -> the columns that it is compared with
    sites: dict[Source, list[Spot]] = field(default_factory=dict)
    #: claim -> the constants that it is compared with
    modes: dict[Source, list[str]] = field(default_factory=dict)
    #: columns that are compared with each other
    links: list[tuple[Spot, Spot]] = field(default_factory=list)
    #: columns that hold whoever asks, or what a look-up for them returns
    looked_up: set[Spot] = field(default_factory=set)
    #: what each policy's alternatives ask of columns
    branches: list[Branch] = field(default_factory=list)
    #: every claim that is read at all
    sources: set[Source] = field(default_factory=set)
    #: table -> those that its policies read
    reads: dict[ObjectName, set[ObjectName]] = field(default_factory=dict)
    #: table -> the claims that its policies ask for
    asked: dict[ObjectName, set[Source]] = field(default_factory=dict)
    #: tables whose policies compare their rows with who asks
    guarded: set[ObjectName] = field(default_factory=set)


@dataclass(frozen=True)
class Operand:
    """What one side of a comparison may be."""

    columns: tuple[Spot, ...] = ()
    sources: tuple[Source, ...] = ()
    constants: tuple[str, ...] = ()

    def __add__(self, other: Operand) -> Operand:
        return Operand(
            self.columns + other.columns,
            self.sources + other.sources,
            self.constants + other.constants,
        )


def constant(node: object) -> str | None:
    """A constant's text, through casts; None for anything else and for null."""
    if not isinstance(node, dict):
        return None
    kind, fields = only(node)
    if kind == "TypeCast":
        return constant(fields["arg"])
    return _text(fields) if kind == "A_Const" and not fields.get("isnull") else None


def _text(fields: Node) -> str | None:
    if "boolval" in fields:
        return "true" if fields["boolval"].get("boolval") else "false"
    for kind, absent in (("sval", ""), ("ival", 0), ("fval", "")):
        if kind in fields:
            return str(fields[kind].get(kind, absent))
    return None
