"""The reference pages of the audit's checks, made from the checks themselves.

`python -m mainstem.unify.audit.pages DIR` writes them; a test compares what is there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mainstem.unify.audit.registry import GROUPS, all_checks

_HEAD = """# What `mainstem audit` looks for

One page a check; `mainstem audit --explain CHECK` prints the same. `--only NAME` runs one check or
group. These pages are made by `make docs`; a test compares them with the checks.
"""


def pages() -> dict[str, str]:
    """File name -> text, in Markdown: a page for each check, and the index README.md."""
    made = {
        f"{check.name}.md": (
            f"# {check.name}\n\n*{GROUPS[check.group]} · {check.severity.value}*\n\n{check.page}\n"
        )
        for check in all_checks()
    }
    return made | {"README.md": _HEAD + "".join(map(_section, GROUPS))}


def write_pages(folder: Path) -> None:
    """Write every page into a folder, and remove those of checks that are gone."""
    made = pages()
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


def _section(group: str) -> str:
    rows = "".join(
        f"| [`{check.name}`]({check.name}.md) | {check.severity.value} | {_cell(check.title)} |\n"
        for check in all_checks()
        if check.group == group
    )
    return f"\n## {GROUPS[group]}\n\n| check | severity | what is wrong |\n|---|---|---|\n{rows}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
