"""A reply made plain: one form for each character, and its parts told apart."""
# ruff: noqa: E501, RUF001 - phrases of a language a line; characters that look alike

from __future__ import annotations

import html
import re
import unicodedata

from mainstem.revos.extraction.model import Part

#: of a reply no more than this is read; LinkedIn allows 8,000
TEXT_MAX = 20_000
LINES_MAX = 2_000
_SHOWN_AS_NOTHING = re.compile(
    "[\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
_BLANKS = re.compile(r"[^\S\n]+")
_ALIKE = str.maketrans(
    {
        "。": ".",
        "｡": ".",
        "․": ".",
        "﹒": ".",
        "‐": "-",
        "‑": "-",
        "–": "-",
        "＠": "@",
        "﹫": "@",
        "\x00": " ",
    }
)
_TAGS = re.compile(r"</?(?:a|b|br|div|i|p|span|strong|u)(?:\s[^<>]{0,300})?/?>", re.IGNORECASE)
_LINK = re.compile(r"mailto:", re.IGNORECASE)

_SAID = re.compile(
    r"^(?:on\s.{5,200}\swrote|am\s.{5,200}\sschrieb.{0,100}|el\s.{5,200}\sescribi[oó]|le\s.{5,200}\sa\sécrit\s?"
    r"|il\s.{5,200}\sha\sscritto|em\s.{5,200}\sescreveu|op\s.{5,200}\sschreef.{0,100}|.{0,80}\bsent the following messages?.{0,60}):?$",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"^(?:-{2,}\s?(?:original message|ursprüngliche nachricht|forwarded message|weitergeleitete nachricht"
    r"|mensaje original|message d'origine|message transféré|messaggio originale|mensagem original)\s?-{0,20}|_{8,})$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^(?:from|von|de|da|van)\s?:\s", re.IGNORECASE)
_SENT = re.compile(
    r"^(?:sent|date|to|subject|gesendet|datum|an|betreff|enviado|fecha|para|asunto|envoyé|objet|à|a|verzonden|aan)\s?:\s",
    re.IGNORECASE,
)
_HEAD_LINES = 4
_SIGNED = re.compile(
    r"^(?:--|—|(?:sent from my|von meinem .{1,30} gesendet|gesendet von|enviado desde|envoyé de|inviato da).{0,60}"
    r"|(?:(?:best|kind|warm|many)?\s?(?:regards|wishes)|best|cheers|sincerely|yours(?: truly)?"
    r"|mit (?:freundlichen|besten|herzlichen) gr(?:ü|ue)(?:ß|ss)en|(?:viele|liebe|beste|herzliche|schöne) gr(?:ü|ue)(?:ß|ss)e|lg|vg|mfg|gruß|gruss"
    r"|(?:un |muchos )?(?:cordial(?:es)? )?saludos?|cordialmente|atentamente|(?:bien )?cordialement|bien à vous|cordiali saluti|atenciosamente"
    r"|met vriendelijke groet(?:en)?)[,!.]?(?: .{1,40})?)$",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Return a text in compatibility form, without what shows nothing, tags and entities."""
    text = text[:TEXT_MAX]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_ALIKE))[: 2 * TEXT_MAX].translate(
            _ALIKE
        )
        text = _SHOWN_AS_NOTHING.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAGS.sub(" ", text)
    if ":" in text:
        text = _LINK.sub(" ", text)
    return _BLANKS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", " "))


def parts(text: str) -> list[tuple[Part, str]]:
    """Return the stretches of a plain text: the person's words, their signature, what they quote."""
    if "\n" not in text:
        return [(Part.QUOTED if text.lstrip().startswith(">") else Part.BODY, text)]
    lines = [line.strip() for line in text.split("\n", LINES_MAX)]
    found: list[tuple[Part, list[str]]] = []
    part, has_words = Part.BODY, False
    for number, line in enumerate(lines):
        if part is not Part.QUOTED and _quotes_from(lines, number):
            part = Part.QUOTED
        elif part is Part.BODY and has_words and len(line) < _SIGNED_MAX and _SIGNED.match(line):
            part = Part.SIGNATURE
        here = Part.QUOTED if line.startswith(">") else part
        has_words = has_words or bool(line and here is Part.BODY)
        if not found or found[-1][0] is not here:
            found.append((here, []))
        found[-1][1].append(line)
    return [(each, "\n".join(inside)) for each, inside in found]


_SIGNED_MAX = 100
_SAID_MAX = 320


def _quotes_from(lines: list[str], number: int) -> bool:
    """Whether an earlier message begins at that line."""
    line = lines[number]
    if len(line) > _SAID_MAX:
        return False
    if _SAID.match(line) or _RULE.match(line):
        return True
    return bool(_FROM.match(line)) and any(
        _SENT.match(other) for other in lines[number + 1 : number + _HEAD_LINES]
    )
