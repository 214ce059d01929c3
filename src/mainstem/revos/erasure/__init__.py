"""What is known of a lead: handed out, or erased for good (GDPR, articles 15 and 17).

A lead is about a person, who may be a lead of several of the client's campaigns: all of them count.
Of who was erased a keyed hash is kept, and nothing else (`revos.sequence.suppression`): so they are
recognised should they comment again, and neither written to nor kept.
"""

from mainstem.revos.erasure.people import Export, erase, export

__all__ = ["Export", "erase", "export"]
