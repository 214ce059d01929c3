"""E-mail addresses out of replies: plain ones and those written so that machines miss them.

Pure functions, no I/O, no look-ups over the network. `extract(text)` returns an Extraction: an
address to go on with, one for a person to confirm, or none, with the reason and every candidate.
"""

from mainstem.revos.extraction.model import (
    REVIEW_BELOW,
    Candidate,
    Choice,
    Doubt,
    Extraction,
    Form,
    Part,
    Verdict,
)
from mainstem.revos.extraction.reading import extract

__all__ = [
    "REVIEW_BELOW",
    "Candidate",
    "Choice",
    "Doubt",
    "Extraction",
    "Form",
    "Part",
    "Verdict",
    "extract",
]
