"""What a campaign says: its templates, each beside what a person gets of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from mainstem.db.queries import load_queries
from mainstem.revos.templates_text import (
    OF_CAPTURE,
    VARIABLES,
    Finding,
    Kind,
    RenderError,
    Variable,
    check,
    known,
    parse,
    preview,
    render,
    units,
)
from mainstem.web import AnyVisit, Field, Form, html, row, see_other
from mainstem.web.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.web import Filled, Row, Visit

APP = "revos"
QUERIES = load_queries("mainstem.revos.pages", "campaigns.sql")
PATH = "/revos/campaigns/{campaign_id:uuid}/texts"
#: a post is everybody's: nothing of a person can stand in it
OF_CAMPAIGN = ("magnet_name", "campaign_name", "trigger_word", "sender_name")


@dataclass(frozen=True)
class Text:
    """A template of a campaign: where it is kept, what it is, and what is known when it is sent."""

    name: str
    label: str
    kind: Kind
    hint: str
    variables: tuple[str, ...] = tuple(VARIABLES)
    known: tuple[str, ...] = ()


TEXTS = (
    Text(
        "post_template", "Post", Kind.POST,
        "What new posts start from. It asks for the word as a comment.", OF_CAMPAIGN,
    ),
    Text(
        "public_reply_template", "Public reply", Kind.COMMENT,
        "Under the comment of whoever is no contact yet, before they are invited.",
    ),
    Text("dm_template_step1", "First message", Kind.DM, "Asks for the address."),
    Text(
        "reminder_template", "Reminder", Kind.DM,
        "To whoever did not answer. Without a text nobody is reminded.",
    ),
    Text(
        "dm_template_step2", "Confirmation", Kind.DM, "As soon as the address is there.",
        known=OF_CAPTURE,
    ),
    Text(
        "dm_template_step3", "Message with the link", Kind.DM, "Brings {{download_url}}.",
        known=OF_CAPTURE,
    ),
)  # fmt: skip
BY_NAME = {each.name: each for each in TEXTS}
FORM = Form(
    tuple(
        Field(each.name, each.label, "textarea", hint=each.hint, length_max=each.kind.value)
        for each in TEXTS
    )
)


@dataclass(frozen=True)
class Preview:
    """A template as two people get it.

    Attributes:
        known: what somebody gets of whom all is known.
        unknown: what somebody gets of whom nothing is known; None where they get nothing.
        why_not: why they get nothing.
        findings: what is wrong, errors first.
        length, length_max: in UTF-16 units, of `known`.
    """

    known: str
    unknown: str | None
    why_not: str | None
    findings: tuple[Finding, ...]
    length: int
    length_max: int

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Those with which nothing may be sent."""
        return tuple(each for each in self.findings if each.trouble.is_error)


def previewed(text: Text, template: str, campaign: Mapping[str, Any]) -> Preview:
    """A template of a campaign, filled in."""
    variables = _variables(text, campaign)
    parsed = parse(template)
    shown, findings = preview(parsed, text.kind, variables)
    sure = {name: each.sample for name, each in variables.items() if each.is_sure}
    unknown, why_not = None, None
    try:
        unknown = render(parsed, sure, text.kind, variables)
    except RenderError as error:
        why_not = str(error)
    return Preview(shown, unknown, why_not, tuple(findings), units(shown), text.kind.value)


def _variables(text: Text, campaign: Mapping[str, Any]) -> dict[str, Variable]:
    """The variables of a text, those of the campaign with its own values as samples."""
    own = {
        "magnet_name": campaign["magnet_name"],
        "campaign_name": campaign["name"],
        "trigger_word": campaign["trigger_word"],
        "sender_name": campaign["sender_name"],
    }
    return {
        name: replace(each, sample=own[name]) if own.get(name) else each
        for name, each in known(*text.known).items()
        if name in text.variables
    }


@get(PATH, app=APP)
async def show(visit: AnyVisit, campaign_id: FromPath[UUID]) -> Response[bytes]:
    """The templates, each with its preview."""
    visit.require("campaign", "update")
    campaign = await _campaign(visit, campaign_id)
    return _page(visit, campaign, FORM.blank(**campaign))


@post(PATH, app=APP)
async def change(visit: AnyVisit, campaign_id: FromPath[UUID]) -> Response[bytes]:
    """Keep what was written; or, for whoever has no script, show what it makes (`look`)."""
    visit.require("campaign", "update")
    sent = dict(await visit.request.form())
    filled = FORM.read(sent)
    campaign = await _campaign(visit, campaign_id)
    if sent.get("look"):
        return _page(visit, campaign, filled)
    for text in TEXTS:
        for finding in _errors(text, filled.texts[text.name], campaign):
            filled = filled.with_problem(text.name, sentence(finding.message))
    if not filled.is_good:
        return _page(visit, campaign, filled)
    async with visit.writing() as connection:
        bound = {"agency_id": visit.agency_id, "campaign_id": campaign_id, **filled.values()}
        if (await connection.execute(QUERIES["change_texts"], bound)).rowcount != 1:
            raise NotFoundException
    return see_other(f"/revos/campaigns/{campaign_id}")


@post(f"{PATH}/preview", app=APP, status_code=HTTP_200_OK)
async def look(visit: AnyVisit, campaign_id: FromPath[UUID]) -> Response[bytes]:
    """What one template makes, while it is written: a part of the page."""
    visit.require("campaign", "update")
    text = BY_NAME.get(visit.request.query_params.get("text", ""))
    sent = await visit.request.form()
    campaign = await _campaign(visit, campaign_id)
    if text is None:
        raise NotFoundException
    template = str(sent.get(text.name) or "")[: text.kind.value]
    part = visit.part("template_preview.html", shown=_shown(text, template, campaign))
    return html(part, visit.request)


HANDLERS = (show, change, look)


async def _campaign(visit: Visit, campaign_id: UUID) -> Row:
    async with visit.reading() as connection:
        found = await row(
            connection, QUERIES["texts"], agency_id=visit.agency_id, campaign_id=campaign_id
        )
    if found is None:
        raise NotFoundException
    return found


def _shown(text: Text, template: str, campaign: Mapping[str, Any]) -> Preview | None:
    return previewed(text, template, campaign) if template.strip() else None


def _errors(text: Text, template: str, campaign: Mapping[str, Any]) -> list[Finding]:
    if not template.strip():
        return []
    found = check(parse(template), text.kind, _variables(text, campaign))
    return [each for each in found if each.trouble.is_error]


def _page(visit: Visit, campaign: Row, filled: Filled) -> Response[bytes]:
    previews = {text.name: _shown(text, filled.texts[text.name], campaign) for text in TEXTS}
    return visit.page(
        "campaign_texts.html", status=filled.status,
        campaign=campaign, form=filled, texts=TEXTS, previews=previews, variables=VARIABLES,
    )  # fmt: skip
