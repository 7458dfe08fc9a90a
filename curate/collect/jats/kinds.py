"""What a work is: its article type, then its subject headings, then its title -> a document's kind.

The types are those that JATS suggests for `article/@article-type`
(https://jats.nlm.nih.gov/archiving/tag-library/1.3/attribute/article-type.html) and those that
PubMed Central, eLife, PLOS and SciELO use beside them.
"""

import re
from collections.abc import Sequence

from schemas.rows import Kind

_TYPES: dict[Kind, str] = {
    "research": (
        "research-article research article articles original-article original-research original-"
        "paper original-investigation brief-report rapid-communication data-paper methods-article "
        "short-report short-communication technical-note technical-report research-note research-"
        "paper full-paper full-length-article clinical-trial registered-report methods "
        "replication-study tools-and-resources research-advance brief-communication preprint "
        "scientific-reports hypothesis dissertation database software resource data-descriptor "
        "new-results confirmatory-results contradictory-results brief-original-report"
    ),
    "review": (
        "review-article review reviews systematic-review mini-review minireview scoping-review "
        "literature-review meta-analysis primer review-articles living-review"
    ),
    "case-report": "case-report case-reports case-study case-series clinical-case",
    "protocol": "protocol study-protocol research-protocol protocols trial-protocol",
    "editorial": (
        "editorial editorials introduction editors-note foreword preface from-the-editor"
    ),
    "commentary": (
        "article-commentary commentary commentaries discussion opinion perspective perspectives "
        "viewpoint viewpoints insight essay comment policy-forum editor-report editors-report "
        "referee-report reviewer-report aggregated-review-documents review-commentary debate "
        "points-of-view feature-article peer-review hypothesis-and-theory"
    ),
    "letter": (
        "letter letters reply response decision-letter author-comment correspondence letter-to-"
        "the-editor letters-to-the-editor author-response author-reply authors-response"
    ),
    "news": (
        "news in-brief announcement calendar interview research-highlight news-and-views "
        "newspaper-article press-release community-page"
    ),
    "abstract": (
        "abstract abstracts meeting-abstract meeting-abstracts poster-presentation oral-"
        "presentation conference-abstract poster proceedings-abstract"
    ),
    "book-review": "book-review book-reviews product-review books-received media-review",
    "correction": (
        "correction corrections erratum errata corrigendum corrigenda addendum publishers-"
        "correction author-correction publisher-correction"
    ),
    "retraction": (
        "retraction retractions partial-retraction retraction-note retraction-notice removal "
        "withdrawal"
    ),
    "concern": "expression-of-concern expressions-of-concern editorial-expression-of-concern",
    "other": (
        "other collection meeting-report obituary oration reprint translation guideline case-law "
        "index table-of-contents"
    ),
}

KINDS: dict[str, Kind] = {name: kind for kind, names in _TYPES.items() for name in names.split()}
"""A type of article, in small letters with hyphens -> kind."""

_RETRACTION = (
    r"(?:partial )?retraction(?::| note\b| notice\b| statement\b|\Z| to:)"
    r"|withdrawal (?:notice|statement)\b"
)
_CORRECTION = (
    r"(?:(?:author|publisher)['’]?s?['’]? )?corrections?"
    r"(?::|\Z| to:| to ['‘“\"]| to (?-i:[A-Z])| for:| for (?-i:[A-Z])\S+ (?:et al|and))"
    r"|(?:erratum|errata|corrigendum|corrigenda|addendum)\b"
)
NOTICES: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(_RETRACTION, re.IGNORECASE), "retraction"),
    (re.compile(r"(?:editorial )?expressions? of concern\b", re.IGNORECASE), "concern"),
    (re.compile(_CORRECTION, re.IGNORECASE), "correction"),
)
"""How the title of a notice about another article begins."""

UNTOLD = {"article", "articles"}
"""Types that say nothing."""

BROAD = {"research", "other"}
"""Kinds that a subject heading or a title may tell more exactly."""

RELATED: dict[str, str] = {
    "retracted-article": "retracts", "partial-retraction": "retracts", "retraction": "retracts",
    "corrected-article": "corrects", "addended-article": "corrects", "updated-article": "corrects",
    "commentary-article": "comments_on", "object-of-concern": "comments_on",
    "letter": "comments_on", "peer-reviewed-article": "comments_on",
    "peer-reviewed-material": "comments_on", "reviewed-article": "comments_on",
    "article-reference": "comments_on",
    "retraction-forward": "retracted_by", "retracted-by": "retracted_by",
    "correction-forward": "corrected_by", "corrected-by": "corrected_by",
    "concern-forward": "concern_by", "expression-of-concern": "concern_by",
}  # fmt: skip
"""`related-article-type` -> key in a document's metadata."""


def name_of(text: str) -> str:
    """A type or a heading as KINDS has it: `Letter to the Editor` -> `letter-to-the-editor`."""
    return re.sub(r"[^a-z]+", "-", text.lower().replace("’", "").replace("'", "")).strip("-")


def kind_of(
    article_type: str, subjects: Sequence[str], title: str, related: Sequence[str] = ()
) -> Kind:
    """The kind of an article.

    A type that says more than "article" or "other" holds, unless the article is a notice about
    another one: publishers often file those under their commonest type.

    Args:
        article_type: as the file says it; may be empty.
        subjects: its subject headings.
        title: its title.
        related: keys that RELATED gives for what it is related to.
    """
    told = KINDS.get(name_of(article_type))
    if told is not None and told not in BROAD:
        return told
    headed = [KINDS[name] for name in map(name_of, subjects) if name in KINDS]
    notices: list[Kind] = [
        kind for kind in headed if kind in {"retraction", "correction", "concern"}
    ]
    notices += [kind for pattern, kind in NOTICES if pattern.match(title)]
    if notices:
        return notices[0]
    if "retracts" in related:
        return "retraction"
    if told == "research" and name_of(article_type) not in UNTOLD:
        return told
    exact = [kind for kind in headed if kind not in BROAD]
    return (exact or headed or [told or "research"])[0]
