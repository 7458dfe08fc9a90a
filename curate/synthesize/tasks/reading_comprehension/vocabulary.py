"""Words typical of a part. Reads passages, counts in DuckDB how many of a part hold each word."""

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
    "about", "above", "across", "after", "again", "against", "allow", "allows", "along",
    "already", "although", "always", "among", "another", "because", "become", "becomes", "been",
    "before", "being", "below", "between", "beyond", "cannot", "certain", "change", "changed",
    "consider", "could", "currently", "default", "different", "does", "doing", "during",
    "either", "enough", "especially", "every", "example", "exactly", "first", "following",
    "follows", "found", "further", "general", "generally", "given", "gives", "having", "hence",
    "however", "indeed", "instead", "itself", "large", "later", "least", "likely", "makes",
    "making", "might", "moreover", "needed", "neither", "never", "nothing", "number", "often",
    "other", "others", "otherwise", "perhaps", "please", "possible", "provide", "provided",
    "provides", "rather", "respectively", "return", "returned", "returns", "same", "second",
    "several", "shall", "should", "similar", "similarly", "simply", "since", "small",
    "specifically", "still", "support", "supported", "supports", "take", "taken", "takes",
    "than", "their", "them", "themselves", "then", "there", "thereby", "therefore", "these",
    "thing", "things", "third", "this", "those", "though", "three", "through", "thus",
    "together", "toward", "under", "unless", "until", "upon", "used", "useful", "user", "using",
    "usually", "value", "values", "various", "versus", "very", "want", "well", "what", "when",
    "where", "whereas", "whether", "which", "while", "whole", "whose", "will", "with", "within",
    "without", "would", "yield", "your",
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
group by all
having count(*) >= $min_passages or word = ''
"""
_TYPICAL = """
with shares as (
    select counts.part, counts.word, counts.n, sizes.n as size, counts.n / sizes.n as share
    from counts join (select part, n from counts where word = '') as sizes using (part)
    where counts.word <> ''
),
others as (
    select one.part, one.word, max(other.share) as share
    from shares as one join shares as other on one.word = other.word and one.part <> other.part
    group by all
)
select shares.part, shares.word
from shares left join others using (part, word)
where case
    when (select count(*) from counts where word = '') = 1
    then shares.n <= greatest($min_passages + 2, $max_share * shares.size)
    else shares.share >= $min_ratio * (coalesce(others.share, 0) + 1 / shares.size)
end
order by all
"""


def domain_words(passages: Iterable[pa.RecordBatch]) -> dict[str, frozenset[str]]:
    """Every part -> words of five letters and more, in small letters, that are typical of it.

    Against other parts: at least MIN_RATIO times as frequent as in any of them. Of a single part:
    words of middling frequency, neither rare nor in more than MAX_SHARE of its passages. The
    thresholds are our own.
    """
    words: dict[str, set[str]] = {}
    with duckdb.connect(config={"enable_external_access": False}) as database:
        reader = pa.RecordBatchReader.from_batches(_COLUMNS, _texts(passages))
        database.register("passages", reader)
        database.execute(_COUNT, {"min_passages": MIN_PASSAGES})
        settings = {
            "min_passages": MIN_PASSAGES,
            "max_share": MAX_SHARE,
            "min_ratio": MIN_RATIO,
        }
        for (part,) in database.execute("select part from counts where word = ''").fetchall():
            words[part] = set()
        for part, word in database.execute(_TYPICAL, settings).fetchall():
            if word not in COMMON:
                words[part].add(word)
    return {part: frozenset(found) for part, found in sorted(words.items())}


def _texts(passages: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in passages:
        yield batch.select(_COLUMNS.names).cast(_COLUMNS)
