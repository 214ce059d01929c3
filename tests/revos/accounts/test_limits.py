"""Which account may write when: the one query against a plain model, with clocks that jump."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.migrations.people import Agency, insert, new_agency

from mainstem.revos.accounts import NewCall, Route, health, store
from mainstem.revos.accounts.model import ABANDONED_AFTER, SPACING, WARMTH_AT_FIRST
from mainstem.revos.unipile import Fault, Kind

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

WRITES = (Route.DM, Route.INVITATION, Route.COMMENT, Route.REACTION, Route.POST)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
         "Pacific/Apia")  # fmt: skip
#: around changes of clocks, month ends and a leap day
STARTS = (
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
    datetime(2028, 2, 28, 22, 0, tzinfo=UTC),
    datetime(2026, 6, 1, 12, 0, tzinfo=UTC),
)


@dataclass
class Called:
    """A call as the model remembers it."""

    route: Route
    at: datetime
    next_write_at: datetime
    is_open: bool = True
    #: how many calls it counts as
    weight: int = 1


@dataclass
class Plan:
    """An account and all that was done in its name."""

    id: UUID
    agency: Agency
    zone: str
    days: list[int]
    opens: time
    closes: time
    warmup_started_on: date | None
    warmup_days: int
    caps: dict[str, int]
    status: str = "active"
    calls: list[Called] = field(default_factory=list)
    #: every row that its person is linked to, of either agency, itself among them
    same: list[Plan] = field(default_factory=list)

    def is_free(self, at: datetime) -> bool:
        here = at.astimezone(ZoneInfo(self.zone))
        is_awake = here.isoweekday() in self.days and self.opens <= here.time() < self.closes
        is_rested = all(plan.is_done(at, by=self) for plan in self.same if plan.calls)
        return self.status == "active" and is_awake and is_rested

    def is_done(self, at: datetime, *, by: Plan) -> bool:
        """Whether nothing is under way, for itself or, for a while, for another row."""
        last = max(self.calls, key=lambda call: call.at)
        is_waited_for = self is by or last.at > at - ABANDONED_AFTER
        return last.next_write_at <= at and not (last.is_open and is_waited_for)

    def left(self, at: datetime) -> dict[Route, int]:
        day, week = timedelta(days=1), timedelta(days=7)

        def within(route: Route, span: timedelta) -> int:
            calls = [call for plan in self.same for call in plan.calls]
            found = [call for call in calls if call.route is route and call.at > at - span]
            return sum(call.weight if span == day else 1 for call in found)

        found = {
            route: self.warm(f"daily_{route}_cap", at) - within(route, day) for route in WRITES
        }
        weekly = self.warm("weekly_invitation_cap", at) - within(Route.INVITATION, week)
        found[Route.INVITATION] = min(found[Route.INVITATION], weekly)
        return found

    def warm(self, cap: str, at: datetime) -> int:
        """The cap so far into the warm-up: from a fifth on the first day to all of it."""
        share = Fraction(1)
        if self.warmup_started_on is not None and self.warmup_days > 0:
            today = at.astimezone(ZoneInfo(self.zone)).date()
            elapsed = max(0, (today - self.warmup_started_on).days)
            first = Fraction(str(WARMTH_AT_FIRST))
            share = min(share, first + (1 - first) * elapsed / self.warmup_days)
        return ceil(self.caps[cap] * share)


@st.composite
def drafts(draw: st.DrawFn) -> dict[str, Any]:
    """What an account is made of."""
    opens = draw(st.times(max_value=time(22, 0)))
    closes = draw(st.times(min_value=time(22, 1)))
    small = st.integers(0, 6)
    return {
        "timezone": draw(st.sampled_from(ZONES)),
        "work_days": draw(st.lists(st.integers(1, 7), min_size=3, unique=True)),
        "work_starts_at": opens.replace(microsecond=0),
        "work_ends_at": closes.replace(microsecond=0),
        "warmup_started_on": draw(st.none() | st.sampled_from([start.date() for start in STARTS])),
        "warmup_days": draw(st.integers(0, 20)),
        "daily_dm_cap": draw(small),
        "daily_invitation_cap": draw(small),
        "weekly_invitation_cap": draw(small),
        "daily_comment_cap": draw(small),
        "daily_reaction_cap": draw(st.integers(0, 40)),
        "daily_post_cap": draw(small),
        "provider_person_id": draw(st.none() | st.sampled_from(["ACoA", "ACoB"])),
    }


MOVES = st.one_of(
    st.timedeltas(timedelta(seconds=1), timedelta(minutes=4)),
    st.timedeltas(timedelta(minutes=10), timedelta(hours=9)),
    st.timedeltas(timedelta(days=-2), timedelta(days=8)),
)
STEPS = st.lists(
    st.tuples(MOVES, st.sampled_from(["write", "finish", "both", "expire", "revive"]),
              st.integers(0, 1_000)),
    min_size=5,
    max_size=20,
)  # fmt: skip


def planned(connection: Connection, agency: Agency, draft: dict[str, Any]) -> Plan:
    id_ = insert(
        connection, "linkedin_account", agency_id=agency.id, client_id=agency.client_id,
        user_id=agency.user_id, account_name=str(draft), unipile_account_id=str(draft),
        status="active", **draft,
    )  # fmt: skip
    caps = {name: value for name, value in draft.items() if name.endswith("_cap")}
    return Plan(
        id_, agency, draft["timezone"], draft["work_days"], draft["work_starts_at"],
        draft["work_ends_at"], draft["warmup_started_on"], draft["warmup_days"], caps,
    )  # fmt: skip


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(
    mine=st.lists(drafts(), min_size=1, max_size=3, unique_by=str),
    other=st.lists(drafts(), min_size=1, max_size=2, unique_by=str),
    start=st.sampled_from(STARTS),
    steps=STEPS,
)
def test_the_query_is_the_model(
    connection: Connection,
    mine: list[dict[str, Any]],
    other: list[dict[str, Any]],
    start: datetime,
    steps: list[tuple[timedelta, str, int]],
) -> None:
    with connection.transaction(force_rollback=True):
        agencies = (new_agency(connection), new_agency(connection))
        plans = [planned(connection, agencies[0], draft) for draft in mine]
        plans += [planned(connection, agencies[1], draft) for draft in other]
        people = [draft["provider_person_id"] for draft in mine + other]
        for plan, person in zip(plans, people, strict=True):
            plan.same = [
                one
                for one, theirs in zip(plans, people, strict=True)
                if one is plan or (person is not None and theirs == person)
            ]
        at = start
        for move, what, choice in steps:
            at += move
            for agency in agencies:
                _agrees(connection, agency, plans, at)
            _act(connection, plans[choice % len(plans)], at, what=what, choice=choice)


def _agrees(connection: Connection, agency: Agency, plans: list[Plan], at: datetime) -> None:
    """The database says of an agency's accounts what the model says, and nothing of another's."""
    own = [plan for plan in plans if plan.agency is agency]
    found = {account.id: dict(account.left) for account in store.free(connection, agency.id, at)}
    assert found == {plan.id: plan.left(at) for plan in own if plan.is_free(at)}


def _act(connection: Connection, plan: Plan, at: datetime, *, what: str, choice: int) -> None:
    agency_id = plan.agency.id
    if what in {"write", "both"}:
        left = plan.left(at)
        able = [route for route in WRITES if plan.is_free(at) and left[route] > 0]
        if able:
            _write(connection, plan, at, able[choice % len(able)])
    if what in {"finish", "both"} and plan.calls and plan.calls[-1].is_open:
        _finish(
            connection, plan, at, slug=(None, "limit_exceeded", "invalid_recipient")[choice % 3]
        )
    if what == "expire" and plan.status == "active":
        fault = Fault(Kind.DISCONNECTED, "disconnected_account", 401)
        health.note(connection, agency_id, plan.id, fault, at=at)
        plan.status = "expired"
    elif what == "revive" and plan.status == "expired":
        health.reconnected(connection, agency_id, plan.id, at=at)
        plan.status = "active"


def _write(connection: Connection, plan: Plan, at: datetime, route: Route) -> None:
    call = NewCall(
        account_id=plan.id, client_id=plan.agency.client_id, route=route, sender="test",
        subject_id=plan.id, called_at=at,
    )  # fmt: skip
    store.reserve(connection, plan.agency.id, [call])
    plan.calls.append(Called(route, at, _next_write_at(connection, plan, at)))


def _finish(connection: Connection, plan: Plan, at: datetime, *, slug: str | None) -> None:
    call = plan.calls[-1]
    status = "refused" if slug else "done"
    call.weight = store.WHOLE_DAY if slug == "limit_exceeded" else 1
    found = connection.execute(
        "select id from provider_call where agency_id = %s and linkedin_account_id = %s"
        " and status in ('reserved', 'calling')",
        (plan.agency.id, plan.id),
    ).fetchone()
    assert found is not None
    assert store.finish(connection, plan.agency.id, found[0], status=status, at=at, slug=slug)
    assert not store.finish(connection, plan.agency.id, found[0], status="done", at=at)
    call.is_open = False
    call.next_write_at = _next_write_at(connection, plan, call.at)
    assert call.next_write_at >= at + SPACING, "the rest counts from when the call ended"


def _next_write_at(connection: Connection, plan: Plan, at: datetime) -> datetime:
    found = connection.execute(
        "select max(next_write_at) from provider_call"
        " where agency_id = %s and linkedin_account_id = %s and called_at = %s",
        (plan.agency.id, plan.id, at),
    ).fetchone()
    assert found is not None
    next_write_at: datetime = found[0]
    assert next_write_at >= at + SPACING
    return next_write_at
