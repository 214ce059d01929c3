"""Each mail system's adapter against a receiver on this machine that speaks its contract."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from hashlib import md5
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web

from mainstem.db.tenant import tenant_transaction
from mainstem.revos.webhooks import Destination, NewEndpoint, endpoints

if TYPE_CHECKING:
    from tests.revos.webhooks.conftest import Agency, Town
    from tests.revos.webhooks.receiver import Got, Receiver

    from mainstem.core import Core

pytestmark = pytest.mark.anyio
KEY = "0123456789abcdef-us21"
EMAIL = "maria@example.com"


@dataclass
class Service:
    """A mail system: who is in it, in what lists and tags. It refuses what its contract refuses."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: set[tuple[str, str]] = field(default_factory=set)
    lists: dict[tuple[str, str], str] = field(default_factory=dict)

    def kit(self, got: Got) -> web.Response:
        if got.headers.get("x-kit-api-key") != KEY:
            return web.json_response({"errors": ["The API key is invalid"]}, status=401)
        match got.method, got.path.split("/")[1:]:
            case "GET", ["v4", "account"]:
                return web.json_response({"user": {"email": "owner@example.com"}})
            case "POST", ["v4", "subscribers"]:
                address = got.json["email_address"]
                is_new = address not in self.people
                self.people.setdefault(address, {}).update(got.json)
                body = {"subscriber": {"id": 1, "email_address": address, "state": "active"}}
                return web.json_response(body, status=201 if is_new else 200)
            case "POST", ["v4", "tags" | "forms" as kind, name, "subscribers"]:
                if got.json["email_address"] not in self.people or name == "404":
                    return web.json_response({"errors": ["Not Found"]}, status=404)
                self.tags.add((kind, name))
                return web.json_response({"subscriber": {"id": 1}}, status=201)
        return web.json_response({"errors": ["Not Found"]}, status=404)

    def mailchimp(self, got: Got) -> web.Response:
        name, _, key = base64.b64decode(got.headers["authorization"][6:]).decode().partition(":")
        if not name or key != KEY:
            return web.json_response({"title": "API Key Invalid"}, status=401)
        hashed = md5(EMAIL.encode(), usedforsecurity=False).hexdigest()
        match got.method, got.path.split("/")[1:]:
            case "GET", ["3.0", "ping"]:
                return web.json_response({"health_status": "Everything's Chimpy!"})
            case "PUT", ["3.0", "lists", "a1b2c3", "members", member] if member == hashed:
                assert got.request.query["skip_merge_validation"] == "true"
                known = self.people.setdefault(member, {"status": got.json["status_if_new"]})
                known.update(got.json["merge_fields"])
                return web.json_response({"id": member, "status": known["status"]})
            case "POST", ["3.0", "lists", "a1b2c3", "members", member, "tags"]:
                for tag in got.json["tags"]:
                    assert tag["status"] == "active"
                    self.tags.add((member, tag["name"]))
                return web.Response(status=204)
        return web.json_response({"title": "Resource Not Found"}, status=404)

    def activecampaign(self, got: Got) -> web.Response:  # noqa: PLR0911 - one for each call
        if got.headers.get("api-token") != KEY:
            return web.json_response({"message": "Forbidden"}, status=403)
        match got.method, got.path.split("/")[1:]:
            case "GET", ["api", "3", "users", "me"]:
                return web.json_response({"user": {"id": "1"}})
            case "POST", ["api", "3", "contact", "sync"]:
                contact = got.json["contact"]
                self.people.setdefault(contact["email"], {}).update(contact)
                return web.json_response(
                    {"contact": {"id": "113", "email": contact["email"]}}, status=201
                )
            case "GET", ["api", "3", "contacts", "113", "contactLists"]:
                found = [{"list": of, "status": s} for (_, of), s in self.lists.items()]
                return web.json_response({"contactLists": found})
            case "POST", ["api", "3", "contactLists"]:
                placed = got.json["contactList"]
                self.lists[placed["contact"], str(placed["list"])] = str(placed["status"])
                return web.json_response({"contactList": placed}, status=201)
            case "POST", ["api", "3", "contactTags"]:
                named = got.json["contactTag"]
                self.tags.add((named["contact"], named["tag"]))
                return web.json_response({"contactTag": named}, status=201)
        return web.json_response({"message": "No Result found"}, status=404)

    def hubspot(self, got: Got) -> web.Response:
        if got.headers.get("authorization") != f"Bearer {KEY}":
            return web.json_response({"category": "INVALID_AUTHENTICATION"}, status=401)
        match got.method, got.path:
            case "GET", "/crm/objects/2026-03/contacts":
                return web.json_response({"results": []})
            case "POST", "/crm/objects/2026-03/contacts/batch/upsert":
                [contact] = got.json["inputs"]
                assert contact["idProperty"] == "email"
                assert contact["id"] == contact["properties"]["email"]
                if "nonsense" in contact["properties"]:
                    body = {"status": "COMPLETE", "results": [], "numErrors": 1,
                            "errors": [{"message": "no such property"}]}  # fmt: skip
                    return web.json_response(body, status=207)
                self.people.setdefault(contact["id"], {}).update(contact["properties"])
                return web.json_response({"status": "COMPLETE", "results": [{"id": "1"}]})
        return web.json_response({"status": "error"}, status=404)


@pytest.fixture
def service() -> Service:
    return Service()


async def connected(
    core: Core, agency: Agency, receiver: Receiver, room: str, service: Service,
    kind: Destination, options: dict[str, object] | None = None, *, key: str = KEY,
) -> None:  # fmt: skip
    receiver.answers[room] = getattr(service, kind.value)
    wish = NewEndpoint(
        client_id=agency.client_id, name=uuid4().hex, url=receiver.url(room), kind=kind,
        credential=key, options=options or {},
    )  # fmt: skip
    made = await endpoints.create(core, agency.tenant(), wish, allow_loopback=True)
    assert made.secret is None, "a credential is known to whoever gave it"


OPTIONS: dict[Destination, dict[str, object]] = {
    Destination.KIT: {"tags": ["175", "176"], "form_id": "9", "fields": {"magnet": "guide"}},
    Destination.MAILCHIMP: {"list_id": "a1b2c3", "tags": ["guide"]},
    Destination.ACTIVECAMPAIGN: {"list_id": "2", "tags": ["20"], "fields": {"1": "guide"}},
    Destination.HUBSPOT: {"properties": {"lifecyclestage": "lead"}},
}


@pytest.mark.parametrize("kind", OPTIONS)
async def test_a_lead_is_kept_once_however_often_it_is_delivered(
    core: Core, town: Town, receiver: Receiver, room: str, service: Service, kind: Destination
) -> None:
    agency = town.agency()
    await connected(core, agency, receiver, room, service, kind, OPTIONS[kind])
    town.tell(agency, town.lead(agency, email=EMAIL))
    await town.work()
    assert town.delivery(agency)["status"] == "success", town.delivery(agency)
    first = json.dumps([service.people, sorted(service.tags), sorted(service.lists.items())])
    assert "Maria" in first
    assert "Keller" in first
    await endpoints.replay(core, agency.tenant(), UUID(town.delivery(agency)["id"]))
    await town.work()
    assert (
        json.dumps([service.people, sorted(service.tags), sorted(service.lists.items())]) == first
    )
    assert len(service.people) == 1
    assert all(KEY not in got.path for got in receiver.of(room))


async def test_tags_lists_and_fields_are_set(
    core: Core, town: Town, receiver: Receiver, service: Service
) -> None:
    for kind, wanted in (
        (Destination.KIT, {("tags", "175"), ("tags", "176"), ("forms", "9")}),
        (
            Destination.MAILCHIMP,
            {(md5(EMAIL.encode(), usedforsecurity=False).hexdigest(), "guide")},
        ),
        (Destination.ACTIVECAMPAIGN, {("113", "20")}),
    ):
        agency, room = town.agency(), uuid4().hex
        service.tags.clear()
        await connected(core, agency, receiver, room, service, kind, OPTIONS[kind])
        town.tell(agency, town.lead(agency, email=EMAIL))
        await town.work()
        assert service.tags == wanted
    assert service.lists == {("113", "2"): "1"}
    assert service.people[EMAIL]["fields"] == {"last_name": "Keller", "magnet": "guide"}
    assert service.people[EMAIL]["fieldValues"] == [{"field": "1", "value": "guide"}]


@pytest.mark.parametrize("kind", OPTIONS)
async def test_a_test_asks_for_the_credential_and_adds_nobody(
    core: Core, town: Town, receiver: Receiver, room: str, service: Service, kind: Destination
) -> None:
    agency = town.agency()
    await connected(core, agency, receiver, room, service, kind, OPTIONS[kind])
    await endpoints.send_test(core, agency.tenant(), UUID(town.endpoint(agency)["id"]))
    await town.work()
    assert town.delivery(agency)["status"] == "success"
    assert service.people == {}


@pytest.mark.parametrize("kind", OPTIONS)
async def test_a_wrong_credential_is_a_failure_that_shows_it_nowhere(
    core: Core, town: Town, receiver: Receiver, room: str, service: Service, kind: Destination
) -> None:
    agency = town.agency()
    await connected(
        core, agency, receiver, room, service, kind, OPTIONS[kind], key="wrong-0123-us21"
    )
    town.tell(agency, town.lead(agency, email=EMAIL))
    await town.work()
    delivery = town.delivery(agency)
    assert (delivery["status"], delivery["status_code"]) in {("pending", 401), ("pending", 403)}
    assert "wrong-0123" not in json.dumps(delivery)
    await endpoints.rotate(core, agency.tenant(), UUID(town.endpoint(agency)["id"]), credential=KEY)
    town.due(agency)
    await town.work()
    assert town.delivery(agency)["status"] == "success"


@pytest.mark.parametrize("kind", OPTIONS)
async def test_a_credential_goes_nowhere_but_where_it_was_given_for(
    core: Core, town: Town, receiver: Receiver, room: str, service: Service, kind: Destination
) -> None:
    agency = town.agency()
    await connected(core, agency, receiver, room, service, kind, OPTIONS[kind])
    elsewhere = receiver.url(f"{room}x").replace("127.0.0.1", "localhost")
    receiver.answers[f"{room}x"] = getattr(service, kind.value)
    with tenant_transaction(town.connection, agency.tenant()) as open_:
        open_.execute("update webhook_config set url = %s", (elsewhere,))
    town.tell(agency, town.lead(agency, email=EMAIL))
    await town.work()
    delivery = town.delivery(agency)
    assert (delivery["status"], delivery["status_code"]) == ("failed", None)
    assert "given for another address" in delivery["error_message"]
    assert receiver.of(f"{room}x") == []
    await endpoints.rotate(core, agency.tenant(), UUID(town.endpoint(agency)["id"]), credential=KEY)
    await endpoints.replay(core, agency.tenant(), UUID(delivery["id"]))
    await town.work()
    assert town.delivery(agency)["status"] == "success"


async def test_what_signs_is_no_credential(
    core: Core, town: Town, receiver: Receiver, room: str, service: Service
) -> None:
    agency = town.agency()
    wish = NewEndpoint(client_id=agency.client_id, name=room, url=receiver.url(room))
    await endpoints.create(core, agency.tenant(), wish, allow_loopback=True)
    receiver.answers[room] = service.kit
    with tenant_transaction(town.connection, agency.tenant()) as open_:
        open_.execute("update webhook_config set esp_type = 'kit'")
    town.tell(agency, town.lead(agency, email=EMAIL))
    await town.work()
    assert town.delivery(agency)["status"] == "failed"
    assert receiver.of(room) == []


async def test_who_unsubscribed_there_stays_unsubscribed(
    core: Core, town: Town, receiver: Receiver, service: Service
) -> None:
    hashed = md5(EMAIL.encode(), usedforsecurity=False).hexdigest()
    service.people[hashed] = {"status": "unsubscribed"}
    service.lists["113", "2"] = "2"
    for kind in (Destination.MAILCHIMP, Destination.ACTIVECAMPAIGN):
        agency, room = town.agency(), uuid4().hex
        await connected(core, agency, receiver, room, service, kind, OPTIONS[kind])
        town.tell(agency, town.lead(agency, email=EMAIL))
        await town.work()
        assert town.delivery(agency)["status"] == "success"
    assert service.people[hashed]["status"] == "unsubscribed"
    assert service.lists == {("113", "2"): "2"}


async def test_an_answer_with_errors_in_it_or_a_missing_tag_is_a_failure(
    core: Core, town: Town, receiver: Receiver, service: Service
) -> None:
    cases: tuple[tuple[Destination, dict[str, object], int], ...] = (
        (Destination.HUBSPOT, {"properties": {"nonsense": "x"}}, 422),
        (Destination.KIT, {"tags": ["404"]}, 404),
        (Destination.MAILCHIMP, {"list_id": "../../root"}, 404),
    )
    for kind, options, code in cases:
        agency, room = town.agency(), uuid4().hex
        await connected(core, agency, receiver, room, service, kind, options)
        town.tell(agency, town.lead(agency, email=EMAIL))
        await town.work()
        delivery = town.delivery(agency)
        assert (delivery["status"], delivery["status_code"]) == ("pending", code)


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"contact": 3}', b"\xff\xfe"])
async def test_an_answer_of_another_shape_ends_in_a_stored_state(
    core: Core, town: Town, receiver: Receiver, room: str, service: Service,
    kind: Destination, body: bytes,
) -> None:  # fmt: skip
    agency = town.agency()
    await connected(core, agency, receiver, room, service, kind, OPTIONS[kind])
    receiver.answers[room] = lambda _: web.Response(body=body)
    town.tell(agency, town.lead(agency, email=EMAIL))
    await town.work()
    wanted = "pending" if kind is Destination.ACTIVECAMPAIGN else "success"
    assert town.delivery(agency)["status"] == wanted


async def test_a_lead_without_an_address_is_told_as_such(
    core: Core, town: Town, receiver: Receiver, room: str, service: Service
) -> None:
    agency = town.agency()
    await connected(core, agency, receiver, room, service, Destination.HUBSPOT)
    town.tell(agency, town.lead(agency, email=None))
    await town.work()
    assert "no e-mail address" in town.delivery(agency)["error_message"]
    assert receiver.of(room) == []


async def test_the_addresses_of_known_services_need_not_be_given(core: Core, town: Town) -> None:
    for kind, options, url in (
        (Destination.KIT, {}, "https://api.kit.com"),
        (Destination.HUBSPOT, {}, "https://api.hubapi.com"),
        (Destination.MAILCHIMP, {"list_id": "1"}, "https://us21.api.mailchimp.com"),
    ):
        agency = town.agency()
        wish = NewEndpoint(
            client_id=agency.client_id, name="x", kind=kind, credential=KEY, options=options
        )
        made = await endpoints.create(core, agency.tenant(), wish)
        assert (await endpoints.shown(core, agency.tenant(), made.id)).url == url
