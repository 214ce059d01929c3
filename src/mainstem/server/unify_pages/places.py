"""The operator's folder: configs with their plans, and the reports of audits beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os.path import normpath
from typing import TYPE_CHECKING

import msgspec

from mainstem.errors import ConfigError
from mainstem.pg.connect import describe
from mainstem.server.unify_pages.operator import missing

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.unify.plan.model import Plan

#: what `mainstem audit --format json --output` is to write
AUDIT = ".audit.json"
FILES_MAX = 200
#: no audit's report is so long
BYTES_MAX = 64_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Place(msgspec.Struct, frozen=True):
    """A place that shows a finding."""

    source: str
    text: str
    file: str | None = None
    line: int | None = None

    @property
    def at(self) -> str:
        """File and line as people write them; else what was read."""
        if self.file is None:
            return self.source
        return self.file if self.line is None else f"{self.file}:{self.line}"


class Found(msgspec.Struct, frozen=True):
    """A finding of a report."""

    check: str
    severity: str
    message: str
    table: str | None = None
    column: str | None = None
    evidence: tuple[Place, ...] = ()
    fix: str | None = None


class Read(msgspec.Struct, frozen=True):
    """A source that an audit read."""

    kind: str
    name: str
    summary: str


class Left(msgspec.Struct, frozen=True):
    """Something that an audit did not look at."""

    kind: str
    name: str
    reason: str


class Summary(msgspec.Struct, frozen=True):
    """A report in numbers."""

    error: int
    warning: int
    note: int
    known: int
    checks_run: int


class AuditReport(msgspec.Struct, frozen=True):
    """A report as `mainstem audit --format json` writes it (docs/reference/audit.schema.json)."""

    version: int
    sources: tuple[Read, ...]
    summary: Summary
    findings: tuple[Found, ...]
    not_inspected: tuple[Left, ...] = ()


@dataclass(frozen=True)
class Folder:
    """The folder that MAINSTEM_PLANS_DIR names; None where it names none."""

    path: Path | None

    def audits(self) -> list[str]:
        """The audits whose reports lie there."""
        if self.path is None or not self.path.is_dir():
            return []
        found = (each.name.removesuffix(AUDIT) for each in sorted(self.path.glob(f"*{AUDIT}")))
        return [name for name in found if _NAME.fullmatch(name)][:FILES_MAX]

    def audit(self, name: str) -> AuditReport:
        """The report of an audit.

        Raises:
            RefusedError: there is none of that name.
            ConfigError: the file is no report of an audit.
        """
        from mainstem.unify.audit.model import REPORT_VERSION  # noqa: PLC0415 - only for this

        if self.path is None or name not in self.audits():
            raise missing("audit")
        path = self.path / f"{name}{AUDIT}"
        if path.stat().st_size > BYTES_MAX:
            raise ConfigError(f"{path.name} is longer than any report of an audit")
        try:
            report = msgspec.json.decode(path.read_bytes(), type=AuditReport)
        except msgspec.MsgspecError:
            report = None
        if report is None or report.version != REPORT_VERSION:
            raise ConfigError(
                f"{path.name} is no report that this version reads; write it anew:"
                f" mainstem audit --format json --output {path.name}"
            )
        return report

    def plan(self, name: str) -> Plan | None:
        """The plan of a config as it stands, questions included; None: it is not made yet.

        Raises:
            ConfigError: the config or the plan cannot be read.
        """
        from mainstem.unify.plan.answers import MANIFEST  # noqa: PLC0415 - slow to import
        from mainstem.unify.plan.config import read_config  # noqa: PLC0415
        from mainstem.unify.plan.directory import read_directory  # noqa: PLC0415

        assert self.path is not None, "whoever knows a plan's name has its folder"
        directory = read_config(self.path / f"{name}.toml").plan_dir
        if not (directory / MANIFEST).exists():
            return None
        return read_directory(directory, is_checked=False)


def called(location: str) -> str:
    """What people call a source: a path in short, or a database and where it is."""
    return describe(location) if "://" in location else normpath(location)
