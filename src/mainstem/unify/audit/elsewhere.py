"""Other folders of migrations in the same repository: what they build is another database's.

Only one folder is replayed. A table that another folder creates is not missing for the code that
lives with that folder, nor where a tool that owns the folder applies it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import ObjectName


@dataclass(frozen=True)
class OtherFolder:
    """A folder of migrations that is not replayed; paths are relative to the audited folder.

    `home` is the part of the repository that it belongs to, `.` for the whole; `has_tool` says that
    a tool's own file lies in it, so that the tool applies it.
    """

    path: str
    home: str
    has_tool: bool = False

    def creates(self, files: Iterable[str]) -> bool:
        """Whether one of the files lies in it."""
        return any(_is_below(file, self.path) for file in files)

    def is_home_of(self, file: str) -> bool:
        """Whether a file belongs to the same part of the repository, which is not the whole."""
        return self.home != "." and _is_below(file, self.home)


def is_made_elsewhere(subject: Subject, name: ObjectName, file: str) -> bool:
    """Whether what a file means by a name is what another folder of migrations creates."""
    files = subject.files_creating.get(name, ())
    return any(
        (folder.has_tool or folder.is_home_of(file)) and folder.creates(files)
        for folder in subject.other_folders
    )


def is_judged_elsewhere(subject: Subject, name: ObjectName, file: str) -> bool:
    """Whether a file that lives with another folder means the table which that one creates."""
    files = subject.files_creating.get(name, ())
    return any(
        folder.is_home_of(file) and folder.creates(files) for folder in subject.other_folders
    )


def _is_below(file: str, folder: str) -> bool:
    return PurePosixPath(folder) in PurePosixPath(file).parents
