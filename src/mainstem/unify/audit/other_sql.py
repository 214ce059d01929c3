"""What .sql files outside the migrations create.

A table that code uses and only such a file creates is missing wherever nobody ran that file by
hand; the report says which file it is.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from mainstem.unify.replay import creations, steps_of
from mainstem.unify.replay.model import Creation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mainstem.unify.audit.cache import Cache

_SIZE_MAX_BYTES: Final = 4_000_000


def read_other_sql(
    root: Path, paths: Sequence[Path], *, cache: Cache | None
) -> tuple[Creation, ...]:
    """The objects that these files create, in order; a file that cannot be read creates none."""
    found: list[Creation] = []
    for path in paths:
        found.extend(_read(path, path.relative_to(root).as_posix(), cache))
    return tuple(found)


def _read(path: Path, name: str, cache: Cache | None) -> tuple[Creation, ...]:
    try:
        if path.stat().st_size > _SIZE_MAX_BYTES:
            return ()
        content = path.read_bytes()
    except OSError:
        return ()
    key = f"creations {name} {hashlib.sha256(content).hexdigest()}"
    held = cache.get(key) if cache else None
    if held is not None:
        return msgspec.json.decode(held, type=tuple[Creation, ...])
    steps = steps_of(name, content.decode("utf-8", errors="replace"), first=0)
    found = creations(steps, lambda _: False)
    if cache:
        cache.put(key, msgspec.json.encode(found))
    return found
