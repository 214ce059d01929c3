"""Logos that people upload: public files of their agency's own, kept through the storage API.

The page has checked who asks; the API sniffs the type, holds to the bucket's size and types, and
keeps the file under its policy. An SVG is no picture here: it may hold script.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
from litestar.status_codes import HTTP_200_OK

from mainstem.core import agencies
from mainstem.errors import RefusedError
from mainstem.storage import Access, Limits, Ports, StorageApi
from mainstem.storage.sniffing import HEAD_BYTES, sniffed_type

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from mainstem.core import Core
    from mainstem.db.tenant import Tenant
    from mainstem.stores.model import Place

BUCKET = "brand"
BYTES_MAX = 512 * 1024
TYPES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_ASKER = "mainstem.asker"


@dataclass(frozen=True)
class Logos:
    """Where logos are kept; without a place for files there is nothing to upload to."""

    api: StorageApi | None

    @classmethod
    def of(cls, core: Core, place: Place | None, limits: Limits) -> Logos:
        """Keep them in the place where the agencies' files lie."""
        if place is None:
            return cls(None)

        async def agency(slug: str) -> Tenant | None:
            return await agencies.of_slug(core, slug)

        ports = Ports(_asker, agency, agencies.on_behalf_of, core.keys)
        return cls(StorageApi(core.pool, place, ports, limits=limits))

    async def keep(self, tenant: Tenant, slug: str, content: bytes) -> str:
        """Keep a picture; the address of the public file.

        Raises:
            RefusedError: it is too large, no picture of these kinds, or there is no place for it.
        """
        if not 0 < len(content) <= BYTES_MAX:
            raise RefusedError("too_large", f"Choose a file of at most {BYTES_MAX // 1024} kB.")
        kind = sniffed_type(content[:HEAD_BYTES], "application/octet-stream")
        if kind not in TYPES:
            raise RefusedError("wrong_type", "Choose a PNG, JPEG or WebP picture.")
        if self.api is None:
            raise RefusedError("no_place", "This server has no place for files.", status=503)
        wish = {
            "name": BUCKET,
            "public": True,
            "file_size_limit": BYTES_MAX,
            "allowed_mime_types": list(TYPES),
        }
        made, said = await self._ask(
            tenant, "bucket", msgspec.json.encode(wish), "application/json"
        )
        name = f"{uuid4()}.{TYPES[kind]}"
        if made == HTTP_200_OK or b"Duplicate" in said:
            made, said = await self._ask(tenant, f"object/{BUCKET}/{name}", content, kind)
        if made != HTTP_200_OK:
            raise RefusedError("not_kept", f"The file was not kept: {_message(said)}")
        return f"/storage/v1/object/public/{BUCKET}@{slug}/{name}"

    def close(self) -> None:
        """End its threads."""
        if self.api is not None:
            self.api.close()

    async def _ask(self, tenant: Tenant, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        """Ask the API as that tenant: status and body of its answer."""
        assert self.api is not None, "it was looked at before"
        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": f"/storage/v1/{path}",
            "root_path": "",
            "query_string": b"",
            "headers": [
                (b"content-type", kind.encode()),
                (b"content-length", str(len(body)).encode()),
            ],
            _ASKER: Access(tenant, lambda _right: True),
        }
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.api(scope, receive, send)
        return sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:])


async def _asker(scope: MutableMapping[str, Any]) -> Access:
    """Who asks; only `Logos` makes such a scope, no request does."""
    access = scope[_ASKER]
    assert isinstance(access, Access), "it is put there above"
    return access


def _message(said: bytes) -> str:
    try:
        return str(msgspec.json.decode(said)["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return "the store does not answer"
