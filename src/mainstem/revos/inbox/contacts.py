"""Who has become a contact: the newest ones, or, where no call lists them, who waits no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.revos.unipile import PAGE_MAX, Distance, Kind, PersonId, UnipileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.revos.unipile import AccountId, Provider

#: of invitations that wait
PAGES_MAX = 3
#: looked up one by one, five times a day: half of what a day allows
PROFILES_MAX = 10


async def new_contacts(
    provider: Provider, account: AccountId, waiting: Sequence[str]
) -> tuple[str, ...]:
    """The contacts among whom the account has invited, and perhaps others.

    Args:
        provider: LinkedIn's.
        account: whose contacts.
        waiting: the people whose answer is not known.

    Raises:
        UnipileError: the provider does not say.
    """
    try:
        page = await provider.relations(account, limit=PAGE_MAX)
    except UnipileError as error:
        if error.fault.kind is not Kind.FEATURE:
            raise
        return await _answered(provider, account, waiting)
    return tuple(each.person_id for each in page.items)


async def _answered(
    provider: Provider, account: AccountId, waiting: Sequence[str]
) -> tuple[str, ...]:
    """Who is no longer among the invitations that wait, and is a contact now."""
    invited: set[str | None] = set()
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        page = await provider.sent_invitations(account, cursor=cursor, limit=PAGE_MAX)
        invited |= {each.person_id for each in page.items}
        cursor = page.cursor
        if cursor is None:
            break
    gone = [person for person in waiting if person not in invited][:PROFILES_MAX]
    profiles = [await provider.profile(account, PersonId(person)) for person in gone]
    return tuple(each.id for each in profiles if each.distance is Distance.FIRST)
