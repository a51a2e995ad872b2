"""Names and credit codes of parties (往来单位): what makes two of them the same one."""

from __future__ import annotations

import re

from crm.core.text import clean, fold

_CHINESE_SUFFIX = (
    "有限责任公司|有限責任公司|股份有限公司|有限公司|股份公司|集团公司|分公司|子公司|总公司|總公司|公司"
    "|集团|集團|股份|有限合伙|普通合伙|特殊普通合伙|个体工商户|株式会社|주식회사"
)
_LATIN_SUFFIX = "co|company|ltd|limited|inc|incorporated|corp|corporation|llc|gmbh|group"
_SHORT_SUFFIX = "llp|lp|plc|ag|kg|mbh|sa|sas|sarl|srl|bv|nv|ab|as|oy|oyj|pty|pte|sdn|bhd|kk"
"""Taken only as a word of its own: behind Chinese (项目AB) these are as often part of the name."""

_SUFFIX = re.compile(rf"(?:{_CHINESE_SUFFIX}|(?<![a-z0-9])(?:{_LATIN_SUFFIX})|(?:^| )(?:{_SHORT_SUFFIX}))$")
_BRACKETED_SUFFIX = re.compile(rf"[(\[【〔]\s*(?:{_CHINESE_SUFFIX}|{_LATIN_SUFFIX}|株)\s*[)\]】〕]")
_INSIDE_A_WORD = re.compile(r"[.'’]")
_PUNCTUATION = re.compile(r"[\W_]+")
_SPACE_BESIDE_CHINESE = re.compile(r"(?<=[\u3400-\u9fff\uac00-\ud7a3]) | (?=[\u3400-\u9fff\uac00-\ud7a3])")

_CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: no I, O, S, V, Z, which look like digits or like each other."""
_CREDIT_CODE = re.compile(rf"[{_CREDIT_CODE_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_CODE_ALPHABET}]{{10}}")


def normalised_name(name: str) -> str:
    """The name by which duplicates are found (查重名称): folded, no legal form at the end, no punctuation, no spaces.

    `华为技术（集团）有限公司` and `华为技术` meet, `Acme Co., Ltd.` and `ACME` too; a place in brackets stays, because
    `宝洁（中国）` is not `宝洁`. What would be empty keeps its last non-empty form, so two parties named `公司` and `!!!`
    do not meet in the empty text. Empty only for a name without a visible character.
    """
    folded = fold(clean(name))
    plain = _INSIDE_A_WORD.sub("", folded)
    words = _words(_BRACKETED_SUFFIX.sub(" ", plain)) or _words(plain)
    return _without_suffixes(words).replace(" ", "") or folded.replace(" ", "")


def valid_credit_code(code: str) -> bool:
    """Whether this is a unified social credit code (统一社会信用代码): 18 characters of which the last proves the others.

    Upper case only, as GB 32100 prints it; the check is a weighted sum modulo 31 with the powers of 3 as weights.
    """
    if not _CREDIT_CODE.fullmatch(code):
        return False
    values = [_CREDIT_CODE_ALPHABET.index(char) for char in code]
    total = sum(value * pow(3, position, 31) for position, value in enumerate(values[:17]))
    return values[17] == -total % 31


def _words(text: str) -> str:
    """Letters and digits, words one space apart, no space where a neighbour is Chinese or Korean."""
    return _SPACE_BESIDE_CHINESE.sub("", _PUNCTUATION.sub(" ", text).strip())


def _without_suffixes(words: str) -> str:
    """The words without the legal forms they end in, however many (`集团股份有限公司`, `Co., Ltd.`), but never nothing."""
    while shorter := _SUFFIX.sub("", words).rstrip():
        if shorter == words:
            break
        words = shorter
    return words
