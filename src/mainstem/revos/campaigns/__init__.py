"""Campaigns: what is missing before one can run, its states, and its numbers.

for finding in preflight(moment, campaign_id): ...
activate(moment, campaign_id)      # refused while something is missing
funnel(moment, campaign_id)        # comment -> message -> reply -> address -> webhook -> download
"""

from mainstem.revos.campaigns.funnel import Funnel, funnel
from mainstem.revos.campaigns.preflight import Missing, preflight
from mainstem.revos.campaigns.states import activate, complete, pause, publish, tend

__all__ = [
    "Funnel",
    "Missing",
    "activate",
    "complete",
    "funnel",
    "pause",
    "preflight",
    "publish",
    "tend",
]
