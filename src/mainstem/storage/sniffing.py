"""What a file is, by its first bytes: the type that its sender declares is a claim.

Signatures and the marks of HTML are those of the WHATWG's MIME Sniffing standard
(mimesniff.spec.whatwg.org, sections 6 and 7).
"""

from __future__ import annotations

import re

#: how much of a file is looked at
HEAD_BYTES = 2048
UNKNOWN = "application/octet-stream"
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS\0", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
)
#: what stands behind `RIFF` and a length, and behind a length and `ftyp`
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BOXES = {b"avif": "image/avif", b"heic": "image/heic", b"qt  ": "video/quicktime"}
_BOXES |= {b"M4A ": "audio/mp4"}
#: a declared type that says more than the signature does: a document is a zip of a certain content
_NARROWER = {
    "application/zip": re.compile(
        r"application/(vnd\.openxmlformats-.*|vnd\.oasis\..*|epub\+zip|java-archive|x-zip.*)"
    ),
    "application/gzip": re.compile(r"application/(x-gzip|x-tar|x-compressed-tar|vnd\..*)"),
    "audio/ogg": re.compile(r"(video/ogg|application/ogg|audio/opus)"),
    "video/webm": re.compile(r"(audio/webm|video/x-matroska|audio/x-matroska)"),
    "video/mp4": re.compile(r"(audio/mp4|video/quicktime|image/heif|video/x-m4v)"),
}
#: types whose files have a signature: without it they are not what they are said to be
_SIGNED = frozenset(
    {one for _, one in _SIGNATURES}
    | {*_RIFF.values(), *_BOXES.values(), "video/mp4", "image/jpg"} - {"audio/mpeg"}
)
_MARKUP = re.compile(
    rb"<(!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta"
    rb"|link|base|object|embed|form|img|svg:|xhtml:)[\s/>]",
    re.IGNORECASE,
)
_VECTOR = re.compile(rb"<(!doctype\s+)?svg[\s>]", re.IGNORECASE)
_LEADING = re.compile(rb"(?:\s+|<!--.*?-->|<\?xml.*?\?>)*", re.DOTALL)
_TEXTS = re.compile(
    r"(text/.*|application/(json|xml|javascript|yaml|.*\+json|.*\+xml)|image/svg\+xml)"
)
_TOKEN = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}"  # noqa: S105 - RFC 6838's word for a part of a name
_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})")
_CHARSET = re.compile(r"charset=\"?([a-z0-9._-]{1,40})\"?")


def declared_type(header: str) -> str:
    """A declared type in its plain form: nothing in it can end a header's line.

    Of its parameters only the character set of a text is kept.
    """
    essence, _, parameters = header.strip().lower().partition(";")
    found = _TYPE.fullmatch(essence.strip())
    if found is None:
        return UNKNOWN
    charset = _CHARSET.search(parameters)
    if charset is not None and essence.startswith("text/"):
        return f"{found[1]};charset={charset[1]}"
    return found[1]


def essence_of(mime_type: str) -> str:
    """The type without its parameters."""
    return mime_type.partition(";")[0]


def sniffed_type(head: bytes, declared: str) -> str:
    """What the file is.

    Args:
        head: its first `HEAD_BYTES` bytes, or all.
        declared: what `declared_type` made of its sender's word.

    Returns:
        what its bytes say; where they say nothing, what was declared and cannot be disproved;
        else `application/octet-stream`.
    """
    essence = essence_of(declared)
    by_bytes = _by_signature(head)
    if by_bytes is not None:
        narrower = _NARROWER.get(by_bytes)
        return essence if narrower is not None and narrower.fullmatch(essence) else by_bytes
    if b"\0" in head:
        is_text = _TEXTS.fullmatch(essence) is not None and not _is_utf16(head)
        return UNKNOWN if is_text or essence in _SIGNED else declared
    by_markup = _by_markup(head)
    if by_markup is not None:
        return by_markup
    return UNKNOWN if head and essence in _SIGNED else declared


def is_allowed(mime_type: str, allowed: list[str] | tuple[str, ...]) -> bool:
    """Whether a bucket that takes these types (`image/png`, `image/*`, `*/*`) takes this one."""
    essence = essence_of(mime_type)
    kind = essence.partition("/")[0]
    plain = {essence_of(one.strip().lower()).strip() for one in allowed}
    return bool(plain & {essence, f"{kind}/*", "*/*"})


def _by_signature(head: bytes) -> str | None:
    for signature, mime_type in _SIGNATURES:
        if head.startswith(signature):
            return mime_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BOXES.get(head[8:12], "video/mp4")
    return None


def _by_markup(head: bytes) -> str | None:
    """HTML and SVG, behind whatever may stand before their first mark."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    leading = _LEADING.match(text)
    rest = text[leading.end() :] if leading is not None else text
    if _VECTOR.match(rest):
        return "image/svg+xml"
    return "text/html" if _MARKUP.match(rest) or rest.startswith(b"<!--") else None


def _is_utf16(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff"))
