"""The field of science of a document, from subject headings, its journal's name and its title.

Reads `headings.yaml` and the table of arXiv's categories (https://arxiv.org/category_taxonomy) in
`arxiv.py`; writes nothing. The method is ours, and so are its numbers:

- Each heading has one vote, a piece of a path (`Biology and Life Sciences/Genetics`) counts as a
  heading. The phrases in it that `headings.yaml` knows share the vote; a heading that holds hints
  alone has a third of one.
- arXiv's first category, the primary one, has PRIMARY votes, each other one a single vote.
- The journal's name has JOURNAL votes, each phrase in the title TITLE, TITLE_MOST together: they
  decide where headings say little, and are outvoted where headings say more.
- Votes are counted by FAMILIES, as biology, biomedicine and clinical medicine share words; the
  first family's first field wins. Fewer than ENOUGH votes are no answer. Three families or more
  with at least EVEN of all votes each, and none with half of them, make it `multi-domain`.

Biology is organisms, molecules, cells, plants, ecology, food and farming; biomedicine is mechanisms
of disease, drugs, toxins, pathogens and medical laboratory science; clinical is patients, trials,
case reports, diagnosis, surgery, care and public health. Statistics counts as mathematics,
signals and systems as computing, materials and astronomy as physics. Economics, psychology and
the social sciences are none of the fields, and vote for nothing.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from curate.collect.domains.arxiv import CATEGORIES
from curate.collect.domains.phrases import LONGEST, Votes, found

Domain = Literal[
    "biology", "biomedicine", "clinical", "mathematics", "geoscience", "chemistry", "ocean science",
    "physics", "computing", "multi-domain", "general",
]  # fmt: skip

FAMILIES: dict[str, str] = {
    "biomedicine": "biology", "clinical": "biology", "ocean science": "geoscience",
}  # fmt: skip
"""Field -> the field that its family is called by; the others are families of one."""

PRIMARY = 3.0
JOURNAL = 0.8
TITLE = 0.4
TITLE_MOST = 1.2
ENOUGH = 0.7
EVEN = 0.2

FIELDS: tuple[Domain, ...] = get_args(Domain)


def derive(
    terms: Sequence[str], journal: str | None = None, title: str | None = None
) -> Domain | None:
    """The field that most of these speak for; None where they say too little.

    Args:
        terms: subject groups of a journal, MeSH headings, arXiv categories, the primary one first.
        journal: its name.
        title: the document's.
    """
    votes: dict[str, float] = dict.fromkeys(FIELDS, 0.0)
    primary = PRIMARY
    for term in terms:
        category = _category(term)
        if category is None:
            _count(votes, _of_heading(term[:LONGEST]), 1.0)
        else:
            _count(votes, category, primary)
            primary = 1.0
    if journal:
        _count(votes, _of_heading(journal[:LONGEST]), JOURNAL)
    if title:
        _count(votes, _of_title(title), 1.0)
    return _decide(votes)


def _category(term: str) -> Votes | None:
    """The votes of one of arXiv's categories, as `cs.LG` or `Machine Learning (cs.LG)`."""
    name = term.strip()
    if name.endswith(")"):
        name = name[name.rfind("(") + 1 : -1]
    fields = CATEGORIES.get(name)
    return None if fields is None else tuple((field, 1 / len(fields)) for field in fields)


@functools.lru_cache(maxsize=65_536)
def _of_heading(heading: str) -> Votes:
    """The votes of a heading, of each piece where it is a path; one a piece at most."""
    return tuple(
        pair for piece in heading.split("/") if piece for pair in _capped(found(piece), 1.0)
    )


def _of_title(title: str) -> Votes:
    """The votes of a title; a paper about news or teaching is not for that of general interest."""
    weighed = (
        tuple((field, n * TITLE) for field, n in votes if field != "general")
        for votes in found(title)
    )
    return tuple(_capped(weighed, TITLE_MOST))


def _capped(phrases: Iterable[Votes], most: float) -> list[tuple[str, float]]:
    """Votes of phrases, made smaller in proportion where together they are more than `most`."""
    pairs = [pair for votes in phrases for pair in votes]
    total = sum(n for _, n in pairs)
    scale = most / total if total > most else 1.0
    return [(field, n * scale) for field, n in pairs]


def _count(votes: dict[str, float], new: Votes, weight: float) -> None:
    for field, n in new:
        votes[field] += n * weight


def _decide(votes: dict[str, float]) -> Domain | None:
    families: dict[str, float] = dict.fromkeys(FIELDS, 0.0)
    for field, n in votes.items():
        families[FAMILIES.get(field, field)] += n
    total = sum(families.values())
    first: str = max(FIELDS, key=lambda family: families[family])
    # Sums of thirds and tenths end a hair below what they are.
    if families[first] < ENOUGH - 1e-9:
        return None
    spread = [n for n in families.values() if n >= EVEN * total - 1e-9]
    if len(spread) >= 3 and families[first] < total / 2:
        return "multi-domain"
    return max(
        (field for field in FIELDS if FAMILIES.get(field, field) == first),
        key=lambda field: votes[field],
    )
