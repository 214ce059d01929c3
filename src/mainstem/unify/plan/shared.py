"""What a config says once of tables that several sources have alike, as platforms bring them.

`[shared."auth.users"]` is what `[tables.<source>."auth.users"]` of each source says that lists the
table in its `shared`; what the source's own section says counts before it.
"""

from __future__ import annotations

from typing import Any, cast

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean


def with_shared(content: dict[str, object]) -> dict[str, object]:
    """A config's content with what is shared in its places.

    Raises ConfigError when a source lists what is not shared.
    """
    shared = cast("dict[str, dict[str, Any]]", content.pop("shared", {}))
    sources = content.get("source")
    for source in sources if isinstance(sources, list) else []:
        for table in source.pop("shared", ()):
            if table not in shared:
                raise ConfigError(
                    f"source {source.get('name', '')} lists {table} as shared, and there is no "
                    f'[shared."{table}"]{did_you_mean(table, shared)}'
                )
            tables = cast("dict[str, Any]", content.setdefault("tables", {}))
            own = tables.setdefault(source["name"], {}) if "name" in source else tables
            own[table] = _over(shared[table], own.get(table, {}))
    return content


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Both, where the second counts before the first; tables inside them alike."""
    found = dict(below)
    for name, value in above.items():
        under = found.get(name)
        is_table = isinstance(value, dict) and isinstance(under, dict)
        found[name] = _over(cast("dict[str, Any]", under), value) if is_table else value
    return found
