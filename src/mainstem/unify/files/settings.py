"""`[[files]]` as config, manifest and ledger write it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.stores.model import Place
from mainstem.unify.files.model import Files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.plan.toml_reader import Section


def read_files(section: Section, folder: Path) -> Files:
    """One `[[files]]`; folders are relative to `folder`.

    Raises ConfigError when it says something that it may not say.
    """
    files = Files(
        source=section.take("source", str) or "",
        origin=_place(section, "from", folder),
        target=_place(section, "to", folder),
        prefixes=_prefixes(section),
        owner=section.take("owner", str),
        leave=section.take_text_map("leave"),
        found=section.take_texts("buckets") or (),
        references=section.take_texts("references") or (),
        rewrite_urls=section.take_text_map("rewrite_urls"),
        rewritten=section.take_texts("rewritten") or (),
    )
    section.finish()
    if files.origin == files.target:
        raise ConfigError(f"`{section.place}` moves files from {files.origin.shown} to itself")
    return files


def write_files(files: Files, folder: Path) -> dict[str, object]:
    """The same as TOML would hold it, folders relative to `folder`."""
    found: dict[str, object] = {
        "source": files.source,
        "from": write_place(files.origin, folder),
        "to": write_place(files.target, folder),
        "owner": files.owner,
        "prefixes": dict(files.prefixes),
        "leave": dict(files.leave),
        "buckets": list(files.found),
        "references": list(files.references),
        "rewrite_urls": dict(files.rewrite_urls),
        "rewritten": list(files.rewritten),
    }
    return {name: value for name, value in found.items() if value}


def write_place(place: Place, folder: Path | None = None) -> dict[str, str]:
    """A place as TOML or JSON; its folder relative to `folder`, else in full."""
    if place.folder is not None:
        path = place.folder.resolve()
        return {"folder": str(path) if folder is None else os.path.relpath(path, folder.resolve())}
    found = {"s3": place.s3, "region": place.region, "bucket": place.bucket, "keys": place.keys}
    return {name: value for name, value in found.items() if value is not None}


def place_of(written: Mapping[str, str], folder: Path) -> Place:
    """A place from what `write_place` gave."""
    if "folder" in written:
        return Place(folder=folder / written["folder"])
    return Place(
        s3=written["s3"],
        region=written["region"],
        bucket=written.get("bucket"),
        keys=written["keys"],
    )


def _prefixes(section: Section) -> dict[str, str]:
    """Unlike other texts what a beginning becomes may be empty."""
    own = section.section("prefixes")
    found: dict[str, str] = {}
    for name in own.names_left() if own is not None else ():
        assert own is not None
        value = own.take_any(name)
        if not isinstance(value, str):
            raise ConfigError(f"{own.where(name)} must be a text, the new beginning of names")
        found[name] = value
    return found


def _place(section: Section, key: str, folder: Path) -> Place:
    own = section.section(key)
    where = section.where(key)
    if own is None:
        raise ConfigError(
            f'{where} is missing; write {key} = {{ folder = "..." }} or {{ s3 = "https://..." }}'
        )
    path, s3 = own.take("folder", str), own.take("s3", str)
    place = Place(
        folder=Path(os.path.normpath(folder / path)) if path is not None else None,
        s3=s3,
        region=own.take("region", str) or "us-east-1",
        bucket=own.take("bucket", str),
        keys=own.take("keys", str) or "AWS",
    )
    own.finish()
    if (path is None) == (s3 is None):
        raise ConfigError(f"{where} needs either folder or s3, not both")
    return place
