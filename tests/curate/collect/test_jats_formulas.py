"""Formulae become LaTeX between dollar signs, whatever form they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from curate.collect import jats, mathml
from curate.collect.jats.formulas import of_tex
from schemas.rows import Document

MATH = "http://www.w3.org/1998/Math/MathML"


def one(body: str) -> Document:
    source = (
        f"<article xmlns:mml='{MATH}'><front><article-meta><title-group><article-title>T"
        f"</article-title></title-group></article-meta></front><body>{body}</body></article>"
    )
    (found,) = jats.read(source.encode(), "file:a.xml")
    assert isinstance(found, Document), found
    return found


@pytest.mark.parametrize(
    ("markup", "latex"),
    [
        ("<msup><mi>x</mi><mn>2</mn></msup>", "x^2"),
        ("<mi>v</mi><mo>(</mo><mi>x</mi><mo>)</mo><mo>=</mo><mn>1</mn>", "v(x) = 1"),
        (
            "<mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac>",
            "\\frac{a}{b + 1}",
        ),
        ("<msqrt><mi>α</mi></msqrt>", "\\sqrt{\\alpha}"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "\\sqrt[3]{x}"),
        (
            "<msubsup><mi mathvariant='normal'>NO</mi><mn>3</mn><mo>−</mo></msubsup>",
            "\\mathrm{NO}_3^-",
        ),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>"
            "<mi>i</mi>",
            "\\sum_{i = 1}^ni",
        ),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", "\\bar{x}"),
        ("<mover><mi>A</mi><mo>→</mo></mover>", "\\vec{A}"),
        ("<munder><mi>max</mi><mi>k</mi></munder>", "\\max_k"),
        ("<mfenced open='[' close=']'><mi>a</mi><mi>b</mi></mfenced>", "[a, b]"),
        ("<mfenced><mfrac><mn>1</mn><mn>2</mn></mfrac></mfenced>", "\\left( \\frac{1}{2} \\right)"),
        ("<mi>α</mi><mi>b</mi>", "\\alpha b"),
        ("<mi>ln</mi><mi>x</mi>", "\\ln x"),
        ("<mtext>if</mtext><mspace width='1em'/><mtext>so</mtext>", "\\text{if so}"),
        ("<mi>𝐱</mi><mo>∈</mo><mi>ℝ</mi>", "\\mathbf{x} \\in \\mathbb{R}"),
        ("<mo>-</mo><mn>1</mn>", "-1"),
        ("<mn>5</mn><mo>%</mo>", "5\\%"),
        (
            "<mtable><mtr><mtd><mi>a</mi></mtd><mtd><mo>=</mo></mtd><mtd><mi>b</mi></mtd></mtr>"
            "<mtr><mtd/><mtd><mo>=</mo></mtd><mtd><mi>c</mi></mtd></mtr></mtable>",
            "\\begin{aligned} a & = b \\\\ & = c \\end{aligned}",
        ),
        (
            "<semantics><mi>x</mi><annotation encoding='application/x-tex'>x_1</annotation>"
            "</semantics>",
            "x_1",
        ),
        (
            "<mmultiscripts><mi>X</mi><mn>1</mn><none/><mprescripts/><none/><mn>14</mn></mmultiscripts>",
            "{}^{14}X_1",
        ),
    ],
)
def test_mathml_becomes_latex(markup: str, latex: str) -> None:
    assert mathml.latex(etree.fromstring(f"<math xmlns='{MATH}'>{markup}</math>")) == latex


@pytest.mark.parametrize(
    ("source", "latex"),
    [
        (
            "\\documentclass[12pt]{minimal} \\usepackage{amsmath} \\begin{document}$$ 10^{6}% six\n"
            " \\times x $$\\end{document}",
            "10^{6} \\times x",
        ),
        ("\\begin{equation*} a = b \\end{equation*}", "a = b"),
        ("\\begin{align} a &= b \\end{align}", "\\begin{aligned} a &= b \\end{aligned}"),
        ("\\(x\\)", "x"),
        ("\\newcommand{\\mud}{\\mathbf{m}} \\mud + \\muddy", "\\mathbf{m} + \\muddy"),
        ("\\documentclass{minimal}", ""),
    ],
)
def test_latex_loses_the_document_around_it(source: str, latex: str) -> None:
    assert of_tex(source) == latex


def test_a_displayed_formula_is_a_block_with_its_number() -> None:
    found = one(
        "<p>So<disp-formula><label>(1)</label><mml:math><mml:mi>x</mml:mi></mml:math></disp-formula>"
        "holds.</p>"
    )

    assert found.text == "So\n\n$$x \\tag{1}$$\n\nholds."
    (block,) = found.blocks
    assert (block.kind, found.text[block.start : block.end]) == ("equation", "$$x \\tag{1}$$")


def test_latex_comes_before_mathml_and_is_not_repeated() -> None:
    found = one(
        "<p>Let <inline-formula><alternatives><tex-math>\\alpha</tex-math><mml:math><mml:mi>"
        "α</mml:mi>"
        "</mml:math><inline-graphic/></alternatives></inline-formula> be.</p>"
    )

    assert found.text == "Let $\\alpha$ be."


def test_a_formula_of_words_stays_words() -> None:
    assert one("<p><inline-formula><italic>n</italic> = 3</inline-formula></p>").text == "n = 3"


def test_a_formula_that_is_a_picture_is_counted() -> None:
    found = one("<p>Let <inline-formula><inline-graphic/></inline-formula> be.</p>")

    assert found.text == "Let be."
    assert '"n_formulae_as_pictures": 1' in found.metadata


NAMES = st.sampled_from(
    "mrow mi mn mo mtext mfrac msup msub msubsup mover munder munderover msqrt mroot mfenced "
    "mtable "
    "mtr mtd mmultiscripts mprescripts none semantics annotation mspace mstyle apply".split()
)
TREES = st.recursive(
    st.text("xα∑({|&_^¯ \\", max_size=3).map(lambda text: text.replace("&", "&amp;")),
    lambda inner: st.tuples(NAMES, st.lists(inner, max_size=4)).map(
        lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"
    ),
    max_leaves=20,
)


@given(TREES)
def test_any_mathml_gives_balanced_braces(markup: str) -> None:
    latex = mathml.latex(etree.fromstring(f"<math>{markup}</math>"))

    bare = latex.replace("\\\\", "").replace("\\{", "").replace("\\}", "")
    assert bare.count("{") == bare.count("}")
