"""Words typical of a part, weighed by tf-idf. Reads passages, counts in DuckDB which hold a word.

The weight of a word in a part is

    share of the part's passages that hold it * ln((1 + n) / (1 + m))

where m of the n passages of all other parts hold it. The second factor is the inverse document
frequency (Spärck Jones 1972, doi:10.1108/eb026526), smoothed by one passage and taken over the
other parts: a word of the domain wins that the others seldom hold. Since a common word may still
weigh much by its first factor, a word has to be in MIN_RATIO times as large a share of its part's
passages as of any other part's, one passage of its own being added to that. This bound and the
others are our own.
"""

from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

MIN_PASSAGES = 3
"""A word in fewer passages of a part is a name or a slip, not vocabulary."""
MIN_RATIO = 2.0
"""Share of a part's passages that hold the word, against the largest share of another part."""
MAX_SHARE = 0.05
"""With a single part: words in more of its passages are common English."""
COMMON = frozenset({
    "about", "above", "according", "across", "addition", "after", "again", "against", "allow",
    "allows", "along", "already", "although", "always", "among", "another", "approach", "april",
    "article", "august", "authors", "based", "because", "become", "becomes", "been", "before",
    "being", "below", "between", "beyond", "cannot", "certain", "change", "changed", "compared",
    "consider", "considered", "could", "currently", "december", "decrease", "decreased", "default",
    "described", "different", "does", "doing", "during", "either", "enough", "especially", "every",
    "exactly", "example", "february", "figure", "figures", "first", "following", "follows",
    "found", "further", "general", "generally", "given", "gives", "having", "hence", "higher",
    "however", "important", "including", "increase", "increased", "indeed", "instead", "itself",
    "january", "known", "large", "later", "least", "likely", "lower", "makes", "making", "march",
    "might", "moreover", "needed", "neither", "never", "nothing", "november", "number", "observed",
    "obtained", "october", "often", "other", "others", "otherwise", "paper", "particular",
    "performed", "perhaps", "please", "possible", "present", "provide", "provided", "provides",
    "rather", "reported", "research", "respectively", "result", "results", "return", "returned",
    "returns", "same", "second", "september", "several", "shall", "should", "showed", "shown",
    "shows", "significant", "significantly", "similar", "similarly", "simply", "since", "small",
    "specifically", "still", "studies", "study", "support", "supported", "supports", "table",
    "tables", "take", "taken", "takes", "than", "their", "them", "themselves", "then", "there",
    "thereby", "therefore", "these", "thing", "things", "third", "this", "those", "though",
    "three", "through", "thus", "together", "total", "toward", "under", "unless", "until", "upon",
    "used", "useful", "user", "using", "usually", "value", "values", "various", "versus", "very",
    "want", "well", "what", "when", "where", "whereas", "whether", "which", "while", "whole",
    "whose", "will", "with", "within", "without", "would", "yield", "your",
})  # fmt: skip
"""Words that belong to no subject."""
_COLUMNS = pa.schema([("part", pa.string()), ("text", pa.string())])

# Every passage holds the empty word, whose count is thus the part's number of passages.
_COUNT = r"""
create temp table counts as
select part, word, count(*) as n
from (
    select part, unnest(list_append(list_distinct(
        regexp_extract_all(lower(text), '\p{L}[\p{L}-]{3,}\p{L}')), '')) as word
    from passages
)
group by part, word
qualify max(count(*)) over (partition by word) >= $min_passages or word = ''
"""
_AGAINST_OTHERS = """
with sizes as (
    select part, n as size, sum(n) over () - n as size_elsewhere from counts where word = ''
),
shares as (
    select part, word, n, size, n / size as share,
        ln((1 + size_elsewhere) / (1 + sum(n) over everywhere - n)) as rarity,
        max(n / size) over (everywhere
            rows between unbounded preceding and unbounded following exclude current row
        ) as elsewhere
    from counts join sizes using (part)
    where word <> ''
    window everywhere as (partition by word)
)
select part, word, share * rarity as weight
from shares
where n >= $min_passages and share >= $min_ratio * (coalesce(elsewhere, 0) + 1 / size)
order by part, weight desc, word
"""
_ALONE = """
select counts.part, word, n / size * ln(size / n) as weight
from counts join (select part, n as size from counts where word = '') as sizes using (part)
where word <> '' and n <= greatest($min_passages + 2, $max_share * size)
order by part, weight desc, word
"""


def domain_words(passages: Iterable[pa.RecordBatch]) -> dict[str, dict[str, float]]:
    """Every part -> its typical words with their weights, the heaviest first.

    Words have five letters and more and are in small letters. Of a single part: words of middling
    frequency, neither rare nor in more than MAX_SHARE of its passages, by their inverse document
    frequency within it.
    """
    words: dict[str, dict[str, float]] = {}
    with duckdb.connect(config={"enable_external_access": False}) as database:
        reader = pa.RecordBatchReader.from_batches(_COLUMNS, _texts(passages))
        database.register("passages", reader)
        database.execute(_COUNT, {"min_passages": MIN_PASSAGES})
        parts = database.execute("select part from counts where word = '' order by part").fetchall()
        words = {part: {} for (part,) in parts}
        bound = {"max_share": MAX_SHARE} if len(parts) == 1 else {"min_ratio": MIN_RATIO}
        query = _ALONE if len(parts) == 1 else _AGAINST_OTHERS
        found = database.execute(query, {"min_passages": MIN_PASSAGES, **bound}).fetchall()
    for part, word, weight in found:
        if word not in COMMON:
            words[part][word] = weight
    return words


def _texts(passages: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in passages:
        yield batch.select(_COLUMNS.names).cast(_COLUMNS)
