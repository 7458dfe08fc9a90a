"""Characters of formulae -> LaTeX commands of amsmath and amssymb, by hand from their manuals."""

_NAMED = """
α alpha β beta γ gamma δ delta ε varepsilon ϵ epsilon ζ zeta η eta θ theta ϑ vartheta ι iota
κ kappa λ lambda μ mu µ mu ν nu ξ xi π pi ϖ varpi ρ rho ϱ varrho σ sigma ς varsigma τ tau
υ upsilon φ varphi ϕ phi χ chi ψ psi ω omega Γ Gamma Δ Delta ∆ Delta Θ Theta Λ Lambda Ξ Xi Π Pi
Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega Ω Omega
≤ leq ⩽ leqslant ≥ geq ⩾ geqslant ≠ neq ≈ approx ≃ simeq ≅ cong ≡ equiv ∼ sim ∝ propto ≪ ll ≫ gg
≺ prec ≻ succ ≲ lesssim ≳ gtrsim ∈ in ∉ notin ∋ ni ⊂ subset ⊃ supset ⊆ subseteq ⊇ supseteq
∪ cup ∩ cap ∖ setminus ∅ emptyset ∀ forall ∃ exists ∄ nexists ¬ neg ∧ wedge ∨ vee ⊕ oplus ⊗ otimes
⊙ odot ⊖ ominus ∘ circ • bullet ⋆ star ⋄ diamond × times ÷ div ± pm ∓ mp · cdot ⋅ cdot ∙ bullet
∑ sum ∏ prod ∐ coprod ∫ int ∬ iint ∭ iiint ∮ oint ⋃ bigcup ⋂ bigcap ⨁ bigoplus ⨂ bigotimes
∂ partial ∇ nabla ∞ infty ℓ ell ℏ hbar ħ hbar ℜ Re ℑ Im ℵ aleph ∠ angle ⊥ perp ∥ parallel ∣ mid
⟂ perp ⊤ top ⊢ vdash ⊨ models □ square △ triangle ▵ triangle ▽ triangledown
→ rightarrow ← leftarrow ↔ leftrightarrow ⇒ Rightarrow ⇐ Leftarrow ⇔ Leftrightarrow ↦ mapsto
⟶ longrightarrow ⟵ longleftarrow ⟹ Longrightarrow ⟺ Longleftrightarrow ↑ uparrow ↓ downarrow
⇌ rightleftharpoons ⇄ rightleftarrows ↪ hookrightarrow ↗ nearrow ↘ searrow
… ldots ⋯ cdots ⋮ vdots ⋱ ddots ⟨ langle ⟩ rangle
〈 langle 〉 rangle ⌈ lceil ⌉ rceil ⌊ lfloor ⌋ rfloor
† dagger ‡ ddagger § S ¶ P © copyright
"""

_words = _NAMED.split()

COMMANDS = {sign: "\\" + name for sign, name in zip(_words[::2], _words[1::2], strict=True)} | {
    "−": "-", "–": "-", "—": "-", "‐": "-", "∗": "*", "′": "'", "″": "''", "‴": "'''",
    "‖": "\\|", "∶": ":", "≔": ":=", "≜": "\\triangleq", "’": "'",
    "‑": "-", "°": "^{\\circ}", "√": "\\surd", "⁄": "/", "∕": "/", "ı": "\\imath",
    "#": "\\#", "$": "\\$", "%": "\\%", "&": "\\&", "_": "\\_", "{": "\\{", "}": "\\}",
    "\\": "\\backslash", "~": "\\sim", "^": "\\wedge",
    "\u2061": "", "\u2062": "", "\u2063": "", "\u2064": "", "\u200b": "", "\ufeff": "",
}  # fmt: skip
"""A character -> what stands for it in a formula; others stand for themselves."""

FUNCTIONS = frozenset(
    "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf "
    "limsup ln log max min Pr sec sin sinh sup tan tanh".split()
)
"""Names that LaTeX sets upright by a command of their own."""

RELATIONS = frozenset(
    "= < > + - : \\leq \\geq \\leqslant \\geqslant \\neq \\approx \\simeq \\cong \\equiv \\sim "
    "\\propto \\ll \\gg \\in \\notin \\subset \\supset \\subseteq \\supseteq \\cup \\cap \\times "
    "\\div \\pm \\mp \\cdot \\wedge \\vee \\oplus \\otimes \\rightarrow \\leftarrow \\Rightarrow "
    "\\leftrightarrow \\Leftrightarrow \\mapsto \\mid \\parallel \\rightleftharpoons := \\circ "
    "\\Leftarrow \\longrightarrow \\setminus \\lesssim \\gtrsim \\perp \\prec \\succ".split()
)
"""Operators with a space at either side."""

OVER = {
    "¯": "bar", "‾": "bar", "ˉ": "bar", "\u0304": "bar", "_": "bar", "^": "hat", "ˆ": "hat",
    "\u0302": "hat", "~": "tilde", "˜": "tilde", "∼": "tilde", "\u0303": "tilde", "→": "vec",
    "⃗": "vec", "⇀": "vec", "˙": "dot", ".": "dot", "\u0307": "dot", "¨": "ddot", "\u0308": "ddot",
    "ˇ": "check", "˘": "breve", "´": "acute", "`": "grave", "⏞": "overbrace", "︷": "overbrace",
    "\u0305": "bar", "―": "bar", "─": "bar", "-": "bar", "−": "bar", "⌢": "frown",
}  # fmt: skip
"""An accent above -> its command; over more than one letter it is WIDE's."""

WIDE = {
    "bar": "overline", "hat": "widehat", "tilde": "widetilde", "vec": "overrightarrow",
    "frown": "overset{\\frown}",
}  # fmt: skip

UNDER = {
    "_": "underline", "¯": "underline", "‾": "underline", "ˍ": "underline", "\u0332": "underline",
    "⏟": "underbrace", "︸": "underbrace",
}  # fmt: skip
