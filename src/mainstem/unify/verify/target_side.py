"""The target's rows as batches of cells, streamed by COPY."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from mainstem.pg.connect import clear_errors, configure, connect
from mainstem.unify.verify.cells import target_cells, target_expression
from mainstem.unify.verify.model import KeyKind
from mainstem.unify.verify.source_side import joined_keys
from mainstem.unify.verify.sums import Batch, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.codec import Codec
    from mainstem.unify.verify.model import Comparison

_ROWS_MAX: Final = 4000
_BYTES_MAX: Final = 2 * 2**20

#: so that every value is printed in one way, and no policy hides a row
SETTINGS: Final = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "row_security": "off",
    "search_path": "",
    "work_mem": "128MB",
    "jit": "off",
    "statement_timeout": "0",
    "lock_timeout": "30s",
    "default_transaction_isolation": "repeatable read",
}


@contextmanager
def open_target(url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection on which each statement sees one state, and every value is written alike."""
    with connect(url, autocommit=True, application_name="mainstem verify") as connection:
        configure(connection, SETTINGS)
        yield connection


class TargetSide:
    """Reads the target; writes nothing."""

    conversions: Mapping[str, int] = MappingProxyType({})

    def __init__(self, url: str) -> None:
        self._stack = ExitStack()
        self._server = self._stack.enter_context(open_target(url))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def batches(self, comparison: Comparison) -> Iterator[Batch]:
        """The rows that came from the source table."""
        reader = _Reader(comparison)
        for rows in self._portions(comparison):
            yield reader.read(rows)

    def lines(self, comparison: Comparison) -> Iterator[Sequence[bytes]]:
        """The same rows, each as the server printed it where that is canonical."""
        codecs = map(comparison.codec_of, comparison.columns)
        if comparison.target_key is None and all(codec.server_is_canonical for codec in codecs):
            yield from self._portions(comparison)
            return
        for batch in self.batches(comparison):
            yield lines(batch.columns)

    def _portions(self, comparison: Comparison) -> Iterator[list[bytes]]:
        rows: list[bytes] = []
        size = 0
        with (
            clear_errors(f"read {comparison.target_name}"),
            self._server.cursor() as cursor,
            cursor.copy(query(comparison)) as copy,
        ):
            for row in copy:
                rows.append(bytes(row))
                size += len(row)
                if len(rows) == _ROWS_MAX or size >= _BYTES_MAX:
                    yield rows
                    rows, size = [], 0
            if rows:
                yield rows

    def changes(self, comparison: Comparison) -> Iterable[tuple[str, int, str, str]]:
        """The target is as it is."""
        del comparison
        return ()


def query(comparison: Comparison) -> str:
    """The COPY statement."""
    items = [
        target_expression(column.target, comparison.codec_of(column).pg_type.base)
        for column in comparison.columns
    ]
    if comparison.target_key is not None:
        items.insert(0, comparison.target_key)
    return f"copy (select {', '.join(items)} {comparison.target_from}) to stdout"


class _Reader:
    """Parts COPY's lines into columns; the text of a value holds neither tab nor line end."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._codecs: Sequence[Codec] = [
            comparison.codec_of(column) for column in comparison.columns
        ]
        self._is_mapped = comparison.key_kind is KeyKind.MAPPED

    def read(self, rows: Sequence[bytes]) -> Batch:
        width = len(self._codecs) + self._is_mapped
        text = b"".join(rows).decode()
        cells = text.replace("\n", "\t").split("\t")
        assert len(cells) == width * len(rows) + 1, "the server sent another number of columns"
        del text, cells[-1]
        columns = [cells[position::width] for position in range(width)]
        keys = columns.pop(0) if self._is_mapped else None
        plain = [
            target_cells(codec, column) for codec, column in zip(self._codecs, columns, strict=True)
        ]
        if self._comparison.key_kind is KeyKind.COLUMNS:
            keys = list(joined_keys(plain, self._comparison.key))
        return Batch(plain, keys)
