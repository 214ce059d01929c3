"""An overview, described by data: headline numbers, and panels whose rows lead to lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.web.wording import count, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: counting stops here: an overview answers at once, however much there is
COUNTED_MAX = 10_000


@dataclass(frozen=True)
class Figure:
    """A headline number, and where its rows are listed."""

    label: str
    number: int
    path: str | None = None

    @property
    def shown(self) -> str:
        """The number; `10,000+` where counting stopped."""
        return f"{count(COUNTED_MAX)}+" if self.number > COUNTED_MAX else count(self.number)


@dataclass(frozen=True)
class Share:
    """A row of a breakdown."""

    label: str
    number: int
    path: str | None = None


@dataclass(frozen=True)
class Breakdown:
    """A panel: how a number falls into parts."""

    title: str
    shares: tuple[Share, ...]

    @property
    def largest(self) -> int:
        """The largest part, 1 at least: what bars are measured by."""
        return max((share.number for share in self.shares), default=1) or 1

    @property
    def note(self) -> str:
        """What is said where only the newest were counted."""
        is_cut = sum(share.number for share in self.shares) > COUNTED_MAX
        return f"of the newest {count(COUNTED_MAX)}" if is_cut else ""

    @classmethod
    def of(
        cls,
        title: str,
        rows: Iterable[Mapping[str, object]],
        *,
        path: str | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Breakdown:
        """Make one of rows with `label` and `number`.

        Args:
            title: what stands above it.
            rows: the parts.
            path: where the rows of a part are listed; the part's label follows it.
            names: what people read, where it is not the label's own words.
        """
        shares = []
        for row in rows:
            label, number = str(row["label"]), row["number"]
            assert isinstance(number, int), "a count"
            shown = (names or {}).get(label) or words(label)
            shares.append(Share(shown, number, f"{path}{label}" if path else None))
        return cls(title, tuple(shares))


@dataclass(frozen=True)
class Panel:
    """A breakdown before it is read: its query gives `label` and `number`."""

    title: str
    query: bytes
    path: str | None = None
    names: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Overview:
    """An app's overview.

    Attributes:
        query: SQL that gives every number of `figures` by name, each counted up to `counted_max`.
        figures: name, label, and where the rows are listed.
        panels: how numbers fall into parts; their queries, as the first one, take `agency_id`,
            `client_id` and `counted_max`.
    """

    query: bytes
    figures: tuple[tuple[str, str, str | None], ...]
    panels: tuple[Panel, ...]
