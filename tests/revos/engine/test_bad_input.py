"""What the world may send: each piece ends in a state that is kept, and none stops the others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.revos.engine.conftest import SandboxClock

from mainstem.jobs import Worker
from mainstem.revos.sandbox.faults import FaultKind, Knob

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.revos.engine.conftest import Stage

SOON = timedelta(minutes=30)
A_WHILE = timedelta(hours=3)
STEP = timedelta(minutes=6)
MARKUP = "<img src=x onerror=alert(1)>{{email}}" * 82


@dataclass(frozen=True)
class JumpingClock(SandboxClock):
    """A clock that somebody sets while it runs."""

    jumps: list[timedelta] = field(default_factory=lambda: [timedelta(0)])

    def now(self) -> datetime:
        return super().now() + self.jumps[-1]


def state_of(stage: Stage, person_id: str) -> tuple[str, str | None]:
    """A person's first message: its state and why."""
    ((status, reason),) = stage.sql(
        "select s.status, s.error_message from dm_step as s join dm_sequence as q"
        " on q.id = s.dm_sequence_id join lead as l on l.id = q.lead_id"
        " where l.linkedin_id = %s and s.step = 1",
        person_id,
    )
    return status, reason


def test_whatever_comments_bring_ends_in_a_state_and_stops_no_other(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(dm_template_step2=None, dm_template_step3=None)
    contacts = [
        one
        for one in stage.world.people
        if stage.world.distance(stage.mine.account, one) == 1 and one.style == "plain"
    ]
    long, odd, fine = contacts[:3]
    long.first_name, long.last_name = MARKUP, ""
    stranger = stage.at_distance(stage.mine, 2, style=None)
    post = stage.published(stage.mine)
    stage.comment(post, None)
    gone = stage.comment(post, stranger)
    for person in (long, odd, fine):
        stage.comment(post, person)
    stage.sandbox.faults.turn_on(Knob(FaultKind.MALFORMED, route="comments", count=1))
    stage.sandbox.faults.turn_on(Knob(FaultKind.UNKNOWN_SLUG, route="message", count=1))
    stage.sandbox.faults.turn_on(Knob(FaultKind.MALFORMED, route="message", count=1))
    stage.work()
    gone.is_deleted = True  # between the look and the answer
    stage.later(SOON, step=STEP)
    stage.later(A_WHILE, step=STEP)
    outcomes = dict(stage.sql("select outcome, count(*) from processed_comment group by 1"))
    assert outcomes["error"] == 1, "nobody could be written to"
    states = {person: state_of(stage, person.id) for person in (long, odd, fine)}
    refused = [one for one in states.values() if one[0] == "failed"]
    assert len(refused) == 1, "a word that nobody knows is a refusal, kept with its name"
    slugs = stage.sql("select error_slug from dm_step where status = 'failed'")
    assert slugs == [("sandbox_made_this_up",)]
    assert sum(status == "sent" for status, _ in states.values()) == 2
    assert all(
        len(stage.texts_to(person)) == (states[person][0] == "sent") for person in (long, odd, fine)
    ), "of the malformed answer it was looked up that it had arrived"
    ((kept,),) = stage.sql("select first_name from lead where linkedin_id = %s", long.id)
    assert len(kept) <= 200
    assert all("{{" not in text.partition("where")[2] for text in stage.texts_to(long))
    assert stage.sql("select count(*) from provider_call where status in ('reserved', 'calling')"
                     " and called_at < %s", stage.world.now() - SOON) == [(0,)]  # fmt: skip


def test_a_clock_that_jumps_sends_nothing_twice_and_loses_nobody(stage: Stage) -> None:
    clock = JumpingClock(world=stage.world)
    stage.engine = replace(stage.engine, clock=clock)
    stage.worker = Worker(stage.worker.url, stage.engine.registry())
    people = [
        one
        for one in stage.world.people
        if stage.world.distance(stage.mine.account, one) == 1 and one.style == "plain"
    ][:2]
    post = stage.published(stage.mine)
    for person in people:
        stage.comment(post, person)
    for jump in (timedelta(hours=30), timedelta(hours=-2), timedelta(0)):
        clock.jumps.append(jump)
        stage.later(timedelta(minutes=40), step=timedelta(minutes=5))
    stage.later(timedelta(hours=32), step=timedelta(hours=1))
    stage.later(timedelta(hours=1), step=timedelta(minutes=5))
    for person in people:
        texts = stage.texts_to(person)
        assert len(texts) == len(set(texts)) == 3, texts
    assert stage.sql("select status, count(*) from dm_delivery group by 1") == [("sent", 6)]
