"""Replies read in a second of CPU: most of them with an address, some hidden, some without."""

from __future__ import annotations

import random
import sys
import time

from benchmarks.harness import machine, table
from mainstem.revos.extraction import Verdict, extract

REPLIES = 40_000
LIMIT_PER_S = 10_000
SHAPES = (
    "{0}@{1}.com",
    "{0}@gmail.com",
    "it's {0}.{2}@outlook.com, thank you so much for sharing this with all of us!",
    "Klar, {0}@gmx.de",
    "Sure, thanks a lot for the offer! My email is {0}.{2}@{1}.io, looking forward to it.",
    "Hi! {0} at {1} dot com",
    "Gerne an {0}(at){1}.de",
    "Thanks for connecting! I have been following your posts for a while and like them a lot.",
    "{0}@gmial.com",
    "Ok\n\nOn Mon, Jan 5, 2026 at 9:12 AM Tom Ray <tom@{1}.io> wrote:\n> And your e-mail?\n> Tom",
    "Here it is: {0}@{1}.co.uk\n\nBest regards\n{2}\n{2}@{1}.com\n+44 20 7946 0000",
    "no thanks",
    "{0}＠{1}．com",  # noqa: RUF001 - full-width signs
    "not {0}@{1}.com but {2}@{1}.com",
    "I am at work, will look at it later. Is it about {1}?",
)


def main() -> None:
    """Print the rate beside its limit; fail below it."""
    dice = random.Random(7)

    def word() -> str:
        return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(3, 10)))

    replies = [dice.choice(SHAPES).format(word(), word(), word()) for _ in range(REPLIES)]
    began = time.process_time()
    verdicts = [extract(reply).verdict for reply in replies]
    rate = REPLIES / (time.process_time() - began)
    size = sum(map(len, replies)) / REPLIES
    found = sum(verdict is Verdict.FOUND for verdict in verdicts)
    table(
        f"E-mail extraction, one core ({machine()})",
        ("replies", "characters each", "found", "a CPU second", "at least", "ratio"),
        [(f"{REPLIES:,}", f"{size:.0f}", f"{found:,}", f"{rate:,.0f}", f"{LIMIT_PER_S:,}",
          f"{rate / LIMIT_PER_S:.2f}")],
    )  # fmt: skip
    if rate < LIMIT_PER_S:
        sys.exit("e-mail extraction is slower than its limit")
