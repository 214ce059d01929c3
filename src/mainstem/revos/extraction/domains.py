"""What is known of domains: endings, the large mail providers, and how people mistype them.

The two-letter endings are all taken for countries. Of the long ones those are listed that people
have addresses under; one that is missing here makes a person look, and loses nothing.
"""
# ruff: noqa: E501 - lists of names

from __future__ import annotations

from functools import lru_cache

from disposable_email_domains import blocklist

from mainstem.revos.triggers.slips import slips


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENDINGS = _words("""
    com org net edu gov mil int info biz name pro aero coop museum jobs mobi travel tel asia cat post xxx arpa
    app dev page blog shop store online site website web tech technology digital agency studio design media
    marketing consulting solutions services group company business ventures capital partners holdings global
    world international academy education school university institute training coach coaching club community
    network social team work works expert guru ninja rocks life live today news press email mail cloud host
    hosting software systems computer tools engineering science ai io co energy solar eco green bio health
    healthcare care clinic dental doctor hospital fitness yoga beauty fashion style jewelry boutique clothing
    photo photos photography gallery art music band video film games game play fun events party wedding
    restaurant cafe bar pub pizza kitchen recipes food wine beer coffee farm garden house homes home apartments
    realestate property properties rent land estate construction builders build contractors architect legal law
    lawyer attorney finance financial fund money bank cash tax accountant accountants insurance credit loans
    trading exchange investments market markets sale supply shopping deals discount gifts toys pet pets dog vet
    auto car cars bike taxi flights holiday tours vacations villas hotel city town berlin hamburg koeln cologne
    bayern wien tirol ruhr saarland swiss paris bzh corsica alsace london wales scot cymru irish nyc boston miami
    vegas amsterdam vlaanderen brussels gent frl madrid barcelona eus gal lat tokyo osaka kyoto sydney melbourne
    capetown durban joburg moscow istanbul africa quebec
    one two zone space plus center foundation charity church gmbh ltd llc inc srl sarl limited vip top xyz
    click link online best cool wtf lol red blue pink black gold moe buzz run bid win ink fyi how new now
    onl ong ngo movie reviews review report productions industries enterprises management vision directory
    careers career support help chat support google amazon apple bmw audi sap allianz deloitte edeka
    dhl seat barclays bnpparibas weber aramco
    """)
ENDING_MIN = 2

PROVIDERS = _words("""
    gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.ca yahoo.com.br
    yahoo.co.in yahoo.com.mx ymail.com rocketmail.com hotmail.com hotmail.co.uk hotmail.de hotmail.fr hotmail.es
    hotmail.it outlook.com outlook.de outlook.fr outlook.es outlook.it live.com live.de live.fr live.co.uk live.nl
    msn.com icloud.com me.com mac.com aol.com aol.de gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de
    freenet.de arcor.de posteo.de mailbox.org protonmail.com proton.me pm.me fastmail.com zoho.com hey.com
    tutanota.com tuta.com mail.com email.com mail.ru yandex.ru yandex.com ya.ru bk.ru inbox.ru list.ru
    orange.fr wanadoo.fr free.fr laposte.net sfr.fr bbox.fr neuf.fr libero.it virgilio.it tiscali.it alice.it
    tin.it terra.com.br uol.com.br bol.com.br telefonica.net bluewin.ch hispeed.ch chello.at aon.at a1.net
    wp.pl o2.pl onet.pl interia.pl gazeta.pl seznam.cz email.cz centrum.cz azet.sk ziggo.nl kpnmail.nl planet.nl
    telenet.be skynet.be proximus.be btinternet.com sky.com virginmedia.com talktalk.net ntlworld.com
    comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net shaw.ca
    rogers.com bigpond.com optusnet.com.au xtra.co.nz qq.com 163.com 126.com naver.com daum.net hanmail.net
    rediffmail.com docomo.ne.jp
    """)
#: they look like slips of larger ones and are none
_OWN = _words(
    "mail.com email.com gmx.com gmx.at gmx.ch ymail.com pm.me mac.com aim.com live.ca mail.de email.de me.co"
    " bk.ru wp.pl o2.pl tin.it sky.com hey.com cox.net att.net one.com gmx.us gmx.eu hotmail.be outlook.be"
    " outlook.at hotmail.nl outlook.nl yahoo.ie yahoo.in yahoo.com.au"
)
#: names of providers whose ending goes without saying
NAMED = {
    "gmail": "gmail.com", "googlemail": "googlemail.com", "hotmail": "hotmail.com",
    "outlook": "outlook.com", "yahoo": "yahoo.com", "icloud": "icloud.com", "aol": "aol.com",
    "protonmail": "protonmail.com",
}  # fmt: skip
_COM_SLIPS = _words("con cmo ocm vom xom cim comm coom com1 cpm cok cpn om c0m conm co,m")
_COM_ABROAD = _words("cm co om")  # countries, but hardly those of the large providers
_TYPO_ENDINGS = {"ner": "net", "met": "net", "nte": "net", "ogr": "org", "rog": "org", "ed": "de"}

_NAME_MIN = 4
_LETTERS_APART_MAX = 2
#: the providers' names by ending and length, and the providers by name
_NAMES: dict[tuple[str, int], list[str]] = {}
_SAME_NAME: dict[str, list[str]] = {}
for _provider in sorted(PROVIDERS):
    _name, _, _ending = _provider.rpartition(".")
    if len(_name) >= _NAME_MIN:
        _NAMES.setdefault((_ending, len(_name)), []).append(_name)
        _SAME_NAME.setdefault(_name, []).append(_provider)

_PLACEHOLDERS = _words(
    "example.com example.org example.net domain.com yourdomain.com company.com yourcompany.com email.address"
    " mydomain.com mycompany.com test.com"
)
_PLACEHOLDER_LOCALS = _words(
    "name yourname your.name youremail your.email firstname.lastname first.last vorname.nachname name.surname"
    " prenom.nom nombre.apellido email user username mail xxx abc"
)
_UNATTENDED = _words(
    "noreply no-reply no_reply donotreply do-not-reply messages-noreply mailer-daemon postmaster bounce"
    " bounces notifications"
)


def is_ending(label: str) -> bool:
    """Whether a label may end a domain, as far as is known here."""
    label = label.lower()
    return (
        label in ENDINGS
        or (len(label) == ENDING_MIN and label.isalpha() and label.isascii())
        or (not label.isascii() and label.isalpha())
        or label.startswith("xn--")
    )


@lru_cache(maxsize=8_192)
def probably_meant(domain: str) -> str | None:
    """Return the domain that a mistyped one stands for; None when it looks right.

    Args:
        domain: in lower case.
    """
    if domain in PROVIDERS or domain in _OWN or not domain.isascii():
        return None
    head, _, ending = domain.rpartition(".")
    if ending in _COM_SLIPS:
        whole = f"{head}.com"
        return probably_meant(whole) or whole
    if ending in _COM_ABROAD and f"{head}.com" in PROVIDERS:
        return f"{head}.com"
    if ending in _TYPO_ENDINGS and f"{head}.{_TYPO_ENDINGS[ending]}" in PROVIDERS:
        return f"{head}.{_TYPO_ENDINGS[ending]}"
    return _nearest(domain, head)


def _nearest(domain: str, head: str) -> str | None:
    """One slip away from a provider: in its name, or in its ending."""
    if len(head) < _NAME_MIN:
        return None
    ending, letters = domain[len(head) + 1 :], set(head)
    found = [
        f"{known}.{ending}"
        for length in (len(head) - 1, len(head), len(head) + 1)
        for known in _NAMES.get((ending, length), ())
        if len(letters ^ set(known)) <= _LETTERS_APART_MAX  # most others are ruled out by that
        and slips(head, known) == 1
        and _keeps_letters(head, known)
    ]
    if not is_ending(ending):
        found += [each for each in _SAME_NAME.get(head, ()) if slips(domain, each) == 1]
    return min(found, key=lambda each: (each not in NAMED.values(), each)) if found else None


def _keeps_letters(head: str, known: str) -> bool:
    """Short names have many neighbours that are domains of their own."""
    return len(known) > _NAME_MIN or sorted(head) == sorted(known)


def is_disposable(domain: str) -> bool:
    """Whether a domain, or one above it, gives out addresses for an hour."""
    labels = domain.split(".")
    return any(".".join(labels[place:]) in blocklist for place in range(len(labels) - 1))


def is_placeholder(local: str, domain: str) -> bool:
    """Whether it is what people write where an address should stand."""
    return domain in _PLACEHOLDERS or (local in _PLACEHOLDER_LOCALS and domain not in PROVIDERS)


def is_unattended(local: str) -> bool:
    """Whether nobody reads what is sent there."""
    return local in _UNATTENDED
