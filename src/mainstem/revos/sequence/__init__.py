"""What is written to a lead: ask for the address, remind, confirm, bring the link.

`Messages` is the sender of direct messages, `Replies` takes in what people answer. The send ledger
(`dm_delivery`) is written before each call; what stays unclear is a person's to settle.
"""

from mainstem.revos.sequence.after import AGAIN_AFTER
from mainstem.revos.sequence.beginning import begin, forget_chats, give_up, invited
from mainstem.revos.sequence.messages import Messages
from mainstem.revos.sequence.replies import Replies
from mainstem.revos.sequence.store import suppressed
from mainstem.revos.sequence.suppression import hashes
from mainstem.revos.sequence.wording import Wording

__all__ = [
    "AGAIN_AFTER",
    "Messages",
    "Replies",
    "Wording",
    "begin",
    "forget_chats",
    "give_up",
    "hashes",
    "invited",
    "suppressed",
]
