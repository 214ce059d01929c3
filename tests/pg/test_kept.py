"""The database that tests are lent one after another: whatever one leaves, the next finds none."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from tests.kept import Keeper

if TYPE_CHECKING:
    from mainstem.pg.scratch import ScratchServer

#: what a test may leave -> whether the next one gets the same database
LEFT = {
    "insert into agency (name, slug) values ('One', 'one'); set role anon": True,
    "alter table agency add column left_over int": False,
    "update social_platform set name = name || '!'": False,
    "begin": False,
}
NEW = {
    "select count(*) from agency": 0,
    "select count(*) from social_platform where name like '%!'": 0,
    "select count(*) from pg_attribute where attname = 'left_over'": 0,
    "select current_user = session_user": True,
}


def test_what_one_leaves_the_next_does_not_find(scratch: ScratchServer, template: str) -> None:
    with closing(Keeper(scratch, template)) as keeper:
        for left, is_the_same in LEFT.items():
            with keeper.lent() as first:
                first.connection.execute(left.encode())
            with keeper.lent() as second:
                assert (second.name == first.name) == is_the_same
                for question, answer in NEW.items():
                    assert second.connection.execute(question.encode()).fetchone() == (answer,)
