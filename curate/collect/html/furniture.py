"""What surrounds an article's body: its title again, bylines, dates, links to other pages.

Reads and writes nothing. The words are those of the page languages that the general part of a
mixture is made of; all are matched against whole short pieces, never inside a paragraph.
"""

import re
from collections.abc import Sequence

from curate.collect.html.pieces import Piece

SHORT = 120
"""Characters; a piece above is prose and is not matched."""


def _any(*phrases: str) -> re.Pattern[str]:
    """One of the phrases, with what buttons and lead-ins end in."""
    return re.compile(rf"(?:{'|'.join(phrases)})[\s.:!…»›>→*]*", re.IGNORECASE)


RELATED = _any(
    r"you (?:may|might) (?:also )?(?:like|enjoy|be interested in)",
    r"(?:more |further )?related\b.{0,30}",
    r"recommended(?: for you| reading| articles| stories| posts)?",
    r"(?:editor.{0,3} )?(?:picks|recommendations?)",
    r"(?:more )?(?:must|most)[- ]reads?\b.{0,20}",
    r"(?:most|trending|popular|latest|recent) (?:popular|read|viewed|stories|articles|posts|news)",
    r"(?:read|see|more|further) (?:more|next|also|on this|from|stories|articles|news)\b.{0,60}",
    r"trending(?: now)?|don.t miss|what to read next|next up.{0,20}|.{0,20} recommends",
    r"similar (?:articles|posts|stories)|also (?:on|read)\b.{0,40}",
    r"share(?: (?:this|on|via|article)\b.{0,20})?",
    r"auch interessant.{0,20}|das könnte sie auch interessieren|lesen sie auch.{0,40}",
    r"mehr zum thema.{0,30}|ähnliche (?:beiträge|artikel)|weitere (?:artikel|beiträge"
    r"|themen).{0,30}",
    r"(?:à |a )?lire (?:aussi|également).{0,40}|sur le même (?:sujet|thème)",
    r"articles? (?:liés|similaires|associés)|lea también.{0,40}|te puede interesar.{0,20}",
    r"noticias relacionadas|leia (?:também|mais).{0,40}|leggi anche.{0,40}|lees ook.{0,40}",
)
"""A heading or lead-in of links to other pages."""

LABEL = _any(
    r"advertise?ments?|anzeige|werbung|publicité|publicidad|sponsored(?: content)?",
    r"story continues below.{0,30}|(?:click|tap) (?:here )?to (?:enlarge|expand|share|tweet"
    r"|print|play).{0,30}",
    r"print|email|e-mail|save|tweet|share|like|pin it|reply|follow|subscribe|sign up|log ?in"
    r"|comments?",
    r"next|previous|prev|back|top|more|loading|close|menu|download pdf|edit(?: on github"
    r"| this page)?",
    r"[\d.,]+k? (?:shares?|comments?|likes?|min(?:ute)?s? read|kommentare|views)",
    r"(?:watch|play) (?:video|now)\b.{0,20}|(?:read|learn|see|view) more",
    r"continue reading.{0,80}|weiterlesen.{0,60}|mehr (?:lesen|erfahren)|lire la suite.{0,60}",
    r"(?:skip|jump) to (?:main |navigation|content|search).{0,40}|back to (?:top|article|blog"
    r"|home)",
    r"zur startseite|nach oben|(?:next|previous|prev) (?:page|post|article)\b.{0,80}",
    r"pages?:?(?:\s*\d+)+|blog comments powered by.{0,20}|copy(?: link| to clipboard)?|copied",
)
"""A button or a label that is no part of the text."""

MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni|juli|okt|dez"
    r"|janv|févr|avril|juin|juil|août|déc|enero|febrero|marzo|abril|mayo|junio|julio"
    r"|agosto)[a-zé]*\.?"
)
DATE = re.compile(
    rf"(?:\d{{1,2}}\.?\s*{MONTH},?\s*(?:de )?\d{{4}}"
    rf"|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s*\d{{4}}"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}年\d{1,2}月\d{1,2}日)",
    re.IGNORECASE,
)
NAME = r"[A-ZÀ-Þ][\w.'’-]*"
BYLINE = re.compile(
    r"(?:(?i:posted|published|written|updated|reported|text|words|photos?|photographs?|images?)\s+)?"
    rf"(?i:by|von|par|por):?\s+{NAME}(?:[\s,;&|/•]+(?:and|und|et|y|e|de|van|von|der|la|{NAME})){{0,9}}"
    r"|(?i:posted|published|updated|last (?:updated|modified)|publié le|veröffentlicht|filed under"
    r"|categor(?:y|ies)|tags?|kategorien?|schlagwörter|authors?|autor(?:en|in)?|photo(?:s|graph)?"
    r"|image|foto|bild|credit|source|quelle|copyright|©|\(c\))\s*(?::|on\b|in\b|©|\d).{0,100}"
)
"""Who wrote or drew it, when, and what it is filed under."""


def plain(text: str) -> str:
    """Letters and digits only, in small letters: two printings of one title are the same."""
    return "".join(sign for sign in text.lower() if sign.isalnum())


def without(found: Sequence[Piece], kept: set[int], titles: Sequence[str]) -> set[int]:
    """The kept pieces less those around the body.

    Args:
        found: all pieces of the page.
        kept: positions of those that are content so far.
        titles: the page's title as its metadata and its first heading give it.
    """
    kept = kept - {here for here in kept if is_label(found[here])}
    kept = _without_title(found, kept, {plain(title) for title in titles if title})
    kept = _without_ends(found, kept)
    return _without_related(found, kept)


def is_label(piece: Piece) -> bool:
    """Whether the whole piece is a button, an advertisement's label, or a share count."""
    return (
        piece.kind in {"paragraph", "item"}
        and len(piece.text) <= SHORT
        and LABEL.fullmatch(piece.text) is not None
    )


def is_byline(piece: Piece) -> bool:
    """Whether a short piece tells who wrote it or when."""
    text = piece.text
    if piece.kind not in {"paragraph", "item"} or len(text) > SHORT:
        return False
    rest = DATE.sub("", text)
    return BYLINE.fullmatch(text) is not None or (rest != text and len(rest) < 40)


def _without_title(found: Sequence[Piece], kept: set[int], titles: set[str]) -> set[int]:
    """Drop the title where it is printed before the text, and what is short before it."""
    ordered = sorted(kept)
    lead = 0
    for order, here in enumerate(ordered[:12]):
        text = plain(found[here].text)
        if text in titles or (
            found[here].kind == "heading"
            and found[here].level == 1
            and order < 3
            and any(text and text in title for title in titles)
        ):
            lead = order + 1
        elif len(found[here].text) > 2 * SHORT:
            break
    before = [here for here in ordered[:lead] if len(found[here].text) <= 2 * SHORT]
    return kept - set(before)


def _without_ends(found: Sequence[Piece], kept: set[int]) -> set[int]:
    """Drop bylines and dates at the beginning, and what is no sentence at the end."""
    ordered = sorted(kept)
    while ordered and is_byline(found[ordered[0]]):
        ordered.pop(0)
    while ordered and (
        is_byline(found[ordered[-1]])
        or _is_link(found[ordered[-1]])
        or found[ordered[-1]].kind == "heading"
    ):
        ordered.pop()
    return set(ordered)


def _is_link(piece: Piece) -> bool:
    return piece.kind in {"paragraph", "item"} and piece.linked >= 0.9 * len(piece.text)


def _without_related(found: Sequence[Piece], kept: set[int]) -> set[int]:
    """Drop a lead-in to other pages with the links, or at the end everything, that follow it."""
    ordered = sorted(kept)
    gone: set[int] = set()
    for order, here in enumerate(ordered):
        piece = found[here]
        if here in gone or len(piece.text) > SHORT or not RELATED.fullmatch(piece.text.strip()):
            continue
        run = order + 1
        while run < len(ordered) and _is_teaser(found[ordered[run]]):
            run += 1
        if run > order + 1 or _is_link(piece) or run == len(ordered):
            gone.update(ordered[order:run])
    return kept - gone


def _is_teaser(piece: Piece) -> bool:
    return piece.linked > 0.5 * len(piece.text) and piece.kind in {"paragraph", "item", "heading"}
