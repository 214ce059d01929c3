"""Names that PostgreSQL takes: kept as they are, unless they are too long, empty or its own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_BYTES_MAX: Final = 63  # NAMEDATALEN - 1
_DIGEST_LENGTH: Final = 8
_SYSTEM_COLUMNS: Final = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


def fitted(name: str) -> str:
    """The name, or its beginning and a hash of it when it is over 63 bytes."""
    name = name.replace("\0", "") or "unnamed"
    if len(name.encode()) <= _BYTES_MAX:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    kept = name.encode()[: _BYTES_MAX - _DIGEST_LENGTH - 1].decode(errors="ignore")
    return f"{kept}_{digest}"


def column_names(names: Iterable[str]) -> dict[str, str]:
    """Source name -> a name the target takes, all different."""
    wanted = list(names)
    taken: set[str] = set()
    found: dict[str, str] = {}
    kept = {name for name in wanted if name == fitted(name) and name not in _SYSTEM_COLUMNS}
    for name in wanted:
        fit = fitted(name)
        if name not in kept:
            fit = free(fit + "_" if fit in _SYSTEM_COLUMNS else fit, taken | kept)
        taken.add(fit)
        found[name] = fit
    return found


def free(name: str, taken: Iterable[str]) -> str:
    """The name, or with a number after it, so that it is none of those taken."""
    others = set(taken)
    name = fitted(name)
    candidate, number = name, 2
    while candidate in others:
        candidate = fitted(f"{name}_{number}")
        number += 1
    return candidate
