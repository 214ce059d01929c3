"""`/api` for people and agencies: who am I, which app, invitations, feature flags."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - structs are decoded by their annotations
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from mainstem.core import SessionUse, flags, invitations, providers, sessions
from mainstem.core.requests import CoreDependency
from mainstem.server.api_door import look, session_of, tenant_of
from mainstem.server.problem import RESPONSES

AnyRequest = Request[Any, Any, Any]
ID = "0197c2a4-8f00-7000-8000-000000000001"
App = Annotated[
    str, msgspec.Meta(description="both, audience, revos, mail, persona, or * for all of them")
]
Email = Annotated[str, msgspec.Meta(max_length=254, examples=["kim@agency.example"])]


class Me(msgspec.Struct, frozen=True):
    """Who is signed in, and where they are."""

    id: Annotated[UUID, msgspec.Meta(examples=[ID])]
    agency_id: Annotated[UUID, msgspec.Meta(examples=[ID])]
    email: Email
    role: Annotated[str, msgspec.Meta(examples=["manager"])]
    app: Annotated[str, msgspec.Meta(examples=["revos"])]
    client_id: UUID | None = None


class AppChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The app to switch to."""

    app: Annotated[App, msgspec.Meta(examples=["revos"])]


class ClientChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The client to look at; null is all that one sees."""

    client_id: Annotated[UUID | None, msgspec.Meta(examples=[ID])] = None


class NewInvitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite, as what."""

    email: Email
    role: Annotated[str, msgspec.Meta(examples=["member"])]
    client_ids: Annotated[list[UUID], msgspec.Meta(max_length=500, examples=[[ID]])] = []


class Invitation(msgspec.Struct, frozen=True):
    """An invitation; its link is in the letter only."""

    id: Annotated[UUID, msgspec.Meta(examples=[ID])]
    email: Email
    role: Annotated[str, msgspec.Meta(examples=["member"])]
    client_ids: list[UUID] = []
    expires_at: datetime | None = None
    created_at: datetime | None = None


class ProviderView(msgspec.Struct, frozen=True):
    """A provider of identities; its secret is not shown."""

    name: Annotated[str, msgspec.Meta(examples=["google"])]
    label: Annotated[str, msgspec.Meta(examples=["Google"])]
    issuer: Annotated[str, msgspec.Meta(examples=["https://accounts.google.com"])]
    client_id: Annotated[str, msgspec.Meta(examples=["1234.apps.example"])]
    is_enabled: bool


class ProviderChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a provider is. Without a secret the one that is there stays; a new issuer needs it."""

    label: Annotated[str, msgspec.Meta(max_length=80, examples=["Google"])]
    issuer: Annotated[str, msgspec.Meta(max_length=2000, examples=["https://accounts.google.com"])]
    client_id: Annotated[str, msgspec.Meta(max_length=500, examples=["1234.apps.example"])]
    client_secret: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    is_enabled: bool = True


class FlagView(msgspec.Struct, frozen=True):
    """A flag, and whether it is on for the one who asks."""

    key: Annotated[str, msgspec.Meta(examples=["new_editor"])]
    app: str
    is_enabled: bool
    percentage: Annotated[int, msgspec.Meta(ge=0, le=100, examples=[25])]
    description: str
    is_on: bool


class FlagChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a flag says."""

    is_enabled: bool
    app: Annotated[str, msgspec.Meta(examples=["both"])] = "both"
    percentage: Annotated[int, msgspec.Meta(ge=0, le=100, examples=[25])] = 100
    description: Annotated[str, msgspec.Meta(max_length=500)] = ""


@get("/session", summary="Who am I?", responses=RESPONSES)
async def who(request: AnyRequest) -> Me:
    """The person of the session, their role, the app and the client that they look at."""
    return _me(session_of(request))


@put("/session/app", summary="Switch the app", responses=RESPONSES)
async def switch_app(request: AnyRequest, core: CoreDependency, data: JSONBody[AppChoice]) -> Me:
    """Agency, client, session and open chats stay as they are."""
    await sessions.switch_app(core, session_of(request), data.app)
    await look(request)
    return _me(session_of(request))


@put("/session/client", summary="Choose a client", responses=RESPONSES)
async def choose_client(
    request: AnyRequest, core: CoreDependency, data: JSONBody[ClientChoice]
) -> Me:
    """Look at one client, or at all."""
    await sessions.choose_client(core, session_of(request), data.client_id)
    await look(request)
    return _me(session_of(request))


@get("/invitations", summary="Open invitations", responses=RESPONSES)
async def open_invitations(request: AnyRequest, core: CoreDependency) -> list[Invitation]:
    """Those of the agency that may still be accepted, the newest first; 500 at most."""
    tenant = tenant_of(request)
    return [
        Invitation(
            each.id, each.email, each.role, each.client_ids, each.expires_at, each.created_at
        )
        for each in await invitations.listed(core, tenant)
    ]


@post("/invitations", status_code=HTTP_201_CREATED, summary="Invite somebody", responses=RESPONSES)
async def invite(
    request: AnyRequest, core: CoreDependency, data: JSONBody[NewInvitation]
) -> Invitation:
    """Send a link that is good once, for seven days. An older one for the address ends."""
    tenant = tenant_of(request)
    made = await invitations.invite(
        core, tenant, email=data.email, role=data.role, client_ids=data.client_ids
    )
    return Invitation(made.id, data.email, data.role, list(data.client_ids))


@delete("/invitations/{invitation_id:uuid}", summary="Take an invitation back", responses=RESPONSES)
async def revoke(request: AnyRequest, core: CoreDependency, invitation_id: FromPath[UUID]) -> None:
    """Its link is good no more."""
    tenant = tenant_of(request)
    await invitations.revoke(core, tenant, invitation_id)


@get("/flags", summary="Feature flags", responses=RESPONSES)
async def list_flags(request: AnyRequest, core: CoreDependency) -> list[FlagView]:
    """The agency's flags; `is_on` is for the one who asks."""
    tenant = tenant_of(request)
    return [
        FlagView(
            each.key,
            each.app,
            each.is_enabled,
            each.percentage,
            each.description,
            flags.acts_for(each, tenant.user_id) and each.app in {"both", tenant.app_context},
        )
        for each in await flags.listed(core, tenant)
    ]


@put(
    "/flags/{key:str}",
    status_code=HTTP_200_OK,
    summary="Make or change a flag",
    responses=RESPONSES,
)
async def put_flag(
    request: AnyRequest, core: CoreDependency, key: FromPath[str], data: JSONBody[FlagChange]
) -> FlagView:
    """On for a share of the agency's people: raising the percentage adds some and takes none."""
    tenant = tenant_of(request)
    flag = flags.Flag(key, data.app, data.is_enabled, data.percentage, data.description)
    await flags.put(core, tenant, flag)
    return FlagView(
        *(flag.key, flag.app, flag.is_enabled, flag.percentage, flag.description),
        is_on=flags.acts_for(flag, tenant.user_id),
    )


@get("/providers", summary="Providers of identities", responses=RESPONSES)
async def list_providers(request: AnyRequest, core: CoreDependency) -> list[ProviderView]:
    """Those through which people of the agency may sign in."""
    found = await providers.listed(core, tenant_of(request))
    return [msgspec.convert(each, ProviderView, from_attributes=True) for each in found]


@put(
    "/providers/{provider:str}",
    status_code=HTTP_200_OK,
    summary="Make or change a provider",
    responses=RESPONSES,
)
async def put_provider(
    request: AnyRequest,
    core: CoreDependency,
    provider: FromPath[str],
    data: JSONBody[ProviderChange],
) -> ProviderView:
    """OpenID Connect, by an owner. Addresses call it `name@agency`."""
    wish = providers.Wish(
        provider, data.label, data.issuer, data.client_id, data.client_secret, data.is_enabled
    )
    kept = await providers.put(core, tenant_of(request), wish)
    return msgspec.convert(kept, ProviderView, from_attributes=True)


@delete("/providers/{provider:str}", summary="Take a provider away", responses=RESPONSES)
async def remove_provider(
    request: AnyRequest, core: CoreDependency, provider: FromPath[str]
) -> None:
    """Nobody comes in through it any more."""
    await providers.remove(core, tenant_of(request), provider)


def _me(session: SessionUse) -> Me:
    person = session.person
    return Me(
        person.id, person.agency_id, person.email, person.role, session.app_context,
        session.client_id,
    )  # fmt: skip


HANDLERS = [
    who, switch_app, choose_client, open_invitations, invite, revoke, list_flags, put_flag,
    list_providers, put_provider, remove_provider,
]  # fmt: skip
