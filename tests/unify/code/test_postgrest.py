"""What code asks of PostgREST is read as it is meant, and nothing else is taken for it."""

from __future__ import annotations

import pytest

from mainstem.unify.code.facts import FileFacts, Reference
from mainstem.unify.code.model import ColumnUse, Operation, Role, TableUse, Via
from mainstem.unify.code.postgrest import read
from mainstem.unify.code.syntax import Language, SyntaxFile

CLIENT = (
    "import { createClient } from '@supabase/supabase-js'\nconst supabase = createClient(a, b)\n"
)
PYTHON = "from supabase import create_client\nsupabase = create_client(url, key)\n"


def facts(text: str, language: Language = Language.TYPESCRIPT) -> FileFacts:
    return read(SyntaxFile("src/a", language, text.encode()))


def uses(text: str, language: Language = Language.TYPESCRIPT) -> tuple[TableUse, ...]:
    return facts(text, language).reading.uses


def only(text: str) -> TableUse:
    [use] = uses(CLIENT + text)
    return use


def told(use: TableUse) -> list[tuple[str, Role, str | None]]:
    return [(column.name, column.role, column.value_type) for column in use.columns]


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        ("select('*')", Operation.SELECT),
        ("insert({})", Operation.INSERT),
        ("insert({}).select().single()", Operation.INSERT),
        ("update({}).eq('id', 1)", Operation.UPDATE),
        ("upsert({})", Operation.UPSERT),
        ("delete().eq('id', 1)", Operation.DELETE),
    ],
)
def test_operations(call: str, operation: Operation) -> None:
    use = only(f"await supabase.from('t').{call}")
    assert (use.name, use.operation, use.via) == ("t", operation, Via.SUPABASE_JS)
    assert str(use.place) == "src/a:3"


def test_columns_of_a_select_with_filters() -> None:
    use = only(
        """await supabase
  .from('t')
  .select(`id,
    total:amount::text, data->>x, count()`)
  .eq('a', 1).neq('b', 'x').gte('c', new Date().toISOString()).is('d', null)
  .in('e', [1]).not('f', 'is', null).or(`g.eq.${h},and(i.gt.1,j.is.null)`)
  .match({ k: true }).order('l').filter('data->>m', 'eq', 1).maybeSingle()"""
    )
    assert [(column.name, column.role, column.line) for column in use.columns] == [
        ("id", Role.READ, 5),
        ("amount", Role.READ, 6),
        ("data", Role.READ, 6),
        *((name, Role.FILTERED, 7) for name in "abcd"),
        *((name, Role.FILTERED, 8) for name in "efgij"),
        ("k", Role.FILTERED, 9),
        ("l", Role.READ, 9),
        ("data", Role.FILTERED, 9),
    ]
    types = {column.name: column.value_type for column in use.columns}
    assert [types[name] for name in "abcdk"] == ["integer", "text", "timestamp", "null", "boolean"]
    assert use.is_single
    assert not use.reads_all


def test_types_of_written_values() -> None:
    use = only(
        """const more = { n: 1.5 }
await supabase.from('t').insert({
  a: 'x', b: 1, c: true, d: null, e: new Date().toISOString(), f: crypto.randomUUID(),
  g: Number(x), h: [1, 2], i: { x: 1 }, j: [{ x: 1 }], k: `a${x}`, l: x, m: !x, ...more, ...rest,
  o: y ? 'a' : null, p: '2024-05-01T10:00:00Z', q: y.z,
})"""
    )
    types = "text integer boolean null timestamp uuid number array json json text - boolean"
    expected = dict(zip("abcdefghijklm", types.split(), strict=True))
    expected |= {"n": "number", "o": "text", "p": "timestamp", "q": "-"}
    assert {column.name: column.value_type or "-" for column in use.columns} == expected
    assert {column.role for column in use.columns} == {Role.WRITTEN}


def test_what_is_undefined_is_not_sent() -> None:
    use = only("await supabase.from('t').update({ a: 1, b: undefined, c: x ?? undefined })")
    assert [column.name for column in use.columns] == ["a", "c"]


def test_rows_that_are_put_together_elsewhere() -> None:
    use = only(
        """const row: any = { a: 1 }
row.b = 'x'
if (c) row['d'] = true
await supabase.from('t').update(row).eq('id', 1)"""
    )
    assert told(use)[:3] == [
        ("b", Role.WRITTEN, "text"),
        ("d", Role.WRITTEN, "boolean"),
        ("a", Role.WRITTEN, "integer"),
    ]
    use = only("const rows = list.map((x) => ({ a: x.y, b: 1 }))\nsupabase.from('t').insert(rows)")
    assert [column.name for column in use.columns] == ["a", "b"]
    use = only("const rows = []\nrows.push({ a: 1 })\nsupabase.from('t').insert(rows)")
    assert told(use) == [("a", Role.WRITTEN, "integer")]


def test_conflict_targets() -> None:
    use = only("supabase.from('t').upsert([{ a: 1 }], { onConflict: 'a, b' })")
    assert told(use) == [
        ("a", Role.WRITTEN, "integer"),
        ("a", Role.CONFLICT, None),
        ("b", Role.CONFLICT, None),
    ]


def test_embedded_resources_are_uses_of_their_tables() -> None:
    select = "id, boss:people!boss_id!inner(name, ...org(title, team(*))), notes(count)"
    filters = ".eq('boss.age', 3).order('rank', { referencedTable: 'org' })"
    main, boss, org, team, notes = uses(f"{CLIENT}supabase.from('t').select('{select}'){filters}")
    assert [column.name for column in main.columns] == ["id"]
    assert (boss.name, boss.embedded_in, boss.embed_hint) == ("people", "t", "boss_id")
    assert told(boss) == [("name", Role.READ, None), ("age", Role.FILTERED, "integer")]
    assert (org.name, org.embedded_in) == ("org", "people")
    assert [column.name for column in org.columns] == ["title", "rank"]
    assert (team.embedded_in, team.reads_all) == ("org", True)
    assert (notes.name, notes.columns, notes.reads_all) == ("notes", (), False)


def test_a_builder_kept_in_a_variable_is_followed() -> None:
    use = only(
        """async function f() {
  let q = supabase.from('t').select('a')
  if (x) { q = q.eq('b', 1) }
  q = q.order('c')
  const { data } = await q.limit(1).single()
  return data.eq('d')
}
function g(q) { q.eq('e', 1) }"""
    )
    assert [column.name for column in use.columns] == ["a", "b", "c"]
    assert use.is_single


def test_a_variable_that_holds_two_tables_tells_nothing() -> None:
    one, two = uses(
        f"""{CLIENT}let q = supabase.from('t').select('a')
if (x) q = supabase.from('u').select('b')
q = q.eq('c', 1)"""
    )
    assert [[column.name for column in use.columns] for use in (one, two)] == [["a"], ["b"]]


@pytest.mark.parametrize(
    "text",
    [
        "import { supabase } from './db'\nsupabase.from('t').delete()",
        "import { admin } from '@/lib/supabase/admin'\nadmin.from('t').delete()",
        "const s = await createServerClient()\ns.from('t').delete()",
        "import { createClient } from '@/utils/server'\n(await createClient()).from('t').delete()",
        "const { supabase: db } = useThing()\ndb.from('t').delete()",
        "function f(c: SupabaseClient<Database>) { return c.from('t').delete() }",
        "class R { constructor(private supabase: S) {} f() { this.supabase.from('t').delete() } }",
        "getSupabase().from('t').delete()",
        "ctx.supabase!.from('t').delete()",
        "(supabase as any).from('t').delete()",
        "supabase?.from('t')?.delete()",
        "supabase.from<Row>('t').delete()",
        "db.from('t').delete()",
        "client.from(T).delete(); const T = 't'",
        "const t = db.from('t'); t.delete()",
    ],
)
def test_clients(text: str) -> None:
    [use] = uses(text)
    assert (use.name, use.operation) == ("t", Operation.DELETE)


@pytest.mark.parametrize(
    "text",
    [
        "Array.from('t')",
        "Array.from(new Set(['t'])).filter(Boolean)",
        "Buffer.from('t').toString('base64')",
        "Observable.from('t').select()",
        "import { from } from 'rxjs'\nfrom(['t']).pipe()",
        "import knex from 'knex'\nconst db = knex({})\ndb.from('t').select('*')",
        "knex.select('*').from('t')",
        "db.select().from(users)",
        "db.select().from('t').where()",
        "console.table('t')",
        "email.from('t').to('u').send()",
        "moment.from('t')",
        "'x'.from('t').select()",
        "// supabase.from('t').select()",
        "const doc = `supabase.from('t').select()`",
        "dexie.table('t').delete()",
        "type A = Database['public']['Tables']['t']; type B = Tables<'t'>",
    ],
)
def test_what_is_no_table(text: str) -> None:
    found = facts(text)
    assert found.reading.uses == ()
    assert found.pending == ()
    assert found.reading.unresolved == ()


def test_schemas() -> None:
    assert only("supabase.schema('s').from('t').select()").schema == "s"
    assert only("const x = supabase.schema('s')\nx.from('t').select()").schema == "s"
    [use] = uses("const c = createClient(a, b, { db: { schema: 's' } })\nc.from('t').select()")
    assert use.schema == "s"
    assert only("supabase.from('t').select()").schema is None


def test_functions() -> None:
    [function] = facts(f"{CLIENT}supabase.schema('s').rpc('f', {{ b: 1, a: 2 }})").reading.functions
    assert (function.name, function.schema, function.arguments) == ("f", "s", ("a", "b"))
    assert facts("provider.rpc('eth_call', [])").reading.functions == ()


def test_buckets_are_no_tables() -> None:
    reading = facts(
        f"""{CLIENT}supabase.storage.from('b').upload(x, y)
const {{ storage }} = supabase
storage.from('c').list()
const s = supabase.storage
s.from('d').list()
supabase.storage.createBucket('e', {{ public: true }})"""
    ).reading
    assert reading.uses == ()
    assert sorted((bucket.name, bucket.is_created) for bucket in reading.buckets) == [
        ("b", False),
        ("c", False),
        ("d", False),
        ("e", True),
    ]


def test_changes_that_are_watched() -> None:
    use = only(
        "supabase.channel('x').on('postgres_changes',"
        " { event: '*', schema: 's', table: 't', filter: `a=eq.1` }, f).subscribe()"
    )
    assert (use.name, use.schema, use.reads_all) == ("t", "s", True)
    assert use.columns == (ColumnUse("a", Role.FILTERED, 3),)


def test_a_name_held_by_another_file_waits() -> None:
    found = facts(f"import {{ T }} from './t'\n{CLIENT}supabase.from(T.x).select('a, u(b)')")
    [pending] = found.pending
    assert pending.reference == Reference("./t", ("T", "x"))
    assert pending.table is not None
    assert pending.table.columns[0].name == "a"
    assert [use.name for use in pending.embedded] == ["u"]


def test_a_name_that_cannot_be_told_is_listed() -> None:
    [left] = facts(
        f"{CLIENT}export const f = (t: string) => supabase.from(t).select()"
    ).reading.unresolved
    assert (left.kind, left.expression, left.place.line) == ("table", "t", 3)
    assert "parameter" in left.reason


def test_a_loop_over_names_is_a_use_of_each() -> None:
    text = f"{CLIENT}for (const t of ['t', 'u']) await supabase.from(t).select('id')"
    assert [use.name for use in uses(text)] == ["t", "u"]


def test_broken_syntax_loses_only_what_is_broken() -> None:
    found = uses(f"{CLIENT}supabase.from('t').select('a')\nfunction {{{{ (((\nconst = = ;\n")
    assert [use.name for use in found] == ["t"]


def test_python() -> None:
    text = f"""{PYTHON}
def f(ids):
    q = supabase.table("t").select("a, u(b)").in_("c", ids).not_.is_("d", "null")
    if ids:
        q = q.eq("e", True)
    return q.order("g", desc=True).maybe_single().execute()

row = {{"a": str(uuid.uuid4()), "b": datetime.now().isoformat()}}
supabase.table("v").upsert(row, on_conflict="a").execute()
rows = [{{"c": 1, **x}} for x in y]
supabase.from_("w").insert(rows).execute()
supabase.rpc("fn", {{"p": 1}}).execute()
supabase.storage.from_("bucket").upload(x, y)
client.schema("s").table("z").delete().eq("id", 1).execute()
"""
    reading = facts(text, Language.PYTHON).reading
    by_name = {use.name: use for use in reading.uses}
    assert sorted(by_name) == ["t", "u", "v", "w", "z"]
    assert [column.name for column in by_name["t"].columns] == ["a", "c", "d", "e", "g"]
    assert by_name["t"].is_single
    assert by_name["u"].embedded_in == "t"
    assert told(by_name["v"]) == [
        ("a", Role.WRITTEN, "uuid"),
        ("b", Role.WRITTEN, "timestamp"),
        ("a", Role.CONFLICT, None),
    ]
    assert told(by_name["w"]) == [("c", Role.WRITTEN, "integer")]
    assert by_name["z"].schema == "s"
    assert {use.via for use in reading.uses} == {Via.SUPABASE_PY}
    assert [function.name for function in reading.functions] == ["fn"]
    assert [bucket.name for bucket in reading.buckets] == ["bucket"]


@pytest.mark.parametrize(
    "text",
    [
        "spark.table('t').select('a')",
        "con.table('t').select('a')",
        "console.table('t')",
        "rich.table('t').insert()",
        "metadata.tables['t'].select()",
    ],
)
def test_what_is_no_table_in_python(text: str) -> None:
    assert uses(text, Language.PYTHON) == ()
