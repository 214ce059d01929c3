"""Sessions: begun at sign-in under a fresh token, listed to their owner, ended at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mainstem.core import opaque, store, trail
from mainstem.core.model import Assurance, Origin, Person, SessionView, SignedIn
from mainstem.core.people import app_for, tenant_of
from mainstem.core.store import Id
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction
from mainstem.db.tenant import APP_CONTEXTS
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.model import KeyUse, SessionUse
    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection

#: a session that nobody uses ends after this time, and every one after the whole
IDLE = timedelta(days=30)
WHOLE = timedelta(days=180)
BROWSER, TOKEN = "browser", "token"
USER_AGENT_MAX = 300


async def begin(
    core: Core,
    connection: Connection,
    person: Person,
    *,
    assurance: Assurance,
    kind: str,
    origin: Origin,
    key: KeyUse | None = None,
) -> SignedIn:
    """Begin a session in the caller's transaction, under a token that did not exist before."""
    now, token = core.clock(), opaque.new_token()
    is_browser = kind == BROWSER
    app = app_for(person.role, key.app if key else "both")
    session_id = await store.add(
        connection,
        "add_session",
        user_id=person.id,
        kind=kind,
        token_hash=opaque.hash_of(token if is_browser else opaque.new_token()),
        assurance=assurance,
        app_context=app,
        client_id=None,
        api_key_id=key.id if key else None,
        user_agent=origin.user_agent[:USER_AGENT_MAX] or None,
        remote_address=origin.address or None,
        now=now,
        expires_at=now + IDLE,
    )
    if not is_browser:
        await add_refresh_token(core, connection, session_id, token, parent_id=None)
    await store.run(connection, "note_sign_in", user_id=person.id, now=now)
    await trail.note(connection, person, Action.SIGN_IN, reason=assurance, app=app)
    return SignedIn(person, session_id, assurance, token, now + IDLE)


async def add_refresh_token(
    core: Core, connection: Connection, session_id: UUID, token: str, *, parent_id: UUID | None
) -> None:
    """Keep the next refresh token of a session."""
    now = core.clock()
    await store.run(
        connection,
        "add_refresh_token",
        session_id=session_id,
        parent_id=parent_id,
        token_hash=opaque.hash_of(token),
        expires_at=now + IDLE,
        now=now,
    )


async def touch(core: Core, connection: Connection, session_id: UUID) -> None:
    """A session that is used lives on."""
    await store.run(
        connection, "touch_session",
        session_id=session_id, now=core.clock(), idle=IDLE, whole=WHOLE,
    )  # fmt: skip


async def listed(core: Core, person: Person) -> list[SessionView]:
    """The live sessions of a person, the one used last first."""
    async with service_transaction(core.pool) as connection:
        return await store.many(
            connection, SessionView, "live_sessions", user_id=person.id, now=core.clock()
        )


async def end(core: Core, person: Person, session_id: UUID, *, reason: str = "sign_out") -> bool:
    """End one session of the person's own; False where there is none of that id."""
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        ended = await store.one(
            connection, Id, "revoke_session",
            session_id=session_id, user_id=person.id, now=core.clock(), reason=reason,
        )  # fmt: skip
        if ended is not None:
            await trail.note(connection, person, Action.SIGN_OUT, reason=reason)
    return ended is not None


async def end_all(
    core: Core, person: Person, *, but: UUID | None = None, reason: str = "sign_out"
) -> int:
    """End every session of the person, or every other one; how many."""
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        return await end_all_in(core, connection, person, but=but, reason=reason)


async def end_all_in(
    core: Core, connection: Connection, person: Person, *, but: UUID | None, reason: str
) -> int:
    """The same in the caller's transaction."""
    ended = await store.many(
        connection, Id, "revoke_sessions",
        user_id=person.id, but=but, now=core.clock(), reason=reason,
    )  # fmt: skip
    if ended:
        await trail.note(connection, person, Action.SIGN_OUT, reason=reason)
    return len(ended)


async def switch_app(core: Core, session: SessionUse, app: str) -> None:
    """Move a session to another app; agency, client, token and everything else stay.

    Raises:
        RefusedError: there is no such app, or it is not for that role.
    """
    person = session.person
    if app not in APP_CONTEXTS or app_for(person.role, app) != app:
        raise RefusedError(
            "validation_failed", f"There is no app {app!r} for your role.", status=422
        )
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        switched = await store.one(
            connection, Id, "set_session_app",
            session_id=session.id, user_id=person.id, app_context=app,
        )  # fmt: skip
        if switched is None:
            raise gone()
        await trail.note(connection, person, Action.SWITCH_APP, app=app)


async def choose_client(core: Core, session: SessionUse, client_id: UUID | None) -> None:
    """Remember which client the person looks at; None is all that they see.

    Raises:
        RefusedError: they do not see that client.
    """
    person = session.person
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        if client_id is not None:
            found = await store.many(
                connection, Id, "clients_among",
                agency_id=person.agency_id, client_ids=[client_id],
            )  # fmt: skip
            is_seen = person.client_ids is None or client_id in person.client_ids
            if not found or not is_seen:
                raise RefusedError("not_found", "There is no such client.", status=404)
        chosen = await store.one(
            connection, Id, "set_session_client",
            session_id=session.id, user_id=person.id, client_id=client_id,
        )  # fmt: skip
        if chosen is None:
            raise gone()


def gone() -> RefusedError:
    """The refusal where a session is not, or no more."""
    return RefusedError("session_not_found", "Your session has ended; sign in again.", status=401)
