"""The mail tables hold what the legacy app wrote, and ask more of new rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.migrations.people import become, insert, new_agency, one

if TYPE_CHECKING:
    from tests.migrations.people import Connection


def test_a_legacy_campaign_needs_no_template_list_or_snapshot(connection: Connection) -> None:
    agency = new_agency(connection)
    campaign = insert(
        connection,
        "mail_campaign",
        agency_id=agency.id,
        name="Spring",
        message="Come in",
        company_name="Bakery",
        status="completed",
        total_recipients=2,
        is_imported=True,
    )
    recipient = insert(
        connection, "recipient", agency_id=agency.id, first_name="Ann", is_imported=True
    )
    piece = insert(
        connection,
        "mail_piece",
        agency_id=agency.id,
        mail_campaign_id=campaign,
        recipient_id=recipient,
        tracking_code="abc",
    )
    common = {"agency_id": agency.id, "mail_campaign_id": campaign, "tracking_code": "abc"}
    insert(
        connection,
        "tracking_event",
        event_type="qr_scan",
        event_data='{"a": 1}',
        ip_address="unknown",
        user_agent="curl",
        **common,
    )
    insert(
        connection,
        "conversion",
        mail_piece_id=piece,
        conversion_type="form_submit",
        conversion_value=Decimal("12.34"),
        **common,
    )
    insert(connection, "landing_page", slug="ann", mail_piece_id=piece, config="{}", **common)
    stored = connection.execute(
        "select c.design_template_id, c.recipient_list_id, c.design_snapshot, e.ip_address"
        " from mail_campaign as c join tracking_event as e on e.mail_campaign_id = c.id"
        " where c.id = %s",
        (campaign,),
    ).fetchall()
    assert stored == [(None, None, None, "unknown")]


@pytest.mark.parametrize(
    ("missing", "constraint"),
    [
        ("design_template_id", "mail_campaign_template_check"),
        ("recipient_list_id", "mail_campaign_list_check"),
        ("design_snapshot", "mail_campaign_snapshot_check"),
    ],
)
def test_a_new_campaign_needs_them(connection: Connection, missing: str, constraint: str) -> None:
    agency = new_agency(connection)
    values = {
        "agency_id": agency.id,
        "name": "Spring",
        "design_template_id": insert(
            connection, "design_template", agency_id=agency.id, name="plain", canvas="{}"
        ),
        "recipient_list_id": insert(
            connection, "recipient_list", agency_id=agency.id, name="everyone"
        ),
        "design_snapshot": "{}",
        "variable_mappings_snapshot": "{}",
    }
    insert(connection, "mail_campaign", **values)
    del values[missing]
    with pytest.raises(psycopg.errors.CheckViolation, match=constraint):
        insert(connection, "mail_campaign", **values)


def test_a_tracking_code_is_unique_within_the_agency_only(connection: Connection) -> None:
    first, second = new_agency(connection), new_agency(connection)
    for agency in (first, second):
        campaign = insert(
            connection, "mail_campaign", agency_id=agency.id, name="x", is_imported=True
        )
        piece = {"agency_id": agency.id, "mail_campaign_id": campaign, "tracking_code": "same"}
        insert(connection, "mail_piece", **piece)
    with pytest.raises(psycopg.errors.UniqueViolation, match="mail_piece_tracking_code_key"):
        insert(connection, "mail_piece", **piece)


def test_the_balance_is_the_sum_of_a_ledger_that_tenants_only_read(connection: Connection) -> None:
    agency = new_agency(connection)
    for kind, credits_moved in (("purchase", 500), ("spend", -120), ("refund", 20)):
        insert(
            connection,
            "credit_transaction",
            agency_id=agency.id,
            kind=kind,
            credits=credits_moved,
        )
    become(connection, agency, app="mail")
    assert one(connection, "select sum(credits) from credit_transaction") == 400
    connection.execute("reset role")
    with pytest.raises(psycopg.errors.CheckViolation, match="credit_transaction_sign_check"):
        insert(connection, "credit_transaction", agency_id=agency.id, kind="spend", credits=5)


def test_campaigns_of_all_apps_show_side_by_side_to_the_star_only(connection: Connection) -> None:
    agency = new_agency(connection)
    owner = {"agency_id": agency.id, "client_id": agency.client_id}
    insert(connection, "mail_campaign", name="letters", is_imported=True, **owner)
    insert(connection, "campaign", name="leads", trigger_word="guide", **owner)
    persona = insert(connection, "persona", name="Robin", **owner)
    insert(connection, "social_campaign", name="threads", persona_id=persona, **owner)
    seen = {}
    for app in ("*", "mail", "revos", "persona", "both"):
        become(connection, agency, app=app)
        rows = connection.execute("select app, name from campaign_overview order by 1").fetchall()
        seen[app] = rows
    each = {"mail": "letters", "persona": "threads", "revos": "leads"}
    assert seen.pop("*") == sorted(each.items())
    assert seen.pop("both") == []
    assert seen == {app: [(app, name)] for app, name in each.items()}
