"""The palette's page: what there is to do, where to go, and records of every app.

Each app's records are looked for in a transaction of that app, so that its own policy decides what
is found. Nothing of an app is shown in another one: a hit leads into the app that it belongs to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from mainstem import audience
from mainstem.revos import pages as revos_pages
from mainstem.server import people_pages
from mainstem.web import AnyVisit, Hit, Section, contains, html

if TYPE_CHECKING:
    from mainstem.web import Visit

Text = Annotated[str, QueryParameter(name="q")]
Part = Annotated[str, QueryParameter(name="part")]
TEXT_LENGTH_MAX = 100
#: fewer letters find half of everything
SEARCHED_FROM = 2
#: who looks for records, in their order; those of an app are looked for in that app
SEARCHES = (
    (None, audience.search),
    ("revos", revos_pages.search),
    (None, people_pages.search),
)
ACTIONS = (
    Section("Add a client", "/clients/new", "plus", needs=("client", "create")),
    Section("Add a lead", "/revos/leads/new", "plus", needs=("lead", "create")),
    Section("Add a campaign", "/revos/campaigns/new", "plus", needs=("campaign", "create")),
    Section("Invite somebody", "/agency/people", "user-plus", needs=("member", "update")),
    Section("Make an API key", "/agency/keys", "key-round", needs=("api_key", "update")),
    Section("Change your password", "/password", "key-round"),
    Section("Set up a second factor", "/account", "shield-check"),
)
PLACES = (
    Section("Choose the client to look at", "/choose-client", "briefcase", "g k"),
    Section("Notifications", "/notifications", "bell", "g n"),
    Section("Your account", "/account", "user"),
)


@get("/search")
async def search(visit: AnyVisit, text: Text = "", part: Part = "") -> Response[bytes]:
    """Actions, places and records; `part=options` is what the palette shows of them."""
    text = " ".join(text.replace("\x00", "").split())[:TEXT_LENGTH_MAX]
    hits = _offered(visit, text)
    if len(text) >= SEARCHED_FROM:
        hits += await _records(visit, contains(text))
    if part == "options":
        options = visit.site.templates.get_template("search_options.html")
        return html(options.render(hits=hits), visit.request)
    async with visit.reading():
        pass
    return visit.page("search.html", hits=hits, text=text)


HANDLERS = (search,)


def _offered(visit: Visit, text: str) -> list[Hit]:
    """The places and actions whose names hold every word that was typed."""
    words = text.lower().split()
    sections = [
        replace(each, title=f"{app.name}: {each.title}")
        for app in visit.site.apps
        for each in app.sections
    ]
    found = [_hit(each, "Go to") for each in (*sections, *visit.site.shared, *PLACES)
             if visit.offers(each)]  # fmt: skip
    found += [_hit(each, "Do") for each in ACTIONS if visit.offers(each)]
    return [each for each in found if _is_meant(each, words)]


async def _records(visit: Visit, pattern: str) -> list[Hit]:
    found = []
    for key, find in SEARCHES:
        there = visit if key is None else visit.elsewhere(key)
        async with there.writing() as connection:
            hits = await find(connection, there, pattern)
        if key is not None:
            name = visit.site.app(key).name
            hits = [replace(each, kind=f"{name}: {each.kind}") for each in hits]
        found += hits
    return found


def _hit(section: Section, kind: str) -> Hit:
    return Hit(section.title, section.path, section.icon, kind, section.keys)


def _is_meant(hit: Hit, words: list[str]) -> bool:
    return all(word in f"{hit.kind} {hit.title}".lower() for word in words)
