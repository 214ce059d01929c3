"""A request that is refused: its status, and a body that Supabase's clients understand.

The body is storage-api's (`statusCode`, `error`, `message`, `code`). The status of the answer is
the one in the body: storage-api answers 400 to nearly everything, its clients read the body.
"""

from __future__ import annotations

import msgspec

from mainstem.errors import RefusedError

SHOWN_MAX = 100


class StorageError(RefusedError):
    """Refused. `code` is for programs, `error` is what older clients compare with."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        error: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(code, message, status=status, retry_after_s=retry_after_s)
        self.error = error or code
        self.message = message

    def body(self) -> bytes:
        """The JSON that clients read."""
        return msgspec.json.encode(
            {
                "statusCode": str(self.status),
                "error": self.error,
                "message": self.message,
                "code": self.code,
            }
        )


def no_bucket() -> StorageError:
    """The bucket is not there, or not for the caller: nobody learns which."""
    return StorageError(404, "NoSuchBucket", "Bucket not found", error="Bucket not found")


def no_object() -> StorageError:
    """The same of a file."""
    return StorageError(404, "NoSuchKey", "Object not found", error="not_found")


def no_route() -> StorageError:
    """Nothing is there under that path and method."""
    return StorageError(404, "NotFound", "There is nothing at this path of the storage API")


def anonymous() -> StorageError:
    """Only what is public or signed is for everybody."""
    return StorageError(401, "AccessDenied", "Sign in, or send an API key", error="Unauthorized")


def denied(message: str) -> StorageError:
    """The caller's role, or the policy of the files, forbids it."""
    return StorageError(403, "AccessDenied", message, error="Unauthorized")


def duplicate() -> StorageError:
    """There is such a file or bucket already."""
    return StorageError(
        409, "ResourceAlreadyExists", "The resource already exists", error="Duplicate"
    )


def invalid(message: str) -> StorageError:
    """The request says something that cannot be done."""
    return StorageError(400, "InvalidRequest", message)


def invalid_name(what: str, name: str, why: str) -> StorageError:
    """A name that no bucket or file may have."""
    code = "InvalidBucketName" if what == "bucket" else "InvalidKey"
    shown = ascii(name[:SHOWN_MAX])
    return StorageError(400, code, f"Invalid name of a {what}: {shown}: {why}", error=code)


def too_large(what: str, limit_bytes: int) -> StorageError:
    """More bytes than a limit allows; the limit is named."""
    return StorageError(
        413,
        "EntityTooLarge",
        f"The {what} exceeded the maximum allowed size of {limit_bytes} bytes",
        error="Payload too large",
    )


def wrong_type(mime_type: str) -> StorageError:
    """The bucket takes other types only."""
    return StorageError(
        415,
        "InvalidMimeType",
        f"mime type {mime_type} is not supported by this bucket",
        error="invalid_mime_type",
    )


def bad_signature() -> StorageError:
    """Forged, cut short, of another file or of another kind: one answer for all."""
    return StorageError(400, "InvalidSignature", "The signature is not valid for this file")


def unavailable() -> StorageError:
    """The bytes cannot be reached; the operator's log says why."""
    return StorageError(503, "StoreUnavailable", "The store of files cannot be reached; try again")
