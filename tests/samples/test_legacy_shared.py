"""That tenants hold in the PostgreSQL samples, and what two samples both have."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.samples.conftest import ROWS, SEED

from samples import audience_legacy, direct_mail, mail_postgres

if TYPE_CHECKING:
    from pathlib import Path

    from tests.samples.conftest import Made


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        (
            "revos",
            """select count(*) from leads as l join comments as m on m.id = l.comment_id
               join posts as p on p.id = m.post_id where p.campaign_id <> l.campaign_id""",
        ),
        (
            "revos",
            """select count(*) from posts as p join campaigns as c on c.id = p.campaign_id
               join linkedin_accounts as a on a.id = p.linkedin_account_id
               join users as u on u.id = a.user_id where u.client_id <> c.client_id""",
        ),
        (
            "revos",
            """select count(*) from webhook_deliveries as d
               join webhook_configs as w on w.id = d.webhook_config_id
               join leads as l on l.id = d.lead_id join campaigns as c on c.id = l.campaign_id
               where c.client_id <> w.client_id""",
        ),
        (
            "revos",
            """select count(*) from pod_activities as a join pod_members as m on m.id = a.member_id
               join pod_members as o on o.id = a.post_author_id join posts as p on p.id = a.post_id
               join campaigns as c on c.id = p.campaign_id join pods on pods.id = a.pod_id
               where m.pod_id <> a.pod_id or o.pod_id <> a.pod_id or o.id = m.id
                  or c.client_id <> pods.client_id""",
        ),
        (
            "audience",
            """select count(*) from chat_message as m join chat_session as s on s.id = m.session_id
               join "user" as u on u.id = s.user_id
               where s.agency_id <> m.agency_id or u.agency_id <> m.agency_id""",
        ),
        (
            "audience",
            """select count(*) from ticket as t join client as c on c.id = t.client_id
               join "user" as u on u.id = t.assignee_id
               where c.agency_id <> t.agency_id or u.agency_id <> t.agency_id""",
        ),
        (
            "mail",
            """select count(*) from contact_purchases as p
               join recipient_lists as l on l.id = p.recipient_list_id
               join audience_filters as f on f.id = p.audience_filter_id
               join user_profiles as u on u.id = p.user_id
               where l.organization_id <> p.organization_id
                  or f.organization_id <> p.organization_id
                  or u.organization_id <> p.organization_id""",
        ),
        (
            "persona",
            """select count(*) from campaign_posts as p join campaigns as c on c.id = p.campaign_id
               join personas as s on s.id = c.persona_id left join assets as a on a.id = p.asset_id
               where s.user_id <> c.user_id or a.user_id <> c.user_id""",
        ),
    ],
)
def test_nothing_crosses_from_one_tenant_to_another(made: Made, name: str, sql: str) -> None:
    assert made.number(name, sql) == 0


def test_tickets_are_numbered_within_their_agency(made: Made) -> None:
    assert made.values(
        "audience",
        "select bool_and(last = rows and first = 1) from (select max(number) as last,"
        " min(number) as first, count(*) as rows from ticket group by agency_id) as counted",
    ) == [(True,)]


# What they share -----------------------------------------------------------------------------


def test_revos_and_audience_share_agencies_people_and_clients(made: Made) -> None:
    shared = audience_legacy.shared_with_revos(made.samples["audience"], made.samples["revos"])
    slugs = made.texts("revos", "select slug from agencies") & made.texts(
        "audience", "select slug from agency"
    )
    people = made.texts("revos", "select lower(email) from users") & made.texts(
        "audience", 'select lower(email) from "user"'
    )
    clients = set(
        made.values(
            "revos", "select slug, c.name from clients c join agencies a on a.id = agency_id"
        )
    ) & set(
        made.values(
            "audience", "select slug, c.name from client c join agency a on a.id = agency_id"
        )
    )
    assert (len(slugs), len(people), len(clients)) == (
        shared.agencies,
        shared.people,
        shared.clients,
    )
    assert len(slugs) == 6
    ids = (
        made.texts("revos", "select id from users"),
        made.texts("audience", 'select id from "user"'),
    )
    assert not ids[0] & ids[1]


def test_persona_shares_people_with_revos(made: Made) -> None:
    people = made.texts("revos", "select lower(email) from users") & made.texts(
        "persona", "select lower(email) from auth.users"
    )
    _, rows = made.planted("persona", "profiles", "of RevOS")
    assert len(people) == rows > 0


def test_mail_halves_fit(made: Made, tmp_path: Path) -> None:
    half = direct_mail.generate(tmp_path / "mail.db", rows=ROWS, seed=SEED)
    with closing(sqlite3.connect(half.path)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        there = connection.execute(
            """select o.slug, l.name, lower(nullif(r.email, '')), r.name, r.lastname, r.address
               from recipients r join recipient_lists l on l.id = r.list_id
               join organizations o on o.id = l.organization_id"""
        ).fetchall()
        slugs = {slug for (slug,) in connection.execute("select slug from organizations")}
        people = {mail.lower() for (mail,) in connection.execute("select email from users")}
    here = made.values(
        "mail",
        """select o.slug, l.name, lower(r.email), r.first_name, r.last_name, r.address_line1
           from recipients r join recipient_lists l on l.id = r.recipient_list_id
           join organizations o on o.id = l.organization_id""",
    )
    by_email = {row[:3] for row in there if row[2] is not None}
    by_address = {(*row[:2], *row[3:]) for row in there if row[2] is None}
    assert (
        sum(row[:3] in by_email for row in here)
        == made.planted("mail", "recipients", "same list and")[1]
    )
    assert (
        sum(row[2] is None and (*row[:2], *row[3:]) in by_address for row in here)
        == made.planted("mail", "recipients", "without e-mail")[1]
        > 0
    )
    assert slugs == made.texts("mail", "select slug from organizations")
    assert made.planted("mail", "organizations", "same slug")[1] == len(slugs)
    assert people == made.texts("mail", "select lower(email) from user_profiles")
    assert made.planted("mail", "user_profiles", "same e-mail")[1] == len(people)


def test_mail_half_may_go_with_another_size(empty_database_url: str) -> None:
    sample = mail_postgres.generate(empty_database_url, rows=20_000, half_rows=3_000)
    assert sum(sample.rows.values()) == 20_000
    assert sample.sizes["doubles by e-mail"] < 3_000 * 0.18 / 3


def test_agencies_of_all_apps_overlap(made: Made) -> None:
    mail = made.texts("mail", "select slug from organizations")
    revos = made.texts("revos", "select slug from agencies")
    audience = made.texts("audience", "select slug from agency")
    assert (len(mail & revos), len(mail & audience), len(mail & revos & audience)) == (10, 4, 4)
