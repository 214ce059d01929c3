"""How each destination takes a lead: a signed message, or calls of its own API.

Every call is safe to make again: contacts are created or updated by their e-mail address. None
brings back somebody who unsubscribed there. Contracts, as documented in November 2026: Kit API v4
(developers.kit.com), Mailchimp Marketing API 3.0 (mailchimp.com/developer), ActiveCampaign API v3
(developers.activecampaign.com), HubSpot CRM API 2026-03 (developers.hubspot.com).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from hashlib import md5
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

import msgspec

from mainstem.revos.webhooks.model import TEST, Answer, Destination, Json, Parcel, Request
from mainstem.revos.webhooks.signing import Signer, signed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    Send: TypeAlias = Callable[[Request], Awaitable[Answer]]

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
TAGS_MAX = 20
RESERVED_HEADERS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "user-agent",
     "accept-encoding", "webhook-id", "webhook-timestamp", "webhook-signature", "cookie"}
)  # fmt: skip
DEFAULT_URLS = {
    Destination.KIT: "https://api.kit.com",
    Destination.HUBSPOT: "https://api.hubapi.com",
    Destination.MAILCHIMP: "https://{center}.api.mailchimp.com",
}
HUBSPOT_VERSION = "2026-03"
_UNSUBSCRIBED = "2"


@dataclass(frozen=True, slots=True)
class Lead:
    """Of a lead, what mail systems keep."""

    email: str
    first_name: str
    last_name: str
    company: str
    title: str
    linkedin_url: str


async def deliver(
    send: Send, parcel: Parcel, kind: Destination, keys: list[Signer] | str, now: datetime
) -> Answer:
    """Make one attempt.

    Args:
        send: makes a request, within the endpoint's time.
        parcel: what is delivered.
        kind: the destination's.
        keys: what signs, or the credential at the destination's service.
        now: the time of the attempt.
    """
    if isinstance(keys, list):
        return await send(signed_request(parcel, keys, now))
    service = Service(send, parcel, keys)
    adapter = _ADAPTERS[kind]
    if parcel.event_type == TEST:
        return await adapter.probe(service)
    lead = _lead(parcel.payload)
    if lead is None:
        return Answer(error="the lead has no e-mail address")
    return await adapter.add(service, lead)


def signed_request(parcel: Parcel, signers: list[Signer], now: datetime) -> Request:
    """The message itself, under the delivery's id, which stays the same at every attempt."""
    body = msgspec.json.encode(parcel.payload)
    own = {
        str(name): str(value)
        for name, value in parcel.headers.items()
        if str(name).lower() not in RESERVED_HEADERS
    }
    headers = own | JSON | signed(signers, message_id=str(parcel.id), at=now, body=body)
    return Request("POST", parcel.url, body, headers)


def _lead(payload: Json) -> Lead | None:
    lead = payload.get("data", {}).get("lead") or {}
    if not lead.get("email"):
        return None
    names = ("email", "first_name", "last_name", "company", "title", "linkedin_url")
    return Lead(*(str(lead.get(name) or "") for name in names))


@dataclass(frozen=True)
class Service:
    """A destination's API with the credential for it."""

    send: Send
    parcel: Parcel
    credential: str = field(repr=False)

    @property
    def options(self) -> Json:
        """What the endpoint says about lists, tags and fields."""
        return self.parcel.options

    def tags(self) -> list[str]:
        """The tags that leads get."""
        found = self.options.get("tags") or []
        return [str(tag) for tag in found[:TAGS_MAX]]

    async def call(
        self, method: str, path: str, proof: dict[str, str], body: Json | None = None
    ) -> Answer:
        """Call the API, with the header that proves who calls."""
        url = self.parcel.url.rstrip("/") + path
        sent = msgspec.json.encode(body) if body is not None else b""
        return await self.send(Request(method, url, sent, JSON | proof))


async def _each(
    service: Service, proof: dict[str, str], calls: list[tuple[str, str, Json]]
) -> Answer:
    """Make calls one after another until one fails; the last answer, and how long all took."""
    spent_ms, answer = 0, Answer(error="nothing was called")
    for method, path, body in calls:
        answer = await service.call(method, path, proof, body)
        spent_ms += answer.duration_ms
        if not answer.is_success:
            break
    return Answer(answer.status, answer.body, answer.error, answer.retry_after_s, spent_ms)


class Kit:
    """Kit: a subscriber by address, then a form and tags by their ids."""

    async def add(self, service: Service, lead: Lead) -> Answer:
        """Create or update the subscriber."""
        fields = {
            str(name): value
            for name, value in (
                ("last_name", lead.last_name),
                ("company", lead.company),
                *(service.options.get("fields") or {}).items(),
            )
            if value
        }
        who: Json = {"email_address": lead.email}
        person = who | {"first_name": lead.first_name or None, "fields": fields}
        calls: list[tuple[str, str, Json]] = [("POST", "/v4/subscribers", person)]
        if form := service.options.get("form_id"):
            calls.append(("POST", f"/v4/forms/{_id(form)}/subscribers", who))
        calls += [("POST", f"/v4/tags/{_id(tag)}/subscribers", who) for tag in service.tags()]
        return await _each(service, self._proof(service), calls)

    async def probe(self, service: Service) -> Answer:
        """Ask whose key it is."""
        return await service.call("GET", "/v4/account", self._proof(service))

    def _proof(self, service: Service) -> dict[str, str]:
        return {"X-Kit-Api-Key": service.credential}


class Mailchimp:
    """Mailchimp: a member of a list by the hash of the address, then tags by name."""

    async def add(self, service: Service, lead: Lead) -> Answer:
        """Create or update the member; one who unsubscribed stays so."""
        place = f"/3.0/lists/{_id(service.options.get('list_id'))}/members/{_hashed(lead.email)}"
        status = "pending" if service.options.get("double_opt_in") else "subscribed"
        fields = {"FNAME": lead.first_name, "LNAME": lead.last_name}
        member: Json = {
            "email_address": lead.email,
            "status_if_new": status,
            "merge_fields": {name: value for name, value in fields.items() if value},
        }
        calls: list[tuple[str, str, Json]] = [
            ("PUT", f"{place}?skip_merge_validation=true", member)
        ]
        if tags := service.tags():
            named = {"tags": [{"name": tag, "status": "active"} for tag in tags]}
            calls.append(("POST", f"{place}/tags", named))
        return await _each(service, self._proof(service), calls)

    async def probe(self, service: Service) -> Answer:
        """Ask whether it is well."""
        return await service.call("GET", "/3.0/ping", self._proof(service))

    def _proof(self, service: Service) -> dict[str, str]:
        pair = base64.b64encode(f"mainstem:{service.credential}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


class ActiveCampaign:
    """ActiveCampaign: a contact by address; its id then stands in lists and tags."""

    async def add(self, service: Service, lead: Lead) -> Answer:
        """Create or update the contact, and put it on the list unless it left that list."""
        contact: Json = {
            "email": lead.email,
            "firstName": lead.first_name,
            "lastName": lead.last_name,
            "fieldValues": [
                {"field": str(name), "value": str(value)}
                for name, value in (service.options.get("fields") or {}).items()
            ],
        }
        synced = await self._call(service, "POST", "/api/3/contact/sync", {"contact": contact})
        if not synced.is_success:
            return synced
        contact_id = _found(synced.body, "contact", "id")
        if contact_id is None:
            return Answer(synced.status and 502, synced.body, "it named no contact")
        answer = await self._on_list(service, contact_id)
        for tag in service.tags() if answer.is_success else []:
            named = {"contactTag": {"contact": contact_id, "tag": tag}}
            answer = await self._call(service, "POST", "/api/3/contactTags", named)
            if not answer.is_success:
                break
        return answer

    async def _on_list(self, service: Service, contact_id: str) -> Answer:
        list_id = service.options.get("list_id")
        path = f"/api/3/contacts/{_id(contact_id)}/contactLists"
        known = await self._call(service, "GET", path)
        if list_id is None or not known.is_success:
            return known
        for each in _found(known.body, "contactLists") or []:
            is_it = isinstance(each, dict) and str(each.get("list")) == str(list_id)
            if is_it and str(each.get("status")) == _UNSUBSCRIBED:
                return known
        placed = {"contactList": {"list": list_id, "contact": contact_id, "status": 1}}
        return await self._call(service, "POST", "/api/3/contactLists", placed)

    async def probe(self, service: Service) -> Answer:
        """Ask whose token it is."""
        return await self._call(service, "GET", "/api/3/users/me")

    async def _call(
        self, service: Service, method: str, path: str, body: Json | None = None
    ) -> Answer:
        return await service.call(method, path, {"Api-Token": service.credential}, body)


class HubSpot:
    """HubSpot: a contact, created or updated by the address in one call."""

    async def add(self, service: Service, lead: Lead) -> Answer:
        """Create or update the contact; an answer that holds errors is a failure."""
        properties = {
            "email": lead.email,
            "firstname": lead.first_name,
            "lastname": lead.last_name,
            "company": lead.company,
            "jobtitle": lead.title,
            **{str(n): str(v) for n, v in (service.options.get("properties") or {}).items()},
        }
        contact = {
            "id": lead.email,
            "idProperty": "email",
            "properties": {name: value for name, value in properties.items() if value},
        }
        answer = await self._call(service, "POST", "/batch/upsert", {"inputs": [contact]})
        if answer.is_success and _found(answer.body, "errors"):
            return Answer(422, answer.body, "it kept no contact", duration_ms=answer.duration_ms)
        return answer

    async def probe(self, service: Service) -> Answer:
        """Read one contact, to see whether the token may."""
        return await self._call(service, "GET", "?limit=1")

    async def _call(
        self, service: Service, method: str, path: str, body: Json | None = None
    ) -> Answer:
        version = _id(service.options.get("version") or HUBSPOT_VERSION)
        where = f"/crm/objects/{version}/contacts{path}"
        proof = {"Authorization": f"Bearer {service.credential}"}
        return await service.call(method, where, proof, body)


_ADAPTERS: dict[Destination, Kit | Mailchimp | ActiveCampaign | HubSpot] = {
    Destination.KIT: Kit(),
    Destination.MAILCHIMP: Mailchimp(),
    Destination.ACTIVECAMPAIGN: ActiveCampaign(),
    Destination.HUBSPOT: HubSpot(),
}


def _id(value: object) -> str:
    """An id as a part of a path: whatever is in it, it leads nowhere else."""
    return quote(str(value), safe="")


def _hashed(address: str) -> str:
    return md5(address.lower().encode(), usedforsecurity=False).hexdigest()  # Mailchimp's own key


def _found(body: bytes, *names: str) -> Any:  # noqa: ANN401 - JSON of somebody else
    """A value of an answer, or None where it looks otherwise."""
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
