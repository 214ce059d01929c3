"""What is wrong with the direct-mail sample on purpose: every so many rows, never by chance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Flaw:
    """One kind of blemish: in which table, at every how many rows, and what it is."""

    table: str
    every: int
    what: str

    def strikes(self, position: int) -> bool:
        """Whether the row at that position (from 0) has it."""
        return position % self.every == self.every // 2


ORPHAN_CAMPAIGN = Flaw("campaigns", 100, "draft that belongs to no organisation")
EPOCH_SECONDS = Flaw("recipients", 50, "created_at in epoch seconds")
DUPLICATE = Flaw("recipients", 100, "the same person again in the same list")
NUL_BYTE = Flaw("recipients", 2_000, "NUL byte in the address")
WINDOWS_1252 = Flaw("recipients", 2_503, "name in Windows-1252 instead of UTF-8")
NO_FIELDS = Flaw("recipients", 251, "custom_fields missing")
ORPHAN_PIECE = Flaw("campaign_recipients", 3_000, "recipient that was deleted")
EPOCH_MILLISECONDS = Flaw("events", 97, "created_at in epoch milliseconds")
YES_NO = Flaw("events", 200, "is_bot spelled yes or no")
MALFORMED_JSON = Flaw("events", 4_000, "event_data cut off")
DUPLICATE_KEY = Flaw("events", 5_000, "event_data with the same key twice")
IMPOSSIBLE_DATE = Flaw("events", 19_001, "created_at on a 30th of February")
FLOAT_DUST = Flaw("conversions", 50, "amount with more than two decimals")
ORPHAN_CONVERSION = Flaw("conversions", 501, "tracking code of a deleted piece")
AMOUNT_AS_TEXT = Flaw("conversions", 1_003, "amount written with a currency sign")

FLAWS = (
    ORPHAN_CAMPAIGN, EPOCH_SECONDS, DUPLICATE, NUL_BYTE, WINDOWS_1252, NO_FIELDS, ORPHAN_PIECE,
    EPOCH_MILLISECONDS, YES_NO, MALFORMED_JSON, DUPLICATE_KEY, IMPOSSIBLE_DATE, FLOAT_DUST,
    ORPHAN_CONVERSION, AMOUNT_AS_TEXT,
)  # fmt: skip


class Blemishes:
    """Strikes rows with flaws, unless the sample is to be flawless, and counts them."""

    def __init__(self, *, is_flawless: bool) -> None:
        self._is_flawless = is_flawless
        self.counts: Counter[Flaw] = Counter()

    def meets(self, flaw: Flaw, position: int) -> bool:
        """Whether the row at that position has the flaw."""
        return not self._is_flawless and flaw.strikes(position)

    def strikes(self, flaw: Flaw, position: int) -> bool:
        """Whether the row is struck now; it is counted."""
        is_struck = self.meets(flaw, position)
        self.counts[flaw] += is_struck
        return is_struck
