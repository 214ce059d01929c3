"""`mainstem key`: API keys of agencies, made, listed, rotated and revoked."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from mainstem.cli.using_core import agency_option, with_core
from mainstem.core import Core, Scope, agencies, api_keys

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.api_keys import ApiKey, NewKey

APPS = ("both", "audience", "revos", "mail", "persona", "*")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def key() -> None:
    """API keys: with one, programs and old apps reach the rows of an agency."""


@key.command()
@click.argument("name")
@agency_option
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What the key may do alone; without any it may stand in a browser, for people to sign in.",
)
@click.option("--app", default="both", show_default=True, type=click.Choice(APPS), help="Its app.")
@click.option(
    "--profile",
    default="public",
    show_default=True,
    type=click.Choice(sorted(api_keys.PROFILES)),
    help="legacy: for code of the old schema, which names its old tables.",
)
@click.option("--client", "client_id", type=click.UUID, help="The one client that it is bound to.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it works; else for good.")
def create(
    name: str,
    agency_name: str,
    *,
    scopes: tuple[str, ...],
    app: str,
    profile: str,
    client_id: UUID | None,
    days: int | None,
) -> None:
    """Make a key and print it, the one time that it is shown."""

    async def work(core: Core) -> NewKey:
        return await api_keys.make(
            core,
            await agencies.steward(core, agency_name),
            name=name,
            scopes=[Scope(scope) for scope in scopes],
            app=app,
            profile=profile,
            client_id=client_id,
            expires_at=core.clock() + timedelta(days=days) if days else None,
        )

    click.echo(asyncio.run(with_core(work)).text)


@key.command("list")
@agency_option
def list_(agency_name: str) -> None:
    """List the keys of an agency."""

    async def work(core: Core) -> list[ApiKey]:
        return await api_keys.listed(core, await agencies.steward(core, agency_name))

    for found in asyncio.run(with_core(work)):
        click.echo(_line(found))


@key.command()
@click.argument("key_id", type=click.UUID)
@agency_option
@click.option(
    "--overlap-days",
    default=7,
    show_default=True,
    type=click.IntRange(0, 90),
    help="How long the old key works on.",
)
def rotate(key_id: UUID, agency_name: str, *, overlap_days: int) -> None:
    """Make the successor of a key and print it; the old one works on for some days."""

    async def work(core: Core) -> NewKey:
        tenant = await agencies.steward(core, agency_name)
        return await api_keys.rotate(core, tenant, key_id, overlap=timedelta(days=overlap_days))

    click.echo(asyncio.run(with_core(work)).text)


@key.command()
@click.argument("key_id", type=click.UUID)
@agency_option
def revoke(key_id: UUID, agency_name: str) -> None:
    """End a key now."""

    async def work(core: Core) -> None:
        await api_keys.revoke(core, await agencies.steward(core, agency_name), key_id)

    asyncio.run(with_core(work))
    click.echo(f"ended the key {key_id}")


def _line(found: ApiKey) -> str:
    """One key, in one line that can be cut out of."""
    used = f"used {found.last_used_at:%Y-%m-%d %H:%M}" if found.last_used_at else "never used"
    parts = [f"{found.id}  {api_keys.MARK}{found.prefix}_...  {found.name}"]
    parts += [f"app {found.app}", found.profile, " ".join(found.scopes) or "sign-in only", used]
    if found.client_id:
        parts.append(f"client {found.client_id}")
    if found.revoked_at:
        parts.append(f"revoked {found.revoked_at:%Y-%m-%d}")
    elif found.expires_at:
        parts.append(f"ends {found.expires_at:%Y-%m-%d %H:%M}")
    return ", ".join(parts)
