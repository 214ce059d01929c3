"""Trigger words: whether a comment asks for what a campaign offers.

Pure functions, no I/O. `Matcher(words).decide(text)` returns a Decision: a match, nothing, or a
case for a person, each with its reason and the place in the text that gave it.
"""

from mainstem.revos.triggers.matching import Matcher
from mainstem.revos.triggers.model import Decision, Mode, Reason, Span, Verdict
from mainstem.revos.triggers.words import trigger_words

__all__ = ["Decision", "Matcher", "Mode", "Reason", "Span", "Verdict", "trigger_words"]
