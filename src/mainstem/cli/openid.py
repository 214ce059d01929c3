"""`mainstem agency openid`: through whom an agency's people may sign in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mainstem.cli.using_core import agency_option, with_core
from mainstem.core import agencies, openid, providers
from mainstem.core.providers import Wish

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.core import Core
    from mainstem.core.providers import Named


@click.group("openid", context_settings={"help_option_names": ["-h", "--help"]})
def openid_group() -> None:
    """Providers of identities (OpenID Connect) of an agency."""


@openid_group.command("list")
@agency_option
def list_providers(agency_name: str) -> None:
    """List them; secrets are not shown."""

    async def work(core: Core) -> list[Named]:
        return await providers.listed(core, await agencies.steward(core, agency_name))

    for each in asyncio.run(with_core(work)):
        state = "" if each.is_enabled else "  (off)"
        click.echo(f"{each.name}  {each.label}  {each.issuer}  {each.client_id}{state}")


@openid_group.command()
@click.argument("name")
@agency_option
@click.option("--issuer", required=True, metavar="URL", help="The provider's address.")
@click.option("--client-id", required=True, metavar="TEXT", help="What the provider calls us.")
@click.option("--label", metavar="TEXT", help="What the button says; else the name.")
@click.option("--off", is_flag=True, help="Keep it, and let nobody in through it.")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=str),
    help="A file with the client secret; - is standard input. Without it you are asked; an empty"
    " answer keeps the one that is there.",
)
def put(
    name: str,
    agency_name: str,
    *,
    issuer: str,
    client_id: str,
    label: str | None,
    off: bool,
    secret_file: Path | None,
) -> None:
    """Make a provider, or change the one of that name."""
    if secret_file is None:
        secret = click.prompt("Client secret", hide_input=True, default="", show_default=False)
    else:
        with click.open_file(str(secret_file), encoding="utf-8") as file:
            secret = file.read()
    wish = Wish(name, label or name, issuer, client_id, secret.strip() or None, is_enabled=not off)

    async def work(core: Core) -> str:
        await providers.put(core, await agencies.steward(core, agency_name), wish)
        return openid.callback_address(core)

    click.echo(f"kept {name}; register {asyncio.run(with_core(work))} there")


@openid_group.command()
@click.argument("name")
@agency_option
def remove(name: str, agency_name: str) -> None:
    """Take a provider away; who came through it signs in another way."""

    async def work(core: Core) -> None:
        await providers.remove(core, await agencies.steward(core, agency_name), name)

    asyncio.run(with_core(work))
    click.echo(f"removed {name}")
