"""A person's own SQLite file as a source, and whether the direct-mail plan fits it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit

import mainstem
from mainstem.errors import UsageError
from mainstem.unify.catalog.sqlite import open_source, read_catalog
from mainstem.unify.plan.config import read_config

if TYPE_CHECKING:
    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.plan.config import Config

CONFIG = "direct_mail.toml"


@dataclass(frozen=True)
class Source:
    """A SQLite file, and the config that says where its tables go; None: it is copied as it is."""

    path: Path
    config: Path | None
    said: str


def own_source(home: Path, path: Path) -> Source:
    """A person's file: planned when its tables are those of the direct-mail app, else copied.

    Raises:
        SourceError: it cannot be read as SQLite.
    """
    path = path.absolute()
    with open_source(path) as source:
        catalog = read_catalog(source)
    folder = home / "own" / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    config = _config_beside(path, folder) if _has_samples() else None
    count = f"{len(catalog.tables)} tables"
    if config is not None and fits(read_config(config), catalog):
        return Source(path, config, f"{path.name}: {count}, of the direct-mail app")
    return Source(path, None, f"{path.name}: {count}")


def fits(config: Config, catalog: Catalog) -> bool:
    """Whether the catalog has every table and column that the config speaks of, and no others."""
    tables = {table.name: {column.name for column in table.columns} for table in catalog.tables}
    (source,) = config.sources
    return tables.keys() == source.tables.keys() and all(
        table.columns.keys() <= tables[name] for name, table in source.tables.items()
    )


def samples_folder() -> Path:
    """The repository's `samples/`, importable.

    Raises:
        UsageError: this is an installed package without the repository around it.
    """
    if not _has_samples():
        raise UsageError(
            "the samples come with the repository, not with the installed package; bring a file of "
            "your own: mainstem quickstart --sqlite FILE"
        )
    if str(_root()) not in sys.path:
        sys.path.append(str(_root()))
    return _root() / "samples"


def _config_beside(path: Path, folder: Path) -> Path:
    """The direct-mail config for a file, in a folder where its plan may be written."""
    document = tomlkit.parse((samples_folder() / CONFIG).read_text("utf-8"))
    sources = document["source"]
    assert isinstance(sources, tomlkit.items.AoT)
    sources[0]["sqlite"] = str(path)
    target = folder / CONFIG
    target.write_text(tomlkit.dumps(document), "utf-8")
    return target


def _has_samples() -> bool:
    return (_root() / "samples" / CONFIG).is_file()


def _root() -> Path:
    """Where this package's source tree stands."""
    return Path(mainstem.__file__).resolve().parents[2]
