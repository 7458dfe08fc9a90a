"""Questions that speak of what only a reader of their source can see. RE2, linear.

`What does Figure 3 show?`, `Which plant did the authors study?`, `What was concluded in [12]?` ask
nothing of someone who has the question alone. Words that have other uses (text, passage, study)
count only where they stand for the source: `according to the text`, not `the text mining
literature` nor `the passage of time`. English only; the patterns are our own.
"""

import pyarrow as pa
import pyarrow.compute as pc

_SOURCES = (
    "study|paper|article|manuscript|document|report|review|chapter|section|trial|survey|"
    "case report|case series|cohort|thesis|preprint|publication"
)
_STRETCHES = "text|passage|excerpt|abstract|paragraph|sentence|snippet"
"""What a question may show itself, behind a colon or on a line of its own."""
_OWN = (
    "results?|study|studies|findings?|data|experiments?|simulations?|analys[ie]s|approach|method|"
    "methods|models?|work|paper|sample|cohort|patients|observations?|measurements?|hypothesis|"
    "algorithm|framework|dataset|calculations?|proof|theorem|conclusions?"
)
_SAYS = (
    "say|says|said|state|states|stated|mention|mentions|mentioned|describe|describes|described|"
    "suggest|suggests|suggested|report|reports|reported|discuss|discusses|discussed|show|shows|"
    "showed|find|finds|found|conclude|concludes|concluded|propose|proposes|proposed|present|"
    "presents|presented|claim|claims|argue|argues|argued|explain|explains|explained|"
    "define|defines|defined|give|gives|investigate|investigated|examine|examined|include|"
    "included|identify|identified|recommend|recommends|demonstrate|demonstrated|reveal|revealed|"
    "imply|implies|provide|provides|compare|compared|focus|aim|observe|observed|address|refer"
)
_END = r"(?:\s*(?:[?.,;:!)\"”]|$)|['’]s\b)"
_NOT_OF = r"(?:\s*[?.,;:!)\"”]|\s*$|['’]|\s+(?:[^o\s]|o[^f\s]|of[^\s]))"
_PEOPLE = r"(?i)\b(authors?|researchers|investigators)\b.*$"
"""What was looked at behind them to see that it is not `of` is no part of the phrase."""
PATTERNS = (
    rf"(?i:\bthis (?:current |present |particular )?(?:{_SOURCES}|work|research|figure|table|"
    r"dataset)\b)",
    rf"(?i:\bthe (?:present|current) (?:{_SOURCES}|{_STRETCHES}|work|research|investigation|"
    r"analysis|experiment)\b)",
    rf"(?i:\b(?:the|these) (?:(?:present|current|study['’]s) )?"
    rf"(?:authors?|researchers|investigators){_NOT_OF})",
    rf"(?i:\b(?:in|from|to|by|per|of|with|on) (?:the|the (?:given|provided|above)) "
    rf"(?:{_SOURCES}|{_STRETCHES}|context){_END})",
    rf"(?i:\b(?:does|did|do|is|was|has|can|could|would) (?:the )"
    rf"(?:study|paper|article|passage|text|excerpt|abstract|report|document|review|section) "
    rf"(?:{_SAYS})\b)",
    rf"(?i:\b(?:the) (?:study|paper|article|passage|text|excerpt|abstract) (?:{_SAYS})\b)",
    r"(?i:\bthe (?:given|provided|accompanying|supplied) (?:text|passage|context|excerpt|paragraph|"
    r"document|article|abstract|information)\b)",
    r"(?i:\b(?:stud(?:y|ied|ies)|investigated|examined|described|reported|presented|analy[sz]ed|"
    r"proposed|discussed|mentioned|used|shown|considered|observed) (?:here|herein|above|below)\b)",
    r"(?i:\bthe above\b|\bas above\b|\babove[- ]mentioned\b|\baforementioned\b)",
    r"(?i:\bof the following\b[^.:\n()]*\?\s*$)",
    r"(?i:\b(?:consider|given|using|read|answer) the following\b[^.:\n()]*[.?]?\s*$)",
    rf"(?i:\bour (?:{_OWN})\b)",
    r"(?i:\b(?:did|do|have|were|are|can|could) we (?:find|found|show|observe|use|obtain|propose|"
    r"measure|conclude|report|see|perform|conduct|demonstrate)\b|\bwe (?:found|showed|observed|"
    r"measured|report|propose|proposed|conclude|concluded|performed|conducted|demonstrated)\b)",
    r"(?i:\bet al\b)",
    r"(?i:\b(?:figures?|figs?\.?|tables?|supplementary (?:figures?|tables?)) ?S?\d+[a-z]?\b)",
    r"\b(?:Figures?|Figs?\.|Tables?|Panels?|Schemes?|Appendix|Box|Chart) ?(?:S?\d+[a-z]?|[A-H]|"
    r"[IVX]+)\b",
    r"\b(?:Equations?|Eqs?\.|Eqn\.?|Sections?|Sec\.|Lemma|Theorem|Corollary|Proposition|Algorithm|"
    r"Listing) ?\(?\d+(?:\.\d+)*\)?",
    r"(?i:\b(?:in|of|from|by|see) (?:equation|eq\.|section|theorem|lemma|algorithm) \(?\d+)",
)
"""RE2, over the question."""
CITED = (
    r"(?:^|[^\p{L}\p{N}_\])=,]\s?|\s)\[[1-9]\d{0,2}(?:\s?[,–-]\s?[1-9]\d{0,2})*\](?:[\s.,;:?!)]|$)"
)
_LISTS = (
    r"(?i:\b(?:list|array|interval|range|vector|sequence|matrix|tuple|input|output|nums?|arr|set|"
    r"points?|coordinates?|between)\b[^\[\n]{0,20}\[\s?\d)"
)
_POINTED_AT = rf"(?P<found>(?i:\bthis (?:{_STRETCHES})\b))"
_FOUND = "(?P<found>" + "|".join(PATTERNS) + ")"
_SOURCE_BROUGHT = r"\n\s*\n"
LONG_QUESTION = 400
"""Characters from which a question of several paragraphs brings along what it speaks of."""
LONGEST_SHOWN = 100


def dangling(questions: pa.Array, shows_source: pa.Array) -> pa.StringArray:
    """(rows,) the first phrase that points outside a question; null where none does.

    Args:
        questions: (rows,) texts.
        shows_source: (rows,) whether a question holds what it speaks of; of such nothing dangles.
    """
    texts = pc.fill_null(questions.cast(pa.large_string()), "")
    phrase = pc.struct_field(pc.extract_regex(texts, _FOUND), "found")
    pointed = pc.struct_field(pc.extract_regex(texts, _POINTED_AT), "found")
    shows = pc.match_substring_regex(texts, "[:\n]")
    pointed = pc.if_else(shows, pa.scalar(None, pa.large_string()), pointed)
    cited = pc.struct_field(pc.extract_regex(texts, f"(?P<found>{CITED})"), "found")
    is_list = pc.match_substring_regex(texts, _LISTS)
    cited = pc.if_else(is_list, pa.scalar(None, pa.large_string()), cited)
    phrase = pc.replace_substring_regex(phrase, _PEOPLE, r"\1")
    found = pc.utf8_trim(pc.coalesce(phrase, pointed, cited), " \n\t.,;:?!")
    long = pc.greater(pc.utf8_length(texts), LONG_QUESTION)
    brings = pc.and_(long, pc.match_substring_regex(texts, _SOURCE_BROUGHT))
    carried = pc.or_(shows_source, brings)
    told = pc.if_else(carried, pa.scalar(None, pa.large_string()), found)
    return pc.utf8_slice_codeunits(told, 0, LONGEST_SHOWN).cast(pa.string())
