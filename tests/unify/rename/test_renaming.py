"""What is renamed in code, and what is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.rename.model import Kind, Renames
from mainstem.unify.rename.renaming import plan_renaming

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.unify.rename.model import Renaming

NAMES = {"clients": "client", "posts": "post", "users": "user"}


def renamed(root: Path, path: str, text: str, names: dict[str, str] | None = None) -> str:
    """The text of a file after a renaming."""
    return all_renamed(root, {path: text}, names)[path]


def all_renamed(
    root: Path, texts: dict[str, str], names: dict[str, str] | None = None
) -> dict[str, str]:
    found = planned(root, texts, names)
    after = {file.path: file.after.decode() for file in found.files}
    return {path: after.get(path, text) for path, text in texts.items()}


def planned(root: Path, texts: dict[str, str], names: dict[str, str] | None = None) -> Renaming:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return plan_renaming(root, Renames(names or NAMES))


CALLS = [
    ("supabase.from('clients').select('id')", "supabase.from('client').select('id')"),
    ('supabase.from("users").select()', 'supabase.from("user").select()'),
    ("supabase\n  .from(`posts`)\n  .delete()", "supabase\n  .from(`post`)\n  .delete()"),
    (
        "supabase.from(isA ? 'clients' : 'posts').select()",
        "supabase.from(isA ? 'client' : 'post').select()",
    ),
    (
        "supabase.from('deal').select('id, clients(name)')",
        "supabase.from('deal').select('id, clients:client(name)')",
    ),
    (
        "sb.from('a').select('b:users!fk(c), clients!inner(d, posts(count))')",
        "sb.from('a').select('b:user!fk(c), clients:client!inner(d, posts:post(count))')",
    ),
    (
        "supabase.from('deal').select('...clients(name), tag!posts(name)')",
        "supabase.from('deal').select('...client(name), tag!post(name)')",
    ),
    (
        "supabase.from('deal').select('clients(name)').eq('clients.name', x)",
        "supabase.from('deal').select('clients:client(name)').eq('client.name', x)",
    ),
    (
        "sb.from('a').select('clients(b)').or('b.eq.1', { referencedTable: 'clients' })",
        "sb.from('a').select('clients:client(b)').or('b.eq.1', { referencedTable: 'client' })",
    ),
    (
        "supabase.from('a').select('clients(*)').order('b', { foreignTable: 'clients' })",
        "supabase.from('a').select('clients:client(*)').order('b', { foreignTable: 'client' })",
    ),
    (
        "supabase.from('deal').select('clients(*)').or('clients.name.eq.x,id.eq.3')",
        "supabase.from('deal').select('clients:client(*)').or('client.name.eq.x,id.eq.3')",
    ),
    # PostgREST looks these up by the key that the alias keeps
    (
        "supabase.from('deal').select('clients(*)').not('clients', 'is', null)",
        "supabase.from('deal').select('clients:client(*)').not('clients', 'is', null)",
    ),
    (
        "const T = 'clients'; supabase.from(T).select()",
        "const T = 'client'; supabase.from(T).select()",
    ),
    (
        "const T = { clients: 'clients', x: 'y' }; supabase.from(T.clients).select()",
        "const T = { clients: 'client', x: 'y' }; supabase.from(T.clients).select()",
    ),
    (
        "for (const t of ['clients', 'posts']) { t === 'posts'; supabase.from(t).select() }",
        "for (const t of ['client', 'post']) { t === 'post'; supabase.from(t).select() }",
    ),
    (
        "function all(t: 'clients' | 'deal') { return supabase.from(t).select() }; all('clients')",
        "function all(t: 'client' | 'deal') { return supabase.from(t).select() }; all('client')",
    ),
    (
        "type A = Database['public']['Tables']['clients']['Row']",
        "type A = Database['public']['Tables']['client']['Row']",
    ),
    ("let a: Tables<'clients'>; let b: TablesInsert<'posts'>", None),
    (
        "interface Database { public: { Tables: { clients: { Row: { clients: 1 } } } } }",
        "interface Database { public: { Tables: { client: { Row: { clients: 1 } } } } }",
    ),
    (
        "supabase.channel('c').on('postgres_changes', { event: '*', table: 'clients' }, f)",
        "supabase.channel('c').on('postgres_changes', { event: '*', table: 'client' }, f)",
    ),
    (
        "db.query('SELECT clients.name FROM clients JOIN users u ON u.id = clients.owner')",
        "db.query('SELECT client.name FROM client JOIN \"user\" u ON u.id = client.owner')",
    ),
    (
        'db.query("SELECT * FROM users WHERE id = $1")',
        'db.query("SELECT * FROM \\"user\\" WHERE id = $1")',
    ),
    (
        "db.query(`WITH posts AS (SELECT 1 AS a) SELECT * FROM posts, clients WHERE a = ${x}`)",
        "db.query(`WITH posts AS (SELECT 1 AS a) SELECT * FROM posts, client WHERE a = ${x}`)",
    ),
    (
        "const t = pgTable('clients', { id: uuid('id') })",
        "const t = pgTable('client', { id: uuid('id') })",
    ),
]


@pytest.mark.parametrize(("before", "after"), CALLS)
def test_what_names_a_table_is_renamed(tmp_path: Path, before: str, after: str | None) -> None:
    wanted = (
        after if after is not None else before.replace("clients", "client").replace("posts", "post")
    )
    done = renamed(tmp_path, "a.ts", f"{before};\n")
    assert done == f"{wanted};\n"
    assert renamed(tmp_path, "a.ts", done) == done


LEFT_ALONE = [
    "supabase.storage.from('posts').upload('clients/a.png', f)",
    "fetch('/api/clients'); router.push(`/posts/${id}`)",
    "const clients = { clients: 'x' }; console.log('users', clients.clients)",
    "function Users() { return h('posts') }",
    "Array.from('posts')",
    "supabase.schema('auth').from('users').select()",
    "db.query('SELECT id FROM auth.users WHERE a = 1')",
    "supabase.from('deal').select('clients:organization(name)').eq('clients.name', x)",
    "supabase.rpc('posts', { users: 1 })",
    "// supabase.from('posts').select()",
]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_names_no_table_is_left_alone(tmp_path: Path, text: str) -> None:
    assert renamed(tmp_path, "a.ts", f"{text};\n") == f"{text};\n"


def test_a_constant_of_another_file_is_renamed_there(tmp_path: Path) -> None:
    done = all_renamed(
        tmp_path,
        {
            "lib/tables.ts": "export const TABLES = { A: 'clients', B: 'other' } as const;\n",
            "lib/index.ts": "export * from './tables';\nexport const COLUMNS = 'id, posts(id)';\n",
            "app/use.ts": "import { TABLES, COLUMNS } from '../lib';\n"
            "supabase.from(TABLES.A).select(COLUMNS);\n",
        },
    )
    assert "A: 'client', B: 'other'" in done["lib/tables.ts"]
    assert "'id, posts:post(id)'" in done["lib/index.ts"]
    assert done["app/use.ts"].endswith("supabase.from(TABLES.A).select(COLUMNS);\n")


def test_what_callers_in_other_files_give_is_renamed_there(tmp_path: Path) -> None:
    done = all_renamed(
        tmp_path,
        {
            "lib/all.ts": "export const all = (t: string) => supabase.from(t).select();\n",
            "app/use.ts": "import { all as every } from '@/lib/all';\n"
            "every('clients'); other('posts');\n",
        },
    )
    assert done["app/use.ts"].endswith("every('client'); other('posts');\n")


def test_a_constant_that_is_also_a_bucket_is_left_to_a_person(tmp_path: Path) -> None:
    text = "const P = 'posts';\nsupabase.from(P).select();\nsupabase.storage.from(P).list();\n"
    found = planned(tmp_path, {"a.ts": text})
    assert found.files == ()
    assert any("bucket" in doubt.reason for doubt in found.doubts)


def test_a_constant_in_two_roles_that_need_two_spellings_is_left(tmp_path: Path) -> None:
    text = "const U = 'users';\nsupabase.from(U).select();\ndb.query(`SELECT * FROM ${U}`);\n"
    found = planned(tmp_path, {"a.ts": text})
    assert found.files == ()
    assert any("two ways" in doubt.reason for doubt in found.doubts)


def test_names_that_only_running_tells_are_listed_with_their_lines(tmp_path: Path) -> None:
    text = (
        "\nexport const f = (t: string) => supabase.from(`${t}_x`).select();\n"
        "for (const k of Object.keys({ clients: 1 })) supabase.from(k).select();\n"
    )
    found = planned(tmp_path, {"a.ts": text})
    assert found.files == ()
    assert {doubt.place.line for doubt in found.doubts} == {2, 3}


def test_tests_follow_the_code_they_test(tmp_path: Path) -> None:
    text = """\
mockFrom.mockImplementation((table: string) => {
  if (table === 'clients') return rows;
  switch (table) { case 'posts': return []; }
});
const client = { from: jest.fn((name) => (name === 'users' ? a : b)) };
expect(client.from).toHaveBeenCalledWith('clients');
expect(screen.getByText).toHaveBeenCalledWith('clients');
"""
    found = planned(tmp_path, {"a.test.ts": text})
    after = found.files[0].after.decode()
    assert after == (
        text.replace("=== 'clients'", "=== 'client'")
        .replace("case 'posts'", "case 'post'")
        .replace("=== 'users'", "=== 'user'")
        .replace(
            "client.from).toHaveBeenCalledWith('clients')",
            "client.from).toHaveBeenCalledWith('client')",
        )
    )
    assert {spot.kind for spot in found.files[0].spots} == {Kind.EXPECTATION}


PYTHON = """\
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import relationship

class Client(Base):
    __tablename__ = "clients"
    id = Column(Integer, primary_key=True)
    owner = Column(ForeignKey("users.id"))
    tags = relationship("Tag", secondary="posts")

link = Table("posts", metadata, Column("clients", ForeignKey("public.clients.id")))
"""


def test_python_models(tmp_path: Path) -> None:
    done = renamed(tmp_path, "models.py", PYTHON)
    assert done == PYTHON.replace('"clients"\n', '"client"\n').replace(
        '"users.id"', '"user.id"'
    ).replace('"posts"', '"post"').replace('"public.clients.id"', '"public.client.id"')


def test_a_model_named_by_its_class_gets_the_new_name(tmp_path: Path) -> None:
    text = (
        "from sqlmodel import Field, SQLModel\n\n\n"
        "class Users(SQLModel, table=True):\n"
        '    """People."""\n\n'
        "    id: int = Field(primary_key=True)\n\n\n"
        "class Item(SQLModel, table=True):\n"
        '    owner: int = Field(foreign_key="users.id")\n'
    )
    done = renamed(tmp_path, "models.py", text)
    assert 'foreign_key="user.id"' in done
    assert '    """People."""\n\n    __tablename__ = "user"\n    id: int' in done
    assert renamed(tmp_path, "models.py", done) == done


def test_python_calls_and_django(tmp_path: Path) -> None:
    text = (
        "from django.db import models\n"
        "class Client(models.Model):\n"
        "    name = models.TextField()\n"
        "    class Meta:\n"
        "        db_table = 'clients'\n\n\n"
        "rows = supabase.table('posts').select('*', 'users(id)').eq('a', 1).execute()\n"
        "cursor.execute(\"SELECT * FROM users WHERE id = %s AND name = 'users'\", (1,))\n"
    )
    done = renamed(tmp_path, "models.py", text)
    assert "db_table = 'client'" in done
    assert "table('post').select('*', 'users:user(id)')" in done
    assert "FROM \\\"user\\\" WHERE id = %s AND name = 'users'" in done


def test_prisma_keeps_the_name_that_its_client_has(tmp_path: Path) -> None:
    text = 'model clients {\n  id Int @id\n}\n\nmodel Post {\n  id Int @id\n  @@map("posts")\n}\n'
    done = renamed(tmp_path, "schema.prisma", text)
    assert done.startswith('model clients {\n  id Int @id\n\n  @@map("client")\n}')
    assert '@@map("post")' in done
    assert renamed(tmp_path, "schema.prisma", done) == done


def test_files_of_queries_are_renamed_and_migrations_never(tmp_path: Path) -> None:
    query = "-- all posts\nselect posts.id, 'posts' from posts where \"posts\".a > 1;\n"
    made = "create table posts (id int);\n"
    done = all_renamed(
        tmp_path,
        {
            "queries/a.sql": query,
            "supabase/migrations/1.sql": made + query,
            "scripts/build.sql": made + query,
        },
    )
    assert done["queries/a.sql"] == (
        "-- all posts\nselect post.id, 'posts' from post where \"post\".a > 1;\n"
    )
    assert done["supabase/migrations/1.sql"] == made + query
    assert done["scripts/build.sql"] == made + query


def test_sql_for_another_engine_is_left_alone(tmp_path: Path) -> None:
    text = (
        "import Database from 'better-sqlite3';\nconst db = new Database('x.db');\n"
        "db.prepare('SELECT * FROM posts WHERE id = ?').all(1);\n"
    )
    assert renamed(tmp_path, "a.ts", text) == text


def test_a_new_name_that_the_statement_has_already_is_left_to_a_person(tmp_path: Path) -> None:
    text = "db.query('SELECT posts.id FROM posts JOIN other post ON post.id = posts.id');\n"
    found = planned(tmp_path, {"a.ts": text})
    assert found.files == ()
    assert any("something else" in doubt.reason for doubt in found.doubts)


def test_scripts_of_components_are_edited_in_place(tmp_path: Path) -> None:
    text = "<p>clients</p>\n<script>\nsupabase.from('clients').select()\n</script>\n"
    assert renamed(tmp_path, "a.vue", text) == text.replace("from('clients')", "from('client')")


def test_line_endings_and_signs_of_other_scripts_stay(tmp_path: Path) -> None:
    text = "// Größe — 日本\r\nsupabase.from('clients').select('ä, posts(id)')\r\n"
    assert renamed(tmp_path, "a.ts", text) == text.replace("'clients'", "'client'").replace(
        "posts(", "posts:post("
    )
