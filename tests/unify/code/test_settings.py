"""Connection settings tell the host and the project; no part of a secret ever leaves."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.unify.code.settings import read
from mainstem.unify.code.syntax import Language, SyntaxFile

REF = "abcdefghijklmnopqrst"


def told(text: str, path: str = ".env") -> list[tuple[str, str, str | None]]:
    language = Language.TYPESCRIPT if path.endswith(".ts") else Language.TEXT
    settings = read(SyntaxFile(path, language, text.encode())).reading.settings
    return [(one.name, one.host, one.project) for one in settings]


@pytest.mark.parametrize(
    ("line", "host", "project"),
    [
        (f"SUPABASE_URL=https://{REF}.supabase.co", f"{REF}.supabase.co", REF),
        (f'export SUPABASE_URL="https://{REF}.supabase.co/rest/v1"', f"{REF}.supabase.co", REF),
        (
            "DATABASE_URL=postgres://u:p@db.host.net:5432/shop?sslmode=require",
            "db.host.net",
            "shop",
        ),
        (f"DB=postgresql://postgres:p@db.{REF}.supabase.co/postgres", f"db.{REF}.supabase.co", REF),
        (
            f"DB=postgres://postgres.{REF}:p@aws-0-eu.pooler.supabase.com:6543/postgres",
            "aws-0-eu.pooler.supabase.com",
            REF,
        ),
        ("DB=postgresql+asyncpg://u:p@localhost/shop", "localhost", "shop"),
        ("DATABASE_URL=sqlite:///data/app.db", "file", "data/app.db"),
        ("SQLITE_PATH=./data/app.sqlite3", "file", "./data/app.sqlite3"),
        (f"SUPABASE_PROJECT_REF={REF}", f"{REF}.supabase.co", REF),
    ],
)
def test_settings_files(line: str, host: str, project: str) -> None:
    [(name, *found)] = told(line)
    assert found == [host, project]
    assert name in line


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# DATABASE_URL=postgres://u:p@host.net/db",
        "SUPABASE_URL=https://your-project.supabase.co",
        "API_URL=https://api.example.com/v1",
        "SUPABASE_ANON_KEY=eyJhbGciOi",
        "DATABASE_URL=",
        "DATABASE_URL=postgres://u:p@your-host/db",
        "DATABASE_URL=postgres://${USER}:${PASSWORD}@${HOST}/db",
    ],
)
def test_lines_without_a_connection(line: str) -> None:
    assert told(line) == []


def test_code() -> None:
    text = f"""
const url = process.env.NEXT_PUBLIC_SUPABASE_URL || 'https://{REF}.supabase.co'
// const old = 'https://{REF[::-1]}.supabase.co'
const docs = "https://supabase.com/docs"
const pool = new Pool({{ connectionString: `postgres://u:p@one.net/shop` }})
"""
    settings = read(SyntaxFile("a.ts", Language.TYPESCRIPT, text.encode())).reading.settings
    assert [(one.name, one.host, one.place.line) for one in settings] == [
        ("NEXT_PUBLIC_SUPABASE_URL", f"{REF}.supabase.co", 2),
        ("connectionString", "one.net", 5),
    ]


secrets = st.text(
    alphabet=string.ascii_letters + string.digits + "@:/?#%!,;&=+'\"$()[]", min_size=3
)


@given(secrets, st.sampled_from(["postgres", "mysql", "libsql", "https"]))
def test_no_part_of_a_password_is_told(secret: str, scheme: str) -> None:
    """Marked with characters that nothing else has, so that each part of it would be seen."""
    marked = "".join("Ж" + one if one.isalnum() else one for one in secret)
    for text in (secret, marked):
        found = told(f"DATABASE_URL={scheme}://user:{text}@right.net/shop")
        assert found in ([], [("DATABASE_URL", "right.net", "shop")])
