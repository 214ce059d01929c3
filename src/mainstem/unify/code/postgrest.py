"""Reads what code asks of PostgREST: supabase-js, postgrest-js, and supabase-py with its own names.

supabase.com/docs/reference/javascript lists the methods. Python's names are brought to the same
form (`maybe_single` to `maybeSingle`, `in_` to `in`), so that one reading serves both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.builders import Builder, ask, embedded_uses, table_use
from mainstem.unify.code.chains import chain_of, later_calls
from mainstem.unify.code.clients import Likeness, is_storage, likeness
from mainstem.unify.code.facts import FileFacts, Pending, Reader
from mainstem.unify.code.model import (
    BucketUse,
    ColumnUse,
    FileReading,
    FunctionUse,
    Operation,
    Role,
    TableUse,
    Unresolved,
    Via,
)
from mainstem.unify.code.names import entries, origins, resolve
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import Language, as_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mainstem.unify.code.facts import Names
    from mainstem.unify.code.syntax import Call, SyntaxFile


def read(file: SyntaxFile) -> FileFacts:
    """What a file asks of PostgREST: tables, functions, buckets, and what cannot be told."""
    if not _MENTIONS.search(file.source):
        return FileFacts()
    gathered = _Gathered(file)
    found = calls_by_name(file)
    gathered.tables(call for name in _TABLE_METHODS for call in found.get(name, ()))
    for call in found.get("rpc", ()):
        gathered.function(call)
    for name in _BUCKET_METHODS:
        for call in found.get(name, ()):
            gathered.bucket(call, is_created=name in {"createBucket", "create_bucket"})
    for name in ("on", "on_postgres_changes"):
        for call in found.get(name, ()):
            gathered.change(call)
    return gathered.facts()


@dataclass
class _Gathered:
    """What has been found in one file so far."""

    file: SyntaxFile
    uses: list[TableUse] = field(default_factory=list)
    functions: list[FunctionUse] = field(default_factory=list)
    buckets: list[BucketUse] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)

    def facts(self) -> FileFacts:
        """All of it."""
        reading = FileReading(
            uses=tuple(self.uses),
            functions=tuple(self.functions),
            buckets=tuple(self.buckets),
            unresolved=tuple(self.unresolved),
        )
        return FileFacts(reading, tuple(self.pending))

    def tables(self, found: Iterable[Call]) -> None:
        """Every `from` and `table` that is asked of a client; those of a storage name buckets."""
        builders: list[Builder] = []
        for call in found:
            if call.receiver is None or len(call.arguments) != 1:
                continue
            if is_storage(self.file, call.receiver):
                self.bucket(call, is_created=False)
            elif (builder := builder_of(self.file, call)) is not None:
                builders.append(builder)
        for builder in followed(self.file, builders):
            self.table(builder)

    def table(self, builder: Builder) -> None:
        """One table in use, under every name that it can have."""
        asked = ask(self.file, builder)
        use, argument = table_use(asked), builder.call.arguments[0]
        for name in builder.names.texts:
            schema, table = _split(name)
            known = replace(use, name=table, schema=use.schema or schema)
            self.uses.append(known)
            self.uses.extend(embedded_uses(asked, table))
        inner = tuple(embedded_uses(asked, "")) if builder.names.elsewhere else ()
        self._left(
            "table", argument, builder.names, lambda one: replace(one, table=use, embedded=inner)
        )

    def function(self, call: Call) -> None:
        """`rpc('name', { argument: value })`."""
        if call.receiver is None or not call.arguments:
            return
        like = likeness(self.file, call.receiver)
        names = resolve(self.file, call.arguments[0])
        mentions = b"supabase" in self.file.source.lower()
        if like is Likeness.IS_NOT or (like is Likeness.COULD and not mentions):
            return
        given = call.argument(1, "params")
        keys = sorted({key for key in _keys(self.file, given) if key}) if given is not None else ()
        use = FunctionUse(
            "",
            self.file.place(call.name_node),
            via(self.file),
            schema=schema_of(self.file, call.receiver),
            arguments=tuple(keys),
            is_test=self.file.is_test,
        )
        self.functions.extend(replace(use, name=name) for name in names.texts)
        self._left("function", call.arguments[0], names, lambda one: replace(one, function=use))

    def bucket(self, call: Call, *, is_created: bool) -> None:
        """`storage.from('name')`, `storage.createBucket('name')`."""
        if call.receiver is None or not call.arguments or not is_storage(self.file, call.receiver):
            return
        place = self.file.place(call.name_node)
        names = resolve(self.file, call.arguments[0])
        use = BucketUse("", place, is_created=is_created, is_test=self.file.is_test)
        self.buckets.extend(replace(use, name=name) for name in names.texts)
        self._left("bucket", call.arguments[0], names, lambda one: replace(one, bucket=use))

    def change(self, call: Call) -> None:
        """`on('postgres_changes', { table, schema, filter })`: rows of a table are watched."""
        options = dict(call.keywords)
        if call.name == "on":
            is_change = call.argument(0)
            if is_change is None or resolve(self.file, is_change).sole != "postgres_changes":
                return
            for origin in origins(self.file, call.arguments[1]) if call.arguments[1:] else ():
                if isinstance(origin, Node) and origin.type == "object":
                    options |= {key: value for key, value in entries(self.file, origin) if key}
        if "table" not in options:
            return
        names, schema = resolve(self.file, options["table"]), options.get("schema")
        watched = options.get("filter")
        texts = resolve(self.file, watched).texts if watched is not None else ()
        use = TableUse(
            "",
            self.file.place(call.name_node),
            via(self.file),
            Operation.SELECT,
            schema=resolve(self.file, schema).sole if schema is not None else None,
            columns=tuple(
                ColumnUse(text.split("=")[0], Role.FILTERED, self.file.line(call.name_node))
                for text in texts
            ),
            reads_all=True,
            is_test=self.file.is_test,
        )
        self.uses.extend(replace(use, name=name) for name in names.texts)
        self._left("table", options["table"], names, lambda one: replace(one, table=use))

    def _left(
        self, kind: str, node: Node, names: Names, fill: Callable[[Pending], Pending]
    ) -> None:
        """Keep what a name is besides the texts: held by another file, or not to be told."""
        expression, place = self.file.expression(node), self.file.place(node)
        for reference in names.elsewhere:
            self.pending.append(fill(Pending(reference, expression)))
        if names.unknown:
            reason = "; ".join(names.unknown[:2])
            self.unresolved.append(
                Unresolved(kind, expression, place, reason, is_test=self.file.is_test)
            )


def via(file: SyntaxFile) -> Via:
    """The library that a file reaches PostgREST through."""
    return Via.SUPABASE_JS if file.language.is_script else Via.SUPABASE_PY


def schema_of(file: SyntaxFile, receiver: Node) -> str | None:
    """The schema that a client is set to, where the code says it."""
    for origin in [receiver, *origins(file, receiver)]:
        call = as_call(file, origin) if isinstance(origin, Node) else None
        if call is None:
            continue
        if call.name == "schema" and call.arguments:
            return resolve(file, call.arguments[0]).sole
        for argument in call.arguments[1:]:
            for one in origins(file, argument, ("db", "schema")):
                text = resolve(file, one).sole if isinstance(one, Node) else None
                if text is not None:
                    return text
    return None


def builder_of(file: SyntaxFile, call: Call) -> Builder | None:
    """The call with all that follows, if it asks a client for a table."""
    assert call.receiver is not None
    like = likeness(file, call.receiver)
    if like is Likeness.IS_NOT:
        return None
    chain = chain_of(file, call)
    following = [one.name for one in chain.calls]
    if not following and chain.kept is not None and like is Likeness.COULD:
        following = [one.name for one in later_calls(file, chain.kept)]
    if like is Likeness.COULD and not _is_query(file, call, following):
        return None
    names = resolve(file, call.arguments[0])
    argument = call.arguments[0].type
    if argument in _NO_NAMES or (like is Likeness.IS and call.name == "table" and not following):
        return None
    return Builder(call, chain, names, schema_of(file, call.receiver), via(file))


def _is_query(file: SyntaxFile, call: Call, following: list[str]) -> bool:
    """What follows can only be asked of a table of PostgREST."""
    if not following or following[0] not in _OPERATIONS:
        return False
    if not file.language.is_script:
        return "execute" in following
    return call.name == "from" or b"supabase" in file.source.lower()


def followed(file: SyntaxFile, builders: list[Builder]) -> Iterator[Builder]:
    """Builders with the calls made on the variables that hold them, where those hold one table."""
    held: dict[object, set[tuple[str, ...]]] = {}
    for builder in builders:
        kept = builder.chain.kept
        if kept is not None:
            held.setdefault((kept.name, kept.start), set()).add(builder.names.texts)
    for builder in builders:
        kept = builder.chain.kept
        if kept is None or len(held[kept.name, kept.start]) > 1:
            yield builder
            continue
        more = tuple(later_calls(file, kept))
        yield replace(builder, chain=replace(builder.chain, calls=builder.chain.calls + more))


def _keys(file: SyntaxFile, node: Node) -> Iterator[str | None]:
    for origin in origins(file, node):
        if isinstance(origin, Node) and origin.type in {"object", "dictionary"}:
            yield from (key for key, _ in entries(file, origin))


def _split(name: str) -> tuple[str | None, str]:
    """Schema and table of `schema.table`; what stands after a colon filters (realtime of v1)."""
    table = name.split(":", maxsplit=1)[0]
    schema, dot, bare = table.partition(".")
    return (schema, bare) if dot and bare else (None, table)


_MENTIONS: Final = re.compile(
    rb"\.\s*(?:from_?|table|rpc|on|on_postgres_changes)\s*[(<]|ucket\s*\(|_bucket"
)
_TABLE_METHODS: Final = ("from", "table", "from_")
_BUCKET_METHODS: Final = (
    "createBucket",
    "getBucket",
    "updateBucket",
    "emptyBucket",
    "deleteBucket",
    "create_bucket",
    "get_bucket",
    "update_bucket",
    "empty_bucket",
    "delete_bucket",
)
_OPERATIONS: Final = frozenset({"select", "insert", "update", "upsert", "delete"})
_NO_NAMES: Final = frozenset({"array", "object", "list", "number", "arrow_function", "call"})

SUPABASE_JS: Final = Reader(
    "supabase-js",
    frozenset({Language.TYPESCRIPT, Language.TSX, Language.JAVASCRIPT}),
    read,
)
