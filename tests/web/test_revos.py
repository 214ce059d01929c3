"""RevOS by pages: campaigns made ready, leads told from the comment on, pods, accounts, jobs."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient
from tests.web.world import FOREIGN, NORTHWIND, campaign_id, client_id, lead_id, row_ids

from mainstem.revos.campaigns import Funnel
from mainstem.revos.engine import KINDS, KINDS_OF_ROWS, Engine
from mainstem.revos.pages.campaigns import steps
from mainstem.revos.pages.texts import BY_NAME, previewed
from mainstem.revos.unipile import Settings as Unipile
from mainstem.revos.webhooks.announcing import ANNOUNCE, DELIVER
from mainstem.server import build_app
from mainstem.server.sandbox import Running
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.web.world import World

    Client = TestClient[Any]
    SignIn = Callable[[str], dict[str, str]]

OWNER, OTHER = "owner@northwind.example", "owner@foreign.example"
MEMBER = "member@northwind.example"
CAMPAIGNS = "/revos/campaigns"
CAMPAIGN = {
    "magnet_name": "The playbook", "name": "Spring", "trigger_word": "GUIDE", "sender_name": None
}  # fmt: skip


def test_a_campaign_is_made_ready_by_pages(served: Client, sign_in: SignIn, world: World) -> None:
    headers, name = sign_in(OWNER), f"Spring {uuid4().hex}"
    new = {"client_id": str(client_id(2)), "name": name, "trigger_word": "GUIDE"}
    foreign = served.post(
        f"{CAMPAIGNS}/new", headers=headers,
        data=new | {"client_id": str(client_id(1, foreign=True))},
    )  # fmt: skip
    assert (foreign.status_code, "Choose one of the list." in foreign.text) == (422, True)
    made = served.post(f"{CAMPAIGNS}/new", headers=headers, data=new)
    path = made.headers["location"]
    assert served.post(f"{CAMPAIGNS}/new", headers=headers, data=new).status_code == 422
    page = served.get(path, headers=headers).text
    lacking = dict(re.findall(r"text-base-content\">(.*?)\. <a [^>]*href=\"([^\"]+)\"", page))
    assert lacking["It has no LinkedIn account to write with; choose one"] == (
        f"{path}/edit#linkedin_account_id"
    )
    assert lacking["The first message has no text"] == f"{path}/texts#dm_template_step1"
    assert lacking["It has no post; write one, for people to comment on"] == f"{path}/post"
    assert "disabled" in page

    ours, theirs, unseen = row_ids("08")
    chosen = {"name": name, "trigger_word": "GUIDE, THE GUIDE", "match_mode": "word"}
    for account in (theirs, unseen):  # another agency's, and another client's
        refused = served.post(
            f"{path}/edit", headers=headers, data=chosen | {"linkedin_account_id": str(account)}
        )
        assert refused.status_code == 422
    bad = served.post(
        f"{path}/edit", headers=headers, data=chosen | {"ends_at": "2026-13-01T00:00"}
    )
    assert "Write a day and a time" in bad.text
    chosen |= {"linkedin_account_id": str(ours), "ends_at": "2030-01-02T03:04"}
    assert served.post(f"{path}/edit", headers=headers, data=chosen).status_code == 303
    magnet = {"magnet_name": "The guide", "magnet_url": "javascript:alert(1)"}
    assert served.post(f"{path}/magnet", headers=headers, data=magnet).status_code == 422
    magnet["magnet_url"] = "https://example.com/guide.pdf"
    assert served.post(f"{path}/magnet", headers=headers, data=magnet).status_code == 303

    wrong = {"dm_template_step1": "Hi {{nickname}}"}
    refused = served.post(f"{path}/texts", headers=headers, data=wrong)
    assert refused.status_code == 422
    assert "There is no variable &#39;nickname&#39;" in refused.text
    looked = served.post(f"{path}/texts", headers=headers, data=wrong | {"look": "1"})
    assert (looked.status_code, "there is no variable" in looked.text) == (200, True)
    texts = {"dm_template_step1": "Hi {{first_name|there}}", "reminder_template": "Still?"}
    assert served.post(f"{path}/texts", headers=headers, data=texts).status_code == 303
    posted = served.post(f"{path}/post", headers=headers, data={"content": "Comment GUIDE"})
    assert posted.status_code == 303
    ((kept),) = world.sql(
        "select c.agency_id, c.ends_at::text, c.settings, m.name, p.content, p.id, p.status"
        " from campaign as c join lead_magnet as m on m.id = c.lead_magnet_id"
        " join post as p on p.campaign_id = c.id where c.name = %(name)s",
        name=name,
    )
    assert kept[0] == NORTHWIND
    assert kept[1].startswith("2030-01-02 03:04")
    assert kept[2:5] == ({"reminder_template": "Still?"}, "The guide", "Comment GUIDE")
    at = {"when": "2031-02-03T04:05", "next": path}
    refused = served.post(f"/revos/posts/{kept[5]}/publish", headers=headers, data=at)
    assert (refused.status_code, "account" in refused.text) == (409, True)  # it is restricted
    page = served.get(path, headers=headers).text
    assert f'href="/revos/accounts/{ours}">Mend it' in page
    for other in (sign_in(OTHER), sign_in("client@foreign.example")):
        for end in ("", "/edit", "/texts", "/post", "/live"):
            assert served.get(f"{path}{end}", headers=other).status_code in {403, 404}
    world.sql("delete from campaign where name = %(name)s", name=name)  # others count them


def test_a_member_changes_a_campaign_and_starts_none(
    served: Client, sign_in: SignIn, world: World
) -> None:
    path, columns = f"{CAMPAIGNS}/{campaign_id(1)}", "status, dm_template_step1, dm_template_step2"
    asked = f"update campaign set ({columns}) = (%(status)s, %(first)s, %(then)s) where id = %(id)s"
    (kept,) = world.sql(f"select {columns} from campaign where id = %(id)s", id=campaign_id(1))
    say = "Where to, {{email}}?"
    world.sql(asked, status="draft", first=say, then=say, id=campaign_id(1))
    member = sign_in(MEMBER)
    page = served.get(path, headers=member).text
    assert ("Edit</a>" in page, "Activate" in page) == (True, False)
    for deed in ("active", "completed"):
        refused = served.post(f"{path}/state", headers=member, data={"state": deed})
        assert (refused.status_code, "campaign: publish" in refused.text) == (403, True)
    page = served.get(path, headers=sign_in(OWNER)).text
    assert "Activate" in page
    assert "The first message: email is not known of everybody" in page
    assert "The confirmation: " not in page  # who gets it gave an address
    world.sql(asked, status=kept[0], first=kept[1], then=kept[2], id=campaign_id(1))


def test_a_completed_campaign_shows_the_numbers_that_were_kept(
    served: Client, sign_in: SignIn, world: World
) -> None:
    numbers = (904, 612, 611, 400, 322, 322, 250, 1)
    kept = dict(zip((each.name for each in fields(Funnel)), numbers, strict=True))
    world.sql(
        "update campaign set metrics = jsonb_build_object('funnel', %(kept)s::jsonb)"
        " where id = %(id)s",
        kept=json.dumps(kept), id=campaign_id(6),
    )  # fmt: skip
    page = served.get(f"{CAMPAIGNS}/{campaign_id(6)}", headers=sign_in(OWNER)).text
    assert "As kept when it was completed" in page
    assert re.findall(r"<strong>([\d,]+)</strong>", page) == [
        "904", "612", "611", "400", "322", "322", "250"
    ]  # fmt: skip
    assert "68 %" in page


def test_a_step_of_a_funnel_is_a_part_of_the_one_before() -> None:
    found = steps(Funnel(0, 4, 2, 3, 0, 0, 0, 1))
    assert [each.percent for each in found] == [None, None, 50, None, 0, None, None]


@pytest.mark.parametrize(
    ("name", "template", "known", "unknown", "findings"),
    [
        ("dm_template_step1", "Hi {{first_name|there}}", "Hi Maria", "Hi there", []),
        ("dm_template_step1", "Hi {{first_name}}", "Hi Maria", None, ["no_fallback"]),
        ("dm_template_step1", "{{nickname}}", "{{nickname}}", None, ["unknown_variable"]),
        ("dm_template_step1", "{{magnet_name}}", "The playbook", "The playbook", []),
        ("dm_template_step1", "to {{email}}", "to maria@northwind.com", None, ["no_fallback"]),
        (
            "dm_template_step2",
            "to {{email}}",
            "to maria@northwind.com",
            "to maria@northwind.com",
            [],
        ),
        ("post_template", "{{first_name}}", "{{first_name}}", None, ["unknown_variable"]),
        ("dm_template_step1", "Hi {{first_name", "Hi {{first_name", None, ["malformed"]),
    ],
)
def test_a_preview_says_what_two_people_get(
    name: str, template: str, known: str, unknown: str | None, findings: list[str]
) -> None:
    shown = previewed(BY_NAME[name], template, CAMPAIGN)
    assert (shown.known, shown.unknown) == (known, unknown)
    assert [each.trouble.value for each in shown.findings] == findings
    assert (shown.why_not is None) == (unknown is not None)


def test_a_lead_is_told_from_the_comment_on_and_markup_stays_text(
    served: Client, sign_in: SignIn, world: World
) -> None:
    world.sql(
        "update comment set content = content || '<script>x</script>' where id = %(id)s",
        id=row_ids("0a")[0],
    )
    page = served.get(f"/revos/leads/{lead_id(4)}", headers=sign_in(MEMBER)).text
    happened = re.findall(r'<strong class="font-medium">([^<]+)</strong>', page)
    assert set(happened) >= {
        "Became a lead", "Commented", "Read", "Invitation", "First message", "Wrote back",
        "Written by hand", "Webhook",
    }  # fmt: skip
    assert "&lt;script&gt;x" in page
    assert "a question" in page
    assert "FOREIGN" not in page
    talk = served.get(f"/revos/inbox/{row_ids('0c')[0]}", headers=sign_in(MEMBER)).text
    assert "Ours inbound words" in talk
    assert "Nobody answers from here" in talk


def test_who_may_only_read_a_client_is_told_so(
    served: Client, sign_in: SignIn, world: World
) -> None:
    headers = sign_in("member@northwind.example")
    world.sql("update member_client_access set permission = 'read' where kind = 'member'")
    try:
        for path, sent in (
            (f"{CAMPAIGNS}/{campaign_id(1)}/texts", {"dm_template_step1": "Taken"}),
            (f"{CAMPAIGNS}/{campaign_id(1)}/post", {"content": "Taken"}),
            (f"/revos/leads/{lead_id(4)}/notes", {"notes": "Taken"}),
        ):
            refused = served.post(path, headers=headers, data=sent)
            assert refused.status_code == 403, path
            assert "read this client&#39;s rows and change none" in refused.text
    finally:
        world.sql("update member_client_access set permission = 'write' where kind = 'member'")
    assert world.sql("select count(*) from post where content = 'Taken'") == [(0,)]


def test_an_account_is_added_and_its_hours_and_caps_changed(
    served: Client, sign_in: SignIn
) -> None:
    headers, name = sign_in(OWNER), f"Account {uuid4().hex}"
    new = {"client_id": str(client_id(2)), "name": name, "timezone": "Mars/Olympus"}
    refused = served.post("/revos/accounts/new", headers=headers, data=new)
    assert (refused.status_code, "no such time zone" in refused.text) == (422, True)
    new["timezone"] = "UTC"
    path = served.post("/revos/accounts/new", headers=headers, data=new).headers["location"]
    page = served.get(path, headers=headers).text
    assert "It is not linked yet" in page
    assert "0 of 10 (later 50)" in page  # a fifth of its cap on the first day
    changed = {
        "name": name, "timezone": "UTC", "work_starts_at": "10:00", "work_ends_at": "09:00",
        "daily_dm_cap": "5", "daily_invitation_cap": "4", "weekly_invitation_cap": "20",
        "daily_comment_cap": "3", "daily_reaction_cap": "2", "daily_post_cap": "1",
    }  # fmt: skip
    refused = served.post(f"{path}/edit", headers=headers, data=changed)
    assert (refused.status_code, "ends before it begins" in refused.text) == (422, True)
    changed["work_ends_at"] = "18:00"
    many = served.post(f"{path}/edit", headers=headers, data=changed | {"daily_dm_cap": "many"})
    assert (many.status_code, "Write a number" in many.text) == (422, True)
    assert served.post(f"{path}/edit", headers=headers, data=changed).status_code == 303
    assert "0 of 1 (later 5)" in served.get(path, headers=headers).text
    assert served.post(f"{path}/connect", headers=headers).status_code == 503  # no provider here
    assert served.post(f"{path}/edit", headers=sign_in(OTHER), data=changed).status_code == 404


def test_an_account_is_linked_on_the_providers_own_page(sign_in: SignIn, world: World) -> None:
    provider = Running()
    provider.start()
    try:
        unipile = Unipile.from_environment(provider.settings())
        app = build_app(world.url, settings=Settings(world.keys, unipile=unipile))
        new = {"client_id": str(client_id(2)), "name": uuid4().hex, "timezone": "UTC"}
        with TestClient(app) as served:
            served.follow_redirects = False
            made = served.post("/revos/accounts/new", headers=sign_in(OWNER), data=new)
            path = f"{made.headers['location']}/connect"
            shown = served.post(path, headers=sign_in(OWNER))
            other = served.post(path, headers=sign_in(OTHER))
            client = served.post(path, headers=sign_in("client@northwind.example"))
    finally:
        provider.stop()
    assert shown.status_code == 200, shown.text
    (address,) = re.findall(r'href="([^"]+)"[^>]*>Go to the sign-in page', shown.text)
    assert address.startswith(provider.address)
    assert [other.status_code, client.status_code] == [404, 403]


def test_a_pod_is_made_filled_and_left(served: Client, sign_in: SignIn, world: World) -> None:
    headers, name = sign_in(OWNER), f"Pod {uuid4().hex}"
    new = {"client_id": str(client_id(2)), "name": name, "mode": "auto", "min_members": "0"}
    assert served.post("/revos/pods/new", headers=headers, data=new).status_code == 422
    new["min_members"] = "2"
    path = served.post("/revos/pods/new", headers=headers, data=new).headers["location"]
    assert "It has 0 of the 2 members" in served.get(path, headers=headers).text
    ours, theirs, unseen = row_ids("08")
    for account in (theirs, unseen, "x"):
        refused = served.post(f"{path}/members", headers=headers, data={"account": str(account)})
        assert refused.status_code == 422
    added = served.post(f"{path}/members", headers=headers, data={"account": str(ours)})
    assert added.status_code == 303
    assert served.post(f"{path}/consent", headers=headers, data={"consents": "yes"}).is_redirect
    nobody = served.post(f"{path}/consent", headers=sign_in("admin@northwind.example"))
    assert nobody.status_code == 404  # who is no member consents to nothing
    page = served.get(path, headers=headers).text
    assert "Likes are made for you without asking." in page
    (member,) = re.findall(rf"{path}/members/([0-9a-f-]+)/remove", page)
    other = served.post(f"{path}/members/{member}/remove", headers=sign_in(OTHER))
    assert other.status_code == 404
    assert served.post(f"{path}/members/{member}/remove", headers=headers).status_code == 303
    kept = world.sql(
        "select m.status, m.consented_at from pod_member as m join pod as d on d.id = m.pod_id"
        " where d.name = %(name)s",
        name=name,
    )
    assert kept == [("removed", None)]


def test_an_endpoint_is_changed_replayed_and_deleted_unless_a_campaign_needs_it(
    served: Client, sign_in: SignIn, world: World
) -> None:
    headers, name = sign_in(OWNER), f"Endpoint {uuid4().hex}"
    wish = {"client_id": str(client_id(2)), "name": name, "kind": "custom",
            "url": "https://hooks.example.com/a", "credential": "", "list_id": ""}  # fmt: skip
    served.post("/revos/endpoints", headers=headers, data=wish)
    ((id_,),) = world.sql("select id from webhook_config where name = %(name)s", name=name)
    path = f"/revos/endpoints/{id_}"
    refused = served.post(
        path, headers=headers, data={"name": name, "url": "http://127.0.0.1/", "active": "yes"}
    )
    assert refused.status_code == 422
    off = {"name": name, "url": "https://hooks.example.com/b", "active": "no"}
    assert served.post(path, headers=sign_in(OTHER), data=off).status_code == 404
    assert served.post(path, headers=headers, data=off).status_code == 303
    asked = "select url, active from webhook_config where id = %(id)s"
    assert world.sql(asked, id=id_) == [("https://hooks.example.com/b", False)]
    assert served.post(path, headers=headers, data=off | {"active": "yes"}).status_code == 303
    assert world.sql(asked, id=id_)[0][1] is True

    told = served.post(f"{path}/test", headers=headers).headers["location"]
    world.sql(
        "update webhook_delivery set status = 'failed' where webhook_config_id = %(id)s", id=id_
    )
    replayed = served.post(f"{path}/replay", headers=headers)
    listed = served.get(replayed.headers["location"], headers=headers).text
    assert told in listed
    assert world.sql(
        "select status from webhook_delivery where webhook_config_id = %(id)s", id=id_
    ) == [("pending",)]

    named = "update campaign set webhook_config_id = %(id)s where id = %(campaign)s"
    world.sql(named, id=id_, campaign=campaign_id(1))
    refused = served.post(f"{path}/delete", headers=headers)
    assert (refused.status_code, "choose another there first" in refused.text) == (409, True)
    world.sql(named, id=None, campaign=campaign_id(1))
    assert served.post(f"{path}/delete", headers=headers).status_code == 303
    assert world.sql(asked, id=id_) == []


def test_what_a_delivery_told_is_shown_without_what_is_personal(
    served: Client, sign_in: SignIn, world: World
) -> None:
    ours = row_ids("10")[0]
    world.sql(
        "update webhook_delivery set payload = %(payload)s::jsonb where id = %(id)s", id=ours,
        payload='{"type": "lead.captured", "data": {"lead": {"email": "kim@acme.example"}}}',
    )  # fmt: skip
    page = served.get(f"/revos/webhooks/{ours}", headers=sign_in(OWNER)).text
    assert "lead.captured" in page
    assert "kim@acme" not in page


def test_jobs_are_retried_and_cancelled_by_staff_who_see_them_and_paused_by_operators(
    served: Client, sign_in: SignIn, world: World
) -> None:
    ours, foreign, unseen = row_ids("16")
    headers, member = sign_in(OWNER), sign_in(MEMBER)
    served.get("/revos", headers=headers)
    page = served.get("/jobs", headers=headers).text
    assert "Ours job" in page
    assert "FOREIGN" not in page
    assert "Unseen" not in served.get("/jobs", headers=member).text
    assert "answered 500" in served.get(f"/jobs/{ours}", headers=headers).text
    for who, whose in ((headers, foreign), (member, unseen)):
        assert served.post(f"/jobs/{whose}", headers=who, data={"do": "retry"}).status_code == 404
    assert served.post(f"/jobs/{ours}", headers=member, data={"do": "retry"}).status_code == 303
    again = served.post(f"/jobs/{ours}", headers=member, data={"do": "retry"})
    assert again.status_code == 409
    held = "select kind from app.job where id = %(id)s"
    assert world.sql(held, id=ours) == [("Ours job",)]
    assert "Cancel it" in served.get(f"/jobs/{ours}", headers=headers).text
    for kind in sorted(KINDS_OF_ROWS):
        world.sql("update app.job set kind = %(kind)s where id = %(id)s", id=ours, kind=kind)
        assert "Cancel it" not in served.get(f"/jobs/{ours}", headers=headers).text
        kept = served.post(f"/jobs/{ours}", headers=headers, data={"do": "cancel"})
        assert kept.status_code == 409, "the row of a write would only get a new job"
    world.sql("update app.job set kind = 'Ours job' where id = %(id)s", id=ours)
    assert served.post(f"/jobs/{ours}", headers=headers, data={"do": "cancel"}).status_code == 303
    assert world.sql(held, id=ours) == []
    dead = "select count(*) from app.job_archive where status = 'failed' and agency_id = %(id)s"
    retried = served.post(
        "/jobs/queues", headers=headers, data={"queue": "webhooks", "do": "retry"}
    )
    assert retried.status_code == 303
    assert world.sql(dead, id=NORTHWIND) == [(0,)]
    assert world.sql("select count(*) from app.job_archive where job_id = %(id)s", id=foreign) == [
        (1,)
    ]

    rest = {"queue": "webhooks", "do": "pause"}
    admin = sign_in("admin@northwind.example")
    assert served.post("/jobs/queues", headers=admin, data=rest).status_code == 404
    assert served.post("/jobs/queues", headers=headers, data=rest).status_code == 303
    assert "Paused" in served.get("/jobs/live", headers=headers).text
    served.post("/jobs/queues", headers=headers, data=rest | {"do": "resume"})
    assert world.sql("select count(*) from app.job_pause") == [(0,)]
    assert served.get("/jobs", headers=sign_in("client@northwind.example")).status_code == 403


def test_jobs_are_paged_to_the_last_one_by_state_and_kind(
    served: Client, sign_in: SignIn, world: World
) -> None:
    headers = sign_in(OWNER)
    for agency, most in ((NORTHWIND, 430), (FOREIGN, 40)):
        world.sql(
            "insert into app.job_archive (job_id, agency_id, app_context, queue, kind, payload,"
            " status, attempt, attempts_max, run_at, created_at)"
            " select app.uuid7(), %(agency)s, 'both', 'paged', 'revos.poll', '{}',"
            " (array['completed', 'failed'])[1 + i %% 2], 1, 5, now(), now()"
            " from generate_series(1, %(most)s) as i",
            agency=agency, most=most * 2,
        )  # fmt: skip
        world.sql(
            "insert into app.job (agency_id, queue, kind, run_at) select %(agency)s, 'paged',"
            " 'revos.poll', now() + (i - 20) * interval '1 hour' from generate_series(1, 30) as i",
            agency=agency,
        )
    expected = {"dead": 430, "done": 430, "waiting": 20, "scheduled": 10, "running": 0}
    for state, number in expected.items():
        path, seen = f"/jobs?status={state}&name=revos.poll", set[str]()
        while path:
            page = served.get(path, headers=headers).text
            found = set(re.findall(r'href="/jobs/([0-9a-f-]{36})"', page))
            assert not seen & found
            seen |= found
            following = re.search(r'rel="next" href="([^"]+)"', page)
            path = following[1].replace("&amp;", "&") if following else ""
        assert len(seen) == number
    of_all = served.get("/jobs?name=revos.poll&status=dead&status=done", headers=headers).text
    assert "1 to 25 of 860" in of_all
    assert "No jobs match" in served.get("/jobs?name=revos.write", headers=headers).text
    for table in ("job", "job_archive"):
        world.sql(f"delete from app.{table} where queue = 'paged'")


def test_every_kind_of_job_that_an_agency_has_can_be_chosen() -> None:
    engine = Engine(provider=None, keys=None, base_url="", mail=object())  # type: ignore[arg-type]
    of_platform = {"revos.beat", "revos.tick"}
    assert set(engine.registry().entries) - of_platform == KINDS - {ANNOUNCE, DELIVER}


def test_a_member_answers_what_their_pod_asks_and_nobody_else_does(
    served: Client, sign_in: SignIn, world: World
) -> None:
    path = f"/revos/pods/asked/{row_ids('13')[0]}"
    kept = "select status from pod_activity where id = %(id)s"
    before = world.sql(kept, id=row_ids("13")[0])
    for who in (OTHER, MEMBER):
        told = served.post(path, headers=sign_in(who), data={"answer": "done"})
        assert told.status_code in {403, 404}
    assert world.sql(kept, id=row_ids("13")[0]) == before
    told = served.post(path, headers=sign_in(OWNER), data={"answer": "done"})
    assert (told.status_code, told.headers["location"]) == (303, "/revos/pods")
    assert world.sql(kept, id=row_ids("13")[0]) != before
