"""What a file is (文件类型): by what its bytes say, whatever its name and its sender say of it.

What a browser or an operating system would run is not taken. What is taken is of the type that was declared, or of none that
would matter: a picture that is no picture is refused.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 200
HEAD = 4096
"""So much of a file tells what it is."""
ANY = "application/octet-stream"
TEXT = "text/plain"
ZIP, OLE, XML = "application/zip", "application/x-ole-storage", "application/xml"

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"), (0, b"\xff\xd8\xff", "image/jpeg"), (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"), (8, b"WEBP", "image/webp"), (0, b"BM", "image/bmp"), (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"), (0, b"%PDF-", "application/pdf"), (0, b"PK\x03\x04", ZIP), (0, b"PK\x05\x06", ZIP),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE), (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"), (0, b"\x1f\x8b", "application/gzip"), (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"), (8, b"WAVE", "audio/wav"), (0, b"OggS", "audio/ogg"), (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"), (0, b"{\\rtf", "application/rtf"),
)  # fmt: skip
_RUNS = (b"MZ", b"\x7fELF", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!", b"\x00asm", b"dex\n")
# Possessive (`*+`): there is one way to read each comment, so 4 KB of them take no longer than anything else.
_MARKUP = re.compile(
    rb"(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:[^-]|-(?!->))*+-->\s*+)*+<\s*+(?:!doctype\s++(?:html|svg)|html|svg|script|iframe|body)",
    re.IGNORECASE,
)
_RUNNING_NAMES = re.compile(
    r"\.(exe|com|bat|cmd|scr|pif|msi|dll|js|jse|vbs|vbe|wsf|hta|ps1|jar|lnk|html?|xhtml|svgz?|mht)$", re.IGNORECASE
)

_INSIDE = {
    ZIP: re.compile(r"application/(zip|x-zip-compressed|vnd\.(openxmlformats|oasis)[\w.+-]*|epub\+zip)"),
    OLE: re.compile(r"application/(msword|vnd\.ms-(excel|powerpoint|office|outlook|works|project)|x-ole-storage)"),
    TEXT: re.compile(r"text/(?!html)[\w.+-]+|application/(json|xml|x-ndjson|csv|yaml|x-yaml|vcard|ics)|message/rfc822"),
    "video/mp4": re.compile(r"(video|audio)/(mp4|quicktime|3gpp|x-m4a|heic)|image/hei[cf]|image/avif"),
    "video/webm": re.compile(r"(video|audio)/(webm|x-matroska)"),
    "audio/ogg": re.compile(r"(audio|video|application)/ogg"),
}
"""What is found → the types that are kept in such a wrapping."""
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,98}", re.ASCII)


def found_in(head: bytes) -> str | None:
    """The type that the first bytes tell; None where they tell of something that would run."""
    if head.startswith(_RUNS) or _MARKUP.match(head.lstrip(b"\xef\xbb\xbf \t\r\n")):
        return None
    for place, magic, kind in _MAGIC:
        if head[place : place + len(magic)] == magic:
            return kind
    return TEXT if _is_text(head) else ANY


def runs(name: str) -> bool:
    """Whether an operating system or a browser would run a file because of its name."""
    return _RUNNING_NAMES.search(name) is not None


def settled(name: str, declared: str, head: bytes) -> str:
    """The type under which a file is kept. ValueError, with a text for people, where it is refused."""
    kind = declared.partition(";")[0].strip().lower() or ANY
    if not _TYPE.fullmatch(kind):
        raise ValueError("The declared type is none.")
    found = found_in(head)
    if found is None or runs(name):
        raise ValueError("Programs and pages that would run are not taken.")
    if kind in (ANY, found):
        return found
    if found in _INSIDE and _INSIDE[found].fullmatch(kind):
        return kind
    if found == ANY and not kind.startswith(("text/", "image/")):
        return kind
    raise ValueError(f"It is declared as {kind}, and is {found}.")


def shown_name(name: str) -> str:
    """A name that can be shown and saved: the last part of a path, without what nobody sees. ValueError for one that is none."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(char for char in plain if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    kept = " ".join(kept.split()).strip(". ")
    if not kept or len(kept) > LONGEST_NAME:
        raise ValueError(f"A file has a name of 1 to {LONGEST_NAME} characters.")
    return kept


def _is_text(head: bytes) -> bool:
    """UTF-8, or GB 18030 as Chinese spreadsheets write it; the last character may be cut off."""
    if b"\x00" in head or any(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head):
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    return False
