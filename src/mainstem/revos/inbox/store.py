"""The only module of the inbox that runs SQL; in transactions of service_role, for one agency."""

from __future__ import annotations

from mainstem.revos.sending import Queries

_QUERIES = Queries("mainstem.revos.inbox")
rows = _QUERIES.rows
