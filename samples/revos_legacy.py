"""The legacy RevOS database on PostgreSQL, of any size and always the same for the same seed.

    python -m samples.revos_legacy postgresql://.../revos --rows 100000 --seed 1

Twelve agencies (six of which AudienceOS has too, ten the direct-mail app), their clients, people,
campaigns, posts, comments, leads and messages, in `revos_legacy.sql`'s 56 tables, with Supabase's
accounts and buckets. What is wrong on purpose is printed and returned with its counts.
"""

from __future__ import annotations

from samples.flaws import Flaw
from samples.legacy_postgres import LegacySample, Planted, Recipe, fill, main, require_rows

AGENCIES = 12
#: of the pool in companies.py: the first agency
AGENCY_FIRST = 40
ROWS_MIN = 5_000

#: of the rows that the tables leave which others hang on; pod_activities gets the rest
SHARES = {
    "comments": 0.30, "dm_sequences": 0.07, "dm_messages": 0.14, "dm_deliveries": 0.06,
    "pending_connections": 0.01, "triggered_comments": 0.04, "processed_comments": 0.05,
    "processed_messages": 0.03, "email_extraction_reviews": 0.005, "email_queue": 0.01,
    "suppressions": 0.005, "webhook_deliveries": 0.05, "webhook_logs": 0.02,
    "unipile_webhook_logs": 0.04, "skill_executions": 0.01, "memories": 0.01, "queue_jobs": 0.01,
    "notifications": 0.01, "hgc_messages": 0.01,
}  # fmt: skip
LEAD_SHARE = 0.09

FLAWS = {
    "stripe_status": Flaw("clients", 8, "subscription_status as Stripe spells it: canceled"),
    "disconnected": Flaw("linkedin_accounts", 16, "status that nothing else knows: disconnected"),
    "archived": Flaw("campaigns", 9, "status that nothing else knows: archived"),
    "queued": Flaw("posts", 11, "status that nothing else knows: queued"),
    "unsubscribed": Flaw("leads", 40, "status that nothing else knows: unsubscribed"),
    "crossed_delivery": Flaw("dm_deliveries", 50, "campaign of one agency, lead of another"),
    "lost_email": Flaw("email_queue", 15, "lead that was deleted"),
    "lost_account": Flaw("unipile_webhook_logs", 25, "account that was deleted"),
    "lost_notification": Flaw("notifications", 12, "person who was deleted"),
}
EXTRAS = {
    "clients without agency": Planted("clients", "agency_id missing"),
    "campaigns of clients without agency": Planted("campaigns", "client without agency"),
    "campaigns without client": Planted("campaigns", "client_id missing"),
    "users again in other case": Planted("users", "e-mail of another user in capitals"),
    "users without client": Planted("users", "client_id missing"),
    "accounts without person": Planted("auth.users", "account that never became a user"),
    "chat_session": Planted("chat_session", "dead twin of chat_sessions, its people gone"),
    "outfit_history": Planted("outfit_history", "table of another product"),
    "swatches": Planted("swatches", "table of another product"),
    "swipe_cartridges": Planted("swipe_cartridges", "table of another product"),
    "backup_dm_sequences": Planted("backup_dm_sequences", "backup without row-level security"),
    "campaigns_trigger_word_backup": Planted(
        "campaigns_trigger_word_backup", "backup without row-level security"
    ),
}


def sizes(rows: int) -> dict[str, int]:
    """How many rows each name of `revos_legacy_rows.sql` gets, of so many in all."""
    made = _roots(rows) | _oddities()
    accounts = made["users"] + made["accounts without person"]
    identities = accounts + (accounts + 4) // 5
    objects = 2 + made["lead_magnets"]
    # `accounts without person` are in the sum already
    rest = rows - sum(made.values()) - made["users"] - identities - objects
    made["leads"] = int(rest * LEAD_SHARE) // made["clients"] * made["clients"]
    made |= {table: int(rest * share) for table, share in SHARES.items()}
    made["pod_activities"] = rest - made["leads"] - sum(made[table] for table in SHARES)
    return made


def _roots(rows: int) -> dict[str, int]:
    """The tables that others hang on: each a multiple of the one that it hangs on."""
    clients = AGENCIES * max(2, rows // 60_000)
    users = 2 * clients
    campaigns = clients * max(1, rows // (clients * 2_000))
    posts = campaigns * max(1, rows // (campaigns * 60))
    return {
        "agencies": AGENCIES, "clients": clients, "users": users, "user_preferences": users,
        "feature_flags": 2 * AGENCIES, "linkedin_accounts": users, "connected_accounts": clients,
        "lead_magnet_library": clients, "lead_magnets": clients, "webhook_configs": clients,
        "campaigns": campaigns, "posts": posts, "scrape_jobs": campaigns,
        "webhook_endpoints": clients, "pods": clients, "pod_members": users,
        "cartridges": clients + users, "brand_cartridges": clients, "style_cartridges": users,
        "voice_cartridges": users, "preferences_cartridges": users,
        "instruction_cartridges": clients, "campaign_skills": 2 * campaigns,
        "console_workflows": 2 * AGENCIES, "console_prompts": 2 * AGENCIES, "hgc_sessions": users,
    }  # fmt: skip


def _oddities() -> dict[str, int]:
    """Tables and rows whose number is the point of them."""
    return {
        "clients without agency": 3, "campaigns of clients without agency": 3,
        "campaigns without client": 2, "users again in other case": 5, "users without client": 2,
        "accounts without person": 4, "chat_session": 7, "chat_message": 0, "chat_sessions": 213,
        "chat_messages": 18, "outfit_history": 40, "swatches": 24, "swipe_cartridges": 15,
        "backup_dm_sequences": 20, "campaigns_trigger_word_backup": 24,
    }  # fmt: skip


RECIPE = Recipe("revos_legacy", ROWS_MIN, FLAWS, EXTRAS)


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
