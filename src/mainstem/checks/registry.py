"""Finds the checks: every .sql and .py file in the four group folders, in order.

A .sql check starts with comment lines: `-- rule: 4` (left out where no schema rule is meant), then
the title in one sentence, an empty comment line, and the reason. The statement returns `object`,
`message` and `fix` for each thing that breaks the check, and nothing when all is well.
A .py check says the same in its docstring and RULE, and has `find(session)` yielding the same
columns. A file's name, without the order in front, is the check's name: `r04_primary_key.sql`
is `primary-key`.
"""

from __future__ import annotations

import re
from functools import cache, partial
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias

from mainstem.checks.model import Check, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from importlib.resources.abc import Traversable
    from types import ModuleType

    from mainstem.checks.session import Session

Row: TypeAlias = tuple[str, str, str | None]

GROUPS = ("existence", "rules", "state", "isolation")
_FILE = re.compile(r"[a-z]\d\d_(?P<name>[a-z0-9_]+)\.(?P<kind>sql|py)")


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check of the package: existence first, the isolation probe last."""
    found = tuple(check for group in GROUPS for check in _group(group))
    names = [check.name for check in found]
    assert len(names) == len(set(names)), "two checks have one name"
    return found


def _group(group: str) -> Iterator[Check]:
    folder = files("mainstem.checks") / group
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        match = _FILE.fullmatch(entry.name)
        if match is None:
            continue
        name = match["name"].replace("_", "-")
        if match["kind"] == "sql":
            yield _sql_check(entry, name, group=group)
        else:
            module = import_module(f"mainstem.checks.{group}.{entry.name.removesuffix('.py')}")
            yield _python_check(module, name, group=group)


def _sql_check(entry: Traversable, name: str, *, group: str) -> Check:
    statement = entry.read_text(encoding="utf-8")
    head: list[str] = []
    for line in statement.splitlines():
        if not line.startswith("--"):
            break
        head.append(line.removeprefix("--").strip())
    rule = int(head.pop(0).removeprefix("rule:")) if head[0].startswith("rule:") else None
    title, reason = _described("\n".join(head), entry.name)
    find = partial(_found, name, lambda session: session.rows(statement))
    return Check(name, group, rule, title, reason, find)


def _python_check(module: ModuleType, name: str, *, group: str) -> Check:
    title, reason = _described(module.__doc__ or "", module.__name__)
    rule: int | None = module.RULE
    find: Callable[[Session], Iterable[Row]] = module.find
    return Check(name, group, rule, title, reason, partial(_found, name, find))


def _described(text: str, where: str) -> tuple[str, str]:
    title, separator, reason = text.strip().partition("\n\n")
    assert separator, f"{where}: a check needs a title, an empty line and a reason"
    return " ".join(title.split()), " ".join(reason.split())


def _found(
    name: str, find: Callable[[Session], Iterable[Row]], session: Session
) -> Iterator[Finding]:
    for subject, message, fix in find(session):
        yield Finding(name, subject, message, fix)
