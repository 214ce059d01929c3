"""What every report shares: the frame of a self-contained HTML page, and text that stays text."""

from mainstem.unify.page.markdown import code, plain, row
from mainstem.unify.page.rendering import template
from mainstem.unify.page.visible import visible

__all__ = ["code", "plain", "row", "template", "visible"]
