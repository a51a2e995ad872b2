"""Bytes of a message as text, whatever they are declared as: what is wrong about a charset is put right, and nothing ever fails.

Names of charsets are looked up in a table of ours. Python's own finds some that are no charsets, or that take quadratic time.
"""

from __future__ import annotations

import re

_GROUPS: dict[str, str] = {
    "utf-8": "utf8 unicode11utf8 utf8mb4 utf8sig cp65001",
    "gb18030": "gb18030 gb2312 gb231280 gbk xgbk cp936 ms936 windows936 csgb2312 euccn hz936 chinese",
    "big5hkscs": "big5 big5hkscs cp950 xbig5 csbig5",
    "hz": "hz hzgb2312",
    "cp932": "shiftjis sjis ms932 cp932 windows31j xsjis csshiftjis",
    "euc_jp": "eucjp xeucjp",
    "iso2022_jp": "iso2022jp csiso2022jp iso2022jp2",
    "cp949": "ksc56011987 ksc5601 euckr cp949 cp51949",
    "iso2022_kr": "iso2022kr csiso2022kr",
    "utf-16": "utf16 unicode ucs2",
    "utf-16-le": "utf16le",
    "utf-16-be": "utf16be",
    "utf-7": "utf7 unicode11utf7",
    "cp1252": "usascii ascii iso88591 latin1 cp1252 windows1252 ansix3.41968 unknown8bit iso885915 binary",
    "koi8_r": "koi8r",
    "koi8_u": "koi8u",
    "mac_roman": "macintosh macroman",
    **{f"cp{n}": f"windows{n} cp{n}" for n in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258, 874)},
    **{f"iso8859_{n}": f"iso8859{n} latin{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 16)},
}
_CODECS = {alias: codec for codec, aliases in _GROUPS.items() for alias in aliases.split()}
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SEEN_AS_UTF8 = 20
"""A text with one broken character to so many bytes beyond ASCII is UTF-8 that was cut, and nothing else."""


def codec_of(name: str | None) -> str | None:
    """What Python calls this charset; None for one that is unknown."""
    return None if name is None else _CODECS.get(re.sub(r"[^a-z0-9.]", "", name[:64].lower()))


def text_of(data: bytes, declared: str | None = None) -> str:
    """The text, without characters that no database keeps."""
    return _NOT_TEXT.sub("", _decoded(data, codec_of(declared)))


def printable(text: str) -> str:
    """The same for a text that is one already."""
    return _NOT_TEXT.sub("", text)


def _decoded(data: bytes, codec: str | None) -> str:
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return data.decode(marked, "replace")
    if data.isascii() and codec not in ("utf-7", "hz", "iso2022_jp"):
        return data.decode("ascii")
    # What claims to be Latin or nothing at all is more often UTF-8 or Chinese: both are hard to be by accident.
    tries = ["utf-8", "gb18030"] if codec in (None, "cp1252") else [codec, "utf-8", "gb18030"]
    for each in tries:
        try:
            return _odd(data.decode(each), each, codec, data)
        except UnicodeError:
            continue
    if _nearly_utf8(data):
        return data.decode("utf-8", "replace")
    return data.decode(codec or "cp1252", "replace")


def _odd(text: str, chosen: str, declared: str | None, data: bytes) -> str:
    """GB 18030 takes nearly any pair of bytes. Where nobody said so, it has to look like Chinese."""
    if chosen != "gb18030" or declared == "gb18030":
        return text
    if _nearly_utf8(data):
        raise UnicodeError
    beyond = [char for char in text if ord(char) > 127]
    chinese = sum("\u3000" <= char <= "\u303f" or "\u4e00" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef" for char in beyond)
    if chinese * 10 < len(beyond) * 9:
        raise UnicodeError
    return text


def _nearly_utf8(data: bytes) -> bool:
    beyond = sum(byte > 127 for byte in data[:20_000])
    return data[:20_000].decode("utf-8", "replace").count("\ufffd") * _SEEN_AS_UTF8 <= beyond
