"""The key-encryption key: from the environment or a file, never from the database.

A copy of the database alone opens nothing: secrets in it are wrapped by this key, and the hashes of
API keys are keyed by it. A file may hold several keys, one a line: the first one is used for what
is new, the others still open what they closed, until `mainstem secrets rotate` has gone through.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mainstem.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE = "MAINSTEM_MASTER_KEY"
FILE_VARIABLE = "MAINSTEM_MASTER_KEY_FILE"
FILE = "master.key"
KEY_BYTES = 32
NONCE_BYTES = 12
KEYS_MAX = 16


@dataclass(frozen=True)
class MasterKey:
    """One key. Its id names it beside what it closed and tells nothing about it."""

    id: str
    wrapping: AESGCM = field(repr=False)
    hashing: bytes = field(repr=False)

    @classmethod
    def of(cls, key: bytes) -> MasterKey:
        """Derive what encrypts and what hashes, so that neither use weakens the other."""
        return cls(
            sha256(b"mainstem key id" + key).hexdigest()[:16],
            AESGCM(_derived(key, b"wrap")),
            _derived(key, b"hash"),
        )

    def keyed_hash(self, text: bytes) -> bytes:
        """HMAC-SHA-256."""
        made = hmac.HMAC(self.hashing, hashes.SHA256())
        made.update(text)
        return made.finalize()


@dataclass(frozen=True)
class MasterKeys:
    """The current key, and older ones."""

    current: MasterKey
    older: tuple[MasterKey, ...] = ()

    def __iter__(self) -> Iterator[MasterKey]:
        """All of them, the current one first."""
        yield self.current
        yield from self.older

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Encrypt with the current key, bound to the context: the nonce, then the ciphertext."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self.current.wrapping.encrypt(nonce, secret, context)

    def unwrap(self, wrapped: bytes, context: bytes, *, key_id: str) -> bytes:
        """Decrypt with the key of that id.

        Raises:
            ConfigError: that key is not among those we have, or another context closed it.
        """
        for key in self:
            if key.id == key_id:
                try:
                    return key.wrapping.decrypt(
                        wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context
                    )
                except InvalidTag:
                    raise ConfigError(
                        f"a secret that the master key {key_id} closed was altered or moved; "
                        "restore it from a backup"
                    ) from None
        raise ConfigError(
            f"the master key {key_id} is missing, which closed secrets of this database; "
            f"add it as a further line of the file that {FILE_VARIABLE} names"
        )

    def keyed_hash(self, text: bytes) -> bytes:
        """The keyed hash that new rows keep."""
        return self.current.keyed_hash(text)

    def keyed_hashes(self, text: bytes) -> list[bytes]:
        """The hashes that rows may have kept, by whichever key."""
        return [key.keyed_hash(text) for key in self]


def load(home: Path, environment: Mapping[str, str] = os.environ) -> MasterKeys:
    """Read the keys from MAINSTEM_MASTER_KEY, else from a file.

    The file below the home is made where it is missing. A second server that makes one of its own
    is told so as soon as it meets a secret that the first one closed.

    Raises:
        ConfigError: there is none and none can be made, or what there is is no key.
    """
    named = environment.get(VARIABLE, "").strip()
    if named:
        return parse(named, origin=VARIABLE)
    given = environment.get(FILE_VARIABLE, "").strip()
    path = Path(given) if given else home / FILE
    try:
        if not given and not path.exists():
            _make(path)
        return parse(path.read_text(encoding="ascii"), origin=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"there is no master key in {path} ({error.__class__.__name__}); put one into "
            f"{VARIABLE}, or a file named by {FILE_VARIABLE}: 32 random bytes in base64"
        ) from None


def parse(text: str, *, origin: str) -> MasterKeys:
    """Read keys, one a line, in base64 of either alphabet.

    Raises:
        ConfigError: a line is no key of 32 bytes, or there is none.
    """
    keys = []
    for line in text.split()[:KEYS_MAX]:
        try:
            key = base64.b64decode(line.replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES:
            raise ConfigError(f"{origin} holds a line that is no key: 32 random bytes in base64")
        keys.append(MasterKey.of(key))
    if not keys:
        raise ConfigError(f"{origin} holds no key: write 32 random bytes in base64 into it")
    return MasterKeys(keys[0], tuple(keys[1:]))


def generate() -> str:
    """A new key, as a line of the file."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _make(path: Path) -> None:
    """Two processes may begin at once: the first one's file stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(generate() + "\n")


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"mainstem " + purpose).derive(key)
