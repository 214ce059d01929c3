"""A backup's manifest: what the dump holds, so that a restore can be proved."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING

import msgspec

from mainstem.db.fingerprint import Fingerprint  # noqa: TC001 - msgspec reads the annotations
from mainstem.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "manifest.json"
DUMP_FILE = "database.dump"
FORMAT = 1


class Role(msgspec.Struct, frozen=True):
    """A role that the dump's grants and policies name."""

    name: str
    bypassrls: bool


class Manifest(msgspec.Struct, frozen=True):
    """What `manifest.json` says."""

    format: int
    tool: str
    created_at: datetime
    source: str
    server_version: int
    dump_program: str
    dump_sha256: str
    dump_size_bytes: int
    schemas: list[str]
    left_out: list[str]
    roles: list[Role]
    tables: list[Fingerprint]


def write(manifest: Manifest, folder: Path) -> None:
    """Write it durably."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    with (folder / FILE).open("wb") as file:
        file.write(text + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """Read a backup's manifest.

    Raises:
        SourceError: there is none, or it is none of ours.
    """
    path = folder / FILE
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read: {error.strerror}; is {folder} a backup?"
        ) from error
    except msgspec.DecodeError as error:
        raise SourceError(f"{path} is no manifest of a backup: {error}") from error
    if manifest.format != FORMAT:
        raise SourceError(
            f"{path} has format {manifest.format}, this Mainstem reads {FORMAT}; upgrade Mainstem"
        )
    return manifest


def sha256_of(path: Path) -> str:
    """Return the hex digest of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
