"""Reads which databases and hosted projects the settings of a product point at.

Only the host, the project and the name of the setting leave this module. A password, a key or a
token is never put into what is returned: what is returned is cached on disk and printed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

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
    is_settings = file.language is Language.TEXT
    if is_settings and not _SETTINGS_FILE.search(file.path):
        return FileFacts()
    found: dict[Setting, None] = {}
    for number, line in _lines(file.source, every=is_settings):
        if line.lstrip().startswith(_COMMENTS):
            continue
        for name, host, project in _settings(line, is_settings=is_settings):
            if len(found) < SETTINGS_MAX:
                place = Place(file.path, number)
                found[Setting(name, host, project, place, is_test=file.is_test)] = None
    return FileFacts(FileReading(settings=tuple(found)))


def _lines(source: bytes, *, every: bool) -> Iterator[tuple[int, str]]:
    """The lines (from 1) that may set a connection: in code, those with an address."""
    if every:
        yield from enumerate(source.decode().splitlines(), 1)
        return
    before, number = 0, 1
    for match in _ADDRESS.finditer(source):
        start = source.rfind(b"\n", 0, match.start()) + 1
        if start < before:
            continue  # the same line again
        end = source.find(b"\n", match.end())
        number += source.count(b"\n", before, start)
        yield number, source[start : end if end >= 0 else len(source)].decode()
        before = max(start, match.start())


def _settings(line: str, *, is_settings: bool) -> Iterator[tuple[str, str, str | None]]:
    """Name, host and project of each connection that a line sets."""
    if is_settings:
        assigned = _ASSIGNED.match(line)
        yield from _assigned(assigned["name"], assigned["value"]) if assigned else ()
        return
    for match in _QUOTED.finditer(line):
        connection = _of_address(match["scheme"].lower(), match["rest"])
        if connection is not None:
            names = _NAMED.findall(line[: match.start()])
            yield (names[-1] if names else match["scheme"], *connection)


def _assigned(name: str, value: str) -> Iterator[tuple[str, str, str | None]]:
    """The connection that `NAME=value` sets."""
    quoted = re.match(r"\s*(['\"])(?P<text>.*)\1", value)
    text = quoted["text"] if quoted else re.split(r"\s+#", value, maxsplit=1)[0].strip()
    address = _URL.fullmatch(text)
    connection = _of_address(address["scheme"].lower(), address["rest"]) if address else None
    if connection is not None:
        yield (name, *connection)
    elif _REFERENCE_NAME.search(name) and _REFERENCE.fullmatch(text):
        yield name, f"{text}.supabase.co", text
    elif _FILE_NAME.search(name) and _FILE_PATH.fullmatch(text):
        yield name, FILE_HOST, text


def _of_address(scheme: str, rest: str) -> tuple[str, str | None] | None:
    """Host and project of what follows `scheme://`; None where a secret could be taken for one.

    A password may hold any character, written out or not: the host is what follows the last `@`,
    and an address with `@` on both sides of a question mark is not told apart.
    """
    if scheme in _FILE_SCHEMES and (file := _FILE_ADDRESS.fullmatch(rest)) is not None:
        return FILE_HOST, file["path"]
    path, _, parameters = rest.partition("?")
    if "@" in parameters and "@" in path:
        return None
    secret, _, place = (rest if "@" in parameters else path).rpartition("@")
    found = _PLACE.match(place)
    if found is None or _PLACEHOLDER.search(found[0]):
        return None
    host, database = found["host"].lower(), found["database"] or None
    hosted = _HOSTED.search(host)
    if hosted is not None:
        return host, hosted["project"]
    is_pool = host.endswith(".pooler.supabase.com")
    pooled = _POOLED.search(secret.partition(":")[0]) if is_pool else None
    if pooled is not None:
        return host, pooled["project"]
    return None if scheme.startswith("http") else (host, database)


_COMMENTS: Final = ("#", "//", "*", "/*")
_SETTINGS_FILE: Final = re.compile(r"(?:^|/)(?:\.env(?:\.[^/]*|rc)?|[^/]+\.env)$")
_ASSIGNED: Final = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][\w.]*)\s*=\s*(?P<value>.*)$")
_NAMED: Final = re.compile(
    r"([A-Za-z_$][\w$]*)['\"]?\s*\]?\s*(?::\s*\w+\s*)?(?:[:=,]|\|\||\?\?|or\b)"
)
_SCHEMES: Final = (
    r"postgres(?:ql)?(?:\+\w+)?|mysql(?:\+\w+)?|mariadb|mongodb(?:\+srv)?|sqlite(?:\+\w+)?"
    r"|libsql|https?"
)
_ADDRESS: Final = re.compile(rf"(?:{_SCHEMES})://".encode(), re.IGNORECASE)
_URL: Final = re.compile(rf"(?P<scheme>{_SCHEMES})://(?P<rest>\S*)", re.IGNORECASE)
_QUOTED: Final = re.compile(
    rf"(?P<quote>['\"`])(?P<scheme>{_SCHEMES})://(?P<rest>(?:(?!(?P=quote))\S)*)(?P=quote)",
    re.IGNORECASE,
)
_FILE_SCHEMES: Final = frozenset({"sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"})
_FILE_ADDRESS: Final = re.compile(r"/?/?(?P<path>[\w./~-]+)(?:[?#].*)?")
_PLACE: Final = re.compile(
    r"(?P<host>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?::\d+)?(?:/(?P<database>[\w.-]*)|$|(?=[?#]))"
)
_HOSTED: Final = re.compile(r"(?:^|\.)(?P<project>[a-z0-9]{12,32})\.supabase\.(?:co|in|net)$")
_POOLED: Final = re.compile(r"\.(?P<project>[a-z0-9]{12,32})$")
_PLACEHOLDER: Final = re.compile(
    r"\byour|placeholder|xxxx|example|dummy|project-?ref|^host\b", re.IGNORECASE
)
_REFERENCE_NAME: Final = re.compile(r"SUPABASE.*(?:REF|PROJECT_ID)$|^PROJECT_REF$", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"[a-z]{20}")
_FILE_NAME: Final = re.compile(r"DATABASE|SQLITE|(?:^|_)DB(?:_|$)", re.IGNORECASE)
_FILE_PATH: Final = re.compile(r"(?:file:)?[\w./~-]+\.(?:db|sqlite3?)")

SETTINGS: Final = Reader("settings", frozenset(Language), read)
