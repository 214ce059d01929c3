from __future__ import annotations

import pytest

from mainstem.pg.programs import reason


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "it gives no reason"),
        ("one\ntwo\n", "two"),
        ("pg_dump: error: no such table\npg_dump: hint", "no such table"),
        ("LOG:  a\nFATAL:  first\nFATAL:  last\nLOG:  stopped", "FATAL:  last"),
        (
            (
                "FATAL:  could not write to file: No space left on device\n"
                "PANIC:  cannot abort transaction 1, it was already committed"
            ),
            "No space left on device",
        ),
    ],
)
def test_the_reason_is_the_line_that_says_why(output: str, why: str) -> None:
    assert reason(output) == why
