"""From what was read to a candidate: is it an address, how sure is it, what was meant."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from mainstem.revos.extraction import domains
from mainstem.revos.extraction.model import Candidate, Doubt, Form, Part
from mainstem.revos.extraction.scanning import DOMAIN_MAX, Found

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

CONFIDENCE = {
    Form.PLAIN: 0.98, Form.BRACKETED: 0.95, Form.SPACED: 0.92, Form.SPOKEN: 0.9, Form.SPELLED: 0.86,
}  # fmt: skip
#: of a doubtful address no more than this is left
AT_MOST = {
    Doubt.DOMAIN_TYPO: 0.55, Doubt.MENDED: 0.6, Doubt.UNKNOWN_ENDING: 0.7,
    Doubt.PERHAPS_INCOMPLETE: 0.65, Doubt.PERHAPS_PROSE: 0.7, Doubt.DISPOSABLE: 0.4,
    Doubt.PLACEHOLDER: 0.2, Doubt.UNATTENDED: 0.3, Doubt.DECLINED: 0.4, Doubt.SOMEONE_ELSE: 0.5,
}  # fmt: skip
_PART_COSTS = {Part.BODY: 0.0, Part.SIGNATURE: 0.05, Part.QUOTED: 0.5}


def judged(found: Found, part: Part) -> Candidate | None:
    """Return the candidate; None when it is no address, however kindly read."""
    local, doubts = found.local, list(found.doubts)
    checked = _checked(local, found.domain)
    if checked is None and (mended := _mended(local)) != local:
        doubts.append(Doubt.MENDED)
        checked = _checked(mended, found.domain)
    if checked is None:
        return None
    local, domain = checked
    suggestion = domains.probably_meant(domain)
    if suggestion:
        doubts.append(Doubt.DOMAIN_TYPO)
    elif not domains.is_ending(domain.rpartition(".")[2]):
        doubts.append(Doubt.UNKNOWN_ENDING)
    if domains.is_disposable(domain):
        doubts.append(Doubt.DISPOSABLE)
    if domains.is_placeholder(local, domain):
        doubts.append(Doubt.PLACEHOLDER)
    if domains.is_unattended(local):
        doubts.append(Doubt.UNATTENDED)
    return Candidate(
        f"{local}@{domain}",
        found.form,
        part,
        confidence(found.form, part, doubts),
        f"{local}@{suggestion}" if suggestion else None,
        tuple(dict.fromkeys(doubts)),
    )


def confidence(form: Form, part: Part, doubts: list[Doubt] | tuple[Doubt, ...]) -> float:
    """Return how sure an address is: its form's confidence, bounded by each doubt."""
    bounds = [AT_MOST[doubt] for doubt in doubts]
    return round(max(0.05, min([CONFIDENCE[form], *bounds]) - _PART_COSTS[part]), 3)


@lru_cache(maxsize=4_096)
def checked_domain(domain: str) -> str | None:
    """The domain in Unicode where it may stand in an address; names of machines may not.

    What is plain letters is judged here, four times quicker than by the library and alike.
    """
    if _PLAIN_DOMAIN.fullmatch(domain) and "--" not in domain:
        ends = (domain, *(domain[m.end() :] for m in _LABEL.finditer(domain)))
        return None if any(end in _special() for end in ends) else domain
    checked = _checked_by_library(f"a@{domain}")
    return None if checked is None else checked.domain.lower()


@cache
def _special() -> frozenset[str]:
    from email_validator import SPECIAL_USE_DOMAIN_NAMES  # noqa: PLC0415 - slow to import

    return frozenset(SPECIAL_USE_DOMAIN_NAMES)


def _checked_by_library(address: str) -> ValidatedEmail | None:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - as above

    try:
        return validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return None


_PLAIN_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63}")
_LABEL = re.compile(r"[^.]+\.")
_PLAIN_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._+-")


def _checked(local: str, domain: str) -> tuple[str, str] | None:
    """Both parts normalised; the usual letters need no library to be judged."""
    if len(domain) > DOMAIN_MAX:
        return None
    known = checked_domain(domain)
    if known is None:
        return None
    local = local.lower()
    if _PLAIN_LOCAL.issuperset(local):
        is_right = local[0] != "." and local[-1] != "." and ".." not in local
        return (local, known) if is_right else None
    checked = _checked_by_library(f"{local}@a.de")
    return None if checked is None else (checked.local_part.lower(), known)


def _mended(local: str) -> str:
    while ".." in local:
        local = local.replace("..", ".")
    return local.strip(".")
