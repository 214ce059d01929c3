"""The bytes behind a legacy sample's `storage.objects`, in a folder, the same for the same names.

    python -m samples.legacy_files postgresql://.../revos revos_files

Every eleventh file has no bytes, and one lies there that no metadata names: lost uploads and
leftovers are what real buckets have.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

from mainstem.pg.connect import connect

MISSING_EVERY = 11
ORPHAN = "left-behind.bin"


@dataclass(frozen=True)
class FileSample:
    """What was written, and what is wrong on purpose."""

    files: int
    missing: tuple[str, ...]
    orphans: tuple[str, ...]


def write_files(url: str, folder: Path) -> FileSample:
    """Write `folder/bucket/name` for each object that the database at `url` names.

    Raises:
        ServerError: the database cannot be reached.
    """
    with connect(url, application_name="sample files") as connection:
        rows = connection.execute(
            "select bucket_id, name, (metadata ->> 'size')::integer from storage.objects"
            " order by bucket_id, name"
        ).fetchall()
    missing = []
    for number, (bucket, name, size_bytes) in enumerate(rows):
        if number % MISSING_EVERY == MISSING_EVERY // 2:
            missing.append(f"{bucket}/{name}")
            continue
        path = folder / bucket / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(name, size_bytes))
    orphans = [f"{bucket}/{ORPHAN}" for bucket in sorted({row[0] for row in rows})]
    for key in orphans:
        (folder / key).write_bytes(content(key, 100))
    return FileSample(len(rows) - len(missing), tuple(missing), tuple(orphans))


def content(name: str, size_bytes: int) -> bytes:
    """A file's bytes, as `sample.content_tag` knows them."""
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest().encode()
    return (digest * (size_bytes // len(digest) + 1))[:size_bytes]


def main() -> None:
    """Write the files as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m samples.legacy_files", description=__doc__)
    parser.add_argument("url", metavar="URL", help="the sample's database")
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    options = parser.parse_args()
    made = write_files(options.url, options.folder)
    print(
        f"{options.folder}: {made.files:,} files; {len(made.missing):,} have no bytes, "
        f"{len(made.orphans):,} no metadata"
    )


if __name__ == "__main__":
    main()
