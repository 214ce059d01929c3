"""Files: where their bytes lie, and how large one may be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.storage import Limits
from mainstem.stores.model import Place
from mainstem.stores.signing import keys_of

if TYPE_CHECKING:
    from collections.abc import Mapping

#: a folder, or the address of an S3-compatible store; its keys are `MAINSTEM_FILES_ACCESS_KEY_ID`
#: and `MAINSTEM_FILES_SECRET_ACCESS_KEY`
VARIABLE = "MAINSTEM_FILES"
BUCKET_VARIABLE = "MAINSTEM_FILES_BUCKET"
REGION_VARIABLE = "MAINSTEM_FILES_REGION"
SIZE_VARIABLE = "MAINSTEM_FILES_MB_MAX"
FOLDER = "files"
MB_MAX = 1_000_000


def place_of(home: Path, environment: Mapping[str, str] = os.environ) -> Place:
    """Where bytes lie: what MAINSTEM_FILES says, else a folder below the home.

    Raises:
        ConfigError: the path is not whole, or a store lacks its bucket or its keys.
    """
    said = environment.get(VARIABLE, "").strip()
    if not said.startswith(("https://", "http://")):
        folder = Path(said).expanduser() if said else home / FOLDER
        if not folder.is_absolute():
            raise ConfigError(f"{VARIABLE} is {said!r}; write the whole path, from the root on")
        return Place(folder=folder)
    bucket = environment.get(BUCKET_VARIABLE, "").strip()
    if not bucket:
        raise ConfigError(
            f"{VARIABLE} is the address of a store; say in {BUCKET_VARIABLE} which of its buckets"
        )
    keys_of(VARIABLE)
    region = environment.get(REGION_VARIABLE, "").strip() or "us-east-1"
    return Place(s3=said, region=region, bucket=bucket, keys=VARIABLE)


def limits_of(environment: Mapping[str, str] = os.environ) -> Limits:
    """How large a file may be: what MAINSTEM_FILES_MB_MAX says.

    Raises:
        ConfigError: it is no number of megabytes.
    """
    said = environment.get(SIZE_VARIABLE, "").strip()
    if not said:
        return Limits()
    if not (said.isascii() and said.isdigit() and 0 < int(said) <= MB_MAX):
        raise ConfigError(
            f"{SIZE_VARIABLE} is {said!r}; write a number of megabytes, up to {MB_MAX}"
        )
    return Limits(object_bytes_max=int(said) * 1024 * 1024)
