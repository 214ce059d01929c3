"""`mainstem verify isolation`: prove that no tenant reaches another's rows."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

import click

from mainstem.kit.wording import listed
from mainstem.pg.target import database_url
from mainstem.unify.isolation import Verdict, prove
from mainstem.unify.isolation.keeping import keep

if TYPE_CHECKING:
    from mainstem.unify.isolation import ObjectVerdict, Proof, Weakening

_MARKS = {
    Verdict.LEAK: ("leak", "red"),
    Verdict.NOT_EXERCISED: ("not exercised", "yellow"),
}
#: names of objects that could not be tried for the same reason
_NAMES_MAX: Final = 8


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--database",
    metavar="URL",
    help="Prove this database [default: DATABASE_URL, or the embedded one].",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.option(
    "--mutate",
    is_flag=True,
    help="Also weaken policies, views, functions and grants, and report what the proof catches.",
)
def isolation(*, database: str | None, as_json: bool, mutate: bool) -> None:
    """Prove that no tenant reaches another's rows through any table, view or function.

    Works on any PostgreSQL with row-level security. It makes rows of two tenants in every table and
    tries to cross as every kind of caller, in a transaction that is rolled back. Where the database
    has a ledger of runs, the verdicts are kept there for `mainstem unify report`.

    Exit status: 0 nothing leaks; 1 something does; 2 the proof could not run.
    """
    url = database or database_url()
    proof = prove(url, mutates=mutate)
    not_kept = keep(proof, url)
    if not_kept is not None:
        click.echo(not_kept, err=True)
    if as_json:
        click.echo(json.dumps(as_object(proof, has_weakenings=mutate), indent=2))
    else:
        _show(proof, has_weakenings=mutate)
    if proof.leaks:
        sys.exit(1)


def as_object(proof: Proof, *, has_weakenings: bool) -> dict[str, object]:
    """The proof for programs: each object with its verdict."""
    told: dict[str, object] = {
        "objects": [
            {
                "name": each.name,
                "kind": each.kind,
                "verdict": each.verdict.value,
                "statement": each.statement,
                "reason": each.reason,
            }
            for each in proof.objects
        ]
    }
    if has_weakenings:
        told["weakenings"] = [
            {
                "object": each.object,
                "change": each.change,
                "caught": each.is_caught,
                "leak": each.is_leak,
                "equivalent": each.equivalent,
            }
            for each in proof.weakenings
        ]
    return told


def _show(proof: Proof, *, has_weakenings: bool) -> None:
    click.echo(f"{proof.database}: {_counted(proof)}")
    for each in proof.leaks:
        _show_leak(each)
    untried: dict[tuple[str, str], list[str]] = {}
    for each in proof.objects:
        if each.verdict is Verdict.NOT_EXERCISED:
            untried.setdefault((each.kind, each.reason), []).append(each.name)
    for (kind, reason), names in untried.items():
        _show_line(Verdict.NOT_EXERCISED, kind, names, reason)
    if has_weakenings:
        _show_weakenings(proof.weakenings)
    click.echo(_counted(proof))


def _show_leak(each: ObjectVerdict) -> None:
    _show_line(Verdict.LEAK, each.kind, [each.name], each.reason)
    for line in (each.statement or "").splitlines():
        click.echo(click.style(f"    {line}", dim=True))


def _show_line(verdict: Verdict, kind: str, names: list[str], reason: str) -> None:
    word, colour = _MARKS[verdict]
    shown = listed(names, most=_NAMES_MAX)
    click.echo(f"{click.style(word, fg=colour)} {kind} {shown}: {reason}")


def _show_weakenings(weakenings: tuple[Weakening, ...]) -> None:
    real = [each for each in weakenings if each.equivalent is None]
    for each in real:
        if not each.is_caught:
            mark = click.style("not caught", fg="yellow")
            click.echo(f"{mark} {each.object}: {each.change}")
    caught = sum(each.is_caught for each in real)
    leaks = sum(each.is_leak for each in real)
    alike = len(weakenings) - len(real)
    click.echo(
        f"{caught} of {len(real)} weakenings caught, {leaks} as leaks and {caught - leaks} because "
        f"somebody reaches more within a tenant; {alike} make no difference"
    )


def _counted(proof: Proof) -> str:
    counts = proof.counts
    return (
        f"{counts[Verdict.PROVEN]} proven, {counts[Verdict.LEAK]} leak, "
        f"{counts[Verdict.NOT_EXERCISED]} not exercised, {proof.attempt_count:,} attempts"
    )
