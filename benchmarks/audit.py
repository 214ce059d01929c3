"""How long an audit takes: a made repository of 900 source files and 90 migrations.

Whole processes of the command as people run it. Cold is an empty cache folder; then nothing
changed, one source file changed, one migration changed. To see whether the time of a file grows
with their number, the cold run is repeated with a third of the files and with twice as many.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from samples.words import COMPANY_HEADS

from benchmarks.harness import MEBIBYTE, machine, run_measured, table, workspace

if TYPE_CHECKING:
    from benchmarks.harness import Measured

MAINSTEM = str(Path(sys.executable).parent / "mainstem")
FILES = 900
MIGRATIONS = 90
SEED = 20261126
COLD_LIMIT_S = 15.0
WARM_LIMIT_S = 3.0
MEMORY_LIMIT_MIB = 400

MIGRATION = """-- {number}: {name}
create table if not exists {name} (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace (id) on delete cascade,
  parent_id uuid references {parent} (id),
  title text not null,
  status text not null default 'draft' check (status in ('draft', 'active', 'done')),
  settings jsonb not null default '{{}}',
  amount numeric(12, 2),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table {name} enable row level security;
create policy "{name} of the workspace" on {name} for all to authenticated
  using (workspace_id = (auth.jwt() ->> 'workspace_id')::uuid)
  with check (workspace_id = (auth.jwt() ->> 'workspace_id')::uuid);
create index if not exists {name}_workspace_id_idx on {name} (workspace_id);
create index if not exists {name}_parent_id_idx on {name} (parent_id);
"""
QUERY = """
export async function load{title}(id: string) {{
  const {{ data, error }} = await supabase
    .from('{name}')
    .select('id, title, status, parent:{parent}(id, title)')
    .eq('workspace_id', id)
    .order('created_at', {{ ascending: false }})
    .limit(50)
  if (error) throw new Error(error.message)
  return data
}}

export async function save{title}(row: {title}Row) {{
  return supabase.from('{name}').insert({{
    workspace_id: row.workspaceId,
    title: row.title.trim(),
    status: 'draft',
    settings: {{ colour: row.colour }},
  }})
}}
"""
COMPONENT = """
export function {title}Card{number}({{ row, onOpen }}: Props) {{
  const [isOpen, setOpen] = useState(false)
  const label = useMemo(() => `${{row.title}} (${{row.status}})`, [row])
  return (
    <section className="rounded border p-4" aria-label={{label}}>
      <header className="flex items-center gap-2">
        <h3 className="font-semibold">{{row.title}}</h3>
        <button type="button" onClick={{() => setOpen(!isOpen)}}>
          {{isOpen ? 'Hide' : 'Show'}}
        </button>
      </header>
      {{isOpen && row.lines.map((line) => <p key={{line.id}}>{{line.text}}</p>)}}
      <footer onClick={{() => onOpen(row.id)}}>{{row.updatedAt.toLocaleDateString()}}</footer>
    </section>
  )
}}
"""


@dataclass(frozen=True)
class Shape:
    """How large a repository is made."""

    files: int
    migrations: int = MIGRATIONS


def main() -> None:
    """Measure and print."""
    print(f"\n## audit\n\n{machine()}")
    with workspace("audit") as folder:
        runs = _measure(folder)
    cold = runs["cold"]
    rows = [
        _row("cold", cold, COLD_LIMIT_S),
        _row("again, nothing changed", runs["same"], WARM_LIMIT_S),
        _row("one source file changed", runs["source"], WARM_LIMIT_S),
        _row("one migration changed", runs["migration"], COLD_LIMIT_S),
    ]
    header = ("audit", "seconds", "limit", "ratio to limit", "CPU seconds", "peak memory")
    table(f"{FILES} source files, {MIGRATIONS} migrations", header, rows)
    few, many = runs["third"], runs["twice"]
    low = (cold.cpu_s - few.cpu_s) / (FILES - FILES // 3)
    high = (many.cpu_s - cold.cpu_s) / FILES
    grown = [[f"{1000 * low:.2f}", f"{1000 * high:.2f}", f"{high / low:.2f}"]]
    spans = (f"ms of CPU a file, {FILES // 3} to {FILES}", f"{FILES} to {2 * FILES}", "ratio")
    table("Time of one more file", spans, grown)
    print(f"\nPeak memory: the largest process; the limit is {MEMORY_LIMIT_MIB} MiB.")


def _measure(folder: Path) -> dict[str, Measured]:
    """Every case once; names -> what its process took."""
    repository = _made(folder / "main", Shape(FILES))
    cache = folder / "cache"
    runs = {"cold": _audit(repository, cache), "same": _audit(repository, cache)}
    source = repository / "app" / "module0" / "file0.tsx"
    source.write_text(source.read_text() + "\nexport const changed = true\n")
    runs["source"] = _audit(repository, cache)
    migration = max((repository / "supabase" / "migrations").iterdir())
    migration.write_text(migration.read_text() + "\nselect 1;\n")
    runs["migration"] = _audit(repository, cache)
    runs["third"] = _audit(_made(folder / "third", Shape(FILES // 3)), folder / "cache-third")
    runs["twice"] = _audit(_made(folder / "twice", Shape(2 * FILES)), folder / "cache-twice")
    return runs


def _audit(repository: Path, cache: Path) -> Measured:
    command = [MAINSTEM, "audit", str(repository)]
    output = str(cache.with_suffix(".json"))
    return run_measured(
        [*command, "--format", "json", "--output", output, "--fail-on", "never"],
        environment={"XDG_CACHE_HOME": str(cache)},
    )


def _made(root: Path, shape: Shape) -> Path:
    """Write a repository; the same for the same shape."""
    random.seed(SEED)
    names = _table_names(shape.migrations - 1)
    migrations = root / "supabase" / "migrations"
    migrations.mkdir(parents=True)
    first = "create table workspace (id uuid primary key default gen_random_uuid(), name text);\n"
    (migrations / "20240101000000_workspace.sql").write_text(first)
    for number, name in enumerate(names, 1):
        parent = names[number - 2] if number > 1 else name
        text = MIGRATION.format(number=number, name=name, parent=parent)
        (migrations / f"2024{number // 28 + 1:02}{number % 28 + 1:02}120000_{name}.sql").write_text(
            text
        )
    for number in range(shape.files):
        _write_source(root, number, names)
    listed = "".join(f"- `{name}` - rows of a workspace\n" for name in names)
    (root / "README.md").write_text(f"# Sample\n\n## Tables\n\n{listed}")
    return root


def _write_source(root: Path, number: int, names: list[str]) -> None:
    """One file in three talks to the database; all hold a few components."""
    folder = root / "app" / f"module{number // 20}"
    folder.mkdir(parents=True, exist_ok=True)
    name = names[number % len(names)]
    title = "".join(word.capitalize() for word in name.split("_"))
    place = names.index(name)
    parts = ["import { useMemo, useState } from 'react'\n"]
    if number % 3 == 0:
        parts.append("import { supabase } from '@/lib/supabase'\n")
        parts.append(QUERY.format(name=name, title=title, parent=names[max(place - 1, 0)]))
    count = random.randint(2, 8)
    parts += [COMPONENT.format(title=title, number=card) for card in range(count)]
    (folder / f"file{number}.tsx").write_text("".join(parts))


def _table_names(count: int) -> list[str]:
    words = sorted({word.lower() for word in COMPANY_HEADS if word.isalpha()})
    pairs = [f"{one}_{other}" for one in words for other in words if one != other]
    return random.sample(pairs, count)


def _row(name: str, run: Measured, limit_s: float) -> list[str]:
    return [
        name,
        f"{run.wall_s:.1f}",
        f"{limit_s:.0f}",
        f"{run.wall_s / limit_s:.2f}",
        f"{run.cpu_s:.1f}",
        f"{run.peak_bytes / MEBIBYTE:.0f} MiB",
    ]
