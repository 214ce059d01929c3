"""`mainstem agency`: the tenants, made by whoever runs the platform."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mainstem.cli.openid import openid_group
from mainstem.cli.using_core import with_core
from mainstem.core import Origin, agencies, invitations
from mainstem.core.transaction import service_transaction

if TYPE_CHECKING:
    from mainstem.core import Core


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def agency() -> None:
    """The agencies, each a tenant."""


@agency.command()
@click.argument("name")
@click.option(
    "--owner", required=True, metavar="EMAIL", help="The first person, who invites others."
)
@click.option(
    "--ask-password", is_flag=True, help="Ask for the owner's password here instead of a link."
)
def create(name: str, owner: str, *, ask_password: bool) -> None:
    """Make an agency; prints a link, good once, with which its owner chooses a password."""
    password: str | None = None
    if ask_password:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def work(core: Core) -> agencies.NewAgency:
        made = await agencies.create(core, name, owner=owner)
        if password is not None:
            await invitations.accept(
                core,
                made.owner.token,
                email=owner,
                password=password,
                origin=Origin("", "mainstem agency create"),
                kind="browser",
            )
        return made

    made = asyncio.run(with_core(work))
    click.echo(f"made the agency {made.slug} ({made.id})")
    if password is None:
        click.echo(f"its owner chooses a password at {made.owner.link}")
    else:
        click.echo(f"{owner} signs in with that password")


@agency.command()
@click.argument("email")
@click.option("--agency", "name", required=True, metavar="AGENCY", help="Its slug or its id.")
@click.option(
    "--role",
    default="owner",
    show_default=True,
    type=click.Choice(["owner", "admin", "manager", "member"]),
    help="What the person will be.",
)
def invite(email: str, *, name: str, role: str) -> None:
    """Invite somebody into an agency; prints a link, good once, to choose a password."""

    async def work(core: Core) -> str:
        steward = await agencies.steward(core, name)
        async with service_transaction(core.pool, steward) as connection:
            made = await invitations.add(
                core, connection, steward.agency_id, email=email, role=role
            )
        return made.link

    click.echo(f"{email} chooses a password at {asyncio.run(with_core(work))}")


agency.add_command(openid_group)
