"""Tables of one source that by their names are the same table: which of them is alive is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.plan.propose import Proposal


def ask_about_twins(proposal: Proposal) -> None:
    """Ask where names alone bring several tables into one, with what shows which is in use."""
    by_target: dict[str, list[str]] = {}
    for table, target in proposal.destinations.items():
        if proposal.own.table(table).into is None:
            by_target.setdefault(target, []).append(table)
    for target, names in by_target.items():
        if len(names) > 1:
            told = "; ".join([*(_told(proposal, name) for name in names), *_unresolved(proposal)])
            proposal.ask(
                names[0],
                None,
                f"{listed(names)} match {target} by their names ({told}): set .into of those "
                'that are one, and .drop = "why" or .archive = "why" of the others',
            )


def _told(proposal: Proposal, name: str) -> str:
    """What shows whether a table is in use: rows, last write, who points at it, who calls it."""
    profile = proposal.profiles[name]
    pointing = sorted(
        other.name
        for other in proposal.source.tables
        if other.name != name and any(key.parent == name for key in other.foreign_keys)
    )
    written = f", last written {profile.last_write}" if profile.last_write else ""
    pointed = f", pointed at by {listed(pointing)}" if pointing else ", nothing points at it"
    named = f", {proposal.code.told(name)}" if proposal.code is not None else ""
    return f"{name}: {profile.shown(profile.row_count, 'row')}{written}{pointed}{named}"


def _unresolved(proposal: Proposal) -> Iterator[str]:
    """Calls that may mean one of them: code that names none is no proof that none does."""
    if proposal.code is not None and proposal.code.unresolved:
        yield f"{counted(proposal.code.unresolved, 'call')} of the code could not be told"
