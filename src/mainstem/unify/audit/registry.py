"""Finds the checks: every module in the group folders of `checks/`.

A check is one module. Its name is the file's, with dashes; its docstring is its documentation
page: the first sentence says what is wrong when it finds something, the rest is Markdown and says
why it matters and how to mend it. `SEVERITY` says how bad it is, and `find(subject)` yields a
`Found` for each fault, nothing when all is well or when what it needs was not given.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING

from mainstem.errors import UsageError
from mainstem.kit.naming import did_you_mean
from mainstem.unify.audit.model import Check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_PACKAGE = "mainstem.unify.audit.checks"

#: group folder -> what people read above its checks
GROUPS = {
    "across": "Across sources",
    "documents": "Documents",
    "split_brain": "Split brain",
    "names": "Names",
    "leftovers": "Leftovers",
    "isolation": "Isolation",
    "health": "Health of the schema",
    "environment": "Environment",
}


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check of the package, group by group."""
    found = tuple(check for group in GROUPS for check in _group(group))
    names = [check.name for check in found]
    assert len(names) == len(set(names)), "two checks have one name"
    return found


def chosen_checks(only: Collection[str]) -> tuple[Check, ...]:
    """The checks of those names or groups; all of them when none is named.

    Raises:
        UsageError: a name that no check and no group has.
    """
    checks = all_checks()
    known = {check.name for check in checks} | {check.group for check in checks}
    for name in only:
        if name not in known:
            raise UsageError(
                f"no check is named {name}{did_you_mean(name, known)}; "
                "`mainstem audit --list` shows them all"
            )
    return tuple(c for c in checks if not only or c.name in only or c.group in only)


def _group(group: str) -> Iterator[Check]:
    folder = files(_PACKAGE) / group
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        stem = entry.name.removesuffix(".py")
        if stem != entry.name and not stem.startswith("_"):
            yield _check(stem, group)


def _check(stem: str, group: str) -> Check:
    module = import_module(f"{_PACKAGE}.{group}.{stem}")
    page = (module.__doc__ or "").strip()
    title, separator, _ = page.partition("\n\n")
    assert separator, f"{stem}: a check needs a title, an empty line and its page"
    return Check(
        name=stem.replace("_", "-"),
        group=group,
        severity=module.SEVERITY,
        title=" ".join(title.split()).rstrip("."),
        page=page,
        find=module.find,
    )
