"""The PostgreSQL half of the direct-mail app; `direct_mail.py` makes the SQLite half.

    python -m samples.mail_postgres postgresql://.../mail --rows 100000 --seed 1

The same fifty organisations (by slug), their people (by e-mail) and lists (by name), many of the
other half's recipients again; designs, audiences, purchases and credits besides. It fits the SQLite
half of the same seed and of `--half-rows` rows (as many as its own unless said otherwise).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from samples import companies, flaws
from samples.direct_mail_people import ORGANIZATIONS, USERS_EACH, People
from samples.flaws import Flaw
from samples.legacy_postgres import LegacySample, Planted, Recipe, fill, main, require_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from samples.legacy_postgres import Connection

Row = tuple[object, ...]

ROWS_MIN = 2_500
TEMPLATES = 200
ASSETS = 200
FILTERS = 100
PURCHASES = 100
TIERS = 6
CREDIT_SHARE = 0.25
#: at most so many of the recipients are the other half's again
DOUBLE_SHARE = 0.40
DOUBLE_EVERY = 3

FLAWS = {
    "viewer": Flaw("user_profiles", 30, "role that nothing else knows: viewer"),
    "lost_list": Flaw("contact_purchases", 14, "list that was deleted"),
    "delivered": Flaw("contact_purchases", 20, "status that nothing else knows: delivered"),
    "wrong_balance": Flaw("credit_transactions", 70, "balance that is not the sum so far"),
}
EXTRAS = {
    "organizations": Planted("organizations", "organisation of the SQLite half: same slug"),
    "user_profiles": Planted("user_profiles", "person of the SQLite half: same e-mail"),
    "doubles by e-mail": Planted("recipients", "person of the SQLite half: same list and e-mail"),
    "doubles by address": Planted(
        "recipients", "person of the SQLite half without e-mail: same list, name and address"
    ),
}
RECIPE = Recipe("mail_postgres", ROWS_MIN, FLAWS, EXTRAS)
SPOILED = (flaws.NUL_BYTE, flaws.WINDOWS_1252)
#: in a row of half_recipient
EMAIL = 4
NUMBERS = {"i", "organization", "list"}


def generate(
    url: str, *, rows: int = 100_000, seed: int = 1, half_rows: int | None = None
) -> LegacySample:
    """Make the sample in the empty database at `url`.

    Args:
        url: the database.
        rows: how many rows over all tables.
        seed: the SQLite half's too.
        half_rows: how many rows the SQLite half has; as many as this one by default.

    Raises:
        FileExistsError: the database holds tables already.
        ValueError: fewer rows are asked for than the tables need.
        ServerError: the database cannot be reached.
    """
    require_rows(RECIPE, rows)
    people = People(rows=half_rows or rows, seed=seed, is_flawless=False)
    rest = rows - sum(_fixed(people).values()) - _behind_the_scenes()
    half = list(islice(_half_recipients(people), int(rest * DOUBLE_SHARE)))

    def prepare(connection: Connection) -> None:
        _copy(connection, "half_organization (i, name, slug)", _half_organizations())
        _copy(connection, "half_list (i, organization, name, source)", _half_lists(people))
        columns = "i, list, first_name, last_name, email, address, city, state, postal_code"
        _copy(connection, f"half_recipient ({columns})", half)

    sizes = _fixed(people) | _flexible(rest, half)
    return fill(url, RECIPE, sizes=sizes, seed=seed, prepare=prepare)


def _fixed(people: People) -> dict[str, int]:
    """How many rows the tables get that do not grow with the sample."""
    return {
        "organizations": ORGANIZATIONS, "user_profiles": ORGANIZATIONS * USERS_EACH,
        "design_templates": TEMPLATES, "design_assets": ASSETS,
        "recipient_lists": people.lists + ORGANIZATIONS, "audience_filters": FILTERS,
        "contact_purchases": PURCHASES, "pricing_tiers": TIERS,
    }  # fmt: skip


def _behind_the_scenes() -> int:
    """Rows in Supabase's own tables: accounts, identities, a bucket and its objects."""
    accounts = ORGANIZATIONS * USERS_EACH
    return accounts + accounts + (accounts + 4) // 5 + 1 + ASSETS


def _flexible(rest: int, half: list[Row]) -> dict[str, int]:
    """How many rows the tables get that share what is left."""
    credit = int(rest * CREDIT_SHARE)
    by_email = sum(row[EMAIL] is not None for row in half)
    return {
        "credit_transactions": credit, "new recipients": rest - credit - len(half),
        "doubles by e-mail": by_email, "doubles by address": len(half) - by_email,
    }  # fmt: skip


# What the SQLite half has -------------------------------------------------------------------


def _half_organizations() -> Iterator[Row]:
    for i in range(ORGANIZATIONS):
        name = companies.company(i)
        yield i, name, companies.slug(name)


def _half_lists(people: People) -> Iterator[Row]:
    for key, _, name, source, _ in dict(people.tables())["recipient_lists"]:
        assert isinstance(key, int), "lists are counted"
        yield key - 1, (key - 1) % ORGANIZATIONS, name, source


def _half_recipients(people: People) -> Iterator[Row]:
    """Every third recipient that an import did not spoil and that is there once only."""
    number = 0
    for key, place, *name, email, _, address, city, state, code, _, _ in dict(people.tables())[
        "recipients"
    ]:
        assert isinstance(key, int), "recipients are counted"
        assert isinstance(place, int), "lists are counted"
        position = key - 1
        if position % DOUBLE_EVERY or any(flaw.strikes(position) for flaw in SPOILED):
            continue
        if any(flaws.DUPLICATE.strikes(near) for near in (position, position + 1)):
            continue
        yield number, place - 1, *name, email or None, address, city, state, code
        number += 1


def _copy(connection: Connection, into: str, rows: Iterable[Row]) -> None:
    """Make a temporary table, numbers first and texts after them, and fill it."""
    table, _, listed = into.removesuffix(")").partition(" (")
    columns = [f"{name} {'bigint' if name in NUMBERS else 'text'}" for name in listed.split(", ")]
    connection.execute(f"create temp table {table} ({', '.join(columns)}) on commit drop".encode())
    with connection.cursor().copy(f"copy {table} from stdin".encode()) as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(f"analyze {table}".encode())


if __name__ == "__main__":
    main(
        RECIPE,
        generate,
        description=__doc__,
        numbers={"half_rows": "of the SQLite half [default: as many as --rows]"},
    )
