"""Pods: members give each other's posts their first engagement, a few of them each time.

`share` asks the least loaded members; `Engagements` is the sender of what they agreed to; `agree`,
`did` and `decline` are what members say. Windows that close are settled by `tidy`.
"""

from mainstem.revos.pods.engagements import Engagements
from mainstem.revos.pods.members import agree, decline, did
from mainstem.revos.pods.sharing import share, tidy

__all__ = ["Engagements", "agree", "decline", "did", "share", "tidy"]
