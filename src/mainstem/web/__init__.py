"""The rendering kit: layout, components, style and script, and the headers that guard every page.

Contexts call `page_templates` for an environment that finds their own templates beside the kit's,
and the server puts `guard` around everything it sends.
"""

from mainstem.web.environment import STATIC_DIR, page_templates
from mainstem.web.guard import SECURITY_HEADERS, guard

__all__ = ["SECURITY_HEADERS", "STATIC_DIR", "guard", "page_templates"]
