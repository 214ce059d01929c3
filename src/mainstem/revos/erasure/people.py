"""The two rights of a person who is a lead: to see what is kept, and to have it erased."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mainstem.errors import RefusedError
from mainstem.revos.erasure import store
from mainstem.revos.sequence import suppression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.sending import Moment

#: an export that is cut says so
ROWS_MAX = 10_000


@dataclass(frozen=True)
class Export:
    """What is kept of a person, in the order in which it happened.

    Attributes:
        rows: the table and the row of each.
        is_cut: whether there is more than the maximum.
    """

    rows: list[tuple[str, dict[str, Any]]]
    is_cut: bool


@dataclass(frozen=True)
class _Person:
    """Whom a lead is about, as the client knows them."""

    client_id: UUID
    leads: list[UUID]
    people: list[str] = field(repr=False)
    emails: list[str] = field(repr=False)


def export(moment: Moment, lead_id: UUID) -> Export:
    """Hand out all that is kept of a lead's person with its client, the timeline included.

    Raises:
        RefusedError: there is no such lead.
    """
    person = _person(moment, lead_id)
    found = store.rows(
        moment,
        "export",
        leads=person.leads,
        people=person.people,
        client_id=person.client_id,
        rows_max=ROWS_MAX + 1,
    )
    store.rows(moment, "note", lead_id=lead_id, action="export")
    rows = [(one["name"], one["row"]) for one in found[:ROWS_MAX]]
    return Export(rows, len(found) > ROWS_MAX)


def erase(keys: MasterKeys, moment: Moment, lead_id: UUID) -> None:
    """Erase a lead's person with its client, and never write to them again.

    A message that is being sent in this moment is settled by nobody: its rows are gone.

    Raises:
        RefusedError: there is no such lead.
    """
    person = _person(moment, lead_id)
    for kind, values in (("linkedin", person.people), ("email", person.emails)):
        for value in values:
            suppression.suppress(
                keys,
                moment,
                client_id=person.client_id,
                kind=kind,
                value=value,
                reason="erasure",
                source="person",
            )
    store.rows(moment, "unlink", leads=person.leads)
    store.rows(
        moment, "erase", leads=person.leads, people=person.people, client_id=person.client_id
    )
    store.rows(moment, "erase_leads", leads=person.leads)
    store.rows(moment, "note", lead_id=lead_id, action="erase")


def _person(moment: Moment, lead_id: UUID) -> _Person:
    found = store.rows(moment, "leads_of_person", lead_id=lead_id)
    if not found:
        raise RefusedError("not_found", "There is no such lead.", status=404)
    return _Person(
        client_id=found[0]["client_id"],
        leads=[one["id"] for one in found],
        people=_known(found, "linkedin_id"),
        emails=_known(found, "email"),
    )


def _known(found: Sequence[Mapping[str, Any]], column: str) -> list[str]:
    return sorted({one[column] for one in found if one[column]})
