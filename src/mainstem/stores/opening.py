"""A place as an open store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mainstem.errors import MainstemError, SourceError, TargetError
from mainstem.stores.folder import Folder
from mainstem.stores.s3 import S3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from mainstem.stores.model import Place, Store


def open_source(place: Place) -> AbstractContextManager[Store]:
    """A store that is only read.

    Raises SourceError when it cannot be, ConfigError when its keys are not set.
    """
    return _open(place, SourceError)


def open_target(place: Place) -> AbstractContextManager[Store]:
    """A store that files are written to.

    Raises TargetError when it cannot be reached, ConfigError when its keys are not set.
    """
    return _open(place, TargetError)


@contextmanager
def _open(place: Place, error: type[MainstemError]) -> Iterator[Store]:
    store: Store
    if place.folder is not None:
        store = Folder(place.folder, error=error)
    else:
        store = S3(place, error=error)
    try:
        yield store
    finally:
        store.close()
