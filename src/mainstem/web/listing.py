"""Lists, described by data: columns, filters and a query; and what a URL asks of one."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from mainstem.web.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mainstem.web.forms import Choices

ROWS_A_PAGE = 25
PAGES_MAX = 400
#: as far as a list is paged
ROWS_MAX = ROWS_A_PAGE * PAGES_MAX
TEXT_LENGTH_MAX = 100
VALUES_MAX = 20
#: counting stops here: what is more is "more than"
COUNTED_MAX = 1_000
OWN = frozenset({"q", "sort", "columns", "page"})


class Kind(enum.StrEnum):
    """How a column's values are shown."""

    TEXT = "text"
    NUMBER = "number"
    #: a number whose query stops counting after COUNTED_MAX
    COUNT = "count"
    MOMENT = "moment"
    DAY = "day"
    STATE = "state"
    CODE = "code"


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        key: of the query.
        label: what stands above it.
        kind: how values are shown.
        link: where a value leads, filled from the row: `/clients/{id}`.
        is_sortable: whether people may sort by it.
        is_shown: whether it is there until somebody chooses columns.
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    link: str | None = None
    is_sortable: bool = True
    is_shown: bool = True

    def address(self, row: Mapping[str, object]) -> str | None:
        """Where the value of a row leads; what the row fills in stays a part of its place."""
        if self.link is None:
            return None
        names = {name for _, name, _, _ in Formatter().parse(self.link) if name}
        return self.link.format_map({name: quote(str(row[name]), safe="") for name in names})


@dataclass(frozen=True)
class Filter:
    """A column of the query whose values people pick; the first filter of a list shows as pills."""

    key: str
    label: str
    choices: Choices = ()


@dataclass(frozen=True)
class Listing:
    """A list.

    Attributes:
        page: its name, for saved views.
        path: its address.
        title: what stands above it.
        many: what its rows are: `clients`.
        query: SQL that gives `id` and all columns; takes `agency_id`.
        columns: what can be shown; the first one always is.
        filters: what people can narrow it by.
        search: the columns in which text is looked for.
        sort: how it is sorted until somebody chooses; `-` before a column turns it round.
        client_column: the column that the chosen client narrows; None where there is none.
        hint: what an empty list says about how rows come to be.
    """

    page: str
    path: str
    title: str
    many: str
    query: bytes
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    search: tuple[str, ...] = ()
    sort: str = "-id"
    client_column: str | None = "client_id"
    hint: str = ""

    def with_choices(self, **choices: Choices) -> Listing:
        """The same list, with what people can pick that only the database knows."""
        filters = tuple(
            replace(each, choices=choices.get(each.key, each.choices)) for each in self.filters
        )
        return replace(self, filters=filters)

    @property
    def sortable(self) -> frozenset[str]:
        """By what it may be sorted."""
        named = {column.key for column in self.columns if column.is_sortable}
        return frozenset(named | {self.sort.removeprefix("-")})


@dataclass(frozen=True)
class Wish:
    """What a URL asks of a list. Whatever it does not know is not asked."""

    listing: Listing
    text: str = ""
    picked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    columns: tuple[str, ...] = ()
    page: int = 1

    @classmethod
    def read(cls, listing: Listing, parameters: Iterable[tuple[str, str]]) -> Wish:
        """Read the parameters of a URL."""
        given: dict[str, list[str]] = {}
        for name, text in parameters:
            if text and "\x00" not in text:
                given.setdefault(name, []).append(text[:TEXT_LENGTH_MAX])
        sort = given.get("sort", [""])[0]
        page = given.get("page", ["1"])[0]
        known = {column.key for column in listing.columns}
        picked = {
            each.key: tuple(given[each.key][:VALUES_MAX])
            for each in listing.filters
            if each.key in given
        }
        return cls(
            listing,
            text=given.get("q", [""])[0].strip(),
            picked=MappingProxyType(picked),
            sort=sort if sort.removeprefix("-") in listing.sortable else "",
            columns=tuple(key for key in given.get("columns", []) if key in known),
            page=min(max(int(page), 1), PAGES_MAX) if page.isascii() and page.isdigit() else 1,
        )

    @property
    def order(self) -> str:
        """The column that it is sorted by, `-` before it for the other way round."""
        return self.sort or self.listing.sort

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that are shown."""
        first, *others = self.listing.columns
        wanted = set(self.columns)
        return (
            first,
            *(each for each in others if (each.key in wanted if wanted else each.is_shown)),
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """What is read of each row: its id, what is shown, and what links are made of."""
        links = "".join(column.link or "" for column in self.shown)
        linked = (name for _, name, _, _ in Formatter().parse(links) if name)
        return tuple(dict.fromkeys(["id", *(each.key for each in self.shown), *linked]))

    @property
    def is_narrowed(self) -> bool:
        """Whether less than everything was asked for."""
        return bool(self.text or self.picked)

    def parameters(self, **changes: object) -> list[tuple[str, str]]:
        """What a URL must say to ask for this, with changes; what is the default is left out."""
        wish = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        said = [("q", wish.text)] if wish.text else []
        said += [(key, each) for key, values in sorted(wish.picked.items()) for each in values]
        said += [("columns", key) for key in wish.columns]
        said += [("sort", wish.sort)] if wish.sort and wish.sort != self.listing.sort else []
        said += [("page", str(wish.page))] if wish.page > 1 else []
        return said

    def query(self, **changes: object) -> str:
        """The query string of it, without a question mark."""
        return urlencode(self.parameters(**changes))

    def url(self, **changes: object) -> str:
        """The address of it."""
        query = self.query(**changes)
        return f"{self.listing.path}?{query}" if query else self.listing.path

    def sorted_by(self, column: Column) -> str:
        """The address of the same list sorted by a column; the other way round when it is."""
        is_turned = self.order == column.key
        return self.url(sort=f"-{column.key}" if is_turned else column.key)


@dataclass(frozen=True)
class Listed:
    """A page of a list.

    Attributes:
        wish: what was asked.
        rows: the rows, by column.
        total: how many rows there are; counting stops at COUNTED_MAX.
        has_more: whether a further page follows.
    """

    wish: Wish
    rows: Sequence[Mapping[str, object]]
    total: int
    has_more: bool

    @classmethod
    def of(cls, wish: Wish, rows: Iterable[Mapping[str, object]]) -> Listed:
        """The page of a list whose rows are in memory already, narrowed and sorted as asked."""
        found = [row for row in rows if _fits(wish, row)]
        if wish.order != "-id":  # in the order in which they came
            key = wish.order.removeprefix("-")
            there = [row for row in found if row[key] is not None]
            there.sort(key=lambda row: _comparable(row[key]), reverse=wish.order[0] == "-")
            found = there + [row for row in found if row[key] is None]
        begin = (wish.page - 1) * ROWS_A_PAGE
        shown = found[begin : begin + ROWS_A_PAGE]
        return cls(wish, shown, len(found), len(found) > begin + ROWS_A_PAGE)

    @property
    def listing(self) -> Listing:
        """The list."""
        return self.wish.listing

    @property
    def first(self) -> int:
        """The number of the first row, from 1."""
        return (self.wish.page - 1) * ROWS_A_PAGE + 1

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.first + len(self.rows) - 1

    @property
    def is_end(self) -> bool:
        """Whether there are more rows, and no page that shows them."""
        return self.has_more and self.wish.page >= PAGES_MAX

    @property
    def counted(self) -> str:
        """How many rows there are, as people read it."""
        return f"more than {count(COUNTED_MAX)}" if self.total > COUNTED_MAX else count(self.total)


def _fits(wish: Wish, row: Mapping[str, object]) -> bool:
    if any(str(row[key]) not in values for key, values in wish.picked.items()):
        return False
    text = wish.text.lower()
    return not text or any(text in str(row[key] or "").lower() for key in wish.listing.search)


def _comparable(value: object) -> tuple[float, str]:
    """Numbers before texts, capital letters beside small ones."""
    return (value, "") if isinstance(value, int | float) else (float("inf"), str(value).lower())
