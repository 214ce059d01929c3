"""`mainstem verify`: hold a database against what must be so."""

from __future__ import annotations

from mainstem.cli.lazy import LazyGroup

verify = LazyGroup(
    name="verify",
    summary="Hold a database against what must be so.",
    commands={
        "expect": (
            "mainstem.cli.verify.expect",
            "expect",
            "Hold a database against a file of expectations.",
        ),
        "isolation": (
            "mainstem.cli.verify.isolation",
            "isolation",
            "Prove that no tenant reaches another's rows.",
        ),
    },
)
