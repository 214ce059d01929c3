"""Comments decided about in a second of CPU, words new to the matcher in between."""

from __future__ import annotations

import random
import sys
import time

from benchmarks.harness import machine, table
from mainstem.revos.triggers import Matcher, Verdict

COMMENTS = 60_000
LIMIT_PER_S = 15_000
SHAPES = (
    "GUIDE", "guide please 🙏", "Great post, thanks for sharing!", "Ich hätte gerne den Leitfaden",
    "Would love the {name} guide, can't wait to read it with my team at {name}!",
    ("I have been doing this for years at {name} and it never worked out for us, what is different"
    " in your approach? We tried the same thing with two agencies and a consultant."),
    "¿De qué trata la guía? Me encantaría recibirla", "Je veux bien le guide, merci {name}",
    "congrats {name} 👏👏👏", "GUUUIIIDE!!!", "giude", "Kein Interesse am Leitfaden, danke {name}",
    "请发指南给我!", "Love this. {name} and {name} should see it, so many good points in here",
)  # fmt: skip


def main() -> None:
    """Print the rate beside its limit; fail below it."""
    dice = random.Random(6)
    letters = "abcdefghijklmnopqrstuvwxyz"
    comments = [
        dice.choice(SHAPES).replace("{name}", "".join(dice.choices(letters, k=dice.randint(3, 9))))
        for _ in range(COMMENTS)
    ]
    matcher = Matcher(["GUIDE", "Leitfaden", "guía", "指南", "send me the list"])
    began = time.process_time()
    verdicts = [matcher.decide(comment).verdict for comment in comments]
    rate = COMMENTS / (time.process_time() - began)
    size = sum(map(len, comments)) / COMMENTS
    found = sum(verdict is Verdict.MATCH for verdict in verdicts)
    table(
        f"Trigger matching, one core, five words ({machine()})",
        ("comments", "characters each", "matches", "a CPU second", "at least", "ratio"),
        [(f"{COMMENTS:,}", f"{size:.0f}", f"{found:,}", f"{rate:,.0f}", f"{LIMIT_PER_S:,}",
          f"{rate / LIMIT_PER_S:.2f}")],
    )  # fmt: skip
    if rate < LIMIT_PER_S:
        sys.exit("trigger matching is slower than its limit")
