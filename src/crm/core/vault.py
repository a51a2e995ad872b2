"""Secrets at rest: what others entrusted to us, such as the key of a provider, is kept encrypted and never shown again.

AES-256-GCM under a key that is derived from `CRM_SECRET_KEY`. What is sealed names the key, so that one can be told from a later
one, and it opens only in the place it was sealed for: a text moved to another row is none.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Protocol

_VERSION = "v1"
_NONCE = 12


class VaultError(Exception):
    """A secret cannot be sealed or opened; the text says what to do, and nothing of the secret."""


class Vault:
    """Seals and opens with one key; without one it does neither."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, b"crm vault v1", hashlib.sha256).digest() if secret else b""
        self.key_id = hashlib.sha256(self._key).hexdigest()[:8]

    def seal(self, text: str, place: str) -> str:
        """The text, encrypted for one place: `table.column id`."""
        nonce = os.urandom(_NONCE)
        kept = nonce + self._cipher().encrypt(nonce, text.encode(), place.encode())
        return f"{_VERSION}.{self.key_id}.{base64.b64encode(kept).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """What was sealed for this place. `VaultError` where the key is another one, or the text was changed or moved."""
        from cryptography.exceptions import InvalidTag

        version, _, rest = sealed.partition(".")
        key_id, _, kept = rest.partition(".")
        if version != _VERSION or key_id != self.key_id:
            raise VaultError("It was sealed with another CRM_SECRET_KEY: enter the secret again.")
        raw = base64.b64decode(kept)
        try:
            return str(self._cipher().decrypt(raw[:_NONCE], raw[_NONCE:], place.encode()).decode())
        except InvalidTag:
            raise VaultError("It is not what was sealed here: enter the secret again.") from None

    def _cipher(self) -> _Cipher:
        if not self._key:
            raise VaultError("There is no CRM_SECRET_KEY.")
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key)


class _Cipher(Protocol):
    """As much of AES-GCM as is used here."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Encrypted, with its tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """And back."""


CLOSED = Vault(b"")
"""For deeds that have nothing to do with secrets."""
