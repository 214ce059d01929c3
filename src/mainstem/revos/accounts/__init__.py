"""LinkedIn accounts: when one may be written with, how often, and what a fault means for it.

Every call is a row of `provider_call` before it is made, and every limit is counted from there:

    store.lock(connection, agency_id)
    for account in store.free(connection, agency_id, at):
        account.left[Route.DM]  # what all windows, caps and the warm-up still allow
    ids = store.reserve(connection, agency_id, [NewCall(...)])  # then commit, then call
"""

from mainstem.revos.accounts import health, store
from mainstem.revos.accounts.hours import Hours, hours_of
from mainstem.revos.accounts.model import (
    READS_PER_DAY,
    SPACING,
    WRITES,
    BegunCall,
    FreeAccount,
    NewCall,
    Route,
)

__all__ = [
    "READS_PER_DAY",
    "SPACING",
    "WRITES",
    "BegunCall",
    "FreeAccount",
    "Hours",
    "NewCall",
    "Route",
    "health",
    "hours_of",
    "store",
]
