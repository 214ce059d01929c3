"""The page about a run that a stakeholder can sign: what moved, who decided, what was proven.

It says as plainly what was not: not verified, not proven, not compared, not carried over.
"""

from mainstem.unify.sign_off.as_html import as_html
from mainstem.unify.sign_off.as_json import as_json
from mainstem.unify.sign_off.as_markdown import as_markdown
from mainstem.unify.sign_off.model import SignOff
from mainstem.unify.sign_off.reading import read_sign_off

__all__ = ["SignOff", "as_html", "as_json", "as_markdown", "read_sign_off"]
