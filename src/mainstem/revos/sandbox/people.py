"""The people of the sandbox: who they are, what they write under posts, what they answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainstem.revos.sandbox.scenario import Scenario

FIRST_NAMES = [
    "Ada",
    "Amira",
    "Ana",
    "Ben",
    "Bo",
    "Carla",
    "Chen",
    "Dana",
    "Diego",
    "Eli",
    "Elif",
    "Emma",
    "Farid",
    "Fen",
    "Grace",
    "Hana",
    "Ines",
    "Ivan",
    "Jade",
    "João",
    "Kai",
    "Lena",
    "Leo",
    "Lucía",
    "Maja",
    "Marc",
    "Mei",
    "Nadia",
    "Nils",
    "Noor",
    "Olga",
    "Omar",
    "Priya",
    "Quinn",
    "Rosa",
    "Ravi",
    "Sara",
    "Sofía",
    "Tariq",
    "Tess",
    "Uma",
    "Vera",
    "Viktor",
    "Wei",
    "Yara",
    "Yusuf",
    "Zoë",
    "Zuri",
]
LAST_NAMES = [
    "Abara",
    "Adler",
    "Akin",
    "Berg",
    "Brandt",
    "Castro",
    "Chang",
    "Cole",
    "Costa",
    "Diaz",
    "Duarte",
    "Ekström",
    "Eriksen",
    "Fischer",
    "Flores",
    "Garcia",
    "Gupta",
    "Haas",
    "Hughes",
    "Ito",
    "Jansen",
    "Kaya",
    "Kim",
    "Kowalski",
    "Larsen",
    "Lopez",
    "Mbeki",
    "Meyer",
    "Moreau",
    "Nagy",
    "Novak",
    "Okafor",
    "Olsen",
    "Park",
    "Petrov",
    "Quist",
    "Rossi",
    "Ruiz",
    "Sato",
    "Silva",
    "Singh",
    "Sørensen",
    "Tanaka",
    "Torres",
    "Ueda",
    "Varga",
    "Weber",
    "Wong",
    "Yilmaz",
    "Zeman",
]
ROLES = [
    "Founder",
    "Marketer",
    "Consultant",
    "Designer",
    "Engineer",
    "Recruiter",
    "Coach",
    "Analyst",
    "Copywriter",
    "Strategist",
]
FIRMS = [
    "Acme",
    "Birch",
    "Cobalt",
    "Delta",
    "Elm",
    "Fjord",
    "Garnet",
    "Harbor",
    "Indigo",
    "Juniper",
]
STYLES = [
    "plain",
    "obfuscated",
    "sentence",
    "question",
    "silent",
    "opt_out",
    "wordy",
    "typo",
    "two_addresses",
]
#: how often each style occurs
WEIGHTS = (38, 18, 14, 8, 8, 3, 5, 3, 3)
LONG_NAME = 3_000

_TRIGGERED = (
    "{word}",
    "{word}!",
    "{lower} please",
    "Interested! {word}",
    "{word} 🙏",
    "Love this. {lower}",
    "{stretched}",
    '"{word}"',
    "yes {lower}, thanks {first_other}",
    "{word} {word}",
)
_NOISE = (
    "Great post!",
    "Congrats, well deserved 👏",
    "What does this cost?",
    "Not sure about {lower} for us.",
    "No {lower} for me, thanks",
    "Is {lower} available in Spanish?",
    "So true.",
    "I wrote about this last year.",
    "🔥🔥🔥",
    "What is {word}?",
)
_WORD = re.compile(r"""["'“‘«]\s*([^\s"'”’»]{2,40})\s*["'”’»]""")  # noqa: RUF001 - quotation marks
_CAPITALS = re.compile(r"\b[A-ZÀ-Þ][A-ZÀ-Þ0-9]{2,30}\b")


@dataclass(slots=True, eq=False)
class Person:
    """Somebody. `style` is how they answer."""

    index: int
    id: str
    slug: str
    first_name: str
    last_name: str
    headline: str
    email: str
    style: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


def make_person(index: int, *, seed: int, scenario: Scenario) -> Person:
    """The person of that number: the same one for the same seed."""
    chance = Random(f"{seed}:person:{index}")
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    firm = chance.choice(FIRMS)
    plain = "".join(c for c in f"{first}.{last}".lower() if c.isascii())
    if chance.random() < scenario.odd_share:
        first = f"<b onclick=alert(1)>{first}</b> " + "x" * LONG_NAME
    return Person(
        index=index,
        id=f"ACoAA{chance.getrandbits(160):027x}{index:07x}",
        slug=f"{plain.replace('.', '-')}-{index}",
        first_name=first,
        last_name=last,
        headline=f"{chance.choice(ROLES)} at {firm}",
        email=f"{plain}{index}@{firm.lower()}.example",
        style=chance.choices(STYLES, WEIGHTS)[0],
    )


def trigger_in(text: str) -> str | None:
    """The word that a post asks its readers to comment: the one in quotes, or in capitals."""
    quoted = _WORD.search(text)
    if quoted:
        return quoted[1].strip(".,!?:;")
    capitals = _CAPITALS.findall(text)
    return capitals[-1] if capitals else None


def comment_text(chance: Random, word: str | None, *, trigger_share: float) -> str:
    """What somebody writes under a post."""
    has_trigger = word is not None and chance.random() < trigger_share
    word = word or "this"
    template = chance.choice(_TRIGGERED if has_trigger else _NOISE)
    return template.format(
        word=word,
        lower=word.lower(),
        stretched=word + word[-1] * chance.randint(2, 5),
        first_other=chance.choice(FIRST_NAMES),
    )


def answer_text(person: Person, chance: Random, *, count: int) -> str | None:
    """What somebody answers to the `count`-th message they get; None is nothing."""
    if count > 1:
        return chance.choice([None, None, "Thanks!", "Got it, thank you 🙏"])
    user, _, host = person.email.partition("@")
    name, _, top = host.rpartition(".")
    other = f"{user}.private@{chance.choice(FIRMS).lower()}.example"
    return {
        "plain": person.email,
        "obfuscated": f"sure, {user} at {name} dot {top}",
        "sentence": f"Hi! Sounds great, please send it to {person.email}. Cheers",
        "question": "Is this free?",
        "silent": None,
        "opt_out": "Please stop messaging me",
        "wordy": f"Oh nice, just what I was looking for…\n\nMy mail: {person.email}\n--\nBest",
        "typo": person.email.replace(".example", ",example"),
        "two_addresses": f"{person.email} or, if that bounces, {other}",
    }[person.style]
