"""The data API: PostgREST's grammar over the live catalog, each request one tenant transaction.

It owns `/rest/v1`. It knows tables by the catalog only, and callers by the `Access` that whoever
mounts it resolves for each request:

    api = DataApi(pool, resolve)      # an ASGI application
    async with api.kept_fresh(): ...  # follows changes of the schema
"""

from mainstem.rest.app import PATH, DataApi
from mainstem.rest.model import PROFILES, Access, Action, Limits, Resolve
from mainstem.rest.problem import RequestError

__all__ = ["PATH", "PROFILES", "Access", "Action", "DataApi", "Limits", "RequestError", "Resolve"]
