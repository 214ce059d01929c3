"""A folder of migrations as a source of a plan: what they build, without a row.

They are run on a scratch server (see mainstem.unify.replay), and its catalog is read as that of any
PostgreSQL source. A plan made from one can be read and edited; it cannot be carried out.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mainstem.errors import SourceError
from mainstem.kit.wording import counted
from mainstem.unify.catalog.postgres_source import open_postgres
from mainstem.unify.plan.model import Question
from mainstem.unify.plan.profile import Profile
from mainstem.unify.replay import open_replayer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.plan.config import SourceConfig
    from mainstem.unify.replay.model import Replay


@contextmanager
def open_migrations(
    folder: Path, source: SourceConfig
) -> Iterator[tuple[PostgresSource, tuple[Question, ...]]]:
    """The database that the migrations of a folder build, and what a person must know of it.

    Raises SourceError when there is no such folder, or they build no table.
    """
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder}; name the migrations of {source.shown}")
    with open_replayer() as replayer:
        replay = replayer.replay(folder, root=folder)
        with open_postgres(replayer.url, source.schema, source.further) as server:
            yield server, tuple(_questions(folder, source, replay))


def uncounted_profiles(catalog: Catalog) -> dict[str, Profile]:
    """Tables of which nothing but the shape is known."""
    return {
        table.name: Profile(0, {column.name: 0 for column in table.columns}, is_counted=False)
        for table in catalog.tables
    }


def no_values(table: str, column: str, *, is_lower: bool = False) -> None:
    """No column can be compared with another."""
    del table, column, is_lower


def _questions(folder: Path, source: SourceConfig, replay: Replay) -> Iterator[Question]:
    name = source.name or folder.name
    failed = [statement for statement in replay.failed if not statement.is_recovered]
    if failed:
        first = failed[0]
        yield Question(
            name,
            None,
            f"{counted(len(failed), 'statement')} of {folder} cannot be run, so that tables "
            f"or columns may be missing here; the first is in {first.file}, line {first.line}: "
            f"{first.message}",
        )
    yield Question(
        name,
        None,
        f"{folder} holds migrations and no rows: nothing was counted or compared. Name the "
        f'database itself (postgres = "env:NAME" instead of migrations) and plan again',
    )
