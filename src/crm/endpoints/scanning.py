"""A look at a document's text before it is parsed: refuses cheaply what would take the parser long, or too deep.

The parser works in Python, token by token, and goes one level down for each bracket. Here one regular expression finds the
tokens, and the first one over a limit ends the reading. Strings, block strings and comments are tokens as well, so brackets in
them count for nothing.
"""

from __future__ import annotations

import re

from crm.core.errors import QueryTooComplex

MOST_BYTES = 64 * 1024
"""Of a document's text. The largest honest ones have a few thousand; long values belong into variables."""
MOST_TOKENS = 2000
"""Parsing and validating cost some 50 µs for each. A customer with everything on one screen takes 400."""
MOST_NESTING = 64
"""Brackets within brackets of any kind. Filters nest 6 deep and selections 20, so half would do."""
MOST_DIRECTIVES = 100

# An unfinished string goes to the end: the parser stops there anyway, and looking for its end again and again would take long.
_TOKEN = re.compile(
    r'"""(?:\\"""|(?!""").)*(?:"""|\Z)'
    r'|"(?:[^"\\\n\r]|\\.)*"?'
    r"|#[^\n\r]*"
    r"|\.\.\.|[_A-Za-z][_0-9A-Za-z]*|-?[0-9][-+.0-9eE]*"
    r"|[^\s,\ufeff]",
    re.DOTALL,
)


def scan(text: str) -> int:
    """How many tokens a text has; raises `QueryTooComplex` for one beyond a limit."""
    tokens = nesting = directives = 0
    for match in _TOKEN.finditer(text):
        tokens += 1
        if tokens > MOST_TOKENS:
            raise QueryTooComplex("tokens", tokens, MOST_TOKENS, f"The document has more than {MOST_TOKENS} tokens.")
        match text[match.start()]:
            case "{" | "[" | "(":
                nesting += 1
                if nesting > MOST_NESTING:
                    told = f"Brackets stand more than {MOST_NESTING} deep in the document."
                    raise QueryTooComplex("nesting", nesting, MOST_NESTING, told)
            case "}" | "]" | ")":
                nesting -= 1
            case "@":
                directives += 1
    if directives > MOST_DIRECTIVES:
        raise QueryTooComplex("directives", directives, MOST_DIRECTIVES)
    return tokens


def check_size(data: bytes) -> None:
    """Refuse a document that is too long to be looked at."""
    if len(data) > MOST_BYTES:
        raise QueryTooComplex("bytes", len(data), MOST_BYTES)
