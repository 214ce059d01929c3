"""Comments: read within the account's budget, judged once, the asking ones made leads.

`Polling` reads what is due; its jobs note every decision with its reason. What a person has to
decide is settled by `reviews.decide`.
"""

from mainstem.revos.capture import reviews
from mainstem.revos.capture.polling import Polling

__all__ = ["Polling", "reviews"]
