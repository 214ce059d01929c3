"""What is missing before a campaign can run: found before anybody is written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainstem.errors import RefusedError
from mainstem.revos import settings
from mainstem.revos.campaigns import store
from mainstem.revos.sequence import after
from mainstem.revos.templates_text import OF_CAPTURE, VARIABLES, Kind, check, known, parse
from mainstem.revos.triggers import Matcher, trigger_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from mainstem.revos.sending import Moment

#: each with what it is called and sent as, and the variables as they are known when it is sent
TEMPLATES = (
    ("dm_template_step1", "the first message", Kind.DM, VARIABLES),
    ("dm_template_step2", "the confirmation", Kind.DM, known(*OF_CAPTURE)),
    ("dm_template_step3", "the message with the link", Kind.DM, known(*OF_CAPTURE)),
    ("public_reply_template", "the public reply", Kind.COMMENT, VARIABLES),
    ("invitation_template", "the invitation", Kind.INVITATION, VARIABLES),
)


@dataclass(frozen=True)
class Missing:
    """One thing to mend, by field. `is_error`: the campaign cannot run before."""

    field: str
    message: str
    is_error: bool = True


def preflight(moment: Moment, campaign_id: UUID) -> list[Missing]:
    """Return what is missing, errors first.

    Raises:
        RefusedError: there is no such campaign.
    """
    campaign = read(moment, campaign_id)
    return sorted(_findings(moment, campaign), key=lambda missing: not missing.is_error)


def read(moment: Moment, campaign_id: UUID) -> Mapping[str, Any]:
    """The campaign with all that it needs.

    Raises:
        RefusedError: there is none of that id.
    """
    found = store.row(moment, "campaign", campaign_id=campaign_id)
    if found is None:
        raise RefusedError("not_found", "There is no such campaign.", status=404)
    return found


def _findings(moment: Moment, campaign: Mapping[str, Any]) -> Iterator[Missing]:
    yield from _account(campaign)
    yield from _offer(campaign)
    yield from _words(campaign)
    yield from _texts(campaign)
    yield from _settings(campaign)
    if campaign["ends_at"] is not None and campaign["ends_at"] <= moment.at:
        yield Missing("ends_at", "the campaign's end is over; choose a later one or none")
    if not campaign["posts"]:
        yield Missing("post", "it has no post; write one, for people to comment on")


def _account(campaign: Mapping[str, Any]) -> Iterator[Missing]:
    field = "linkedin_account_id"
    if campaign["account_id"] is None:
        yield Missing(field, "it has no LinkedIn account to write with; choose one")
    elif campaign["account_status"] != "active":
        name, status = campaign["account_name"], campaign["account_status"]
        yield Missing(field, f"the account {name} is {status}; connect it again")
    elif campaign["provider_person_id"] is None:
        yield Missing(
            field,
            "it is not known whose account it is, so that its own comments could not be told from "
            "others'; connect it again",
        )


def _offer(campaign: Mapping[str, Any]) -> Iterator[Missing]:
    if campaign["magnet_id"] is None:
        yield Missing("lead_magnet_id", "it offers nothing; choose a lead magnet")
    elif not campaign["magnet_is_active"]:
        yield Missing("lead_magnet_id", "its lead magnet is switched off")
    elif campaign["file_path"] and not campaign["has_file"] and not campaign["magnet_url"]:
        said = "the client has no such file; upload it, or give the lead magnet an address"
        yield Missing("lead_magnet_id", said)
    if campaign["webhook_id"] is None:
        said = "no webhook is told of its leads; they stay here"
        yield Missing("webhook_config_id", said, is_error=False)
    elif not campaign["webhook_is_active"]:
        yield Missing("webhook_config_id", "its webhook is switched off", is_error=False)


def _words(campaign: Mapping[str, Any]) -> Iterator[Missing]:
    if campaign["match_mode"] == "ai":
        said = "no model reads comments yet; they are matched as in the mode fuzzy"
        yield Missing("match_mode", said, is_error=False)
    if campaign["match_mode"] == "any":
        return
    try:
        Matcher(trigger_words(campaign["trigger_word"]))
    except ValueError as error:
        yield Missing("trigger_word", str(error))


def _texts(campaign: Mapping[str, Any]) -> Iterator[Missing]:
    if not (campaign["dm_template_step1"] or "").strip():
        yield Missing("dm_template_step1", "the first message has no text")
    texts = [(*template, campaign[template[0]]) for template in TEMPLATES]
    reminder = settings.text(campaign["settings"], after.REMINDER)
    for field, name, kind, variables, text in [
        *texts,
        ("settings.reminder_template", "the reminder", Kind.DM, VARIABLES, reminder),
    ]:
        if text and text.strip():
            for finding in check(parse(text), kind, variables):
                said = f"{name}: {finding.message}"
                yield Missing(field, said, is_error=finding.trouble.is_error)
    link = campaign["dm_template_step3"]
    if link and "download_url" not in link:
        said = "the message with the link holds no {{download_url}}"
        yield Missing("dm_template_step3", said, is_error=False)


def _settings(campaign: Mapping[str, Any]) -> Iterator[Missing]:
    limits = {after.REMIND_AFTER: after.HOURS_MAX, after.BACKUP_AFTER: after.MINUTES_MAX}
    for key, said in settings.complaints(
        campaign["settings"], texts=(after.REMINDER,), limits=limits, lists=(after.REMIND_AFTER,)
    ):
        yield Missing(f"settings.{key}" if key else "settings", said)
