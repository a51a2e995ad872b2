"""The `search` argument of lists: prefix search on names, in Chinese, pinyin or Latin letters."""

from __future__ import annotations

from crm.access.conditions import Compare, Condition, NameStarts, Operator
from crm.core.errors import BadUserInput
from crm.core.pinyin import search_range
from crm.core.text import clean, escape_like, has_nul, is_chinese

MAX_SEARCH = 100


def search_condition(text: str | None, label: str) -> Condition | None:
    """Names that begin with this text; None where nothing was asked. `label` is the column that holds the name as written.

    A text with Chinese characters is compared as written: the reading of 重 depends on what follows (重庆, 重工), so a range of
    pinyin made from the prefix alone would miss names.
    """
    if text is None:
        return None
    if has_nul(text) or len(text) > MAX_SEARCH:
        raise BadUserInput(f"`search` takes at most {MAX_SEARCH} characters.")
    wanted = clean(text)
    if any(is_chinese(char) for char in wanted):
        return Compare(label, Operator.STARTS_WITH, f"{escape_like(wanted)}%")
    try:
        return NameStarts(*search_range(wanted)) if wanted else None
    except ValueError as error:
        raise BadUserInput("`search` needs letters, digits or Chinese characters.") from error
