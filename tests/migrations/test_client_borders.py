"""Below an agency the keys keep clients apart: no row names a row of another client."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors, sql
from tests.migrations.people import become, insert, new_agency, new_client, new_user

if TYPE_CHECKING:
    from uuid import UUID

    from tests.migrations.people import Agency, Connection

MIGRATION = files("mainstem.migrations") / "0026_client_borders.sql"


def made(connection: Connection, agency: Agency, client_id: UUID) -> dict[str, UUID]:
    """A client's rows of RevOS, by table."""
    own = {"agency_id": agency.id, "client_id": client_id}
    user = new_user(connection, agency.id)
    account = insert(connection, "linkedin_account", **own, user_id=user, account_name="A")
    magnet = insert(connection, "lead_magnet", **own, name="M", url="https://example.com/m")
    endpoint = insert(connection, "webhook_config", **own, name="W", url="https://example.com")
    campaign = insert(connection, "campaign", **own, name="C", trigger_word="GUIDE")
    post = insert(connection, "post", **own, content="P")
    comment = insert(connection, "comment", **own, post_id=post, author_name="B",
                     author_linkedin_id="ACoB", content="GUIDE")  # fmt: skip
    lead = insert(connection, "lead", **own, campaign_id=campaign, linkedin_id=f"ACo{client_id}")
    pod = insert(connection, "pod", **own, name="D")
    member = insert(connection, "pod_member", **own, pod_id=pod, user_id=user)
    return {
        "linkedin_account": account, "lead_magnet": magnet, "webhook_config": endpoint,
        "campaign": campaign, "post": post, "comment": comment, "lead": lead, "pod": pod,
        "pod_member": member,
    }  # fmt: skip


#: child, column, parent
CROSSINGS = (
    ("campaign", "linkedin_account_id", "linkedin_account"),
    ("campaign", "lead_magnet_id", "lead_magnet"),
    ("campaign", "webhook_config_id", "webhook_config"),
    ("post", "campaign_id", "campaign"),
    ("post", "linkedin_account_id", "linkedin_account"),
    ("comment", "post_id", "post"),
    ("comment", "parent_id", "comment"),
    ("lead", "campaign_id", "campaign"),
    ("lead", "comment_id", "comment"),
    ("lead", "linkedin_account_id", "linkedin_account"),
    ("pod_member", "pod_id", "pod"),
    ("pod_member", "linkedin_account_id", "linkedin_account"),
)


@pytest.mark.parametrize("is_tenant", [True, False], ids=["authenticated", "sql"])
def test_no_row_names_a_row_of_another_client_or_agency(
    connection: Connection, *, is_tenant: bool
) -> None:
    agency, stranger = new_agency(connection), new_agency(connection)
    mine = made(connection, agency, agency.client_id)
    neighbour = made(connection, agency, new_client(connection, agency.id))
    foreign = made(connection, stranger, stranger.client_id)
    if is_tenant:
        become(connection, agency, app="revos")
    for child, column, parent in CROSSINGS:
        change = sql.SQL("update public.{} set {} = %s where agency_id = %s and id = %s").format(
            sql.Identifier(child), sql.Identifier(column)
        )
        for other in (neighbour, foreign):
            with pytest.raises(errors.ForeignKeyViolation), connection.transaction():
                connection.execute(change, (other[parent], agency.id, mine[child]))
        assert connection.execute(change, (mine[parent], agency.id, mine[child])).rowcount == 1
    # Nor does a row that others name leave its client.
    with pytest.raises(errors.ForeignKeyViolation), connection.transaction():
        connection.execute(
            "update public.linkedin_account set client_id = (select client_id from public.post"
            " where id = %s) where id = %s",
            (neighbour["post"], mine["linkedin_account"]),
        )


def test_rows_that_cross_already_are_named_before_the_keys_change(connection: Connection) -> None:
    agency = new_agency(connection)
    mine = made(connection, agency, agency.client_id)
    neighbour = made(connection, agency, new_client(connection, agency.id))
    connection.execute(
        "alter table public.linkedin_account drop constraint linkedin_account_client_key cascade"
    )
    connection.execute(
        "alter table public.campaign add constraint campaign_linkedin_account_fkey foreign key"
        " (agency_id, linkedin_account_id) references public.linkedin_account (agency_id, id)"
    )
    give = "update public.campaign set linkedin_account_id = %s where id = %s"
    connection.execute(give, (neighbour["linkedin_account"], mine["campaign"]))
    text = MIGRATION.read_text(encoding="utf-8").encode()
    said = "a row of campaign names a row of another client by linkedin_account_id"
    with pytest.raises(psycopg.IntegrityError, match=said), connection.transaction():
        connection.execute(text)
    connection.execute(give, (mine["linkedin_account"], mine["campaign"]))
    connection.execute(text)
    with pytest.raises(errors.ForeignKeyViolation):
        connection.execute(give, (neighbour["linkedin_account"], mine["campaign"]))
