"""A place as an open store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mainstem.errors import SourceError, TargetError
from mainstem.unify.files.folder import Folder
from mainstem.unify.files.s3 import S3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.files.model import Place, Store


@contextmanager
def open_source(place: Place) -> Iterator[Store]:
    """A store that is only read.

    Raises SourceError when it cannot be, ConfigError when its keys are not set.
    """
    store: Store = (
        Folder(place.folder, error=SourceError)
        if place.folder is not None
        else S3(place, error=SourceError)
    )
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_target(place: Place) -> Iterator[Store]:
    """A store that files are written to.

    Raises TargetError when it cannot be reached, ConfigError when its keys are not set.
    """
    store: Store = (
        Folder(place.folder, error=TargetError)
        if place.folder is not None
        else S3(place, error=TargetError)
    )
    try:
        yield store
    finally:
        store.close()
