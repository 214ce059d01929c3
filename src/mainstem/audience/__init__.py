"""AudienceOS: what an agency does for its clients, and where each of them stands.

Owns the tables of `0005_audience.sql`, and the pages of clients, whose table all apps share. The
server mounts `HANDLERS`, shows `SECTIONS` in the sidebar and asks `search` for the palette.
"""

from mainstem.audience.pages import HANDLERS, LISTINGS, SECTIONS, SHARED, search

__all__ = ["HANDLERS", "LISTINGS", "SECTIONS", "SHARED", "search"]
