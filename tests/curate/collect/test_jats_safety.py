"""A stranger's XML: nothing is fetched, expanded or lost in silence, and nothing raises."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.collect import jats
from schemas.rows import Document, Failure

HEAD = (
    "<front><article-meta><title-group><article-title>T</article-title></title-group>"
    "</article-meta></front>"
)
PAPER = f"<article>{HEAD}<body><p>Some müd and “quotes”.</p></body></article>"


def one(data: bytes | str) -> Document | Failure:
    (found,) = jats.read(data.encode() if isinstance(data, str) else data, "file:a.xml")
    return found


def document(data: bytes | str) -> Document:
    found = one(data)
    assert isinstance(found, Document), found
    return found


def with_dtd(subset: str, text: str) -> str:
    return f"<!DOCTYPE article {subset}><article>{HEAD}<body><p>{text}</p></body></article>"


def test_external_entities_are_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden words")
    found = document(with_dtd(f'[<!ENTITY x SYSTEM "{secret.as_uri()}">]', "a&x;b"))

    assert found.text == "ab"
    assert json.loads(found.metadata)["entities"] == "left out: x"


def test_an_external_dtd_is_never_read(tmp_path: Path) -> None:
    dtd = tmp_path / "a.dtd"
    dtd.write_text('<!ENTITY alpha "hidden words"> <!BROKEN')

    assert document(with_dtd(f'SYSTEM "{dtd.as_uri()}"', "&alpha; helix")).text == "α helix"


@pytest.mark.parametrize("doctype", ['SYSTEM "JATS.dtd"', None])
def test_named_characters_become_characters(doctype: str | None) -> None:
    text = "&alpha;-helix&nbsp;of&thinsp;5&micro;m &amp; &lt;more&gt;"
    made = (
        with_dtd(doctype, text)
        if doctype
        else f"<article>{HEAD}<body><p>{text}</p></body></article>"
    )

    assert document(made).text == "α-helix of 5µm & <more>"


def test_plain_entities_of_the_file_itself_are_put_in() -> None:
    assert document(with_dtd('[<!ENTITY j "Mud Letters">]', "in &j;.")).text == "in Mud Letters."


def bomb(levels: int) -> str:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels))
    return with_dtd(f'[<!ENTITY a0 "ha">{entities}]', f"boom &a{levels - 1};")


def test_entities_that_multiply_do_not() -> None:
    started = time.monotonic()

    assert isinstance(one(bomb(12)), Failure)
    assert time.monotonic() - started < 2


def test_a_long_entity_used_often_is_refused() -> None:
    found = one(with_dtd(f'[<!ENTITY a "{"h" * 150}">]', "&a;" * 60_000))

    assert isinstance(found, Failure)
    assert "entity" in found.detail


def test_a_multiplying_attribute_is_refused() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    found = one(f'<!DOCTYPE article [<!ENTITY a0 "ha">{entities}]><article id="&a11;"/>')

    assert isinstance(found, Failure)
    assert found.reason == "unreadable"


@pytest.mark.parametrize(
    "tag", ["sec", "p", "list", "italic", "boxed-text", "sub-article", "table"]
)
@pytest.mark.parametrize("depth", [240, 10_000])
def test_deep_nesting_neither_raises_nor_hangs(tag: str, depth: int) -> None:
    found = list(
        jats.read(
            f"<article>{HEAD}<body>{f'<{tag}>' * depth}x{f'</{tag}>' * depth}</body></article>"
            f"".encode(),
            "a",
        )
    )

    assert found
    if depth > 256:
        assert isinstance(found[0], Failure)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (PAPER.encode("utf-16"), None),
        (b"\xef\xbb\xbf" + PAPER.encode(), None),
        (b"\n  <?xml version='1.0'?>" + PAPER.encode(), None),
        (
            b"<?xml version='1.0' encoding='iso-8859-15'?>"
            + PAPER.replace("“", "").replace("”", "").encode("iso-8859-15"),
            None,
        ),
        (b"<?xml version='1.0' encoding='utf-8'?>" + PAPER.encode("windows-1252"), "windows-1252"),
        (b"<?xml version='1.0' encoding='klingon'?>" + PAPER.encode(), "utf-8"),
    ],
)
def test_any_encoding_gives_the_words(data: bytes, note: str | None) -> None:
    found = document(data)

    assert found.text.replace("“", "").replace("”", "") == "Some müd and quotes."
    assert (note or "") in json.loads(found.metadata).get("encoding", "")
    assert (note is None) == ("encoding" not in json.loads(found.metadata))


def test_mixed_encodings_are_mended_byte_by_byte() -> None:
    data = PAPER.encode().replace(b"Some", "Some très".encode("latin-1"))

    assert document(data).text == "Some très müd and “quotes”."


def test_control_characters_are_left_out_and_told() -> None:
    found = document(PAPER.replace("and", "a\x0bn&#x1F;d"))

    assert "müd and" in found.text
    assert json.loads(found.metadata)["characters"].startswith("2 ")


def test_prefixes_that_are_not_declared_do_no_harm() -> None:
    assert (
        document(
            "<article><body><p>a <ext-link xlink:href='x'>b</ext-link></p></body></article>"
        ).text
        == "a b"
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("<article><body><p>cut", "unreadable"),
        ("<article/>", "no-text"),
        ("plain words", "unreadable"),
        ("<html><body/></html>", "unknown-form"),
        ("<article><body><p>R & D</p></body></article>", "unreadable"),
        ("<articles/>", "empty"),
        (b"\x00\x01\x02", "unreadable"),
        (b"\xff\xfe", "unreadable"),
        ("<", "unreadable"),
    ],
)
def test_bad_files_are_failures(data: bytes | str, reason: str) -> None:
    found = one(data)

    assert isinstance(found, Failure)
    assert found.reason == reason
    assert "\n" not in found.detail


@given(st.binary(max_size=200))
def test_any_bytes_give_something(data: bytes) -> None:
    assert list(jats.read(data or b"x", "a"))


@given(st.data())
def test_any_cut_or_flip_of_an_article_gives_something(draw: st.DataObject) -> None:
    data = bytearray(PAPER.encode())
    data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(1, len(data)))

    assert list(jats.read(bytes(data[:cut]), "a"))


def test_a_figure_in_a_section_in_a_paragraph_waits_once() -> None:
    figure = "<fig><label>Fig. 1</label></fig>"

    assert (
        document(
            f"<article><body><p>a<sec><title>T</title>{figure}b</sec>c</p></body></article>"
        ).text
        == "a\n\n# T\n\nb\n\nFig. 1.\n\nc"
    )


def test_a_citation_of_a_float_of_no_known_kind_raises_nothing() -> None:
    assert (
        document(
            "<article><floats-group><odd id='f'>x</odd></floats-group>"
            "<body><p>See <xref rid='f'>it</xref>.</p></body></article>"
        ).text
        == "See it."
    )


def test_many_comments_before_the_root_cost_nothing() -> None:
    started = time.monotonic()
    found = one("<?a?>" * 1600 + "<!-- " * 400)

    assert isinstance(found, Failure)
    assert time.monotonic() - started < 2


@pytest.mark.slow
def test_fifty_megabytes_are_read() -> None:
    words = "Mud and silt are carried by the river. " * 25
    sections = f"<sec><title>S</title><p>{words}</p></sec>" * 50_000

    found = document(f"<article>{HEAD}<body>{sections}</body></article>")
    assert len(found.sections) == 50_000
