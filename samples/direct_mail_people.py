"""The direct-mail sample's first half: who sends to whom."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from samples import companies, flaws, words
from samples.spelling import DAY_S, EPOCH_FIRST, EPOCH_LAST, code, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = tuple[object, ...]

ORGANIZATIONS = 50
USERS_EACH = 3
TEMPLATES_EACH = 2
ROLES = ("owner", "admin", "member")
PLANS = ("starter", "pro", "enterprise")
FORMATS = ("postcard_4x6", "postcard_6x9", "letter_8_5x11", "self_mailer_6x18")
STATUSES = ("active", "completed", "paused")
ROWS_PER_CAMPAIGN = 500
SECOND_LIST_FROM_ROWS = 100_000  # below, a list would be shorter than a campaign
RECIPIENT_SHARE = 0.18
NO_EMAIL_EVERY = 31
EMPTY_EMAIL_EVERY = 67
PIECE_SHARE = 0.27
DRAFT_EVERY = 10  # every tenth campaign never went out, those without an organisation among them


class People:
    """Organisations, users, sessions, templates, lists, campaigns, recipients."""

    def __init__(self, *, rows: int, seed: int, is_flawless: bool) -> None:
        self._random = random.Random(seed)
        self.blemishes = flaws.Blemishes(is_flawless=is_flawless)
        lists_each = 2 if rows >= SECOND_LIST_FROM_ROWS else 1
        fixed = ORGANIZATIONS * (1 + 2 * USERS_EACH + TEMPLATES_EACH + lists_each)
        #: rows that are left for campaigns, recipients and tracking
        self.rest = rows - fixed
        self.lists = ORGANIZATIONS * lists_each
        self.campaigns = max(100, self.rest // ROWS_PER_CAMPAIGN)
        self.recipients = int(self.rest * RECIPIENT_SHARE)
        self.sent = [i for i in range(self.campaigns) if i % DRAFT_EVERY]
        #: pieces that each sent campaign has
        self.pieces_each = int(self.rest * PIECE_SHARE) // len(self.sent)
        self.organization_ids = self._organization_ids()
        pick = self._random.choices
        self._first = pick(words.FIRST_NAMES, k=self.recipients)
        self._last = pick(words.LAST_NAMES, k=self.recipients)

    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Each table's name with its rows, parents first."""
        yield "organizations", self._organization_rows()
        yield "users", self._user_rows()
        yield "sessions", self._session_rows()
        yield "design_templates", self._template_rows()
        yield "recipient_lists", self._list_rows()
        yield "campaigns", self._campaign_rows()
        yield "recipients", self._recipient_rows()

    # What the other half asks -------------------------------------------------------------

    def campaign_id(self, position: int) -> str:
        """The key of the campaign at that position (from 0)."""
        return f"cmp_{code(position, 3)}"

    def campaign_organization(self, position: int) -> str:
        """The organisation whose list the campaign uses."""
        return self.organization_ids[position % self.lists % ORGANIZATIONS]

    def audience(self, list_position: int) -> tuple[list[int], list[int]]:
        """Recipient ids of a list, twice: with the first and with the second of each double."""
        first, last = self._span(list_position)
        once = [i + 1 for i in range(first, last) if not self._is_double(i)]
        again = [i + 2 if self._has_double(i) else i + 1 for i in (n - 1 for n in once)]
        return once, again

    def first_name(self, recipient_id: int) -> str:
        """The first name, as it was before any import spoiled it."""
        return self._first[recipient_id - 1]

    def broken_names(self) -> Iterator[tuple[bytes, int]]:
        """Bytes and id of each recipient whose name is stored in Windows-1252."""
        for position in range(self.recipients):
            if self.blemishes.strikes(flaws.WINDOWS_1252, position):
                yield "Renée Müller-Çelik".encode("cp1252"), position + 1

    # Rows ---------------------------------------------------------------------------------

    def _organization_ids(self) -> list[str]:
        self._names = [companies.company(i) for i in range(ORGANIZATIONS)]
        return [f"org_{code(i, 1).lower()}" for i in range(ORGANIZATIONS)]

    def _organization_rows(self) -> Iterator[Row]:
        for i, (key, name) in enumerate(zip(self.organization_ids, self._names, strict=True)):
            settings = {"brand": {"color": f"#{i * 5099 % 0xFFFFFF:06x}"}, "return_address": name}
            yield (
                key, name, companies.slug(name), PLANS[i % 3], words.TIMEZONES[i % 6],
                json.dumps(settings, ensure_ascii=False), moment(EPOCH_FIRST + i * 3_607),
            )  # fmt: skip

    def _user_rows(self) -> Iterator[Row]:
        for i in range(ORGANIZATIONS * USERS_EACH):
            organization, place = divmod(i, USERS_EACH)
            first = words.FIRST_NAMES[i * 11 % len(words.FIRST_NAMES)]
            last = words.LAST_NAMES[i * 17 % len(words.LAST_NAMES)]
            joined = EPOCH_FIRST + organization * 3_607 + place * DAY_S
            yield (
                i + 1, self.organization_ids[organization], f"Person.{i + 1}@Sender.example",
                first, last, f"$2b$10${code(i, 11)}{code(i, 12)}{code(i, 13)}{code(i, 14)}",
                code(i, 15) if not (i + 5) % 9 else None, ROLES[place], int((i + 3) % 10 > 0),
                (joined + 200 * DAY_S) * 1000 if i % 4 else None, moment(joined),
            )  # fmt: skip

    def _session_rows(self) -> Iterator[Row]:
        for i in range(ORGANIZATIONS * USERS_EACH):
            secret = json.dumps({"csrf": code(i, 21), "cookie": {"maxAge": 86_400_000}})
            yield f"s:{code(i, 22)}", i + 1, secret, EPOCH_LAST + i * 60

    def _template_rows(self) -> Iterator[Row]:
        for i in range(ORGANIZATIONS * TEMPLATES_EACH):
            season = words.SEASONS[i % len(words.SEASONS)]
            yield (
                i + 1, self.organization_ids[i // TEMPLATES_EACH],
                f"{season} {FORMATS[i % 4].split('_')[0]}", FORMATS[i % 4], _canvas(season), i % 2,
                moment(EPOCH_FIRST + 40 * DAY_S + i * 907),
            )  # fmt: skip

    def _list_rows(self) -> Iterator[Row]:
        for i in range(self.lists):
            source = ("csv", "purchase", "api")[i % 3]
            yield (
                i + 1, self.organization_ids[i % ORGANIZATIONS], f"{source.upper()} list {i + 1}",
                source, moment(EPOCH_FIRST + 50 * DAY_S + i * 601),
            )  # fmt: skip

    def _campaign_rows(self) -> Iterator[Row]:
        mapping = json.dumps({"first_name": "name", "city": "city", "qr": "tracking_code"})
        for i in range(self.campaigns):
            organization = self.campaign_organization(i)
            place = i % self.lists % ORGANIZATIONS
            season, offer = words.SEASONS[i % 8], words.OFFERS[i * 5 % len(words.OFFERS)]
            is_sent = i % DRAFT_EVERY != 0
            is_lost = self.blemishes.strikes(flaws.ORPHAN_CAMPAIGN, i)
            yield (
                self.campaign_id(i), None if is_lost else organization,
                place * TEMPLATES_EACH + i % TEMPLATES_EACH + 1, i % self.lists + 1,
                f"{season} {offer}", f"Hello {{{{first_name}}}}, your {offer} is waiting.",
                self._names[place], STATUSES[i % 3] if is_sent else "draft",
                self.pieces_each if is_sent else 0, _canvas(season), mapping,
                self.sent_at(i) - DAY_S if is_sent else None,
                moment(self.sent_at(i) - 5 * DAY_S),
            )  # fmt: skip

    def sent_at(self, position: int) -> int:
        """Epoch second at which the campaign's first piece went out; later ones follow."""
        span = EPOCH_LAST - EPOCH_FIRST - 120 * DAY_S
        return EPOCH_FIRST + 90 * DAY_S + span * position // self.campaigns

    def _recipient_rows(self) -> Iterator[Row]:
        pick = self._random.choices
        streets = pick(words.STREETS, k=self.recipients)
        places = pick(words.PLACES, k=self.recipients)
        numbers = pick(range(1, 9_999), k=self.recipients)
        imported_s = EPOCH_FIRST + 60 * DAY_S
        previous: Row = ()
        for i, street in enumerate(streets):
            city, state, zip_head = places[i]
            number = numbers[i]
            row: Row = (
                i + 1, self._list_of(i) + 1, self._first[i], self._last[i], self._email(i),
                f"+1 555 {number:04}" if number % 3 else None,
                f"{number} {street} {words.STREET_KINDS[number % 8]}", city, state,
                f"{zip_head}{number % 100:02}",
                _custom_fields(number) if number & 1 else "{}",
                moment(imported_s + i % 2_000_000),
            )  # fmt: skip
            if self._is_double(i):
                row = self._double(row, previous)
                self.blemishes.counts[flaws.DUPLICATE] += 1
            previous = row
            yield self._spoiled(i, row)

    def _double(self, row: Row, first: Row) -> Row:
        """The same person, typed again later: another case of the e-mail, a newer phone."""
        email = first[4].upper() if isinstance(first[4], str) else first[4]
        return (*row[:2], *first[2:4], email, row[5], *first[6:10], row[10], row[11])

    def _spoiled(self, position: int, row: Row) -> Row:
        if self.blemishes.strikes(flaws.EPOCH_SECONDS, position):
            row = (*row[:11], str(EPOCH_FIRST + 60 * DAY_S + position % 2_000_000))
        if self.blemishes.strikes(flaws.NO_FIELDS, position):
            row = (*row[:10], None, row[11])
        if self.blemishes.strikes(flaws.NUL_BYTE, position):
            row = (*row[:6], f"{row[6]}\x00", *row[7:])
        return row

    def _email(self, position: int) -> str | None:
        """Most have one; the CSV import left some empty, the API some out."""
        if not position % NO_EMAIL_EVERY:
            return None
        return "" if not position % EMPTY_EMAIL_EVERY else f"r{position + 1}@mail.example"

    # Lists are runs of neighbouring recipients ----------------------------------------------

    def _span(self, list_position: int) -> tuple[int, int]:
        return (
            self.recipients * list_position // self.lists,
            self.recipients * (list_position + 1) // self.lists,
        )

    def _list_of(self, position: int) -> int:
        """The list whose span holds the position."""
        return ((position + 1) * self.lists - 1) // self.recipients

    def _is_double(self, position: int) -> bool:
        """Struck, unless it is the first of its list: the one before is another list's."""
        return self.blemishes.meets(flaws.DUPLICATE, position) and self._list_of(
            position
        ) == self._list_of(position - 1)

    def _has_double(self, position: int) -> bool:
        return position + 1 < self.recipients and self._is_double(position + 1)


def _custom_fields(number: int) -> str:
    """What the CSV's other columns held."""
    return f'{{"segment": "{number % 5}", "since": {2000 + number % 25}}}'


def _canvas(word: str) -> str:
    """A small Fabric.js document."""
    text = {"type": "Textbox", "text": f"{word}: hello {{{{first_name}}}}", "fontSize": 34}
    return json.dumps({"version": "7", "objects": [{"type": "Rect", "fill": "#f6f1e7"}, text]})
