"""Files behind `/storage/v1`: what supabase-js and `storage3` call, each file under its policy.

It owns the tables of `0011_storage.sql`. It knows callers by the `Access` that whoever mounts it
resolves for each request, and where bytes lie by the place it is given:

    api = StorageApi(pool, place, ports)  # an ASGI application
    await api.close()
"""

from mainstem.storage.app import PATH, StorageApi
from mainstem.storage.model import Access, Keys, Limits, Ports, Right
from mainstem.storage.problem import StorageError
from mainstem.storage.signing import read_address
from mainstem.storage.sweeping import Swept, sweep

__all__ = [
    "PATH",
    "Access",
    "Keys",
    "Limits",
    "Ports",
    "Right",
    "StorageApi",
    "StorageError",
    "Swept",
    "read_address",
    "sweep",
]
