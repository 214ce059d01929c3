from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.unify.audit.checks.planting import Planted, planted_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.scratch import ScratchServer


@pytest.fixture(scope="session")
def isolation(scratch: ScratchServer) -> Iterator[Planted]:
    """A database whose tenants are kept apart."""
    with planted_database(scratch, f"isolation_{uuid4().hex}") as planted:
        yield planted
