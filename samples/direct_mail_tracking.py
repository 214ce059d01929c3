"""The direct-mail sample's second half: what was mailed, and what came of it."""

from __future__ import annotations

import random
from array import array
from typing import TYPE_CHECKING

from samples import flaws, words
from samples.spelling import DAY_S, code, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samples.direct_mail_people import People

Row = tuple[object, ...]

CONVERSION_SHARE = 0.04
PAGE_SHARE = 0.05
PENDING_EVERY = 40
GENERIC_PAGE_EVERY = 20  # a landing page of the campaign itself, with no tracking code
EVENT_TYPES = ("qr_scan", "page_view", "button_click", "form_view", "form_submit")
EVENT_WEIGHTS = (35, 35, 15, 10, 5)
CONVERSION_TYPES = ("form_submit", "purchase", "appointment")
PIECE_BITS = 32  # of a second and a piece packed into one integer
AMOUNTS = (19.99, 49.0, 120.5, 75.25, 249.0, 9.95)


class Tracking:
    """Campaign recipients, events, conversions, landing pages."""

    def __init__(self, people: People, *, seed: int) -> None:
        self._people = people
        self._random = random.Random(seed + 1)
        self._blemishes = people.blemishes
        self._each = people.pieces_each
        self.pieces = self._each * len(people.sent)
        self.conversions = int(people.rest * CONVERSION_SHARE)
        self.pages = int(people.rest * PAGE_SHARE)
        self.events = (
            people.rest - people.campaigns - people.recipients - self.pieces
            - self.conversions - self.pages
        )  # fmt: skip
        self._sent_at = array("q", bytes(8 * self.pieces))
        self._codes: list[str] = [code(i, seed + 31) for i in range(self.pieces)]

    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Each table's name with its rows, parents first."""
        yield "campaign_recipients", self._piece_rows()
        yield "events", self._event_rows()
        yield "conversions", self._conversion_rows()
        yield "landing_pages", self._page_rows()

    def _campaign_of(self, piece: int) -> str:
        return self._people.campaign_id(self._people.sent[piece // self._each])

    # Pieces -------------------------------------------------------------------------------

    def _piece_rows(self) -> Iterator[Row]:
        audiences = [self._people.audience(place) for place in range(self._people.lists)]
        piece = 0
        for turn, position in enumerate(self._people.sent):
            ring = audiences[position % self._people.lists][turn % 2]
            start = self._random.randrange(len(ring))
            chosen = (ring + ring)[start : start + self._each]
            yield from self._campaign_pieces(position, chosen, piece)
            piece += self._each

    def _campaign_pieces(self, position: int, chosen: list[int], piece: int) -> Iterator[Row]:
        campaign = self._people.campaign_id(position)
        sent_at = self._people.sent_at(position)
        created = moment(sent_at - 2 * DAY_S)
        for recipient_id in chosen:
            tracking_code = self._codes[piece]
            first = self._people.first_name(recipient_id)
            self._sent_at[piece] = sent_at + piece % self._each * 3
            is_pending = not (piece + 1) % PENDING_EVERY
            yield (
                piece + 1, campaign, self._addressee(piece, recipient_id), tracking_code,
                f'{{"objects": [{{"type": "Textbox", "text": "Hello {first}"}}]}}',
                f"https://qr.sender.example/{tracking_code}.png",
                f"https://files.sender.example/{campaign}/{piece + 1}.pdf" if piece % 3 else None,
                "pending" if is_pending else "sent",
                None if is_pending else moment(self._sent_at[piece]), created,
            )  # fmt: skip
            piece += 1

    def _addressee(self, piece: int, recipient_id: int) -> int:
        if self._blemishes.strikes(flaws.ORPHAN_PIECE, piece):
            return self._people.recipients + 1 + piece % 1000
        return recipient_id

    def _touched_piece(self, pick: float) -> int:
        """A piece for a number in [0, 1) that exists for good: never one with a lost recipient."""
        piece = int(pick * self.pieces)
        return piece - 1 if self._blemishes.meets(flaws.ORPHAN_PIECE, piece) else piece

    # Events: in time order, as a counting key gives them ------------------------------------

    def _event_rows(self) -> Iterator[Row]:
        chance = self._random.random
        moments = sorted(self._event_moment(chance(), chance()) for _ in range(self.events))
        choose = self._random.choices
        kinds = choose(EVENT_TYPES, EVENT_WEIGHTS, k=self.events)
        agents = choose(words.USER_AGENTS * 7 + words.BOT_AGENTS, k=self.events)
        details = choose(_event_details(), k=self.events)
        for i, packed in enumerate(moments):
            at, piece = divmod(packed, 1 << PIECE_BITS)
            agent = agents[i]
            row: Row = (
                i + 1, self._campaign_of(piece), self._codes[piece], kinds[i], details[i],
                f"203.0.{piece >> 8 & 255}.{piece & 255}" if i % 11 else None, agent,
                int(agent in words.BOT_AGENTS), moment(at),
            )  # fmt: skip
            yield self._spoiled_event(i, row, at)

    def _event_moment(self, pick: float, delay: float) -> int:
        """Second and piece in one integer, which sorts faster than a pair."""
        piece = self._touched_piece(pick)
        after_s = int(delay * delay * 21 * DAY_S) + 2 * DAY_S
        return (self._sent_at[piece] + after_s) << PIECE_BITS | piece

    def _spoiled_event(self, position: int, row: Row, at: int) -> Row:
        for flaw, spoil in EVENT_SPOILS:
            if self._blemishes.strikes(flaw, position):
                row = spoil(row, at)
        return row

    # Conversions and landing pages ----------------------------------------------------------

    def _conversion_rows(self) -> Iterator[Row]:
        for i in range(self.conversions):
            piece = self._touched_piece(self._random.random())
            kind = CONVERSION_TYPES[i % 3]
            at = self._sent_at[piece] + 3 * DAY_S + i % (9 * DAY_S)
            yield (
                f"cnv_{code(i, 41)}", self._campaign_of(piece), self._conversion_code(i, piece),
                kind, self._amount(i) if kind == "purchase" else None,
                f'{{"form": "offer", "answers": {{"party": {i % 6}, "note": "¡Sí! №{i % 97}"}}}}',
                moment(at),
            )  # fmt: skip

    def _conversion_code(self, position: int, piece: int) -> str:
        if self._blemishes.strikes(flaws.ORPHAN_CONVERSION, position):
            return f"GONE{position:08}"
        return self._codes[piece]

    def _amount(self, position: int) -> float | str:
        amount = AMOUNTS[position % len(AMOUNTS)]
        if self._blemishes.strikes(flaws.AMOUNT_AS_TEXT, position):
            return f"${amount:.2f}"
        if self._blemishes.strikes(flaws.FLOAT_DUST, position):
            return amount * 1.1
        return amount

    def _page_rows(self) -> Iterator[Row]:
        for i in range(self.pages):
            piece = self._touched_piece(i / self.pages)
            own_code = None if i % GENERIC_PAGE_EVERY == 0 else self._codes[piece]
            offer = words.OFFERS[i % len(words.OFFERS)]
            slug = f"{offer.split()[0]}-{code(i, 51).lower()}"
            yield (
                f"lp_{code(i, 52)}", self._campaign_of(piece), own_code, slug,
                f'{{"title": "Your {offer}", "blocks": [{{"kind": "hero"}}, {{"kind": "form"}}]}}',
                f"https://go.sender.example/{slug}", int((i + 3) % 8 > 0),
                moment(self._sent_at[piece] - DAY_S),
            )  # fmt: skip


def _event_details() -> list[str | None]:
    """What the tracker sent along: JSON as text, as three different clients spell it."""
    details: list[str | None] = [None]
    for place in range(40):
        details += [
            f'{{"source":"qr","path":"/o/{place}","ms":{place * 37}}}',
            f'{{"path": "/o/{place}", "referrer": null, "screen": [390, 844]}}',
            f'{{"button": "call-{place}", "label": "Ruf an \\u260e", "depth": 0.{place + 10}}}',
        ]
    return details


def _as_milliseconds(row: Row, at: int) -> Row:
    """Date.now() where the others wrote text; the column's affinity made text of it."""
    return (*row[:8], str(at * 1000 + 123))


def _in_words(row: Row, at: int) -> Row:
    del at
    return (*row[:7], "yes" if row[7] else "no", row[8])


def _cut_off(row: Row, at: int) -> Row:
    del at
    return (*row[:4], '{"source":"qr","path":"/o/1', *row[5:])


def _doubled_key(row: Row, at: int) -> Row:
    del at
    return (*row[:4], '{"step": 1, "path": "/o/7", "step": 2}', *row[5:])


def _impossible(row: Row, at: int) -> Row:
    return (*row[:8], f"2025-02-30 {moment(at)[11:]}")


EVENT_SPOILS = (
    (flaws.EPOCH_MILLISECONDS, _as_milliseconds),
    (flaws.YES_NO, _in_words),
    (flaws.MALFORMED_JSON, _cut_off),
    (flaws.DUPLICATE_KEY, _doubled_key),
    (flaws.IMPOSSIBLE_DATE, _impossible),
)
