"""Direct mail: designs, recipients, mailings, and what becomes of each piece.

Owns the tables of `0006_mail.sql`. So far it shows what there is, in numbers.
"""

from mainstem.mail.pages import HANDLERS, SECTIONS

__all__ = ["HANDLERS", "SECTIONS"]
