"""Bytes of XML -> a tree, without trusting them. Reads no file, no DTD and no network.

Entities are never resolved by the parser. Names of characters that a DTD would define (`&alpha;`,
`&nbsp;`) are looked up in HTML's list; short plain entities of the file's own DOCTYPE are put in;
all others are left out and named in a note. libxml2 refuses more than 256 levels and text nodes
above 10 MB. A file that breaks the rules of XML is refused, but for five faults that can be mended
without losing a word: bytes of another encoding, control characters, blanks before the XML
declaration, prefixes that are not declared, and named characters that are not declared.
"""

import codecs
import html.entities
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lxml import etree

from curate.collect.elements import Element

Notes = dict[str, str]
"""What a document's metadata says of how its file was read."""

SAFE = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "dtd_validation": False,
    "attribute_defaults": False, "huge_tree": False, "remove_comments": True, "remove_pis": True,
}  # fmt: skip
"""Settings of every parser that reads a stranger's XML.

`collect_ids=False` is not among them: it looks harmless and makes libxml2 load external DTDs."""

ASCII_BASED = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<")
ENTITY = re.compile(rb"(<!\[CDATA\[.*?\]\]>|<!--.*?-->)|&([A-Za-z][\w.-]{0,40});", re.DOTALL)
PREDEFINED = {b"amp", b"lt", b"gt", b"quot", b"apos"}
PLAIN = re.compile(r"[^<&%\"']{0,200}")
FORBIDDEN = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]));",
    re.IGNORECASE,
)
BYTE = re.compile("[\udc80-\udcff]")
ROOT = re.compile(
    rb"(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?>[^\[>]+|\[.*?\]\s*(?=>))*+>)*+<(?:[\w.-]+:)?([\w.-]+)",
    re.DOTALL,
)
HEAD = 8192
"""Bytes in which a root element begins, but for odd files."""
CHUNK = 1 << 20
DECLARED = re.compile(rb"""\A<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)""")
GROWTH = 4_000_000
"""Bytes that a file's own entities may add to it; more is an attack (the number is ours)."""


class MalformedError(Exception):
    """The bytes are not XML, or XML that nobody should expand; says in one line why."""


def parse(data: bytes) -> tuple[Element, Notes]:
    """(root, notes) of one document, without namespaces of JATS, comments and entities.

    Raises:
        MalformedError: it is not well-formed, too deep, or grows by its own entities.
    """
    data = without_lead(data)
    notes: Notes = {}
    options: dict[str, Any] = {}
    while True:
        parser = etree.XMLParser(**SAFE, **options)
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, LookupError) as error:
            data = _mended(data, error, _faults(parser), notes, options)
            continue
        if root is None:
            raise MalformedError("it has no root element")
        if next(root.iter(etree.Entity), None) is not None:
            if "entities" not in notes:
                notes["entities"] = ""
                data = with_entities(data, _own_entities(root))
                continue
            _leave_out_entities(root, notes)
        _forget_namespace(root)
        return root, {name: note for name, note in notes.items() if note}


def without_lead(data: bytes) -> bytes:
    """The bytes without blanks and byte order mark before the first mark-up; UTF-16 as it is."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip() if ASCII_BASED.match(data) else data


def _faults(parser: Element) -> set[str]:
    """Kinds of everything that the parser found wrong."""
    return {entry.type_name for entry in parser.error_log if entry.level_name != "WARNING"}


def _mended(
    data: bytes,
    error: Exception,
    faults: set[str],
    notes: Notes,
    options: dict[str, Any],
) -> bytes:
    """The bytes with one kind of fault mended, each kind once.

    Raises:
        MalformedError: nothing is left that can be mended.
    """
    if faults & {"ERR_INVALID_ENCODING", "ERR_UNSUPPORTED_ENCODING", "I18N_CONV_FAILED"}:
        if "encoding" not in notes and ASCII_BASED.match(data):
            options["encoding"] = "utf-8"
            data, notes["encoding"] = as_utf_8(data)
            return data
    elif "ERR_INVALID_CHAR" in faults and "characters" not in notes and ASCII_BASED.match(data):
        data, n_removed = FORBIDDEN.subn(b"", data)
        notes["characters"] = f"{n_removed} control characters that XML forbids left out"
        return data
    elif "ERR_UNDECLARED_ENTITY" in faults and "entities" not in notes:
        notes["entities"] = ""
        return with_entities(data, {})
    elif faults == {"NS_ERR_UNDEFINED_NAMESPACE"} and "recover" not in options:
        options["recover"] = True
        notes["namespaces"] = "some prefixes are not declared"
        return data
    raise MalformedError(one_line(str(error)))


def one_line(text: str) -> str:
    """A library's message as at most 300 characters on one line."""
    return " ".join(text.split())[:300]


def as_utf_8(data: bytes) -> tuple[bytes, str]:
    """(UTF-8, what was done): every byte that is not UTF-8 is read as windows-1252."""
    text = data.decode("utf-8", "surrogateescape")
    mended, n_bytes = BYTE.subn(_of_windows, text)
    note = f"utf-8 with {n_bytes} bytes read as windows-1252" if n_bytes else "read as utf-8"
    return mended.encode("utf-8"), note


def _of_windows(byte: re.Match[str]) -> str:
    return bytes([ord(byte[0]) - 0xDC00]).decode("windows-1252", "replace")


def with_entities(data: bytes, own: Mapping[str, str]) -> bytes:
    """The bytes with named characters and these plain entities as numeric references.

    Raises:
        MalformedError: the file's own entities would make it grow beyond measure.
    """
    if not ASCII_BASED.match(data):
        return data
    growth = 0

    def value(match: re.Match[bytes]) -> bytes:
        nonlocal growth
        if match[1] or match[2] in PREDEFINED:
            return match[0]
        name = match[2].decode("ascii", "replace")
        text = own[name] if name in own else html.entities.html5.get(f"{name};")
        if text is None:
            return match[0]
        found = "".join(f"&#{ord(letter)};" for letter in text).encode("ascii")
        growth += len(text) if name in own else 0
        if growth > GROWTH:
            raise MalformedError(f"its own entities add more than {GROWTH} characters")
        return found

    return ENTITY.sub(value, data)


def _own_entities(root: Element) -> dict[str, str]:
    """Entities of the file's DOCTYPE that are short text without mark-up or other entities."""
    dtd = root.getroottree().docinfo.internalDTD
    declared: Iterable[Any] = dtd.iterentities() if dtd is not None else ()
    return {
        entity.name: entity.content
        for entity in declared
        if entity.content is not None and PLAIN.fullmatch(entity.content)
    }


def root_name(data: bytes) -> str:
    """The local name of the root element; empty where it has to be parsed to be known."""
    match = ROOT.match(without_lead(data[:HEAD]))
    return match[1].decode("ascii", "replace") if match else ""


def child_of(element: Element, tag: str) -> Element | None:
    """The first child of this tag; a third of the time of lxml's `find`, which knows paths."""
    for child in element:
        if child.tag == tag:
            return child
    return None


def as_bytes(root: Element) -> bytes:
    """The same tree as UTF-8."""
    found: bytes = etree.tostring(root, encoding="utf-8")
    return found


def elements(data: bytes, tags: Sequence[str]) -> Iterator[tuple[Element, Notes]]:
    """Elements of these local names, each as soon as it is read; it is gone when the next one is.

    One inside another of them is a part of that one.

    Raises:
        MalformedError: what follows the last one is not well-formed.
    """
    data = without_lead(data)
    data, notes = _readable(data)
    options = {"encoding": "utf-8"} if notes else {}
    wanted = [name for tag in tags for name in (tag, f"{{*}}{tag}")]
    parser = etree.XMLPullParser(events=("end",), tag=wanted, **SAFE, **options)
    for start in range(0, len(data), CHUNK):
        fault = _fed(parser, data[start : start + CHUNK])
        for _, element in parser.read_events() if fault is None else _left(parser):
            if _is_within(element, tags):
                continue
            own = dict(notes)
            _leave_out_entities(element, own)
            _forget_namespace(element)
            yield element, own
            _forget(element)
        if fault is not None:
            raise MalformedError(fault)
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        raise MalformedError(one_line(str(error))) from error


def _is_within(element: Element, tags: Sequence[str]) -> bool:
    parent = element.getparent()
    return parent is not None and etree.QName(parent).localname in tags


def _fed(parser: Element, data: bytes) -> str | None:
    """What the parser found wrong in these bytes."""
    try:
        parser.feed(data)
    except etree.XMLSyntaxError as error:
        return one_line(str(error))
    return None


def _left(parser: Element) -> Iterator[tuple[str, Element]]:
    """What a parser had read before it found a fault."""
    try:
        yield from parser.read_events()
    except etree.XMLSyntaxError:
        return


def _forget(element: Element) -> None:
    """Free an element and everything before it on its level."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _readable(data: bytes) -> tuple[bytes, Notes]:
    """The bytes as UTF-8 where they say so and are not."""
    declared = DECLARED.match(data[:HEAD])
    if not ASCII_BASED.match(data) or (declared and declared[1].lower() not in {b"utf-8", b"utf8"}):
        return data, {}
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), CHUNK):
            decoder.decode(data[start : start + CHUNK])
    except UnicodeDecodeError:
        data, note = as_utf_8(data)
        return data, {"encoding": note}
    return data, {}


def _leave_out_entities(root: Element, notes: Notes) -> None:
    names = sorted({node.name for node in root.iter(etree.Entity)})
    if names:
        notes["entities"] = one_line(f"left out: {', '.join(names)}")
        etree.strip_elements(root, etree.Entity, with_tail=False)


def _forget_namespace(root: Element) -> None:
    """Take the namespace off JATS elements that have one, as in the feeds of PubMed Central."""
    namespace = etree.QName(root).namespace
    if namespace is not None:
        for element in root.iter(f"{{{namespace}}}*"):
            element.tag = etree.QName(element).localname
