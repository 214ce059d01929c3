"""What the operator decides: keys, mail, the address that links lead to, the login of requests."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg

from mainstem.core import Core, mail, master_key
from mainstem.core.issuer import Issuers
from mainstem.core.mail import ConsoleMail, Mail
from mainstem.db.login import as_login, ensure_login
from mainstem.db.pool import async_pool
from mainstem.errors import MainstemError
from mainstem.kit.hosts import is_loopback
from mainstem.pg.connect import connect, parse
from mainstem.revos import unipile
from mainstem.server import files
from mainstem.server.listen import ADDRESS_VARIABLE
from mainstem.server.pace import Rates
from mainstem.storage import Limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mainstem.core.master_key import MasterKeys
    from mainstem.stores.model import Place

PLANS_VARIABLE = "MAINSTEM_PLANS_DIR"
METRICS_TOKEN_VARIABLE = "MAINSTEM_METRICS_TOKEN"  # noqa: S105 - the name of a variable
REDIRECTS_VARIABLE = "MAINSTEM_REDIRECTS"


@dataclass(frozen=True)
class Settings:
    """One process's settings.

    Attributes:
        keys: the key-encryption keys.
        base_url: the address that links lead to and tokens name; never taken from a request.
        redirects: origins of apps that a link in an e-mail may lead back to.
        mail: what sends e-mail.
        login_url: the database's address for requests; None is the same as the owner's.
        rates: how many requests an address, a key and a person may make.
        plans: the folder of plans that operators may start over HTTP; None is none.
        metrics_token: who brings it sees `/metrics`; without one, only this machine does.
        unipile: where the LinkedIn provider is; None takes nothing in and links no account.
        files: where the bytes of files lie; None serves no files.
        file_limits: how large one may be.
    """

    keys: MasterKeys = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    redirects: frozenset[str] = frozenset()
    mail: Mail = field(default_factory=ConsoleMail)
    login_url: str | None = field(default=None, repr=False)
    rates: Rates = field(default_factory=Rates)
    plans: Path | None = None
    metrics_token: str = field(default="", repr=False)
    files: Place | None = None
    unipile: unipile.Settings | None = field(default=None, repr=False)
    file_limits: Limits = field(default_factory=Limits)

    @classmethod
    def throw_away(cls) -> Settings:
        """Settings whose keys end with the process: nothing that they close opens again."""
        return cls(master_key.parse(master_key.generate(), origin="a new key"))

    @classmethod
    def from_environment(
        cls, url: str, *, home: Path, address: str, environment: Mapping[str, str] = os.environ
    ) -> Settings:
        """Read MAINSTEM_MASTER_KEY (or _FILE), _SMTP_URL, _MAIL_FROM, _URL, _REDIRECTS and _FILES.

        Raises:
            ConfigError: one of them is not what it should be.
        """
        named = environment.get(REDIRECTS_VARIABLE, "").replace(",", " ").split()
        return cls(
            keys=master_key.load(home, environment),
            base_url=environment.get(ADDRESS_VARIABLE, "").strip().rstrip("/") or address,
            redirects=frozenset(origin.rstrip("/") for origin in named),
            mail=mail.from_environment(environment),
            login_url=login_address(url, home=home),
            rates=Rates.from_environment(environment),
            plans=Path(environment[PLANS_VARIABLE]) if environment.get(PLANS_VARIABLE) else None,
            metrics_token=environment.get(METRICS_TOKEN_VARIABLE, "").strip(),
            files=files.place_of(home, environment),
            unipile=unipile.Settings.from_environment(environment),
            file_limits=files.limits_of(environment),
        )

    def core(self, url: str) -> Core:
        """Core's parts for the database at the address; its pool is not open yet."""
        return Core(
            pool=async_pool(self.login_url or url, application_name="mainstem requests"),
            keys=self.keys,
            base_url=self.base_url,
            redirects=self.redirects,
            mail=self.mail,
            # A provider on this machine is for whoever develops on it.
            issuers=Issuers(allow_loopback=is_loopback(urlsplit(self.base_url).hostname or "")),
        )


def login_address(url: str, *, home: Path) -> str:
    """The address as the login without rights, on our own server; another's stays as it is.

    Which role has a password elsewhere is its owner's decision. A server that does not answer yet,
    or lacks the tables, is used as it is addressed: each transaction takes its role in any case.
    """
    if not str(parse(url).get("host", "")).startswith(str(home)):
        return url
    try:
        with connect(url) as connection:
            ensure_login(connection)
    except (MainstemError, psycopg.Error):
        return url
    return as_login(url)


@asynccontextmanager
async def opened_core(url: str, *, home: Path, address: str) -> AsyncIterator[Core]:
    """Core for one command, open as long as the block runs.

    Raises:
        ServerError: the database cannot be reached.
        ConfigError: the environment holds something that is none of ours.
    """
    settings = Settings.from_environment(url, home=home, address=address)
    connect(url).close()
    core = settings.core(url)
    async with core.pool:
        try:
            yield core
        finally:
            core.close()
