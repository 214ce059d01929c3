"""What is wrong with the PostgreSQL samples on purpose, counted again from their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.samples.conftest import MAKERS

if TYPE_CHECKING:
    from tests.samples.conftest import Made

KNOWN = {
    "clients.subscription_status": "'active'",
    "linkedin_accounts.status": "'active', 'expired', 'error'",
    "campaigns.status": "'draft', 'active', 'paused', 'completed'",
    "posts.status": "'draft', 'scheduled', 'published', 'failed'",
    "leads.status": """'comment_detected', 'dm_sent', 'dm_replied', 'email_captured',
                       'webhook_sent', 'backup_sent', 'completed', 'failed'""",
}
RLS_OFF = """select count(*) from {0}
             where not (select relrowsecurity from pg_class where oid = '{0}'::regclass)"""
COUNTS = {
    ("revos", "clients", "canceled"):
        "select count(*) from clients where subscription_status = 'canceled'",
    ("revos", "dm_deliveries", "campaign of one agency"): """
        select count(*) from dm_deliveries as d join campaigns as c on c.id = d.campaign_id
        join clients as k on k.id = c.client_id join leads as l on l.id = d.lead_id
        join campaigns as other on other.id = l.campaign_id
        join clients as its on its.id = other.client_id
        where k.agency_id <> its.agency_id""",
    ("revos", "email_queue", "lead that was deleted"):
        "select count(*) from email_queue where lead_id not in (select id from leads)",
    ("revos", "unipile_webhook_logs", "account that was deleted"): """
        select count(*) from unipile_webhook_logs
        where account_id not in (select unipile_account_id from linkedin_accounts)""",
    ("revos", "notifications", "person who was deleted"):
        "select count(*) from notifications where user_id not in (select id from users)",
    ("revos", "clients", "agency_id missing"):
        "select count(*) from clients where agency_id is null",
    ("revos", "campaigns", "client without agency"): """
        select count(*) from campaigns as c join clients as k on k.id = c.client_id
        where k.agency_id is null""",
    ("revos", "campaigns", "client_id missing"):
        "select count(*) from campaigns where client_id is null",
    ("revos", "users", "in capitals"):
        "select count(*) - count(distinct lower(email)) from users",
    ("revos", "users", "client_id missing"): "select count(*) from users where client_id is null",
    ("revos", "auth.users", "never became a user"):
        "select count(*) from auth.users where id not in (select id from users)",
    ("revos", "chat_session", "dead twin"):
        "select count(*) from chat_session where user_id not in (select id from users)",
    ("revos", "outfit_history", "another product"): "select count(*) from outfit_history",
    ("revos", "swatches", "another product"): "select count(*) from swatches",
    ("revos", "swipe_cartridges", "another product"): "select count(*) from swipe_cartridges",
    ("revos", "backup_dm_sequences", "without row-level"): RLS_OFF.format("backup_dm_sequences"),
    ("revos", "campaigns_trigger_word_backup", "without row-level"):
        RLS_OFF.format("campaigns_trigger_word_backup"),
    **{
        ("revos", key.split(".")[0], "nothing else knows"):
            f"select count(*) from {key.split('.')[0]} where status::text not in ({known})"
        for key, known in KNOWN.items() if key.endswith(".status")
    },
    ("audience", "client", "Churned"): """
        select count(*) from client as c join agency as a on a.id = c.agency_id
        where not a.pipeline_stages ? c.stage""",
    ("audience", "task", "client_id missing"): "select count(*) from task where client_id is null",
    ("audience", "task", "wont_do"): "select count(*) from task where status = 'wont_do'",
    ("audience", "ad_performance", "more than two decimals"):
        "select count(*) from ad_performance where spend::numeric <> round(spend::numeric, 2)",
    ("audience", "user", "policy without"): RLS_OFF.format('"user"'),
    ("audience", "permission", "no row-level"): RLS_OFF.format("permission"),
    ("mail", "user_profiles", "viewer"): "select count(*) from user_profiles where role = 'viewer'",
    ("mail", "contact_purchases", "list that was deleted"): """
        select count(*) from contact_purchases
        where recipient_list_id not in (select id from recipient_lists)""",
    ("mail", "contact_purchases", "delivered"):
        "select count(*) from contact_purchases where delivery_status = 'delivered'",
    ("mail", "credit_transactions", "not the sum"): """
        select count(*) from (
          select balance_after - sum(amount) over (partition by organization_id order by id) as off
          from credit_transactions) as told where off <> 0""",
    ("persona", "profiles", "e-mail missing"): "select count(*) from profiles where email is null",
    ("persona", "agents", "inactive"): "select count(*) from agents where status = 'inactive'",
    ("persona", "campaigns", "done"): "select count(*) from campaigns where status = 'done'",
    ("persona", "engagement_items", "person who was deleted"):
        "select count(*) from engagement_items where user_id not in (select id from profiles)",
    ("persona", "analytics_snapshots", "post that was deleted"): """
        select count(*) from analytics_snapshots as s
        where not exists (
          select from campaign_posts as p where p.external_id = s.post_external_id)""",
}  # fmt: skip
ELSEWHERE = "SQLite half", "of RevOS"


@pytest.mark.parametrize(("name", "table", "what"), COUNTS, ids=lambda text: str(text)[:20])
def test_flaws_are_counted_as_they_are(made: Made, name: str, table: str, what: str) -> None:
    _, rows = made.planted(name, table, what)
    assert made.number(name, COUNTS[name, table, what]) == rows > 0


@pytest.mark.parametrize("name", MAKERS)
def test_every_flaw_is_held_against_the_rows(made: Made, name: str) -> None:
    checked = {made.planted(name, table, what)[0] for at, table, what in COUNTS if at == name}
    rest = made.samples[name].planted.keys() - checked
    assert all(any(mark in each.what for mark in ELSEWHERE) for each in rest)


def test_chat_tables_have_their_twins(made: Made) -> None:
    rows = made.samples["revos"].rows
    assert (rows["chat_messages"], rows["chat_sessions"]) == (18, 213)
    assert rows["chat_message"] == 0
    assert made.values(
        "revos", "select max(o.created_at) < min(n.created_at) from chat_session o, chat_sessions n"
    ) == [(True,)]
