"""A page's main content becomes Markdown; what surrounds it does not. The pages are our own."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.collect.html import read
from schemas.rows import Document, Failure

PROSE = (
    "The estuary stores more heat in summer than the shelf does, because its water is shallow and "
    "stays for weeks.",
    "Sediment cores from forty sites tell the same story: layers of silt follow each flood, and "
    "the lattice of roots holds them in place.",
    "Measured over three winters, the membrane of salt at the bottom grew by a tenth, which nobody "
    "had expected of so small a river.",
    "What follows from it is a warning. A gate that keeps the tide out keeps the heat in, and the "
    "fish leave.",
)

ARTICLE = f"""<!DOCTYPE html>
<html lang="en-GB"><head><title>Warm water | The Estuary Post</title>
<meta charset="utf-8"><meta property="og:title" content="Warm water">
<meta name="author" content="Mara Quill">
<meta property="article:published_time" content="2021-03-04T08:00Z">
<style>.x {{ color: red }}</style><script>var tracked = "never shown";</script></head>
<body>
<div id="cookie-banner"><p>We use cookies to improve your visit. Accept all cookies?</p></div>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav></header>
<main><article>
<h1>Warm water</h1>
<p class="byline">By Mara Quill</p><p class="date">4 March 2021</p>
<div class="share-buttons"><a href="#">Share on Mastodon</a> <a href="#">Print</a></div>
<p>{PROSE[0]}</p>
<h2>What the cores say</h2>
<p>{PROSE[1]}</p>
<ul><li>Silt of the year 1953, eleven centimetres of it at the mouth</li>
<li>Peat from before the dyke<ul><li>with roots of reed in it</li></ul></li></ul>
<ol start="1"><li>Drill the core slowly</li><li>Freeze it at once</li></ol>
<table><caption>Heat stored</caption><tr><th>Site</th><th>Heat | MJ</th></tr>
<tr><td>Mouth</td><td>12</td></tr><tr><td>Bend</td><td>9</td></tr></table>
<h2>Three winters</h2>
<p>{PROSE[2]}</p>
<pre><code class="language-python">def heat(depth):
    return 4.2 * depth</code></pre>
<p>{PROSE[3]}</p>
</article>
<aside class="related"><h3>Related articles</h3>
<ul><li><a href="/a">Cold water</a></li></ul></aside>
<section id="comments"><h3>2 comments</h3>
<p>Great read, thank you so much for writing it!</p></section>
</main>
<footer><p>Copyright The Estuary Post. Imprint. Privacy.</p></footer>
</body></html>"""


def one(page: str | bytes) -> Document:
    (found,) = read(page.encode() if isinstance(page, str) else page, "file:page.html")
    assert isinstance(found, Document), found
    return found


def page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def paragraphs(texts: tuple[str, ...] = PROSE) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


@pytest.fixture(scope="module")
def article() -> Document:
    return one(ARTICLE)


@pytest.mark.parametrize("text", PROSE)
def test_every_paragraph_is_kept(article: Document, text: str) -> None:
    assert text in article.text


@pytest.mark.parametrize(
    "text",
    [
        "cookies",
        "Home",
        "Mastodon",
        "Related",
        "Cold water",
        "Great read",
        "Privacy",
        "tracked",
        "color",
    ],
)
def test_what_surrounds_an_article_is_left_out(article: Document, text: str) -> None:
    assert text not in article.text


def test_title_byline_and_date_are_columns_and_not_text(article: Document) -> None:
    assert (article.title, article.authors, article.published) == (
        "Warm water",
        ["Mara Quill"],
        "2021-03-04",
    )
    assert article.text.startswith(PROSE[0])


def test_language_is_that_of_the_page(article: Document) -> None:
    assert article.language == "en"


@pytest.mark.parametrize(
    "text",
    [
        "<h2>Related work</h2>",
        "<h2>Recommendations</h2>",
        "<h2>Comments</h2>",
        "<p>By 1950 it was dead.</p>",
    ],
)
def test_words_of_furniture_inside_the_text_stay(text: str) -> None:
    found = one(page(f"{paragraphs()}{text}{paragraphs(PROSE[::-1])}"))

    assert text[4:-5].removeprefix(">").removesuffix("<") in found.text


def test_a_first_sentence_that_looks_like_a_byline_stays() -> None:
    assert one(page("<p>By 1950 it was dead.</p>" + paragraphs())).text.startswith("By 1950")


def test_links_to_other_pages_go_with_their_lead_in() -> None:
    links = "<p>Read more:</p><ul><li><a href='/a'>Salt rises in the delta again</a></li></ul>"
    found = one(page(f"<article>{paragraphs()}{links}{paragraphs(PROSE[::-1])}</article>"))

    assert "Read more" not in found.text and "Salt rises" not in found.text


def test_headings_are_sections_with_offsets_in_the_text(article: Document) -> None:
    found = {one.heading: article.text[one.start : one.end] for one in article.sections}

    assert list(found) == ["", "What the cores say", "Three winters"]
    assert found["What the cores say"].startswith(PROSE[1])
    assert "# What the cores say\n\n" in article.text


def test_lists_are_items_with_their_depth(article: Document) -> None:
    assert "- Peat from before the dyke\n  - with roots of reed in it" in article.text
    assert "- Drill the core slowly\n- Freeze it at once" in article.text


def test_a_table_is_markdown_and_a_block_with_its_caption(article: Document) -> None:
    (block,) = [one for one in article.blocks if one.kind == "table"]

    assert article.text[block.start : block.end] == (
        "Heat stored\n\n| Site | Heat \\| MJ |\n| --- | --- |\n| Mouth | 12 |\n| Bend | 9 |"
    )


def test_code_is_fenced_with_its_language_and_its_indents(article: Document) -> None:
    (block,) = [one for one in article.blocks if one.kind == "code"]

    assert article.text[block.start : block.end] == (
        "```python\ndef heat(depth):\n    return 4.2 * depth\n```"
    )


def test_a_fence_is_longer_than_the_accents_in_the_code() -> None:
    found = one(page(paragraphs() + "<pre>```\nx\n```</pre>" + paragraphs(PROSE[::-1])))

    assert "````\n```\nx\n```\n````" in found.text


def test_the_same_bytes_give_the_same_document_under_any_hash_seed() -> None:
    code = (
        "import sys; from curate.collect.html import read; "
        "sys.stdout.write(repr(list(read(sys.stdin.buffer.read(), 'x'))))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-P", "-c", code],
            input=ARTICLE.encode(),
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }

    assert outputs == {repr(list(read(ARTICLE.encode(), "x"))).encode()}


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        ("naïve café".encode(), "iso-8859-1"),
        ("naïve café".encode("cp1252"), "windows-1252"),
        ("naïve café".encode("cp1252"), "utf-8"),
        ("naïve café".encode("utf-8-sig"), "koi8-r"),
        ("naïve café".encode("cp1252"), "no-such-charset"),
    ],
)
def test_a_charset_that_lies_does_not_spoil_the_text(data: bytes, declared: str) -> None:
    mark = data[:3] if data.startswith(b"\xef\xbb\xbf") else b""
    body = data.removeprefix(mark)
    head = f'<meta charset="{declared}">'.encode()
    html = b"<html><head>" + head + b"</head><body><p>" + body + b"</p></body></html>"

    assert "naïve café" in one(mark + html).text


def test_http_equiv_declares_a_charset() -> None:
    head = '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">'

    assert "Вода тёплая" in one(page("<p>Вода тёплая</p>", head).encode("koi8-r")).text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Вода в реке тёплая, и рыба уходит в море.", "cp1251"),
        ("水は温かいです。魚は海へ行きます。", "shift_jis"),
        ("河水很暖，鱼都游到海里去了。", "gb18030"),
        ("Les élèves étaient là, où est la forêt ?", "cp1252"),
    ],
)
def test_an_encoding_that_nobody_declares_is_told_by_its_bytes(text: str, encoding: str) -> None:
    assert text in one(page(f"<p>{text * 6}</p>").encode(encoding)).text


def test_utf_16_is_known_by_its_mark() -> None:
    assert "naïve café" in one(page("<p>naïve café</p>").encode("utf-16")).text


@pytest.mark.parametrize(
    ("markup", "latex"),
    [
        ('<script type="math/tex">a^2 + b^2</script>', "$a^2 + b^2$"),
        (
            '<span class="katex"><span class="katex-mathml"><math><semantics><mi>E</mi><annotation '
            'encoding="application/x-tex">E=mc^2</annotation></semantics></math></span>'
            '<span class="katex-html" aria-hidden="true">E=mc2</span></span>',
            "$E=mc^2$",
        ),
        (
            '<span class="mwe-math-element"><span style="display: none;"><math alttext='
            '"{\\displaystyle x_{1}}"><mi>x</mi></math></span><img class="mwe-math-fallback-image-'
            'inline" alt="{\\displaystyle x_{1}}"></span>',
            "$x_{1}$",
        ),
        ('<img class="latex" src="x.png" alt="\\frac{1}{2}">', "$\\frac{1}{2}$"),
        ("<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>", "$\\frac{a}{b}$"),
        ("\\(\\alpha + 1\\)", "$\\alpha + 1$"),
    ],
)
def test_a_formula_is_its_latex_once(markup: str, latex: str) -> None:
    found = one(
        page(paragraphs() + f"<p>Let us say that {markup} holds in all of these rivers.</p>")
    )

    assert f"Let us say that {latex} holds in all of these rivers." in found.text


def test_a_display_formula_stands_alone_and_is_a_block() -> None:
    script = '<p>It follows</p><script type="math/tex; mode=display">\\int x\\,dx</script>'
    found = one(page(paragraphs() + script + paragraphs(PROSE[::-1])))
    (block,) = found.blocks

    assert block.kind == "equation"
    assert found.text[block.start : block.end] == "$$\\int x\\,dx$$"
    assert "\n\n$$\\int x\\,dx$$\n\n" in found.text


@given(st.text(max_size=400))
def test_any_text_is_a_document_or_a_failure(text: str) -> None:
    for found in read(text.encode("utf-8", "surrogatepass") or b" ", "x"):
        check(found)


@given(st.lists(st.sampled_from(
    "<p> </p> <div> </div> <table> <tr> <td> </table> <ul> <li> <h2> </h2> <pre> </pre> <br> "
    "<math> word <a href='#a'> </a> <script> </script> <title> &amp; <ol class='references'> "
    "<b> $ | ``` #".split()
), max_size=60))  # fmt: skip
def test_any_soup_of_tags_has_consistent_offsets(tags: list[str]) -> None:
    for found in read(("<html>" + " ".join(tags)).encode(), "x"):
        check(found)


def check(found: Document | Failure) -> None:
    if isinstance(found, Failure):
        assert found.reason in {"unreadable", "no-text", "too-large"}
        assert "\n" not in found.detail
        return
    assert found.text == found.text.rstrip()
    json.loads(found.metadata)
    for start, end in spans(found):
        stretch = found.text[start:end]
        assert 0 <= start <= end <= len(found.text)
        assert stretch == stretch.strip()


def spans(found: Document) -> Iterator[tuple[int, int]]:
    yield from ((one.start, one.end) for one in found.sections)
    yield from ((one.start, one.end) for one in found.blocks)
