"""What every step of a quickstart works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from mainstem.cli.checklist import Checklist


@dataclass(frozen=True)
class Setting:
    """Where a quickstart works, its target, and the list that it ticks off."""

    home: Path
    url: str
    console: Console
    steps: Checklist
