"""The page as one HTML file that needs nothing besides itself: no script, both themes, for A4."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mainstem.unify.page import template, visible
from mainstem.unify.sign_off.as_json import as_object, digest
from mainstem.unify.sign_off.judging import is_older

if TYPE_CHECKING:
    from mainstem.unify.sign_off.model import SignOff

#: who signs
SIGNERS = ("for the operator", "for the owner of the data", "for the tenants")


def as_html(page: SignOff) -> str:
    """The page; every text of a database is escaped, and what is not seen in it is written out."""
    return template("mainstem.unify.sign_off", "sign_off.html").render(
        _seen(as_object(page)),
        phases=_seen([vars(phase) for phase in page.phases]),
        is_older={
            "verification": is_older(page, page.verified.at if page.verified else None),
            "isolation": is_older(page, page.isolation.at if page.isolation else None),
            "expectations": [is_older(page, each.at) for each in page.expected],
        },
        digest=digest(page),
        signers=SIGNERS,
        moment=moment,
    )


def moment(at: datetime | None) -> str:
    """A time as people read it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at is not None else "not recorded"


def _seen(told: object) -> object:
    if isinstance(told, str):
        return visible(told)
    if isinstance(told, dict):
        return {visible(str(name)): _seen(value) for name, value in told.items()}
    if isinstance(told, list | tuple):
        return [_seen(value) for value in told]
    return told
