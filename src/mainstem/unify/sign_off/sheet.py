"""What stands on the first sheet: all that whoever signs must know, short enough for a page of A4.

Everything else is an annex, named here by its letter. What is too long for the sheet is cut, and
told to be; the limits are such that a page of the longest texts fits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mainstem.kit.wording import counted, listed
from mainstem.unify.sign_off.judging import UNEXPLAINED, is_older, not_inspected, open_points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.ledger.expectations import KeptExpectations
    from mainstem.unify.sign_off.model import ReadSource, SignOff

#: who signs
SIGNERS: Final = ("for the operator", "for the owner of the data", "for the tenants")
#: what the annexes are called, in their order; their letters follow
ANNEXES: Final = {
    "open-points": "Open points",
    "sources": "Sources",
    "decisions": "Decisions",
    "accounts": "Rows, table by table",
    "quarantine": "Quarantine",
    "conversions": "Conversions",
    "verification": "Verification",
    "isolation": "Isolation of tenants",
    "expectations": "Expectations",
    "backup": "Backup and timings",
    "catch-up": "Caught up since",
    "not-inspected": "Not inspected, not compared, not carried over",
    "checksums": "Checksums of every column",
}
_LETTERS: Final = {name: chr(ord("A") + number) for number, name in enumerate(ANNEXES)}
POINTS_MAX: Final = 6
SOURCES_MAX: Final = 6
_FILES_MAX: Final = 2
_PEOPLE_MAX: Final = 3
_TEXT_MAX: Final = 90
_POINT_MAX: Final = 120
_NAME_MAX: Final = 32
_WHERE_MAX: Final = 70
_SINCE: Final = "; rows were written since"


@dataclass(frozen=True)
class Line:
    """One matter in a sentence; `is_good` where it has a verdict, None where it has none."""

    name: str
    text: str
    is_good: bool | None
    annex: str


@dataclass(frozen=True)
class Sheet:
    """The first sheet."""

    points: tuple[str, ...]
    points_more: int
    sources: tuple[ReadSource, ...]
    sources_more: int
    lines: tuple[Line, ...]


def sheet_of(page: SignOff) -> Sheet:
    """What stands on the first sheet of a page."""
    # what a table at a time says comes last: the sheet has its sum
    points = sorted(open_points(page), key=lambda point: point.endswith(UNEXPLAINED))
    return Sheet(
        points=tuple(_short(point, _POINT_MAX) for point in points[:POINTS_MAX]),
        points_more=max(len(points) - POINTS_MAX, 0),
        sources=page.sources[:SOURCES_MAX],
        sources_more=max(len(page.sources) - SOURCES_MAX, 0),
        lines=tuple(_lines(page)),
    )


def annex(name: str) -> str:
    """The heading of an annex: `Annex A: Sources`."""
    return f"Annex {_LETTERS[name]}: {ANNEXES[name]}"


def moment(at: datetime | None) -> str:
    """A time as people read it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at is not None else "not recorded"


def where(source: ReadSource) -> str:
    """Where a source is, as short as the sheet has it; the annex has all of it."""
    return _short(f"{source.kind} {source.location}".strip(), _WHERE_MAX)


def _lines(page: SignOff) -> Iterator[Line]:
    for name, heading, (text, is_good) in (
        ("decisions", "decisions", (_decisions(page), None)),
        ("accounts", "rows", _rows(page)),
        ("verification", "verification", _verification(page)),
        ("isolation", "isolation of tenants", _isolation(page)),
        ("expectations", "expectations", _expectations(page)),
        ("backup", "backup of the target", _backup(page)),
        ("catch-up", "caught up since", (_catch_up(page), None)),
        ("not-inspected", "not inspected", (_not_inspected(page), None)),
    ):
        yield Line(heading, text, is_good, _LETTERS[name])


def _decisions(page: SignOff) -> str:
    if not page.decisions:
        return "none: every table and column was carried over"
    people = Counter(one.decided_by or "the config or the plan" for one in page.decisions)
    told = [
        f"{count:,} by {_short(who, _NAME_MAX)}" for who, count in people.most_common(_PEOPLE_MAX)
    ]
    if len(people) > _PEOPLE_MAX:
        told.append(f"{len(people) - _PEOPLE_MAX} more people")
    times = [one.decided_at for one in page.decisions if one.decided_at is not None]
    last = f", the last answer {moment(max(times))}" if times else ""
    return f"{counted(len(page.decisions), 'decision')}: {listed(told)}{last}"


def _rows(page: SignOff) -> tuple[str, bool]:
    if page.is_balanced:
        return "every row of every source table has one outcome; none is unexplained", True
    missing = sum(abs(each.account.missing) for each in page.accounts)
    return f"{counted(missing, 'row')} unexplained", False


def _verification(page: SignOff) -> tuple[str, bool]:
    found = page.verified
    if found is None:
        return "not verified", False
    is_old = is_older(page, found.at)
    verdict = "passed" if found.is_passed else "failed"
    text = f"{verdict}, {moment(found.at)}: {_short(found.summary)}{_SINCE if is_old else ''}"
    return text, found.is_passed and not is_old


def _isolation(page: SignOff) -> tuple[str, bool | None]:
    proof, checked = page.isolation, page.checked
    told = f"; {_short(checked.summary)} (mainstem check)" if checked is not None else ""
    is_checked = checked is None or checked.is_passed
    if proof is None:
        return f"not proven{told}", False
    is_old = is_older(page, proof.at)
    verdict = "no leak" if proof.is_passed else counted(proof.count("leak"), "leak")
    text = (
        f"{verdict}, {moment(proof.at)}: {proof.count('proven'):,} of"
        f" {counted(len(proof.objects), 'object')} proven by"
        f" {counted(proof.attempts, 'attempt')}{_SINCE if is_old else ''}{told}"
    )
    is_good = proof.is_passed and not is_old and is_checked
    # where no role may reach anything, nothing is tried: no leak, and no proof to be praised
    return text, None if is_good and not proof.attempts else is_good


def _expectations(page: SignOff) -> tuple[str, bool | None]:
    if not page.expected:
        return "none were tried", None
    shown = "; ".join(_expected(page, each) for each in page.expected[:_FILES_MAX])
    left = page.expected[_FILES_MAX:]
    more = f"; {counted(len(left), 'more file')}" if left else ""
    is_good = all(each.is_passed and not is_older(page, each.at) for each in page.expected)
    return shown + more, is_good


def _expected(page: SignOff, each: KeptExpectations) -> str:
    since = _SINCE if is_older(page, each.at) else ""
    name = _short(each.file.rpartition("/")[2], _NAME_MAX)
    return f"{each.passed:,} of {len(each.outcomes):,} of {name} passed, {moment(each.at)}{since}"


def _backup(page: SignOff) -> tuple[str, bool | None]:
    if page.backup is None:
        return "not taken by the run", None
    if page.backup.path is None:
        return f"none: {_short(page.backup.reason or '')}", False
    return "taken before the run; the annex says where it is and how it is restored", True


def _catch_up(page: SignOff) -> str:
    passes = page.catch_ups
    if not passes:
        return "no pass after the run"
    changed = sum(one.inserted + one.updated + one.deleted for one in passes)
    ended = max((one.at for one in passes if one.at is not None), default=None)
    return f"{counted(len(passes), 'pass')}, the last {moment(ended)}: {changed:,} rows changed"


def _not_inspected(page: SignOff) -> str:
    entries = not_inspected(page)
    if not entries:
        return "nothing was left out"
    kinds = Counter(entry.kind for entry in entries)
    told = listed(
        f"{count:,} of kind {_short(kind, _NAME_MAX)}" for kind, count in sorted(kinds.items())
    )
    return f"{counted(len(entries), 'entry')}: {told}"


def _short(text: str, most: int = _TEXT_MAX) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"
