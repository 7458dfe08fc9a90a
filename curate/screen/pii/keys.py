"""Keys, tokens and passwords. What is found is the secret itself, not the word before it.

Keys are known by the first characters that their issuers give them. Of keys that are letters and
digits only some digits are asked for, so that no peptide or hyphenated word is one. A password is
what is assigned to a name of one; what stands there in examples (`your_key`, `****`) is none.

Sources: the issuers' documentation of their formats; RFC 7468 (PEM), 7519 (JWT), 6750 (Bearer).
"""

import re
from collections.abc import Iterator

from curate.screen.pii.forms import Form
from curate.screen.pii.spans import Span

_LIKELY = (
    r"sk-[\w-]{20}|[spr]k_(?:live|test)_|gh[opsur]_\w{20}|github_pat_|glpat-|xox[abeprs]-|AIza"
    r"|hf_\w{30}|npm_\w{30}|pypi-AgE|eyJ[\w-]{8,}\.eyJ|(?:AKIA|ASIA)[A-Z0-9]{16}|SG\.[\w-]{16}"
    r"|ya29\.|-----BEGIN [A-Z ]*PRIVATE KEY|://[^\s/@:]+:[^\s/@]+@"
    r"|(?i:pass(?:wor[dt]|wd|phrase)|pwd|secret|token|key|authorization)[\"']?\s{0,3}[:=]"
    r"|(?i:bearer)\s+[\w.~+/-]{20}"
)
_KEY = re.compile(
    r"(?<![\w-])(?:"
    r"(?P<digits>sk-[\w-]{20,200}|[spr]k_(?:live|test)_[A-Za-z0-9]{16,200}|gh[opsur]_[A-Za-z0-9]{36,255}"
    r"|github_pat_\w{40,255}|glpat-[\w-]{20,100}|xox[abeprs]-[A-Za-z0-9-]{10,250}"
    r"|npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]{50,1000}|AIza[\w-]{35}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|ya29\.[\w-]{20,1000})"
    r"|(?P<cases>hf_[A-Za-z0-9]{30,40})"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"
    r")(?![\w-])",
    re.ASCII,
)
_AUTHORIZED = re.compile(
    r"(?:authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer|basic|token)|\bbearer)"
    r"\s{1,3}(?P<secret>[\w.~+/=-]{8,4000})",
    re.ASCII | re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"://[^\s/@:]{1,64}:(?P<secret>[^\s/@]{3,100})@")
_ASSIGNED = re.compile(
    r"(?P<name>pass(?:wor[dt]|wd|phrase)|pwd|secret(?:[_-]?(?:access[_-]?)?key)?|token"
    r"|(?:api|access|auth|account|private)[_-]?key)"
    r"[\"']?\s{0,3}(?::=|=>|[:=])\s{0,3}"
    r"(?:(?P<quote>[\"'])(?P<quoted>[^\s\"']{6,200})(?P=quote)"
    r"|(?P<bare>[^\s\"'<>(){}\[\],;$]{6,200})(?![\w(\[{<]))",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"(?i)(?:your|my|example|insert|enter|change|placeholder|redacted|none|null|todo|x{3}|\*|\.{3}"
    r"|[<${%])"
)
_BEGIN, _END = "-----BEGIN ", "-----END "
_OF_PRIVATE_KEY = r"(?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_BEGINS, _ENDS = re.compile(_BEGIN + _OF_PRIVATE_KEY), re.compile(_END + _OF_PRIVATE_KEY)
_ENOUGH_DIGITS = 3
_LONG = 16


def find(text: str) -> Iterator[Span]:
    """Every secret in the text."""
    for start, end in [*_private_keys(text), *_keys(text), *_said(text)]:
        yield Span("secret", start, end)


def _private_keys(text: str) -> Iterator[tuple[int, int]]:
    """From BEGIN to END of each private key; a key that has no END goes to the next blank line."""
    done = end = 0
    for begins in _BEGINS.finditer(text):
        if begins.start() >= done:
            if 0 <= end < begins.end():  # an END found before serves every BEGIN as far as that
                end = text.find(_END, begins.end())
            ends = _ENDS.match(text, end) if end >= 0 else None
            done = ends.end() if ends else _blank(text, begins.end())
            yield begins.start(), done


def _blank(text: str, start: int) -> int:
    gap = text.find("\n\n", start, start + 10_000)
    return gap if gap >= 0 else min(len(text), start + 10_000)


def _keys(text: str) -> Iterator[tuple[int, int]]:
    for match in _KEY.finditer(text):
        found = match.group()
        n_digits = sum(character.isdigit() for character in found)
        few = n_digits < (1 if found[:4] in ("AKIA", "ASIA") else _ENOUGH_DIGITS)
        one_case = found[3:] in (found[3:].lower(), found[3:].upper())
        if not (match["digits"] and few) and not (match["cases"] and one_case):
            yield match.span()


def _said(text: str) -> Iterator[tuple[int, int]]:
    """What stands where a secret is written."""
    for match in _AUTHORIZED.finditer(text):
        if _is_mixed(match["secret"]) and not _EXAMPLE.match(match["secret"]):
            yield match.span("secret")
    for match in _IN_ADDRESS.finditer(text):
        if not _EXAMPLE.match(match["secret"]):
            yield match.span("secret")
    for match in _ASSIGNED.finditer(text):
        which = "quoted" if match["quoted"] else "bare"
        if _is_secret(match["name"].lower(), match[which], which == "quoted"):
            start, end = match.span(which)
            yield start, end - len(match[which]) + len(match[which].rstrip(".,;"))


def _is_secret(name: str, value: str, is_quoted: bool) -> bool:
    """Whether what is assigned can be a secret and not a word, a name in code or an example."""
    if _EXAMPLE.match(value):
        return False
    if name.startswith(("pass", "pwd")):
        return is_quoted or _is_mixed(value)
    return _is_mixed(value) and len(value) >= _LONG


def _is_mixed(value: str) -> bool:
    """Whether it has letters and digits."""
    return any(one.isdigit() for one in value) and any(one.isalpha() for one in value)


FORMS = (Form(_LIKELY, find),)
