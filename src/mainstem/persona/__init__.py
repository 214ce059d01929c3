"""Social personas: who speaks, where, and what was planned and published.

Owns the tables of `0007_persona.sql`. So far it shows what there is, in numbers.
"""

from mainstem.persona.pages import HANDLERS, SECTIONS

__all__ = ["HANDLERS", "SECTIONS"]
