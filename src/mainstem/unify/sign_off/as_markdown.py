"""The page as GitHub Flavored Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.page import plain, row
from mainstem.unify.sign_off.as_json import digest
from mainstem.unify.sign_off.judging import is_older, not_inspected, open_points
from mainstem.unify.sign_off.sheet import SIGNERS, annex, moment, sheet_of, where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mainstem.unify.sign_off.model import SignOff, VerifiedTable, Waiting

_SINCE = " **Rows were written since.**"


def as_markdown(page: SignOff) -> str:
    """The page; every text of a database is escaped."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: SignOff) -> Iterator[str]:
    yield from _head(page)
    yield from _sheet(page)
    yield from _signatures(page)
    yield from _open_points(page)
    yield from _sources(page)
    yield from _decisions(page)
    yield from _accounts(page)
    yield from _quarantine(page)
    yield from _conversions(page)
    yield from _verification(page)
    yield from _isolation(page)
    yield from _expectations(page)
    yield from _backup(page)
    yield from _catch_ups(page)
    yield from _not_inspected(page)
    yield from _checksums(page)


def _table(names: Iterable[str], rows: Iterable[Iterable[str]], *, numbers: int = 0) -> list[str]:
    """A table; so many of its last columns hold numbers."""
    heads = list(names)
    marks = ["---"] * (len(heads) - numbers) + ["---:"] * numbers
    return [row(heads), row(marks), *map(row, rows)]


def _head(page: SignOff) -> Iterator[str]:
    run = page.run
    yield f"# Run {run.id} of {plain(run.name)}"
    yield ""
    kind = "Copy" if run.kind == "copy" else "Merge"
    ended = f", ended {moment(run.finished_at)}" if run.finished_at is not None else ""
    undone = f", taken back {moment(page.undone_at)}" if page.undone_at is not None else ""
    yield (
        f"{kind} into {plain(page.database)}, schema {plain(run.schema_name)}."
        f" {run.state.capitalize()}; begun {moment(run.started_at)}{ended}{undone}."
    )
    yield ""
    sheet = sheet_of(page)
    if not sheet.points:
        yield "**Nothing is open: every row is accounted for, verified, and isolation is proven.**"
        return
    yield "**Before anybody signs:**"
    yield ""
    for point in sheet.points:
        yield f"- {plain(point)}"
    if sheet.points_more:
        yield f"- and {counted(sheet.points_more, 'more point')}, in annex A"


def _sheet(page: SignOff) -> Iterator[str]:
    sheet = sheet_of(page)
    yield ""
    yield from _table(
        ("source", "where", "tables", "rows"),
        (
            (plain(one.name), plain(where(one)), f"{one.tables:,}", f"{one.rows:,}")
            for one in sheet.sources
        ),
        numbers=2,
    )
    if sheet.sources_more:
        yield ""
        yield f"And {counted(sheet.sources_more, 'more source')}."
    yield ""
    outcomes = ("source_rows", "loaded", "merged", "quarantined", "dropped", "missing")
    heads = ("rows in the sources", *outcomes[1:5], "unexplained", "values converted")
    totals = [f"{page.total(name):,}" for name in (*outcomes, "conversions")]
    yield from _table(heads, [totals], numbers=7)
    yield ""
    verdicts = {True: "yes", False: "**no**", None: ""}
    yield from _table(
        ("matter", "good", "in short", "annex"),
        (
            (plain(line.name), verdicts[line.is_good], plain(line.text), line.annex)
            for line in sheet.lines
        ),
    )


def _heading(name: str) -> str:
    return f"## {annex(name)}"


def _open_points(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("open-points"), "")
    points = open_points(page)
    yield from (f"- {plain(point)}" for point in points)
    if not points:
        yield "None."


def _sources(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("sources"), "")
    yield from _table(
        ("source", "where", "which", "read", "tables", "rows"),
        (
            (
                plain(source.name),
                plain(f"{source.kind} {source.location}"),
                plain(", ".join(f"{key} {text}" for key, text in source.identity.items())),
                f"{moment(source.read_from)} to {moment(source.read_until)}"
                + (", in one snapshot" if source.kind == "postgres" else ""),
                f"{source.tables:,}",
                f"{source.rows:,}",
            )
            for source in page.sources
        ),
        numbers=2,
    )


def _decisions(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("decisions"), "")
    if not page.decisions:
        yield "None: every table and column was carried over."
        return
    yield from _table(
        ("about", "decision", "reason", "by whom", "concerns"),
        (
            (
                plain(".".join(filter(None, (one.source_table, one.column_name)))),
                plain(one.action),
                plain(one.reason),
                plain(one.decided_by or "the config or the plan")
                + (f", {moment(one.decided_at)}" if one.decided_at is not None else ""),
                f"{one.affected:,}",
            )
            for one in page.decisions
        ),
        numbers=1,
    )
    yield ""
    yield f"Plan {page.run.plan_sha256} (SHA-256 of its directory)."


def _accounts(page: SignOff) -> Iterator[str]:
    names = ("source_rows", "loaded", "merged", "quarantined", "dropped", "missing", "conversions")
    heads = ("in the source", *names[1:5], "unexplained", "values converted")
    yield from ("", _heading("accounts"), "")
    rows = [
        (
            plain(each.account.source_table),
            plain(each.account.target_table or "none"),
            *(f"{getattr(each.account, name):,}" for name in names),
        )
        for each in page.accounts
    ]
    totals = ("**all**", "", *(f"**{page.total(name):,}**" for name in names))
    yield from _table(("source table", "target table", *heads), [*rows, totals], numbers=7)
    yield ""
    yield (
        "Loaded, merged, quarantined and dropped rows sum to the source's, in every table."
        if page.is_balanced
        else "**The four outcomes do not sum to the rows in the source.**"
    )
    for each in page.further:
        yield ""
        yield f"{plain(each.target)} got {counted(each.rows, 'row')} for {plain(each.table)}."


def _quarantine(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("quarantine"), "")
    if not page.waiting:
        yield "No row waits."
        return
    yield from _table(
        ("table", "reason", "for example" if page.has_values else "keys, for example", "rows"),
        (
            (
                plain(each.table),
                plain(": ".join(filter(None, (each.column, each.reason)))),
                _examples(each),
                f"{each.rows:,}",
            )
            for each in page.waiting
        ),
        numbers=1,
    )
    groups, rows = page.waiting_unlisted
    if groups:
        yield ""
        yield f"And {counted(rows, 'row')} for {counted(groups, 'other reason')}."


def _examples(waiting: Waiting) -> str:
    shown = [
        one.key
        if one.original is None
        else f"{one.key} {json.dumps(one.original, ensure_ascii=False)}"
        for one in waiting.examples
    ]
    return ", ".join(map(plain, shown))


def _conversions(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("conversions"), "")
    if not page.conversions:
        yield "No value had to change."
        return
    yield from _table(
        ("rule", "for example", "values", "columns"),
        (
            (
                plain(": ".join(filter(None, (each.rule, each.meaning)))),
                "<br>".join(
                    plain(
                        f"{seen.table}.{seen.column}, key {seen.key}:"
                        f" {_value(seen.before)} became {_value(seen.after)}"
                    )
                    for seen in each.examples
                ),
                f"{each.values:,}",
                f"{each.columns:,}",
            )
            for each in page.conversions
        ),
        numbers=2,
    )


def _value(text: str | None) -> str:
    return "NULL" if text is None else repr(text)


def _verification(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("verification"), "")
    found = page.verified
    if found is None:
        yield "**Not verified.**"
        return
    verdict = "Passed" if found.is_passed else "Failed"
    checked = "".join(f"{count:,} {plain(kind)}, " for kind, count in found.checked.items())
    yield (
        f"**{verdict}**, {moment(found.at)}: {plain(found.summary)};"
        f" {checked}{found.seconds:.1f} s."
        f"{_SINCE if is_older(page, found.at) else ''}"
    )
    yield ""
    yield from _table(
        ("table", "target", "verdict", "rows expected", "rows there", "columns equal"),
        (
            (
                plain(table.table),
                plain(table.target),
                "equal" if table.is_equal else _differs(table),
                f"{table.source_rows:,}",
                f"{table.target_rows:,}",
                f"{sum(one.is_equal for one in table.columns)} of {len(table.columns)}",
            )
            for table in found.tables
        ),
        numbers=3,
    )
    for finding in found.findings:
        yield ""
        yield plain(finding)


def _differs(table: VerifiedTable) -> str:
    shown = ["**differs**"]
    for found in table.differences:
        place = " ".join(filter(None, (f"key {found.key}, {found.kind}", found.column)))
        has_values = found.source is not None or found.target is not None
        values = f": {_value(found.source)} became {_value(found.target)}" if has_values else ""
        shown.append(plain(place + values))
    return "<br>".join([*shown, *(["and more"] if table.has_more_differences else [])])


def _isolation(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("isolation"), "")
    proof, checked = page.isolation, page.checked
    if proof is None:
        yield "**Not proven.**"
    else:
        verdict = "No leak" if proof.is_passed else "Leaks"
        since = _SINCE if is_older(page, proof.at) else ""
        yield (
            f"**{verdict}**, {moment(proof.at)}: {proof.count('proven')} of"
            f" {counted(len(proof.objects), 'object')} proven by"
            f" {counted(proof.attempts, 'attempt')}.{since}"
        )
        for each in proof.objects:
            if each.verdict == "leak":
                yield ""
                yield plain(f"Leak: {each.kind} {each.name}: {each.reason}")
    if checked is not None:
        yield from ("", f"`mainstem check`, {moment(checked.at)}: {plain(checked.summary)}.")


def _expectations(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("expectations"), "")
    if not page.expected:
        yield "**None were tried.**"
    for each in page.expected:
        verdict = "Passed" if each.is_passed else "Failed"
        since = _SINCE if is_older(page, each.at) else ""
        yield (
            f"**{verdict}**, {moment(each.at)}: {each.passed} of {len(each.outcomes)} of"
            f" {plain(each.file)}.{since}"
        )
        yield ""
        for outcome in each.outcomes:
            failed = f": **not met**: {plain(outcome.reason)}" if outcome.reason is not None else ""
            yield f"- {plain(outcome.title)}{failed}"
        yield ""


def _backup(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("backup"), "")
    backup = page.backup
    if backup is None:
        yield "Backup of the target: not taken by the run."
    elif backup.path is None:
        yield f"Backup of the target: none: {plain(backup.reason or '')}"
    else:
        yield f"Backup of the target: {plain(backup.path)}"
        yield ""
        yield f"It is restored by: {plain(backup.restore or '')}"
    if page.phases:
        yield ""
        yield from _table(
            ("kind of step", "steps", "rows", "seconds from first to last"),
            (
                (plain(one.kind), f"{one.steps:,}", f"{one.rows:,}", f"{one.seconds:.2f}")
                for one in page.phases
            ),
            numbers=3,
        )


def _catch_ups(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("catch-up"), "")
    if not page.catch_ups:
        yield "No pass after the run."
        return
    yield from _table(
        ("pass ended", "rows looked at", "inserted", "updated", "deleted", "seconds"),
        (
            (
                moment(one.at),
                *(f"{n:,}" for n in (one.looked_at, one.inserted, one.updated, one.deleted)),
                f"{one.seconds:.1f}",
            )
            for one in page.catch_ups
        ),
        numbers=5,
    )


def _not_inspected(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("not-inspected"), "")
    entries = not_inspected(page)
    if not entries:
        yield "Nothing was left out."
        return
    yield from _table(
        ("kind", "what", "why"),
        ((plain(one.kind), plain(one.name), plain(one.reason)) for one in entries),
    )


def _signatures(page: SignOff) -> Iterator[str]:
    yield from ("", "## Signatures", "")
    yield from _table(
        ("who", "name", "date", "signature"), ((signer, "", "", "") for signer in SIGNERS)
    )
    yield ""
    values = ", with values" if page.has_values else ""
    yield (
        f"Made {moment(page.made_at)}{values}. Content {digest(page)}"
        " (SHA-256 of what stands here, the same in each format)."
    )


def _checksums(page: SignOff) -> Iterator[str]:
    yield from ("", _heading("checksums"), "")
    if page.verified is None or not page.verified.tables:
        yield "None: nothing was compared."
        return
    yield from _table(
        ("table", "column", "source", "target"),
        (
            (
                plain(table.table),
                plain(column.name),
                plain(column.source or "no sum is kept"),
                "equal" if column.is_equal else plain(column.target or "differs"),
            )
            for table in page.verified.tables
            for column in table.columns
        ),
    )
