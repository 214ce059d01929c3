"""SQL that stands in for what a platform or an extension would provide.

`platform/` builds the schemas of a hosted platform, in the order of the files' names;
`extensions/` holds one file for each extension that the scratch server lacks. They become real
extensions of it, so that `create extension` works wherever it stands and the catalog tells their
objects from the migrations'. Their scripts run as the role that runs the migrations: they need no
more rights, and give none.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mainstem.pg.account import give, open_way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.pg.account import Account

_HERE: Final = Path(__file__).parent
_VERSION: Final = "1.0"
_CREATED: Final = re.compile(
    r"^create (?:function|domain|type|view|table) (?:[a-z_]+\.)?([a-z0-9_]+)", re.MULTILINE
)
_SCHEMA: Final = re.compile(r"^create schema ([a-z_]+)", re.MULTILINE)
#: real here, but meant for superusers: its script may be run for another role
_TRUSTED: Final = "vector"
#: those that the platform has from the start, and those that people switch on in its console
INSTALLED: Final = ("uuid-ossp", "pgcrypto", "pg_stat_statements", "supabase_vault", "pg_graphql")
#: those that live in a schema of their own name, whether or not it is there before
_OWN_SCHEMA: Final = frozenset({"pgmq"})
#: the schemas that `platform/` builds
SCHEMAS: Final = frozenset(
    {"auth", "storage", "realtime", "extensions", "graphql", "graphql_public", "vault"}
    | {"supabase_functions", "supabase_migrations"}
)


@cache
def extensions() -> Mapping[str, str]:
    """The script of each extension that is stood in for, by its name."""
    return {path.stem: path.read_text("utf-8") for path in _sorted(_HERE / "extensions")}


@cache
def providers() -> Mapping[str, str]:
    """The extension that provides a function, type, table or schema, by that object's name."""
    return (
        {
            name: extension
            for extension, script in sorted(extensions().items(), reverse=True)
            for pattern in (_SCHEMA, _CREATED)
            for name in pattern.findall(script)
        }
        | {"gin_trgm_ops": "pg_trgm", "gist_trgm_ops": "pg_trgm"}
        | {name: name for name in _OWN_SCHEMA}
    )


def roles() -> str:
    """The script that makes the roles of a cluster."""
    return (_HERE / "roles.sql").read_text("utf-8")


def platform() -> tuple[str, ...]:
    """The scripts that build the platform's schemas in a database, in order."""
    return tuple(path.read_text("utf-8") for path in _sorted(_HERE / "platform"))


def write_extensions(folder: Path, share_dir: Path, account: Account | None) -> None:
    """Write the extensions' control files and scripts where the server looks for them."""
    target = folder / "extension"
    target.mkdir(parents=True)
    for name, script in extensions().items():
        (target / f"{name}--{_VERSION}.sql").write_text(script, "utf-8")
        control = f"default_version = '{_VERSION}'\nsuperuser = false\nrelocatable = false\n"
        control += f"schema = '{name}'\n" if name in _OWN_SCHEMA else ""
        (target / f"{name}.control").write_text(control, "utf-8")
    _write_trusted(target, share_dir / "extension")
    for path in (folder, target, *target.iterdir()):
        give(path, account)
    open_way(folder, account)


def _write_trusted(target: Path, source: Path) -> None:
    control = (source / f"{_TRUSTED}.control").read_text("utf-8")
    (target / f"{_TRUSTED}.control").write_text(f"{control}\ntrusted = true\n", "utf-8")
    version = re.search(r"default_version = '([^']+)'", control)
    assert version is not None, "an extension's control file names its version"
    script = f"{_TRUSTED}--{version[1]}.sql"
    (target / script).write_bytes((source / script).read_bytes())


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sql"))
