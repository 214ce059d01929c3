"""Which target table and column a source's names mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.kit.naming import column_meaning, same_table, singular_name, snake_case
from mainstem.unify.codec import codec_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mainstem.unify.catalog.postgres import TargetCatalog


def match_table(name: str, target: TargetCatalog) -> str | None:
    """The one target table of the same name, whatever its spelling and number, or None."""
    found = [candidate for candidate in target.tables if same_table(name, candidate)]
    return name if name in found else found[0] if len(found) == 1 else None


def match_columns(
    sources: Iterable[str], targets: Sequence[str], *, table_names: Iterable[str]
) -> Mapping[str, str]:
    """Pair source and target columns: the same name, then the same meaning, then without prefix.

    `table_names` are words that a column may repeat from its table (`page_url` of `pages`).
    """
    found: dict[str, str] = {}
    prefixes = [singular_name(name) + "_" for name in table_names]
    ways: tuple[Callable[[str], str], ...] = (
        snake_case,
        column_meaning,
        lambda name: column_meaning(_without_prefix(snake_case(name), prefixes)),
    )
    open_sources = list(sources)
    open_targets = list(targets)
    for way in ways:
        by_form: dict[str, list[str]] = {}
        for target in open_targets:
            by_form.setdefault(way(target), []).append(target)
        for source in list(open_sources):
            candidates = by_form.get(way(source), [])
            if len(candidates) == 1:
                found[source] = candidates.pop()
                open_sources.remove(source)
                open_targets.remove(found[source])
    return found


def is_convertible(type_name: str) -> bool:
    """Whether values of a source can be written as that PostgreSQL type."""
    try:
        codec_for(type_name)
    except ConfigError:
        return False
    return True


def _without_prefix(name: str, prefixes: Iterable[str]) -> str:
    for prefix in prefixes:
        if name.startswith(prefix) and len(name) > len(prefix):
            return name.removeprefix(prefix)
    return name
