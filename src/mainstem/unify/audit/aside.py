"""Which files belong to the repository and are no part of the product: no user ever meets them.

Scripts that somebody ran once, examples, documents with code, and what was put aside by copying it.
What only these use is told apart: it fails for the person who runs them, and for nobody else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANYWHERE: Final = frozenset(
    {"scripts", "docs", "doc", "examples", "example", "samples", "demo", "demos", "playground"}
    | {"benchmarks", "bench", "seeds", "seeders"}
    | {"_old", "_archive", "_backup", "_deprecated", "_legacy", "_unused"}
)
#: of the whole repository: further down, a product may well have a page or a part of that name
_AT_ROOT: Final = re.compile(
    r"archived?|attic|backups?|debug|deprecated|experiments|hack|legacy|notebooks|old|sandbox|temp"
    r"|trash|unused|(?:\w+[-_.])?(?:backup|bak|old)(?:[-_.\d].*)?",
    re.IGNORECASE,
)
_PUT_ASIDE: Final = re.compile(
    r"\.(?:old|backup|bak|deprecated)\.\w+$|^seeds?\.\w+$", re.IGNORECASE
)
#: what a script is named that somebody wrote to look at something or to mend it once
_LOOKS_OR_MENDS: Final = re.compile(
    r"(?:analy[sz]e|apply|audit|check|debug|deploy|diagnose|examine|execute|explore|find|fix|inspect"
    r"|install|introspect|investigate|migrate|seed|setup|temp|test|tmp|validate|verify)[-_]\w",
    re.IGNORECASE,
)
_MAKES: Final = re.compile(
    r"(?:add|create|delete|export|generate|import|list|populate|query|reset|run|show|update)[-_]\w"
    r"\S*\.[cm]?[jt]s$",
    re.IGNORECASE,
)
#: folders of the product that may hold files of such names
_OF_PRODUCT: Final = frozenset(
    {"agents", "api", "app", "components", "cron", "functions", "hooks", "jobs", "lib", "pages"}
    | {"routes", "services", "src", "supabase", "tools", "utils", "workers"}
)


def is_aside(file: str) -> bool:
    """Whether a file, named from the root of the repository, is no part of the product."""
    *folders, name = file.split("/")
    if not _ANYWHERE.isdisjoint(folders) or _PUT_ASIDE.search(name):
        return True
    if not folders:
        return bool(_LOOKS_OR_MENDS.match(name) or _MAKES.match(name))
    is_beside_product = len(folders) == 1 and folders[0] not in _OF_PRODUCT
    is_script = is_beside_product and _LOOKS_OR_MENDS.match(name) is not None
    return is_script or _AT_ROOT.fullmatch(folders[0]) is not None


def are_aside(files: Iterable[str]) -> bool:
    """Whether none of the files is a part of the product."""
    return all(map(is_aside, files))
