"""People who are no contacts yet: answered in public, invited without a note, waited for.

Once an invitation is accepted, the messages that waited for it are due.
"""

from mainstem.revos.connecting.accepted import accepted, expire
from mainstem.revos.connecting.invitations import Invitations
from mainstem.revos.connecting.public_replies import PublicReplies

__all__ = ["Invitations", "PublicReplies", "accepted", "expire"]
