"""The shapes that `supabase.auth` of the clients reads: sessions, people, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.core import second_factor, tokens
from mainstem.core.passwords import WeakPasswordError
from mainstem.core.signing import AUDIENCE, TOKEN_LIFE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mainstem.core.model import Person, SignedIn
    from mainstem.core.parts import Core
    from mainstem.core.providers import Door
    from mainstem.core.second_factor import Factor
    from mainstem.errors import RefusedError

Body = dict[str, object]


async def session(core: Core, signed_in: SignedIn, *, app: str) -> Body:
    """What `/token` answers."""
    token, expires_at = await tokens.access_token(core, signed_in, app=app)
    found = await second_factor.factors(core, signed_in.person)
    return {
        "access_token": token,
        "token_type": "bearer",
        "expires_in": tokens.seconds(TOKEN_LIFE),
        "expires_at": int(expires_at.timestamp()),
        "refresh_token": signed_in.token,
        "user": user(signed_in.person, [factor(each) for each in found]),
    }


def user(person: Person, factors: list[Body] | None = None) -> Body:
    """What `/user` answers."""
    made = _time(person.created_at)
    return {
        "id": str(person.id),
        "aud": AUDIENCE,
        "role": "authenticated",
        "email": person.email,
        "email_confirmed_at": made,
        "phone": "",
        "confirmed_at": made,
        "last_sign_in_at": _time(person.last_login_at),
        "app_metadata": {
            "provider": "email",
            "providers": ["email"],
            "agency_id": str(person.agency_id),
            "user_role": person.role,
        },
        "user_metadata": {
            "first_name": person.first_name,
            "last_name": person.last_name,
            **person.metadata,
        },
        "identities": [],
        "factors": factors or [],
        "created_at": made,
        "updated_at": _time(person.updated_at),
        "is_anonymous": False,
    }


def factor(found: Factor) -> Body:
    """A second factor, as it stands in a person."""
    return {
        "id": str(found.id),
        "friendly_name": found.label,
        "factor_type": "totp",
        "status": "verified" if found.confirmed_at else "unverified",
        "created_at": _time(found.created_at),
        "updated_at": _time(found.confirmed_at or found.created_at),
    }


def refusal(error: RefusedError) -> Body:
    """A refusal, with the code where the clients look for it."""
    body: Body = {"code": error.status, "error_code": error.code, "msg": str(error)}
    if isinstance(error, WeakPasswordError):
        body["weak_password"] = {"reasons": error.reasons}
    return body


def settings(doors: Iterable[Door]) -> Body:
    """What `/settings` answers: how one may sign in."""
    external = {"email": True, "phone": False, "anonymous_users": False}
    return {
        "external": external | {each.provider: True for each in doors},
        "disable_signup": True,
        "mailer_autoconfirm": True,
        "phone_autoconfirm": False,
        "sms_provider": "",
        "mfa_enabled": True,
        "saml_enabled": False,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
