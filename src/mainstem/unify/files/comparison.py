"""A run's files held against a later listing of the source, which stands under another number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.files.ledger import COLUMNS, FileRow
from mainstem.unify.files.listing import LACKS_BYTES

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

#: what is at the target is the run's own
_OURS = "f.state in ('copied', 'copying')"
#: what a listing says of a file, and not what was done with it
_LISTED = ("target_key", "size_bytes", "media_type", "stamp")
#: the copy may be the last one that there is
_IS_LAST = f"f.state = 'copied' and {LACKS_BYTES} and l.target_key = f.target_key"
_IS_SAME = (
    "l.stamp <> '' and (l.target_key, l.size_bytes, l.media_type, l.stamp)"
    " = (f.target_key, f.size_bytes, f.media_type, f.stamp)"
)


@dataclass(frozen=True)
class Comparison:
    """The files of one `[[files]]`: `f` are the run's rows, `l` those of the listing."""

    connection: Connection
    run_id: int
    listing_id: int
    position: int

    def take_over(self) -> None:
        """Let the run's rows be as listed where nothing at the target is the run's own."""
        self._execute(
            f"delete from unify.file as f where {self._own} and not {_OURS}"
            f" and not exists (select from unify.file as l where {self._listed} and l.key = f.key)"
        )
        self._execute(
            f"update unify.file as f set {_taken()} from unify.file as l"
            f" where {self._both} and not {_OURS}"
            f" and not (f.state = 'there' and l.state = 'waiting' and {_IS_SAME})"
        )
        # What was begun is begun again, as it is now.
        listed = ", ".join(f"{name} = l.{name}" for name in _LISTED)
        self._execute(
            f"update unify.file as f set {listed} from unify.file as l"
            f" where {self._both}"
            " and f.state = 'copying' and l.state = 'waiting' and l.target_key = f.target_key"
        )
        columns = ", ".join(["key", *_LISTED, "state", "reason"])
        self._execute(
            f"insert into unify.file (run_id, position, {columns})"
            f" select {self.run_id}, {self.position}, {columns} from unify.file as l"
            f" where {self._listed} and not exists"
            f" (select from unify.file as f where {self._own} and f.key = l.key)"
        )

    def unwanted(self, *, after: str, limit: int) -> list[FileRow]:
        """The next files that the run brought and that must not be at the target, or not there."""
        return self._rows(
            f"select {_columns('f')} from unify.file as f left join unify.file as l"
            f" on {self._listed} and l.key = f.key where {self._own} and {_OURS}"
            " and (l.key is null or ((l.state <> 'waiting' or l.target_key <> f.target_key)"
            f" and not ({_IS_LAST})))",
            after=after,
            limit=limit,
        )

    def last(self) -> list[tuple[str, str]]:
        """Files whose bytes the source has no more, although it names them; and what it lacks."""
        return self.connection.execute(
            "select f.key, l.reason from unify.file as f join unify.file as l"
            f" on {self._listed} and l.key = f.key where {self._own} and {_IS_LAST}"
            " order by f.key".encode(),
            (),
        ).fetchall()

    def changed(self, *, after: str, limit: int) -> list[tuple[FileRow, FileRow]]:
        """The next files that may be others than were copied: as copied, and as listed."""
        where = (
            f"from unify.file as f join unify.file as l on {self._listed} and l.key = f.key"
            f" where {self._own} and f.state = 'copied' and l.state = 'waiting'"
            f" and l.target_key = f.target_key and not ({_IS_SAME})"
        )
        copied = self._rows(f"select {_columns('f')} {where}", after=after, limit=limit)
        listed = self._rows(f"select {_columns('l')} {where}", after=after, limit=limit)
        return list(zip(copied, listed, strict=True))

    def drop(self, keys: list[str]) -> None:
        """Let files that the target has no more be as listed, or forget them."""
        self._execute(
            f"update unify.file as f set {_taken()} from unify.file as l"
            f" where {self._both} and f.key = any(%(keys)s)",
            keys=keys,
        )
        self._execute(
            f"delete from unify.file as f where {self._own} and f.key = any(%(keys)s)"
            f" and not exists (select from unify.file as l where {self._listed} and l.key = f.key)",
            keys=keys,
        )

    def begin(self, keys: list[str]) -> None:
        """Note that files are about to be written again, as listed."""
        self._execute(
            f"update unify.file as f set {_taken()} from unify.file as l"
            f" where {self._both} and f.key = any(%(keys)s)",
            keys=keys,
        )
        self._execute(
            f"update unify.file as f set state = 'copying' where {self._own}"
            " and f.key = any(%(keys)s)",
            keys=keys,
        )

    def keep(self, keys: list[str]) -> None:
        """Note that files are the same although they were written."""
        self._execute(
            "update unify.file as f set stamp = l.stamp, media_type = l.media_type"
            f" from unify.file as l where {self._both}"
            " and f.key = any(%(keys)s)",
            keys=keys,
        )

    @property
    def _listed(self) -> str:
        return f"l.run_id = {self.listing_id} and l.position = {self.position}"

    @property
    def _own(self) -> str:
        return f"f.run_id = {self.run_id} and f.position = {self.position}"

    @property
    def _both(self) -> str:
        return f"{self._own} and {self._listed} and l.key = f.key"

    def _rows(self, query: str, *, after: str, limit: int) -> list[FileRow]:
        rows = self.connection.execute(
            f'{query} and f.key collate "C" > %s order by f.key collate "C" limit %s'.encode(),
            (after, limit),
        )
        return [FileRow(*row) for row in rows]

    def _execute(self, statement: str, *, keys: list[str] | None = None) -> None:
        self.connection.execute(statement.encode(), {"keys": keys} if keys is not None else None)


def _columns(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in COLUMNS.split(", "))


def _taken() -> str:
    names = [*_LISTED, "state", "reason"]
    return ", ".join([*(f"{name} = l.{name}" for name in names), "sha256 = null"])
