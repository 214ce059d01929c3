"""Whether somebody asks not to be written to again.

A single word counts only when it is the whole message ("STOP"), for "stop by our stand" is no
refusal; a phrase counts wherever it stands. Nothing is guessed from tone: "not now" is a reply.
"""

from __future__ import annotations

import re
import unicodedata

TEXT_CHARACTERS_MAX = 2_000

#: folded as `_folded` does: no accents, no punctuation, lower case
WHOLE_MESSAGES = frozenset({
    "stop", "stop it", "stop please", "please stop", "stop this", "unsubscribe", "opt out",
    "optout", "remove me", "stopp", "bitte aufhoren", "abmelden", "abbestellen", "baja",
    "darme de baja", "desuscribir", "desabonner", "desinscription", "arretez", "basta",
    "disiscrivi", "uitschrijven", "sair", "descadastrar",
})  # fmt: skip
PHRASES = (
    "stop messaging me", "stop writing me", "stop writing to me", "stop contacting me",
    "stop sending me", "stop spamming", "don t message me", "do not message me",
    "don t contact me", "do not contact me", "don t write to me", "do not write to me",
    "no more messages", "leave me alone", "remove me from", "take me off", "unsubscribe me",
    "please unsubscribe", "keine nachrichten mehr", "schreib mir nicht", "schreiben sie mir nicht",
    "kontaktieren sie mich nicht", "lass mich in ruhe", "lassen sie mich in ruhe",
    "no me escribas", "no me escriba", "no me contactes", "no me contacte", "dejame en paz",
    "deje de escribirme", "deja de escribirme", "no quiero mas mensajes",
    "ne m ecrivez plus", "ne m ecris plus", "ne me contactez plus", "ne me contacte plus",
    "laissez moi tranquille", "non scrivermi", "non contattarmi",
    "niet meer contacteren", "stuur me niets", "nao me escreva", "nao me contate",
)  # fmt: skip
_NOT_A_WORD = re.compile(r"[\W_]+")
_ANY_PHRASE = re.compile(r"\b(?:" + "|".join(map(re.escape, PHRASES)) + r")\b")


def asks_to_stop(text: str) -> bool:
    """Return whether the message, of which the first 2,000 characters are read, says so."""
    folded = _folded(text[:TEXT_CHARACTERS_MAX])
    return folded in WHOLE_MESSAGES or _ANY_PHRASE.search(folded) is not None


def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return _NOT_A_WORD.sub(" ", bare).strip()
