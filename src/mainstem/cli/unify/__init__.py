"""`mainstem unify`: plan a merge, run it, verify it, undo it; copy any SQLite file."""

from __future__ import annotations

from mainstem.cli.lazy import LazyGroup

unify = LazyGroup(
    name="unify",
    summary="Move existing databases into one: every row accounted for, sources only read.",
    commands={
        "copy": ("mainstem.cli.unify.copy", "copy", "Copy any SQLite file into PostgreSQL."),
        "decide": ("mainstem.cli.unify.decide", "decide", "Answer a plan's open questions."),
        "legacy": ("mainstem.cli.unify.legacy", "legacy", "Make views under the old names."),
        "plan": ("mainstem.cli.unify.plan", "plan", "Write a plan to read and edit."),
        "rehearse": ("mainstem.cli.unify.rehearse", "rehearse", "Try the plan on a scratch copy."),
        "report": ("mainstem.cli.unify.report", "report", "Write the page about a run to sign."),
        "retire": ("mainstem.cli.unify.retire", "retire", "Drop old names nobody uses."),
        "run": ("mainstem.cli.unify.run", "run", "Carry the plan out, or go on with it."),
        "undo": ("mainstem.cli.unify.undo", "undo", "Take a run back from its ledger."),
        "verify": ("mainstem.cli.unify.verify", "verify", "Compare source and target."),
    },
)
