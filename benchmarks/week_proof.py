"""What a simulated week came to: from the sandbox's own log, and held against our tables."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from benchmarks.harness import machine, table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]
    Figures = list[tuple[str, str]]

#: by kind of write in the sandbox's log; a public reply counts as a comment
CAPS = {"message": 50, "invitation": 20, "reply": 50}
HOURS = (9, 17)
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Week:
    """What ran."""

    log: Path
    days: float
    step: timedelta
    wall_s: float
    programs_s: float
    server_s: float
    kills: int


def show(week: Week, connection: Connection, queries: Mapping[str, bytes]) -> None:
    """Print what the week came to."""
    log = _lines(week.log)
    comments = {one["id"] for one in _lines(week.log.with_suffix(".comments"))}
    zones: dict[str, str] = dict(connection.execute(queries["zones"]).fetchall())
    figures: Figures = [
        ("campaigns, each on an account of its own", f"{len(zones):,}"),
        ("days, in steps of seconds", f"{week.days:.2f}, {week.step.total_seconds():g}"),
        ("wall time (s), times as fast as the world", _pace(week)),
        (
            "CPU time (s): workers and sandbox, server",
            f"{week.programs_s:,.0f}, {week.server_s:,.0f}",
        ),
        ("workers killed", f"{week.kills:,}"),
    ]
    figures += _written(log, zones, week.days)
    figures += _accounted(connection, queries, comments, week.days)
    table(f"A simulated week ({machine()})", ("figure", "value"), figures)


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def _pace(week: Week) -> str:
    return f"{week.wall_s:,.0f}, {week.days * 86_400 / week.wall_s:,.0f}"


def _written(log: list[dict[str, Any]], zones: Mapping[str, str], days: float) -> Figures:
    """What the sandbox's log says."""
    messages = [one for one in log if one["kind"] == "message"]
    figures = [
        ("writes that landed", f"{len(log):,}"),
        ("of these, after a fault or without an answer", f"{sum('fault' in one for one in log):,}"),
        ("messages", f"{len(messages):,}"),
        ("messages that a person got twice", f"{_twice(messages):,}"),
        ("writes outside working hours", f"{_outside(log, zones):,}"),
        ("closest two writes of an account (s)", f"{_closest_s(log):,.0f}"),
    ]
    for kind, cap in CAPS.items():
        of_kind = [one for one in log if one["kind"] == kind]
        fullest = _fullest_days(of_kind)
        above = sum(most > cap for most in fullest.values())
        name = {"reply": "public replies"}.get(kind, f"{kind}s")
        share = len(of_kind) / max(days, 1) / max(len(zones), 1) / cap
        said = f"{above}, {max(fullest.values(), default=0)} of {cap}, {share:.0%}"
        figures.append((f"{name}: accounts above the cap, fullest rolling day, cap used", said))
    return figures


def _twice(messages: list[dict[str, Any]]) -> int:
    """How often a person got the same marker of an account again."""
    seen = Counter((one["target"], one["text"].rpartition("[")[2]) for one in messages)
    return sum(count - 1 for count in seen.values())


def _fullest_days(writes: list[dict[str, Any]]) -> dict[str, int]:
    """The most of these writes in any rolling day, by account."""
    recent: dict[str, deque[datetime]] = defaultdict(deque)
    most: dict[str, int] = defaultdict(int)
    for one in writes:
        at, times = datetime.fromisoformat(one["at"]), recent[one["account"]]
        while times and times[0] <= at - DAY:
            times.popleft()
        times.append(at)
        most[one["account"]] = max(most[one["account"]], len(times))
    return most


def _outside(log: list[dict[str, Any]], zones: Mapping[str, str]) -> int:
    """Writes that were not made from 9 to 17 o'clock where the account is."""
    count = 0
    for one in log:
        at = datetime.fromisoformat(one["at"]).astimezone(ZoneInfo(zones[one["account"]]))
        count += not HOURS[0] <= at.hour < HOURS[1]
    return count


def _closest_s(log: list[dict[str, Any]]) -> float:
    last: dict[str, datetime] = {}
    gaps = []
    for one in log:
        at = datetime.fromisoformat(one["at"])
        if one["account"] in last:
            gaps.append((at - last[one["account"]]).total_seconds())
        last[one["account"]] = at
    return min(gaps, default=0.0)


def _accounted(
    connection: Connection, queries: Mapping[str, bytes], comments: set[str], days: float
) -> Figures:
    """Each comment of the sandbox in one class, and each lead in one state."""
    ours = connection.execute(queries["comments"]).fetchall()
    classes = Counter(outcome for _, outcome in ours)
    known = {id_ for id_, _ in ours}
    leads = connection.execute(queries["leads"]).fetchall()
    total = sum(count for _, count in leads)
    unread = len(comments - known)
    figures = [
        ("comments that people made", f"{len(comments):,}"),
        *((f"comments: {name}", f"{count:,}") for name, count in sorted(classes.items())),
        ("comments: made since the post was read last", f"{unread:,}"),
        ("comments in no class, or in two", f"{abs(len(comments) - len(ours) - unread):,}"),
        ("leads, a day", f"{total:,}, {total / max(days, 1):,.0f}"),
        *((f"leads: {state}", f"{count:,}") for state, count in leads),
        ("matched comments without a lead", f"{abs(classes['matched'] - total):,}"),
    ]
    sends = connection.execute(queries["sends"]).fetchall()
    return figures + [(f"sends: {status}", f"{count:,}") for status, count in sends]
