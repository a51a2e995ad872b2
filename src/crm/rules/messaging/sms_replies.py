"""What people answer to a short message: whether it says that they want no more (退订)."""

from __future__ import annotations

import re
import unicodedata

_WORDS = {"T", "TD", "N", "R", "STOP", "UNSUBSCRIBE", "END", "QUIT", "退", "退订", "退訂", "拒收", "取消订阅", "取消訂閱"}
_AROUND = re.compile(r"[\s.,;:!?。，；：！？、'\"“”‘’()（）【】\[\]-]+")
_LONGEST = 12


def opts_out(text: str) -> bool:
    """Whether a reply says no more than that: `TD`, `t`, `回T退订`, `退订。`. A sentence with the word in it is for a person."""
    plain = _AROUND.sub("", unicodedata.normalize("NFKC", text).upper())
    if not plain or len(plain) > _LONGEST:
        return False
    plain = plain.removeprefix("回复").removeprefix("回")
    return plain in _WORDS or (plain.endswith(("退订", "退訂")) and plain[:-2] in _WORDS)
