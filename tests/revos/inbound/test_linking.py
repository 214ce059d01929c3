"""Accounts are linked through the provider's own page: by a word of ours, which is good once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
from tests.core.conftest import PASSWORD, Town
from tests.migrations.people import insert

from mainstem.core.opaque import route_of
from mainstem.jobs import service_transaction
from mainstem.revos.inbound import store
from mainstem.revos.unipile import Account, AccountId
from mainstem.revos.unipile.model import AccountState

if TYPE_CHECKING:
    from uuid import UUID

    import pytest
    from tests.revos.inbound.conftest import Desk, House


def signed_in(
    desk: Desk,
    agency: int,
    role: str = "owner",
    *,
    clients: tuple[UUID, ...] = (),
    permission: str = "write",
) -> dict[str, str]:
    """What a person of an agency shows."""
    town = Town(desk.house.url, None)  # type: ignore[arg-type]
    member = town.member(desk.agencies[agency].id, role, clients=clients)
    desk.sql(
        "update member_client_access set permission = %s where user_id = %s", permission, member.id
    )
    answer = httpx.post(
        f"{desk.house.address}/auth/v1/token?grant_type=password",
        json={"email": member.email, "password": PASSWORD},
    )
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def ask_link(desk: Desk, account_id: UUID, headers: dict[str, str]) -> httpx.Response:
    address = f"{desk.house.address}/api/revos/accounts/{account_id}/link"
    return httpx.post(address, headers=headers)


def give_word(desk: Desk, account_id: UUID, word: str, *, age: timedelta = timedelta()) -> None:
    """A link that was asked for, whose word the test knows."""
    at = datetime.now(UTC) - age
    desk.sql(
        "insert into app.token_route (kind, token, agency_id, target_id, expires_at, created_at)"
        " select 'account_link', %s, agency_id, id, %s, %s from linkedin_account where id = %s",
        route_of(word), at + timedelta(hours=1), at, account_id,
    )  # fmt: skip


def tell(desk: Desk, word: str, account: str) -> None:
    told = {"status": "CREATION_SUCCESS", "account_id": account, "name": word}
    answer = httpx.post(
        f"{desk.house.address}/webhooks/unipile/linked", content=msgspec.json.encode(told)
    )
    assert (answer.status_code, answer.json()) == (200, {"outcome": "received"})


def account_row(desk: Desk, account_id: UUID) -> tuple[Any, ...]:
    return desk.sql(
        "select unipile_account_id, provider_person_id, status, warmup_started_on is not null"
        " from linkedin_account where id = %s",
        account_id,
    )[0]


def test_a_person_links_an_account(desk: Desk, house: House) -> None:
    mine = desk.add(None, desk.agencies[0])
    answer = ask_link(desk, mine, signed_in(desk, 0))
    assert answer.status_code == 200, answer.text
    url = answer.json()["url"]
    assert url.startswith(f"{house.sandbox.address}/sandbox/auth/")
    (page,) = [each for token, each in house.sandbox.links.items() if url.endswith(token)]
    assert page.name not in url
    known = desk.sql("select token from app.token_route where target_id = %s", mine)
    assert known == [(route_of(page.name),)], "only its hash is kept"
    before = len(house.sandbox.linked())
    done = httpx.post(url, data={"answer": "connect"}, follow_redirects=False)
    assert done.status_code == 303
    assert done.headers["location"].startswith(f"http://127.0.0.1:1/revos/accounts/{mine}")
    account = house.sandbox.linked()[before]
    tell(desk, page.name, account.id)
    desk.handle()
    assert account_row(desk, mine) == (account.id, account.person.id, "active", True)
    assert desk.events(desk.agencies[0]) == [("account_linked", "processed")]
    assert desk.events(desk.agencies[1]) == []


def test_a_word_is_good_once_and_for_an_hour(desk: Desk, house: House) -> None:
    mine = desk.add(None, desk.agencies[0])
    fresh = house.control("POST", "accounts")["id"]
    give_word(desk, mine, "late", age=timedelta(hours=2))
    for word in ("never made", "late"):
        tell(desk, word, fresh)
    assert [reason for reason, _, _ in desk.strays()] == ["unknown_link", "unknown_link"]
    assert "late" not in repr(desk.strays()), "words are not kept"
    give_word(desk, mine, "good")
    tell(desk, "good", fresh)
    tell(desk, "good", desk.accounts[1][1]["id"])
    desk.handle()
    assert account_row(desk, mine)[0] == fresh
    assert len(desk.strays()) == 3


def test_a_word_does_not_take_over_an_account_of_another_agency(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    del monkeypatch
    victim = desk.accounts[1][1]["id"]
    house.sandbox.account(victim).created_at -= timedelta(days=1)
    mine = desk.add(None, desk.agencies[0])
    give_word(desk, mine, "forger's own")
    tell(desk, "forger's own", victim)
    desk.handle()
    assert account_row(desk, mine)[::2] == (None, "connecting")
    found = desk.sql(
        "select outcome, error_message from unipile_webhook_log where linkedin_account_id = %s",
        mine,
    )
    assert found[0][0] == "failed"
    assert "older than the link" in found[0][1]
    assert desk.events(desk.agencies[1]) == []


def test_an_account_is_linked_again(desk: Desk, house: House) -> None:
    mine, account = desk.accounts[0]
    house.sandbox.account(account["id"]).created_at -= timedelta(days=1)
    desk.sql("update linkedin_account set status = 'expired' where id = %s", mine)
    give_word(desk, mine, "again")
    tell(desk, "again", account["id"])
    desk.handle()
    assert account_row(desk, mine)[::2] == (account["id"], "active")


def test_two_rows_of_an_agency_are_not_the_same_account(desk: Desk) -> None:
    second = desk.add(None, desk.agencies[0])
    give_word(desk, second, "twice")
    tell(desk, "twice", desk.accounts[0][1]["id"])
    desk.handle()
    assert account_row(desk, second)[0] is None
    assert desk.events(desk.agencies[0]) == [("account_linked", "failed")]


def test_an_account_stays_its_person_who_is_linked_once(desk: Desk, house: House) -> None:
    (mine, before), (theirs, _) = desk.accounts
    old = house.sandbox.account(before["id"])
    talks = [talk(desk, number, account) for number, account in enumerate((mine, theirs))]
    desk.sql("update linkedin_account set provider_person_id = %s where id = %s",
             old.person.id, mine)  # fmt: skip
    stranger = house.control("POST", "accounts")["id"]
    give_word(desk, mine, "a stranger signs in")
    tell(desk, "a stranger signs in", stranger)
    desk.handle()
    assert account_row(desk, mine)[:2] == (old.id, old.person.id)
    # Deleted at the provider and signed in anew, it has another name there, and its chats too.
    anew = house.sandbox.account(house.control("POST", "accounts")["id"])
    anew.person = old.person
    second = desk.add(None, desk.agencies[0])
    for word, account_id in (("a second row", second), ("the same row", mine)):
        give_word(desk, account_id, word)
        tell(desk, word, anew.id)
        desk.handle()
    assert account_row(desk, second)[:2] == (None, None)
    assert account_row(desk, mine)[:3] == (anew.id, old.person.id, "active")
    chats = "select provider_chat_id from dm_sequence where id = any (%s) order by id"
    assert desk.sql(chats, talks) == [(None,), ("chat of 1",)]


def test_whose_account_it_is_stays_known_where_the_provider_does_not_say_it_again(
    desk: Desk,
) -> None:
    (mine, account), (theirs, _) = desk.accounts
    told = "select provider_person_id, inbox_cursor from linkedin_account where id = %s"
    desk.sql("update linkedin_account set provider_person_id = 'ACoTom', inbox_cursor = 'there'")
    for name in (account["id"], "another name at the provider"):
        again = Account(id=AccountId(name), network="LINKEDIN", name="Tom",
                        state=AccountState.CONNECTED, status="OK")  # fmt: skip
        with service_transaction(desk.connection):
            store.link_account(
                desk.connection, desk.agencies[0].id, mine, again, dialect="v1",
                at=datetime.now(UTC),
            )  # fmt: skip
        assert desk.sql(told, mine) == [("ACoTom", "there" if name == account["id"] else None)]
    assert desk.sql(told, theirs) == [("ACoTom", "there")]


def talk(desk: Desk, number: int, account_id: UUID) -> UUID:
    """A sequence of an agency, in a chat that is known."""
    agency = desk.agencies[number]
    common = {"agency_id": agency.id, "client_id": agency.client_id}
    campaign = insert(desk.connection, "campaign", **common, name="Spring", trigger_word="GUIDE")
    lead = insert(
        desk.connection, "lead", **common, campaign_id=campaign, linkedin_id=f"ACo{number}"
    )
    return insert(
        desk.connection, "dm_sequence", **common, campaign_id=campaign, lead_id=lead,
        linkedin_account_id=account_id, provider_chat_id=f"chat of {number}",
    )  # fmt: skip


def test_nobody_links_an_account_of_another_agency(desk: Desk) -> None:
    assert ask_link(desk, desk.accounts[0][0], {}).status_code == 401
    answer = ask_link(desk, desk.accounts[0][0], signed_in(desk, 1))
    assert answer.status_code == 404
    assert desk.sql("select count(*) from app.token_route where kind = 'account_link'"
                    " and target_id = %s", desk.accounts[0][0]) == [(0,)]  # fmt: skip


def test_who_may_only_look_at_a_client_links_nothing(desk: Desk) -> None:
    agency = desk.agencies[0]
    mine = desk.accounts[0][0]
    for permission, status in (("read", 403), ("write", 200)):
        shown = signed_in(desk, 0, "member", clients=(agency.client_id,), permission=permission)
        assert ask_link(desk, mine, shown).status_code == status


def test_an_account_that_the_provider_does_not_know(desk: Desk) -> None:
    mine = desk.add(None, desk.agencies[0])
    give_word(desk, mine, "ghost")
    tell(desk, "ghost", "nobody")
    desk.handle()
    assert account_row(desk, mine)[0] is None
    assert desk.events(desk.agencies[0]) == [("account_linked", "failed")]


def test_the_shared_client_outlives_event_loops(house: House) -> None:
    for _ in range(2):
        page = asyncio.run(house.shared.provider.accounts())
        assert page.items
