"""The page as one HTML file that needs nothing besides itself: no script, both themes, for A4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.page import template, visible
from mainstem.unify.sign_off.as_json import as_object, digest
from mainstem.unify.sign_off.judging import is_older
from mainstem.unify.sign_off.sheet import SIGNERS, annex, moment, sheet_of, where

if TYPE_CHECKING:
    from mainstem.unify.sign_off.model import SignOff


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
        sheet=_seen_sheet(page),
        signers=SIGNERS,
        moment=moment,
        annex=annex,
    )


def _seen_sheet(page: SignOff) -> dict[str, object]:
    sheet = sheet_of(page)
    told: dict[str, object] = {
        "points": _seen(sheet.points),
        "points_more": sheet.points_more,
        "sources": _seen([{**vars(one), "where": where(one)} for one in sheet.sources]),
        "sources_more": sheet.sources_more,
        "lines": _seen([vars(line) for line in sheet.lines]),
    }
    return told


def _seen(told: object) -> object:
    if isinstance(told, str):
        return visible(told)
    if isinstance(told, dict):
        return {visible(str(name)): _seen(value) for name, value in told.items()}
    if isinstance(told, list | tuple):
        return [_seen(value) for value in told]
    return told
