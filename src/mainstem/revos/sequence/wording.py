"""The words of a message: the campaign's template, filled in for one person."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mainstem.revos import settings
from mainstem.revos.sequence.after import REMINDER
from mainstem.revos.sequence.links import Links
from mainstem.revos.sequence.model import Purpose
from mainstem.revos.templates_text import Kind, RenderError, Template, parse, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.sending import Moment

TEMPLATES_MAX = 5_000
_COLUMNS = {
    Purpose.ASK: "dm_template_step1",
    Purpose.CONFIRM: "dm_template_step2",
    Purpose.BACKUP: "dm_template_step3",
}


@dataclass(frozen=True)
class Composed:
    """A message, or why there is none."""

    text: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Wording:
    """Fills templates in.

    Attributes:
        keys: what signs download links, and hashes people for the list of those not to write to.
        base_url: the address that links lead to.
    """

    keys: MasterKeys = field(repr=False)
    base_url: str

    def compose(self, moment: Moment, one: Mapping[str, Any]) -> Composed:
        """Compose a due message, a row of `due_steps`."""
        purpose = Purpose(one["purpose"])
        text = (
            settings.text(one["settings"], REMINDER)
            if purpose is Purpose.REMIND
            else one[_COLUMNS[purpose]]
        )
        link = self.links.address(moment.agency_id, one["sequence_id"])
        return self.fill(text, {**one, "download_url": link})

    def fill(self, text: str | None, values: Mapping[str, Any], kind: Kind = Kind.DM) -> Composed:
        """Fill a template in with what is known of a person."""
        if not text:
            return Composed(problem="the campaign has no template for this message")
        first, last = values.get("first_name"), values.get("last_name")
        full = " ".join(part for part in (first, last) if part) or None
        try:
            return Composed(render(_parsed(text), {**values, "full_name": full}, kind))
        except RenderError as error:
            return Composed(problem=str(error))

    @property
    def links(self) -> Links:
        """The download links."""
        return Links(self.keys, self.base_url)


@lru_cache(TEMPLATES_MAX)
def _parsed(text: str) -> Template:
    return parse(text)
