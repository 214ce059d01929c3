"""The proof that no tenant reaches another's rows: what was tried, and through what."""

from __future__ import annotations

from litestar import Response, get

from mainstem.server.api_unify import PlansDependency
from mainstem.server.unify_pages.operator import read, read_frame, require_operator
from mainstem.unify.ledger.proofs import last_proof
from mainstem.web import AnyVisit, Column, Filter, Kind, Listed, Listing, Wish
from mainstem.web.wording import words

PATH = "/unify/isolation"


@get(PATH)
async def isolation(visit: AnyVisit, plans: PlansDependency) -> Response[bytes]:
    """The last proof of this database, object by object."""
    require_operator(visit)
    proof = await read(plans.url, last_proof)
    objects = [vars(each) for each in proof.objects] if proof is not None else []
    listing = Listing(
        page="isolation",
        path=PATH,
        title="Isolation proof",
        many="objects",
        query=b"",
        columns=(
            Column("name", "Object"),
            Column("kind", "Kind"),
            Column("verdict", "Verdict", Kind.STATE),
            Column("reason", "Why"),
        ),
        filters=(
            Filter("verdict", "Verdict", _choices({each["verdict"] for each in objects})),
            Filter("kind", "Kind", _choices({each["kind"] for each in objects})),
        ),
        search=("name", "reason"),
        client_column=None,
    )
    wish = Wish.read(listing, visit.request.query_params.multi_items())
    await read_frame(visit)
    return visit.page("unify_isolation.html", proof=proof, listed=Listed.of(wish, objects))


HANDLERS = (isolation,)


def _choices(found: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple((each, words(each)) for each in sorted(found))
