"""The page on which an account's owner would sign in: here two buttons."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

if TYPE_CHECKING:
    from mainstem.revos.sandbox.model import Account

STYLE = "font-family:system-ui;max-width:36rem;margin:4rem auto;line-height:1.5"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A link that was asked for; `account` is the one to link again, `name` the caller's word."""

    account: Account | None
    name: str
    notify_url: str | None = None
    success_url: str | None = None
    failure_url: str | None = None
    is_v2: bool = False


def html(page: Page) -> str:
    """The page."""
    what = "link an account" if page.account is None else f"link {page.account.person.name} again"
    return _page(
        "Sandbox: link an account",
        f"<p>A program asks to {escape(what)}. At the real provider you would sign in here.</p>"
        '<form method="post"><button name="answer" value="connect">Connect</button> '
        '<button name="answer" value="fail">Fail</button></form>',
    )


def done(*, is_linked: bool) -> str:
    """The page after it, for programs that named no address to go on to."""
    said = "The account is linked." if is_linked else "The account was not linked."
    return _page("Sandbox: link an account", f"<p>{said} You may close this page.</p>")


def overview(rows: list[tuple[str, str, str]], facts: list[tuple[str, str]]) -> str:
    """The first page: who is linked, what there is."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in facts)
    accounts = "".join(
        f"<tr><td><code>{escape(key)}</code></td><td>{escape(name[:80])}</td>"
        f"<td>{escape(state)}</td></tr>"
        for key, name, state in rows
    )
    return _page(
        "Mainstem: a sandbox of the LinkedIn provider",
        f"<dl>{items}</dl><table><thead><tr><th>account</th><th>person</th><th>state</th></tr>"
        f"</thead><tbody>{accounts}</tbody></table>",
    )


def onward(page: Page, account: Account | None) -> str | None:
    """Where the browser is led afterwards."""
    address = page.failure_url if account is None else page.success_url
    if address is None:
        return None
    told = {"account_id": account.id_v2 if page.is_v2 else account.id} if account else {}
    if page.is_v2:
        told |= {"provider": "linkedin", "state": page.name}
    parts = urlsplit(address)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *told.items()])
    return urlunsplit(parts._replace(query=query))


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<body style="{STYLE}"><h1>{title}</h1>{body}</body></html>'
    )
