"""The only module of erasure that runs SQL; in transactions of service_role, for one agency."""

from __future__ import annotations

from mainstem.revos.sending import Queries

_QUERIES = Queries("mainstem.revos.erasure")
rows = _QUERIES.rows
row = _QUERIES.row
