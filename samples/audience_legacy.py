"""The legacy AudienceOS database on PostgreSQL, of any size and always the same for the same seed.

    python -m samples.audience_legacy postgresql://.../audience --rows 100000 --seed 1

Twelve agencies, six of which RevOS has too, with their people, clients, tickets, messages and
numbers, in `audience_legacy.sql`'s 26 tables, with Supabase's accounts and buckets. What is wrong
on purpose is printed and returned with its counts; `shared_with_revos` tells what both have.
"""

from __future__ import annotations

from dataclasses import dataclass

from samples import revos_legacy
from samples.flaws import Flaw
from samples.legacy_postgres import LegacySample, Planted, Recipe, fill, main, require_rows

AGENCIES = 12
#: of the pool in companies.py: the first agency
AGENCY_FIRST = 46
ROWS_MIN = 2_000
PERMISSIONS = 15

#: of the rows that the tables leave which others hang on; ad_performance gets the rest
SHARES = {
    "stage_event": 0.03, "task": 0.09, "communication": 0.24, "alert": 0.04, "ticket_note": 0.08,
    "intake_response": 0.01, "kpi_snapshot": 0.14, "chat_message": 0.12,
}  # fmt: skip
TICKET_SHARE = 0.05

FLAWS = {
    "unknown_stage": Flaw("client", 20, "stage outside the agency's pipeline: Churned?"),
    "task_without_client": Flaw("task", 30, "client_id missing"),
    "wont_do": Flaw("task", 25, "status that nothing else knows: wont_do"),
    "float_dust": Flaw("ad_performance", 60, "spend with more than two decimals"),
}
EXTRAS = {
    "user": Planted("user", "policy without row-level security"),
    "permission": Planted("permission", "no row-level security"),
}


@dataclass(frozen=True)
class Shared:
    """What two samples both have: agencies by slug, people by lower(email), clients by name."""

    agencies: int
    people: int
    clients: int


def shared_with_revos(audience: LegacySample, revos: LegacySample) -> Shared:
    """How many agencies, people and clients of the one are the other's too."""
    agencies = revos_legacy.AGENCY_FIRST + revos_legacy.AGENCIES - AGENCY_FIRST
    people = min(audience.sizes["user"], revos.sizes["users"]) // AGENCIES
    clients = min(audience.sizes["client"], revos.sizes["clients"]) // AGENCIES
    return Shared(agencies, agencies * people, agencies * clients)


def sizes(rows: int) -> dict[str, int]:
    """How many rows each name of `audience_legacy_rows.sql` gets, of so many in all."""
    made = _roots(rows)
    accounts = made["user"]
    objects = 1 + made["document"]
    rest = rows - sum(made.values()) - 2 * accounts - (accounts + 4) // 5 - objects
    made["ticket"] = int(rest * TICKET_SHARE) // made["client"] * made["client"]
    made |= {table: int(rest * share) for table, share in SHARES.items()}
    made["ad_performance"] = rest - made["ticket"] - sum(made[table] for table in SHARES)
    return made


def _roots(rows: int) -> dict[str, int]:
    """The tables that others hang on: each a multiple of the one that it hangs on."""
    clients = AGENCIES * max(2, rows // 50_000)
    users = AGENCIES * max(4, rows // 40_000)
    return {
        "agency": AGENCIES, "user": users, "permission": PERMISSIONS,
        "role_permission": AGENCIES * PERMISSIONS, "client": clients,
        "client_assignment": 2 * clients, "member_client_access": clients,
        "integration": 4 * AGENCIES, "document": 2 * clients, "workflow": 2 * AGENCIES,
        "intake_form_field": 3 * AGENCIES, "onboarding_journey": AGENCIES,
        "onboarding_instance": clients, "onboarding_stage_status": 2 * clients,
        "cartridge": 5 * clients, "chat_session": 2 * users,
    }  # fmt: skip


RECIPE = Recipe("audience_legacy", ROWS_MIN, FLAWS, EXTRAS)


def generate(url: str, *, rows: int = 100_000, seed: int = 1) -> LegacySample:
    """Make the sample in the empty database at `url`, with `rows` rows over all tables.

    Raises:
        FileExistsError: the database holds tables already.
        ValueError: fewer rows are asked for than the tables need.
        ServerError: the database cannot be reached.
    """
    require_rows(RECIPE, rows)
    return fill(url, RECIPE, sizes=sizes(rows), seed=seed)


if __name__ == "__main__":
    main(RECIPE, generate, description=__doc__)
