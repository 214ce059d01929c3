"""Labelled replies: two files written by hand, and two generators that share nothing."""
# ruff: noqa: E501, RUF001 - phrases, and characters that look alike

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from mainstem.revos.extraction import Verdict

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Reply:
    """A reply, what should follow from it, and the address that is meant; None for none at all."""

    text: str
    verdict: Verdict
    email: str | None


def written(name: str) -> list[Reply]:
    found = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line[:1] != "#" and line.strip():
            verdict, email, text = (part.strip() for part in line.split("|", 2))
            text = text.replace("\\n", "\n").replace("\\u200b", "\u200b")
            found.append(Reply(text, Verdict(verdict), None if email == "-" else email))
    return found


FIRST = ("anna", "tom", "luisa", "mehmet", "jose", "claire", "piotr", "yuki", "sam", "nadia")
LAST = ("berg", "smith", "garcia", "kaya", "dubois", "nowak", "tanaka", "okafor", "lind", "ray")
PLACES = (
    "gmail.com", "gmx.de", "web.de", "yahoo.com", "hotmail.fr", "outlook.com", "acme.io",
    "studio-nord.de", "brightlabs.co.uk", "northwind.agency", "icloud.com", "orange.fr",
)  # fmt: skip
SENTENCES = (
    "{}", "Sure, {}", "my email is {}", "Hi! It's {}. Thanks", "{} please", "Gerne an {}", "hier: {}",
    "Claro: {}", "mi correo es {}", "Voici: {}", "{}\n\nBest\nMe", "Thanks!\n{}", "send it to {} :)",
)  # fmt: skip
PLAIN = (
    "{local}@{domain}",
    "<{local}@{domain}>",
    "({local}@{domain})",
    "{local}@{domain}.",
    "{local}@{domain},",
)
HIDDEN = (
    "{local} (at) {domain}", "{local}[at]{domain}", "{local} @ {domain}", "{local}(at){dotted}",
    "{local} at {dotted}", "{spoken} at {dotted}", "{local}\u200b@{domain}", "{local}＠{domain}",
)  # fmt: skip
CHAT = (
    "Thanks a lot",
    "Great stuff, when can we talk?",
    "I am at work until 5",
    "ok",
    "see you at 10",
    "no",
)


def development() -> list[Reply]:
    dice = random.Random(11)
    made = written("development.txt")
    for _ in range(1_500):
        local = dice.choice(("{f}", "{f}.{l}", "{f}{l}", "{f}_{l}", "{f}{n}")).format(
            f=dice.choice(FIRST), l=dice.choice(LAST), n=dice.randint(1, 99)
        )
        domain = dice.choice(PLACES)
        form = dice.choice(PLAIN if dice.random() < 0.6 else HIDDEN)
        address = form.format(
            local=local,
            domain=domain,
            dotted=domain.replace(".", " dot "),
            spoken=local.replace(".", " dot "),
        )
        made.append(
            Reply(dice.choice(SENTENCES).format(address), Verdict.FOUND, f"{local}@{domain}")
        )
    made += [Reply(dice.choice(CHAT), Verdict.NONE, None) for _ in range(300)]
    return made


GIVEN = ("Óscar", "Zuzana", "Finn", "Adaeze", "Håkon", "Thuy", "Igor", "Bea", "Raj", "Mila")
FAMILY = (
    "O'Neil",
    "Vega",
    "Krüger",
    "Abebe",
    "Ström",
    "Nguyen",
    "Petrov",
    "Rossi",
    "Patel",
    "Haas",
)
HOSTS = (
    "bluewin.ch", "vegaestudio.com.ar", "haas-und-sohn.de", "protonmail.com", "strom.consulting",
    "mail.abebe.et", "live.nl", "libero.it", "patel.dev", "krueger.gmbh", "comcast.net", "wp.pl",
)  # fmt: skip
TURNS = (
    ("Hola, qué tal!", "Mira, {}", "un abrazo"), ("Moin,", "schick es einfach an {}", "danke dir"),
    ("thanks for reaching out,", "happy to give it a try, {}", "talk soon"), ("", "-> {} <-", ""),
    ("Salut", "tu peux m'écrire sur {} quand tu veux", ""), ("hey hey", "{} works!", ""),
    ("", "Absolutely. {}", "Have a nice day"), ("Buongiorno", "la mia mail: {}", "grazie"),
)  # fmt: skip
IDLE = (
    "Ha, I wrote about that last week", "Was genau steht drin?", "¿Es gratis?", "we tried it at our agency",
    "nice one @Finn", "I'm more of an audio person. Net result: no reading", "Je regarde ça demain", "lol",
)  # fmt: skip


def held_back() -> list[Reply]:
    """The half that is only counted. Its generator builds whole messages, letter by letter odd."""
    dice = random.Random(4_711)
    made = written("held_back.txt")
    for _ in range(1_500):
        given, family = _letters(dice.choice(GIVEN)), _letters(dice.choice(FAMILY))
        local = dice.choice(
            [
                f"{given[0]}.{family}",
                f"{given}-{family}",
                f"{family}{dice.randint(60, 2020)}",
                given,
            ]
        )
        host = dice.choice(HOSTS)
        opening, turn, closing = dice.choice(TURNS)
        text = turn.format(_disguised(local, host, dice))
        made.append(
            Reply(
                "\n".join(filter(None, (opening, text, closing))), Verdict.FOUND, f"{local}@{host}"
            )
        )
    made += [Reply(dice.choice(IDLE), Verdict.NONE, None) for _ in range(300)]
    return made


def _letters(name: str) -> str:
    plain = str.maketrans("óüåö", "ouao")
    return name.lower().replace("'", "").translate(plain)


def _disguised(local: str, host: str, dice: random.Random) -> str:
    """One choice for the @, one for the dots, one for its ornaments: each by chance."""
    at = dice.choice(
        ["@"] * 8 + ["@\u2060", "\uff20", " @ ", " at ", "(at)", " [at] ", " {AT} ", "[@]", " (at)"]
    )
    if at.strip() == "at":
        dot = dice.choice([" dot ", " DOT ", "(dot)", " [dot] "])
    elif at.isascii() and at != "@":
        dot = dice.choice([".", ".", "(dot)", " [dot] ", " dot "])
    else:
        dot = dice.choice([".", ".", ".", "\uff0e", "\u200b."])
    written = f"{local}{at}{host.replace('.', dot)}"
    written = (
        "".join(c.upper() if dice.random() < 0.1 else c for c in written)
        if dice.random() < 0.3
        else written
    )
    return dice.choice(["{}", "{}", "{}!", "«{}»", "*{}*", "{} ✉️", "{},", "[{}]"]).format(written)
