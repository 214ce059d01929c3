"""Reads which databases and hosted projects the settings of a product point at.

Only the host, the project and the name of the setting leave this module. A password, a key or a
token is never put into what is returned: what is returned is cached on disk and printed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from mainstem.unify.code.facts import FileFacts, Reader
from mainstem.unify.code.model import FileReading, Place, Setting
from mainstem.unify.code.syntax import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.syntax import SyntaxFile

SETTINGS_MAX: Final = 1_000
#: the host that is told for a database in a file
FILE_HOST: Final = "file"


def read(file: SyntaxFile) -> FileFacts:
    """The connection settings of a `.env` file, or those written into code."""
    if not _MENTIONS.search(file.source):
        return FileFacts()
    is_settings = file.language is Language.TEXT
    if is_settings and not _SETTINGS_FILE.search(file.path):
        return FileFacts()
    found: dict[Setting, None] = {}
    for number, line in enumerate(file.source.decode().splitlines(), 1):
        if _is_comment(line) or not _MENTIONS.search(line.encode()):
            continue
        for name, host, project in _settings(line, is_settings=is_settings):
            if len(found) < SETTINGS_MAX:
                place = Place(file.path, number)
                found[Setting(name, host, project, place, is_test=file.is_test)] = None
    return FileFacts(FileReading(settings=tuple(found)))


def _settings(line: str, *, is_settings: bool) -> Iterator[tuple[str, str, str | None]]:
    """Name, host and project of each connection that a line sets."""
    assigned = _ASSIGNED.match(line) if is_settings else _NAMED.search(line)
    name = assigned["name"] if assigned is not None else ""
    for match in _URL.finditer(line):
        host, project = _of_url(match[0])
        if host is not None and not _PLACEHOLDER.search(f"{host} {project or ''}"):
            yield name or match["scheme"], host, project
    value = assigned["value"].strip().strip("'\"") if assigned is not None and is_settings else ""
    if value and _REFERENCE_NAME.search(name) and _REFERENCE.fullmatch(value):
        yield name, f"{value}.supabase.co", value
    elif value and _FILE_NAME.search(name) and _FILE_PATH.fullmatch(value):
        yield name, FILE_HOST, value


def _of_url(text: str) -> tuple[str | None, str | None]:
    """Host and project of a connection's address, without user, password and parameters."""
    try:
        parts = urlsplit(text)
        host, user, path = (parts.hostname or "").lower(), parts.username or "", parts.path
    except ValueError:  # such as a port that is no number, or half an IPv6 address
        return None, None
    if parts.scheme in {"sqlite", "file", "libsql"} and not host:
        return (FILE_HOST, path.lstrip("/")) if path.strip("/") else (None, None)
    hosted = _HOSTED.search(host)
    if hosted is not None:
        return host, hosted["project"]
    if parts.scheme in {"http", "https"}:
        return None, None
    pooled = _POOLED.search(user) if host.endswith(".supabase.com") else None
    if pooled is not None:
        return host, pooled["project"]
    return host or None, path.strip("/").split("/")[0] or None


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "//", "*", "/*"))


_MENTIONS: Final = re.compile(
    rb"postgres|supabase|mysql://|mariadb://|mongodb|sqlite|libsql|redis://|DATABASE|DB_|[._](?:db|sqlite)",
    re.IGNORECASE,
)
_SETTINGS_FILE: Final = re.compile(r"(?:^|/)(?:\.env(?:\.[^/]*|rc)?|[^/]+\.env)$")
_ASSIGNED: Final = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][\w.]*)\s*=\s*(?P<value>.*)$")
_NAMED: Final = re.compile(
    r"(?P<name>[A-Za-z_$][\w$]*)['\"]?\s*\]?\s*(?:[:=]|\|\||\?\?)(?P<value>)"
)
_URL: Final = re.compile(
    r"(?P<scheme>postgres(?:ql)?(?:\+\w+)?|mysql|mariadb|mongodb(?:\+srv)?|sqlite|libsql|https?)"
    r"://[^\s'\"`<>,;|\\]*",
    re.IGNORECASE,
)
_HOSTED: Final = re.compile(r"(?:^|\.)(?P<project>[a-z0-9]{12,32})\.supabase\.(?:co|in|net)$")
_POOLED: Final = re.compile(r"\.(?P<project>[a-z0-9]{12,32})$")
_PLACEHOLDER: Final = re.compile(
    r"\$\{|\{\{|\byour|placeholder|xxxx|example|<|%24|\[|dummy|project-?ref|\bhost\b", re.IGNORECASE
)
_REFERENCE_NAME: Final = re.compile(r"SUPABASE.*(?:REF|PROJECT_ID)$|^PROJECT_REF$", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"[a-z]{20}")
_FILE_NAME: Final = re.compile(r"DATABASE|SQLITE|\bDB|DB_", re.IGNORECASE)
_FILE_PATH: Final = re.compile(r"(?:file:)?[\w./~-]+\.(?:db|sqlite3?)")

SETTINGS: Final = Reader("settings", frozenset(Language), read)
