"""Whether the tables and columns that a config mentions are there, in the source and the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean

if TYPE_CHECKING:
    from mainstem.unify.plan.config import TableConfig
    from mainstem.unify.plan.propose import Proposal


def check_mentions(proposal: Proposal) -> None:
    """Raise ConfigError when the config names a table or column that is not there."""
    config, own = proposal.config, proposal.own
    names = [table.name for table in proposal.source.tables]
    wanted = dict.fromkeys(own.tables, own.place)
    if own.tenants is not None:
        wanted[own.tenants] = "source.tenants"
    for name, place in wanted.items():
        if name not in names:
            raise ConfigError(
                f"{config.path}: `{place}` names table {name}, which {own.shown} "
                f"does not have{did_you_mean(name, names)}"
            )
    for name, table in own.tables.items():
        columns = [column.name for column in proposal.source.table(name).columns]
        for column in (
            *table.columns,
            *filter(None, (table.tenant, table.created)),
            *(column for way in table.merge for column in way),
        ):
            if column not in columns:
                raise ConfigError(
                    f"{config.path}: `{proposal.place(name)}` names column {column}, which table "
                    f"{name} does not have{did_you_mean(column, columns)}"
                )
        if table.into is not None:
            _check_target(proposal, f"{proposal.place(name)}.into", table.into)
            _check_columns(proposal, name, table)
    if config.tenant is not None:
        _check_target(proposal, "tenant.root", config.tenant.root)


def _check_target(proposal: Proposal, place: str, name: str) -> None:
    if name not in proposal.target.tables:
        raise ConfigError(
            f"{proposal.config.path}: `{place}` names table {name}, which schema "
            f"{proposal.target.schema} does not have{did_you_mean(name, proposal.target.tables)}"
        )


def _check_columns(proposal: Proposal, name: str, table: TableConfig) -> None:
    assert table.into is not None
    target = proposal.target.tables[table.into]
    names = [column.name for column in target.table.columns]
    wanted = [column.into for column in table.columns.values() if column.into is not None]
    for column in (*wanted, *table.set):
        if column not in names:
            raise ConfigError(
                f"{proposal.config.path}: `{proposal.place(name)}` names column {column}, which "
                f"table {table.into} does not have{did_you_mean(column, names)}"
            )
