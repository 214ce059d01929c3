"""The legacy persona app's database on PostgreSQL, any size, the same for the same seed.

    python -m samples.persona_legacy postgresql://.../persona --rows 100000 --seed 1

Rows belong to people, not to organisations: the merge's config says which agency each person's
belong to. Twelve of the people are RevOS's too. Keys are uuids, but counting numbers for research
and analytics. What is wrong on purpose is printed and returned with its counts.
"""

from __future__ import annotations

from samples.flaws import Flaw
from samples.legacy_postgres import LegacySample, Planted, Recipe, fill, main, require_rows

ROWS_MIN = 2_000
CHANNELS = 6
#: people of RevOS: the first of each of its agencies
SHARED_PEOPLE = 12

#: of the rows that the tables leave which others hang on; analytics_snapshots gets the rest
SHARES = {"engagement_items": 0.25, "research_tasks": 0.04}
POST_SHARE = 0.35

FLAWS = {
    "no_email": Flaw("profiles", 24, "e-mail missing; auth.users has it"),
    "inactive": Flaw("agents", 10, "status that nothing else knows: inactive"),
    "done": Flaw("campaigns", 12, "status that nothing else knows: done"),
    "lost_engagement": Flaw("engagement_items", 60, "person who was deleted"),
    "lost_snapshot": Flaw("analytics_snapshots", 45, "post that was deleted"),
}
EXTRAS = {"shared people": Planted("profiles", "person of RevOS: same e-mail")}
RECIPE = Recipe("persona_legacy", ROWS_MIN, FLAWS, EXTRAS)


def generate(url: str, *, rows: int = 100_000, seed: int = 1) -> LegacySample:
    """Make the sample in the empty database at `url`, with `rows` rows over all tables.

    Raises:
        FileExistsError: the database holds tables already.
        ValueError: fewer rows are asked for than the tables need.
        ServerError: the database cannot be reached.
    """
    require_rows(RECIPE, rows)
    return fill(url, RECIPE, sizes=sizes(rows), seed=seed)


def sizes(rows: int) -> dict[str, int]:
    """How many rows each name of `persona_legacy_rows.sql` gets, of so many in all."""
    made = _roots(rows)
    accounts = made["profiles"]
    objects = 1 + made["assets"]
    rest = rows - sum(made.values()) - 2 * accounts - (accounts + 4) // 5 - objects
    made["campaign_posts"] = int(rest * POST_SHARE) // made["campaigns"] * made["campaigns"]
    made |= {table: int(rest * share) for table, share in SHARES.items()}
    made["analytics_snapshots"] = (
        rest - made["campaign_posts"] - sum(made[table] for table in SHARES)
    )
    return made | {"shared people": SHARED_PEOPLE}


def _roots(rows: int) -> dict[str, int]:
    """The tables that others hang on: each a multiple of the one that it hangs on."""
    people = 48 * max(1, rows // 50_000)
    personas = 4 * people
    return {
        "profiles": people, "channels": CHANNELS, "agents": people, "personas": personas,
        "agent_channels": 3 * people, "campaigns": personas, "campaign_generation_jobs": people,
        "assets": people, "social_oauth_sessions": people, "oauth_states": people,
        "resonance_research": people, "resonance_research_personas": 2 * people,
    }  # fmt: skip


if __name__ == "__main__":
    main(RECIPE, generate, description=__doc__)
