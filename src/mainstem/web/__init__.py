"""The rendering kit: layout, components, style and script, and the headers that guard every page.

Pages of a context take a `Visit`, describe their lists (`Listing`) and forms (`Form`) by data, and
render with the kit's templates beside their own. The server makes the `Site`, puts `guard` around
everything it sends, and serves `static/`.
"""

from mainstem.web.answers import AnyRequest, html, see_other
from mainstem.web.environment import page_templates
from mainstem.web.forms import Field, Filled, Form
from mainstem.web.guard import SECURITY_HEADERS, guard
from mainstem.web.keeping import keep
from mainstem.web.list_page import list_page
from mainstem.web.listing import Column, Filter, Kind, Listed, Listing, Wish
from mainstem.web.live import follow
from mainstem.web.navigation import App, Hit, Section, local_path
from mainstem.web.overview import Breakdown, Figure, Overview, Panel
from mainstem.web.static_files import STATIC_DIR, serve_static
from mainstem.web.store import Row, contains, read_list, read_overview, row, rows
from mainstem.web.visit import AnyVisit, Frame, Site, Viewer, Visit

__all__ = [
    "SECURITY_HEADERS",
    "STATIC_DIR",
    "AnyRequest",
    "AnyVisit",
    "App",
    "Breakdown",
    "Column",
    "Field",
    "Figure",
    "Filled",
    "Filter",
    "Form",
    "Frame",
    "Hit",
    "Kind",
    "Listed",
    "Listing",
    "Overview",
    "Panel",
    "Row",
    "Section",
    "Site",
    "Viewer",
    "Visit",
    "Wish",
    "contains",
    "follow",
    "guard",
    "html",
    "keep",
    "list_page",
    "local_path",
    "page_templates",
    "read_list",
    "read_overview",
    "row",
    "rows",
    "see_other",
    "serve_static",
]
