"""The examples of the Amazon S3 API Reference, "Authenticating Requests: Authorization Header"."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from mainstem.errors import ConfigError
from mainstem.stores.signing import Keys, Request, escape, keys_of, sign

KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
AT = datetime(2013, 5, 24, tzinfo=UTC)
HOST = "examplebucket.s3.amazonaws.com"
BODY = b"Welcome to Amazon S3."


@pytest.mark.parametrize(
    ("request_", "signature"),
    [
        (
            Request("GET", HOST, "/test.txt", headers={"range": "bytes=0-9"}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            Request(
                "PUT",
                HOST,
                "/" + escape("test$file.text"),
                headers={
                    "date": "Fri, 24 May 2013 00:00:00 GMT",
                    "x-amz-storage-class": "REDUCED_REDUNDANCY",
                },
                payload_sha256=hashlib.sha256(BODY).hexdigest(),
            ),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            Request("GET", HOST, "/", query={"lifecycle": ""}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            Request("GET", HOST, "/", query={"max-keys": "2", "prefix": "J"}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["get", "put", "lifecycle", "list"],
)
def test_signs_as_the_reference_does(request_: Request, signature: str) -> None:
    headers = sign(request_, KEYS, region="us-east-1", at=AT)
    assert headers["authorization"].rpartition("Signature=")[2] == signature


def test_escapes_what_urls_of_s3_escape() -> None:
    assert escape("a b/é+~=.png", safe="/") == "a%20b/%C3%A9%2B~%3D.png"


def test_names_the_variables_that_are_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD_ACCESS_KEY_ID", "x")
    monkeypatch.delenv("OLD_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(ConfigError, match="set OLD_SECRET_ACCESS_KEY in the environment"):
        keys_of("OLD")


def test_keys_show_no_secret() -> None:
    assert "wJal" not in repr(KEYS)
