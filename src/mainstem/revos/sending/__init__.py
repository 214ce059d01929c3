"""Writes to the LinkedIn provider: decided for all accounts at once, each made at most once.

A sender knows one kind of write (a message, an invitation, a public reply, a post). `Dispatch`
decides which are made now, `Pipeline` makes them; the ledger, the limits and what happens after a
crash are theirs, the same for all.
"""

from mainstem.revos.sending.asking import Queries
from mainstem.revos.sending.dispatch import Dispatch, wake
from mainstem.revos.sending.model import Moment, Sender, Wanted
from mainstem.revos.sending.pipeline import QUEUE, Pipeline

__all__ = ["QUEUE", "Dispatch", "Moment", "Pipeline", "Queries", "Sender", "Wanted", "wake"]
