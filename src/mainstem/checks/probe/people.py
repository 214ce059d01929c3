"""The two agencies that the probe invents, their people, and which rows each person may see.

Who may see what is worked out here from the data model alone, not from the policies: it is the
second opinion that they are compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from uuid import UUID

from mainstem.db.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS: Final = ("both", "audience", "revos", "mail", "persona")
ROLES: Final = ("owner", "admin", "manager", "member", "client")
EVERY_APP: Final = "*"


@dataclass(frozen=True)
class Agency:
    """One invented agency: two clients, and two people of each role."""

    name: str
    id: str
    clients: tuple[str, str]
    users: dict[str, tuple[str, str]]

    @property
    def people(self) -> tuple[str, ...]:
        """Whose own rows the probe makes: enough that each kind of person has some."""
        return (*self.users["owner"], self.users["member"][0], self.users["client"][0])


@dataclass(frozen=True)
class Person:
    """Somebody with claims, and how the probe uses them.

    Attributes:
        name: what kind of person this is.
        agency: where they belong.
        tenant: their claims, which the product's own function sets.
        has_plain_setting: False where the claims alone must do, as with a Supabase token.
        is_writer: whether writing is tried too; reading always is.
    """

    name: str
    agency: Agency
    tenant: Tenant
    has_plain_setting: bool = True
    is_writer: bool = False

    @property
    def title(self) -> str:
        """What findings call this person, with the agency."""
        return f"{self.name} of agency {self.agency.name}"

    def sees_app(self, app_context: str) -> bool:
        """Whether rows of that app show in the app this person uses."""
        return app_context == "both" or self.tenant.app_context in {app_context, EVERY_APP}

    def sees_client(self, client_id: str | None) -> bool:
        """Whether rows of that client show; None is the agency's own, for its staff only."""
        if self.tenant.client_ids is None:
            return True
        if client_id is None:
            return self.tenant.user_role != "client"
        return client_id in self._client_ids

    def sees_user(self, user_id: str | None) -> bool:
        """Whether rows of that person show, where rows belong to persons."""
        return user_id is not None and user_id == self._user_id

    @cached_property
    def _client_ids(self) -> frozenset[str]:
        return frozenset(map(str, self.tenant.client_ids or ()))

    @cached_property
    def _user_id(self) -> str:
        return str(self.tenant.user_id)


def people_of(agency: Agency) -> Iterator[Person]:
    """Everybody whose view of the rows differs, and some whose must not."""
    owner, second_owner = agency.users["owner"]
    for app in APPS:
        name = "an owner in no app" if app == "both" else f"an owner in the app {app}"
        yield Person(name, agency, _tenant(agency, owner, "owner", app=app), is_writer=True)
    everywhere = _tenant(agency, owner, "owner")
    yield Person("an owner", agency, everywhere, is_writer=True)
    yield Person("a second owner", agency, _tenant(agency, second_owner, "owner"))
    for role in ("admin", "manager"):
        yield Person(f"a {role}", agency, _tenant(agency, agency.users[role][0], role))
    for app in APPS[1:]:
        yield from _limited_people(agency, app)


def _limited_people(agency: Agency, app: str) -> Iterator[Person]:
    """Those who see some clients only, each in one app."""
    one, other = agency.clients
    member = agency.users["member"][0]
    guest, other_guest = agency.users["client"]
    granted = _tenant(agency, member, "member", clients=(one,), app=app)
    yield Person(f"a member in {app}", agency, granted, is_writer=True)
    yield Person(f"a member in {app} by claims alone", agency, granted, has_plain_setting=False)
    none = _tenant(agency, member, "member", clients=(), app=app)
    yield Person(f"a member in {app} without clients", agency, none)
    its_own = _tenant(agency, guest, "client", clients=(one,), app=app)
    yield Person(f"a client's person in {app}", agency, its_own, is_writer=True)
    its_own = _tenant(agency, other_guest, "client", clients=(other,), app=app)
    yield Person(f"another client's person in {app}", agency, its_own)


def _tenant(
    agency: Agency,
    user_id: str,
    user_role: str,
    *,
    clients: tuple[str, ...] | None = None,
    app: str = EVERY_APP,
) -> Tenant:
    visible = None if clients is None else frozenset(map(UUID, clients))
    return Tenant(UUID(agency.id), UUID(user_id), user_role, visible, app)
