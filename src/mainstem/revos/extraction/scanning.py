"""Finds what may be an address in a stretch of plain text, however it is written.

The text is cut into words and signs once. From each sign or word for @ the address is read
outwards: to the right the labels of the domain, to the left the parts of the local one. Nothing is
tried twice, so the time grows with the length alone.
"""
# ruff: noqa: E501 - words of a language a line

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from mainstem.revos.extraction import domains
from mainstem.revos.extraction.model import Doubt, Form
from mainstem.revos.triggers.folding import MARKS, UNSPACED


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FOUND_MAX = 20
LABELS_MAX = 8
LOCAL_PARTS_MAX = 8
LOCAL_MAX, DOMAIN_MAX = 64, 253
SPELLED_MIN = 3

_TOKEN = re.compile(rf"[\w{MARKS}%+'&-]+|[^\w\s]")
_OPENING, _CLOSING = "([{<", ")]}>"
_AT_WORDS = _words(
    "at ät arroba arobase arrobase chiocciola apenstaartje małpa malpa собака собачка klammeraffe"
)
_AT_SHORT = _words("a @ at. at-sign")
_DOT_WORDS = _words("dot punkt punto point ponto punt kropka точка nokta")
_JOINTS = {
    "underscore": "_", "unterstrich": "_", "sublinhado": "_", "dash": "-", "hyphen": "-", "minus": "-",
    "bindestrich": "-", "guion": "-", "guión": "-", "tiret": "-", "trattino": "-", "hífen": "-", "plus": "+",
}  # fmt: skip
#: what may stand before an address without being part of it
_LEADS = _words("""
    is it's its it at to on my email e-mail mail address me use via under here sure yes ok okay and or as: by for
    ist lautet meine mail adresse unter an hier ja und oder bitte gerne gern
    es mi correo email a aquí es: sí y o
    est c'est mon mail adresse à voici oui et ou
    è mia il e-mail ecco sì oppure é meu aqui sim mijn is hier ja of
    reach contact write send via try one
    """)
#: with these before "at" it is a place and no address
_PROSE = _words("""
    i'm im we're you're he's she's they're
    work works working worked look looking looked meet met me us i am are is was were be been here there live lives
    available arrive arrived stay start started find found see check apply register sign it all not still currently
    founder ceo cto cmo coo head director manager engineer developer consultant lead partner team people guys someone
    people office job role day event talk good great based online page more up out in and or website site
    arbeite bin tätig angestellt später nachts
    """)
_DELIMITED = re.compile(
    r"(?<=\w)([_*~|-]{1,3})at\1(\w[\w-]{0,40}(?:(?:\1dot\1|\.)\w[\w-]{0,40}){1,4})", re.IGNORECASE
)


class Token(NamedTuple):
    """A word or a sign, and whether blanks stand before and behind it."""

    text: str
    start: int
    end: int
    low: str


@dataclass(frozen=True, slots=True)
class Found:
    """An address as it was read, not yet judged; `start` and `end` are places in the stretch."""

    local: str
    domain: str
    form: Form
    start: int
    end: int
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class _At:
    """Where an @ stands: the tokens that make it, and how it is written."""

    first: int
    last: int
    form: Form


def scan(text: str) -> list[Found]:
    """Return what may be addresses, in the order of the text."""
    if "at" in text and (
        "_at" in text or "-at" in text or "*at" in text or "~at" in text or "|at" in text
    ):
        text = _DELIMITED.sub(_undelimited, text)
    tokens = [
        Token(m.group(), m.start(), m.end(), m.group().lower()) for m in _TOKEN.finditer(text)
    ]
    found: list[Found] = []
    taken = -1
    for at in _ats(tokens):
        if at.first > taken and (read := _read(tokens, at, taken)):
            found.append(read[0])
            taken = read[1]
            if len(found) == FOUND_MAX:
                break
    return found


def _undelimited(found: re.Match[str]) -> str:
    sign, rest = found.groups()
    domain = re.sub(re.escape(f"{sign}dot{sign}"), ".", rest, flags=re.IGNORECASE)
    return f"(at){domain}" if domains.is_ending(domain.rpartition(".")[2]) else found.group()


def _ats(tokens: list[Token]) -> list[_At]:
    """Every sign or word for @; a bracketed one with its brackets."""
    ats = []
    for place, token in enumerate(tokens):
        if token.text == "@" or token.low in _AT_WORDS or token.low in _AT_SHORT:
            is_bracketed = (
                0 < place < len(tokens) - 1
                and tokens[place - 1].text in _OPENING
                and tokens[place + 1].text in _CLOSING
            )
            if is_bracketed:
                ats.append(_At(place - 1, place + 1, Form.BRACKETED))
            elif token.text == "@":
                ats.append(_At(place, place, Form.PLAIN))
            elif token.low in _AT_WORDS:
                ats.append(_At(place, place, Form.SPOKEN))
    return ats


def _read(tokens: list[Token], at: _At, taken: int) -> tuple[Found, int] | None:
    right = _domain(tokens, at)
    if right is None:
        return None
    domain, last, says_dot, mended = right
    left = _local(tokens, at, taken)
    if left is None:
        return None
    local, first, is_spelled = left
    is_apart = _gap(tokens, at.first - 1, at.first) or _gap(tokens, at.last, at.last + 1)
    if _is_mention(tokens, at, domain):
        return None
    form = at.form
    if form is Form.PLAIN and (is_apart or says_dot):
        form = Form.SPACED
    if is_spelled:
        form = Form.SPELLED
    doubts = [Doubt.MENDED] if mended else []
    single = "." not in local and "_" not in local
    if at.form is Form.SPOKEN:
        if single and local.lower() in _PROSE:
            return None
        if not says_dot and domain not in domains.PROVIDERS:
            doubts.append(Doubt.PERHAPS_PROSE)
    if (
        form is not Form.PLAIN
        and _gap(tokens, at.first - 1, at.first)
        and _follows_a_word(tokens, first)
    ):
        doubts.append(Doubt.PERHAPS_INCOMPLETE)
    start, end = tokens[first].start, tokens[last].end
    return Found(local, domain, form, start, end, tuple(doubts)), last


def _is_mention(tokens: list[Token], at: _At, domain: str) -> bool:
    """'follow me @anna.berg' names somebody."""
    is_joined = not _gap(tokens, at.last, at.last + 1)
    is_apart = _gap(tokens, at.first - 1, at.first)
    return (
        at.form is Form.PLAIN
        and is_apart
        and is_joined
        and not domains.is_ending(domain.rpartition(".")[2])
    )


def _gap(tokens: list[Token], left: int, right: int) -> bool:
    """Whether blanks stand between two neighbours."""
    return left >= 0 and right < len(tokens) and tokens[left].end < tokens[right].start


def _domain(tokens: list[Token], at: _At) -> tuple[str, int, bool, bool] | None:
    """Read labels to the right: the domain, its last token, whether dots were words, or mended."""
    place = at.last + 1
    mended = False
    while place < len(tokens) and tokens[place].text == "@" and not _gap(tokens, place - 1, place):
        place, mended = place + 1, True
        if place - at.last > LABELS_MAX:
            return None
    if place >= len(tokens) or not _is_label(tokens[place].text):
        return None
    place, name = _spelled_right(tokens, place)
    labels, says_dot = [name], False
    while len(labels) < LABELS_MAX:
        step = _dot(tokens, place, labels)
        if step is None:
            break
        following, kind = step
        says_dot |= kind == "word"
        mended |= kind == "mended"
        place, label = (
            _spelled_right(tokens, following)
            if kind != "sign"
            else (following, tokens[following].text)
        )
        labels.append(label)
    labels, is_cut = _cut(labels)
    mended |= is_cut
    if len(labels) == 1:
        known = domains.NAMED.get(labels[0].lower())
        unspaced = known is None and _without_dot(labels[0].lower())
        if known is None and not unspaced:
            return None
        return known or str(unspaced), place, says_dot, True
    return ".".join(labels).lower(), place, says_dot, mended


def _spelled_right(tokens: list[Token], place: int) -> tuple[int, str]:
    """Letters one by one make a label."""
    end = place
    while (
        end + 1 < len(tokens)
        and len(tokens[end].text) == 1
        and len(tokens[end + 1].text) == 1
        and tokens[end + 1].text.isalnum()
    ):
        end += 1
    if end - place + 1 >= SPELLED_MIN:
        return end, "".join(token.text for token in tokens[place : end + 1])
    return place, tokens[place].text


def _is_label(text: str) -> bool:
    return text[0].isalnum() or text[-1].isalnum()


def _dot(tokens: list[Token], place: int, labels: list[str]) -> tuple[int, str] | None:
    """Return where the next label stands, and what kind of dot leads there: sign, word, mended."""
    if place + 2 >= len(tokens):
        return None
    token = tokens[place + 1]
    if token.text == ".":
        return _dot_sign(tokens, place, labels)
    if token.text == ",":
        is_tight = not _gap(tokens, place, place + 1) and not _gap(tokens, place + 1, place + 2)
        is_end = is_tight and len(labels) == 1 and domains.is_ending(tokens[place + 2].text)
        return (place + 2, "mended") if is_end else None
    following = _after_dot_word(tokens, place + 1)
    return (following, "word") if following is not None else None


def _dot_sign(tokens: list[Token], place: int, labels: list[str]) -> tuple[int, str] | None:
    """A full stop joins tight, or apart where an ending follows; two of them are one too many."""
    here, following = place + 1, place + 2
    if tokens[following].text == "." and not _gap(tokens, here, following):
        third = following + 1
        is_tight = third < len(tokens) and not _gap(tokens, following, third)
        return (third, "mended") if is_tight and _is_label(tokens[third].text) else None
    if not _is_label(tokens[following].text):
        return None
    before, after = _gap(tokens, place, here), _gap(tokens, here, following)
    if not before and not after:
        return following, "sign"
    ending = _spelled_right(tokens, following)[1]
    is_country = len(ending) == domains.ENDING_MIN
    goes_on = len(labels) == 1 or (labels[-1].lower() in _SECOND_LEVEL and is_country)
    is_end = domains.is_ending(ending) and (ending.islower() or before)
    return (following, "word") if goes_on and is_end else None


def _after_dot_word(tokens: list[Token], here: int) -> int | None:
    """The label behind a word for the dot, or behind one in brackets, which may be the sign."""
    token, following = tokens[here], here + 1
    if token.low in _DOT_WORDS:
        return following if _is_label(tokens[following].text) else None
    if token.text not in _OPENING or following + 2 >= len(tokens):
        return None
    is_closed = tokens[following + 1].text in _CLOSING and _is_label(tokens[following + 2].text)
    inside = tokens[following].low
    return following + 2 if is_closed and (inside in _DOT_WORDS or inside == ".") else None


_SECOND_LEVEL = _words("co com org net ac gov edu")


def _cut(labels: list[str]) -> tuple[list[str], bool]:
    """Take off what does not belong: text glued to the end, signs, letters of another script."""
    labels = [label.strip("'&+%_") or label for label in labels]
    last = labels[-1]
    if UNSPACED.search(last) and last[:1].isascii():
        end = UNSPACED.search(last)
        assert end is not None, "it was just found"
        return [*labels[:-1], last[: end.start()]], False
    if len(labels) == 1 or domains.is_ending(last):
        return labels, False
    if domains.probably_meant(".".join(labels).lower()):
        return labels, False
    for known in ("com", "net", "org", "de", "fr", "es", "io"):
        rest = last[len(known) :]
        if last.startswith(known) and (rest[:1].isupper() or (known == "com" and len(rest) > 1)):
            return [*labels[:-1], known], True
    if len(labels) > 2 and domains.is_ending(labels[-2]):  # noqa: PLR2004 - a domain and what follows its full stop
        return labels[:-1], False
    return labels, False


def _without_dot(label: str) -> str | None:
    """'gmailcom' is gmail.com."""
    head = label.removesuffix("com")
    return domains.NAMED.get(head) if head != label else None


def _local(tokens: list[Token], at: _At, taken: int) -> tuple[str, int, bool] | None:
    """Read the local part to the left: the part, its first token, whether it was spelled out."""
    place = at.first - 1
    while place > taken and tokens[place].text == "@":
        place -= 1
    if place <= taken or not _is_label(tokens[place].text):
        return None
    place, text, is_spelled = _spelled_left(tokens, place, taken)
    texts = [text]
    while len(texts) < 2 * LOCAL_PARTS_MAX:
        step = _joint(tokens, place, taken)
        if step is None:
            break
        place, joint = step
        place, text, _ = _spelled_left(tokens, place, taken)
        texts = [text, joint, *texts]
    local = "".join(texts).lstrip("'&%+-").rstrip("'")
    if UNSPACED.search(local) and any(c.isascii() and c.isalnum() for c in local):
        local = UNSPACED.split(local)[-1]
    if not local or len(local) > LOCAL_MAX:
        return None
    return local, place, is_spelled


def _spelled_left(tokens: list[Token], place: int, taken: int) -> tuple[int, str, bool]:
    begin = place
    while (
        begin - 1 > taken
        and len(tokens[begin].text) == 1
        and len(tokens[begin - 1].text) == 1
        and tokens[begin - 1].text.isalnum()
    ):
        begin -= 1
    if place - begin + 1 >= SPELLED_MIN:
        return begin, "".join(token.text for token in tokens[begin : place + 1]), True
    return place, tokens[place].text, False


def _joint(tokens: list[Token], place: int, taken: int) -> tuple[int, str] | None:
    """Return where the part before stands, and the sign between."""
    here, before = place - 1, place - 2
    if before <= taken:
        return None
    token = tokens[here]
    if token.text == ".":
        return _joint_sign(tokens, place, taken)
    if token.text in _CLOSING:
        return _joint_bracketed(tokens, before, taken)
    if token.low in _SECOND_WORDS and tokens[before].low in _JOINTS and before - 1 > taken:
        return before - 1, "_"
    sign = "." if token.low in _DOT_WORDS else _JOINTS.get(token.low)
    return (before, sign) if sign and _is_word(tokens[before]) else None


#: of the underscore in Spanish, French and Italian: guion bajo, tiret bas, trattino basso
_SECOND_WORDS = _words("bajo bas basso")


def _joint_sign(tokens: list[Token], place: int, taken: int) -> tuple[int, str] | None:
    """A full stop with blanks on both sides or on none; two of them are one too many."""
    here, before = place - 1, place - 2
    if _is_word(tokens[before]):
        is_even = _gap(tokens, before, here) == _gap(tokens, here, place)
        return (before, ".") if is_even else None
    is_double = tokens[before].text == "." and before - 1 > taken and not _gap(tokens, before, here)
    return (before - 1, "..") if is_double and _is_word(tokens[before - 1]) else None


def _joint_bracketed(tokens: list[Token], inside: int, taken: int) -> tuple[int, str] | None:
    if inside - 2 <= taken or tokens[inside - 1].text not in _OPENING:
        return None
    word = tokens[inside].low
    sign = "." if word == "." or word in _DOT_WORDS else _JOINTS.get(word)
    return (inside - 2, sign) if sign else None


def _is_word(token: Token) -> bool:
    return token.text[0].isalnum() or token.text[0] == "_"


def _follows_a_word(tokens: list[Token], first: int) -> bool:
    """Whether the word before may be a part of the address that was written apart."""
    if first == 0:
        return False
    before = tokens[first - 1]
    return _is_word(before) and before.low not in _LEADS
