"""Which readers there are. Each gets every file of its languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mainstem.unify.code.facts import Reader

READERS: Final[tuple[Reader, ...]] = ()
