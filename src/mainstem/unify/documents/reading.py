"""Reads Markdown documents into what they say about a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.path_text import path_text
from mainstem.unify.documents.attempts import try_blocks
from mainstem.unify.documents.claims import claims_in
from mainstem.unify.documents.markdown import BlockKind, read_blocks
from mainstem.unify.documents.mentions import named_in
from mainstem.unify.documents.model import DocumentReading
from mainstem.unify.documents.names import Names
from mainstem.unify.documents.sql import is_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from mainstem.unify.documents.attempts import TryBlock

FILE_BYTES_MAX = 20_000_000


def read_documents(
    root: Path,
    files: Sequence[Path],
    *,
    known: Collection[str],
    try_block: TryBlock | None = None,
) -> DocumentReading:
    """What the files say together, each named relative to `root`.

    `known` are the table names that any other source knows: they tell a table from a word.
    `try_block` runs SQL on a scratch server and rolls it back; without it only the syntax is read.
    A file that cannot be read is listed with the reason.
    """
    return joined([_read(root, file, Names(known), try_block) for file in files])


def joined(readings: Sequence[DocumentReading]) -> DocumentReading:
    """What several readings say together, in their order."""
    return DocumentReading(
        files=tuple(file for one in readings for file in one.files),
        mentions=tuple(mention for one in readings for mention in one.mentions),
        claims=tuple(claim for one in readings for claim in one.claims),
        sql_blocks=tuple(block for one in readings for block in one.sql_blocks),
        unread=tuple(entry for one in readings for entry in one.unread),
    )


def _read(root: Path, file: Path, names: Names, try_block: TryBlock | None) -> DocumentReading:
    path = root / file
    name = path_text(path.relative_to(root) if path.is_relative_to(root) else path)
    try:
        size_bytes = path.stat().st_size
        if size_bytes > FILE_BYTES_MAX:
            reason = f"is larger than {FILE_BYTES_MAX // 1_000_000} MB"
            return DocumentReading(unread=((name, reason),))
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return DocumentReading(unread=((name, "is not UTF-8"),))
    except OSError as error:
        return DocumentReading(unread=((name, f"cannot be read: {error.strerror}"),))
    return read_text(text, file=name, names=names, try_block=try_block)


def read_text(
    text: str, *, file: str, names: Names, try_block: TryBlock | None = None
) -> DocumentReading:
    """What one document says."""
    blocks = list(read_blocks(text))
    named = list(named_in(blocks, file=file, names=names))
    shown = [block for block in blocks if block.kind is BlockKind.CODE and is_sql(block)]
    sql_blocks, left_out = try_blocks(shown, file=file, try_block=try_block)
    reason = f"{left_out} SQL statements are examples, fragments or of another dialect: not tried"
    return DocumentReading(
        files=(file,),
        mentions=tuple(one.mention for one in named),
        claims=claims_in(blocks, named, file=file),
        sql_blocks=sql_blocks,
        unread=((file, reason),) if left_out else (),
    )
