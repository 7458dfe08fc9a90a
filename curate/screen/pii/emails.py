"""E-mail addresses. A group as LaTeX papers write it, `{ann,bob}@uni.edu`, is one address.

Addresses that programs use (`git@github.com`) and what is code (`weights@x.reshape(`) are none.

Source: RFC 5321, section 4.5.3.1: at most 64 characters before the @, and 255 behind it.
"""

import re
from collections.abc import Iterator

from curate.screen.pii.forms import Form
from curate.screen.pii.spans import Span

_LIKELY = r"[^\s@]@[^\s@]"
_LOCAL = re.compile(r"(?:[\w.%+'-]{1,64}|\{[^{}\n@]{1,200}\})\Z")
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.){1,8}(?:[^\W\d_]{2,24}|xn--[\w-]{1,59})(?![\w(@])")
_PROGRAMS = frozenset({"git"})
_WIDEST = 202


def find(text: str) -> Iterator[Span]:
    """Every address in the text."""
    at = text.find("@")
    done = 0
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        # Cheap first: the longest stretch of characters that may stand before the @.
        local = _LOCAL.search(text[max(done, at - _WIDEST) : at]) if domain else None
        if domain and local:
            name = local.group().lstrip(".'-")
            if name and not name.endswith(".") and name not in _PROGRAMS:
                done = domain.end()
                yield Span("email", at - len(name), done)
        at = text.find("@", at + 1)


FORMS = (Form(_LIKELY, find),)
