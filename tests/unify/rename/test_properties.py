"""Whatever is renamed parses, and says the same under the new names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.unify.code.batches import read_file
from mainstem.unify.code.select_text import SelectedField, SelectedResource, parse_select
from mainstem.unify.code.syntax import Language, SyntaxFile
from mainstem.unify.rename.editing import after_edits, settled
from mainstem.unify.rename.finding import file_found
from mainstem.unify.rename.model import Renames
from mainstem.unify.rename.select_text import select_parts

if TYPE_CHECKING:
    from mainstem.unify.code.model import TableUse

NAMES = {"clients": "client", "users": "user", "order_lines": "order_line"}
RENAMES = Renames(NAMES)

tables = st.sampled_from([*NAMES, "deal", "client_note", "usersx"])
words = st.sampled_from(["id", "name", "clients_id", "data->>users", "*", "total:amount::text"])


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, min_size=1, max_size=3).map(", ".join)


def embedding(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    alias = st.sampled_from(["", "", "who:", "clients:", "..."])
    hint = st.sampled_from(["", "!inner", "!owner_id", "!left", "!users"])
    return st.builds("{}{}{}({})".format, alias, tables, hint, lists(inner))


selects = lists(st.recursive(words, lambda inner: st.one_of(words, embedding(inner)), max_leaves=8))


STATEMENTS = [
    "db.query(Q SELECT a.id FROM {table} a, {other} AS b WHERE a.x = b.y Q)",
    "db.query(Q SELECT {table}.id FROM {table} WHERE {table}.x = $1 Q)",
    "db.query(Q INSERT INTO public.{table} (id) SELECT id FROM {other} ON CONFLICT DO NOTHING Q)",
    "supabase.from(Q{table}Q).select(Q{select}Q)",
    "supabase.from(Q{table}Q).delete().eq('id', 1)",
    "supabase.storage.from(Q{table}Q).list()",
    "{{ const t = Q{table}Q; supabase.from(t).insert({{ {other}: 1 }}) }}",
    "log(Q{table}Q, {{ {table}: Q/{other}/Q }})",
]


def statement(text: str, quote: str, table: str, other: str, select: str) -> str:
    return text.replace("Q", quote).format(table=table, other=other, select=select)


statements = st.builds(
    statement, st.sampled_from(STATEMENTS), st.sampled_from("'\"`"), tables, tables, selects
)


@given(st.lists(statements, min_size=1, max_size=5))
@settings(max_examples=100)
def test_renamed_code_says_the_same_under_the_new_names(lines: list[str]) -> None:
    file = SyntaxFile("a.ts", Language.TYPESCRIPT, "".join(f"{one};\n" for one in lines).encode())
    spots, doubts = settled(file.path, file.source, file_found(file, RENAMES).spots)
    assert not doubts
    after = SyntaxFile("a.ts", Language.TYPESCRIPT, after_edits(file.source, spots))
    assert not after.root.has_error
    before_said, after_said = read_file(file).reading, read_file(after).reading
    assert [new(use) for use in before_said.uses] == list(after_said.uses)
    assert before_said.buckets == after_said.buckets
    assert file_found(after, RENAMES).spots == []


def new(use: TableUse) -> TableUse:
    outer = use.embedded_in
    return replace(
        use,
        name=NAMES.get(use.name, use.name),
        embedded_in=NAMES.get(outer, outer) if outer is not None else None,
        embed_hint=NAMES.get(use.embed_hint or "", use.embed_hint),
    )


Shape = tuple[object, ...]


def shape(text: str, *, is_renamed: bool) -> list[Shape]:
    return [_shape(item, is_renamed=is_renamed) for item in parse_select(text)]


def _shape(item: SelectedField | SelectedResource, *, is_renamed: bool) -> Shape:
    """An item with the key under which its rows are found in the answer."""
    if isinstance(item, SelectedField):
        return (item,)
    key = None if item.is_spread else item.alias or item.name
    name = item.name if is_renamed else NAMES.get(item.name, item.name)
    hint = item.hint if is_renamed else NAMES.get(item.hint or "", item.hint)
    inner = tuple(_shape(one, is_renamed=is_renamed) for one in item.items)
    return name, key, hint, item.join, item.is_spread, inner


@given(selects)
@settings(max_examples=100)
def test_a_renamed_select_gives_the_same_keys_from_the_new_tables(text: str) -> None:
    done = text
    for part in sorted(select_parts(text, RENAMES), key=lambda one: -one.start):
        done = done[: part.start] + part.text + done[part.end :]
    assert shape(done, is_renamed=True) == shape(text, is_renamed=False)
    assert list(select_parts(done, RENAMES)) == []
