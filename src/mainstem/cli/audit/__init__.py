"""`mainstem audit [PATH]` writes a report; `mainstem audit fix` writes a migration."""

from __future__ import annotations

import click

from mainstem.cli.audit.fix import fix
from mainstem.cli.audit.report import report


class _Audit(click.Group):
    """A group whose own arguments are those of the report: only `fix` is a word of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Hand everything that is not `fix` to the report."""
        given = args if args[:1] == [fix.name] else ["report", *args]
        return super().parse_args(ctx, given)


audit = _Audit("audit", commands={"report": report, "fix": fix})
