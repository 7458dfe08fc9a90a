"""arXiv's categories as fields of science.

Source of the names: arXiv's category taxonomy, https://arxiv.org/category_taxonomy (155 categories
in 20 archives), and the archives that were merged into them before 2008. Which field each belongs
to is ours. Reads and writes nothing.

Statistics counts as mathematics, engineering of signals and systems as computing. Economics and
finance are none of our fields: what of them is mathematics counts as such, the rest for nothing.
"""

NO_FIELD: tuple[str, ...] = ()

ARCHIVES: dict[str, tuple[str, ...]] = {
    "astro-ph": ("physics",),
    "cond-mat": ("physics",),
    "cs": ("computing",),
    "econ": NO_FIELD,
    "eess": ("computing",),
    "gr-qc": ("physics",),
    "hep-ex": ("physics",),
    "hep-lat": ("physics",),
    "hep-ph": ("physics",),
    "hep-th": ("physics",),
    "math": ("mathematics",),
    "math-ph": ("mathematics", "physics"),
    "nlin": ("physics",),
    "nucl-ex": ("physics",),
    "nucl-th": ("physics",),
    "physics": ("physics",),
    "q-bio": ("biology",),
    "q-fin": ("mathematics",),
    "quant-ph": ("physics",),
    "stat": ("mathematics",),
}
"""Archive -> its fields; several share a vote."""

SUBCLASSES: dict[str, str] = {
    "astro-ph": "CO EP GA HE IM SR",
    "cond-mat": "dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con",
    "cs": (
        "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI "
        "OH OS PF PL RO SC SD SE SI SY"
    ),
    "econ": "EM GN TH",
    "eess": "AS IV SP SY",
    "math": (
        "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA RT SG "
        "SP ST"
    ),
    "nlin": "AO CD CG PS SI",
    "physics": (
        "acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an ed-ph "
        "flu-dyn gen-ph geo-ph hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph"
    ),
    "q-bio": "BM CB GN MN NC OT PE QM SC TO",
    "q-fin": "CP EC GN MF PM PR RM ST TR",
    "stat": "AP CO ME ML OT TH",
}
"""Archive -> its subject classes; the other archives have none."""

DIFFERENT: dict[str, tuple[str, ...]] = {
    "cs.IT": ("computing", "mathematics"),
    "cs.NA": ("mathematics",),
    "econ.EM": ("mathematics",),
    "math.IT": ("computing", "mathematics"),
    "math.MP": ("mathematics", "physics"),
    "physics.ao-ph": ("geoscience", "ocean science"),
    "physics.bio-ph": ("biology", "physics"),
    "physics.chem-ph": ("chemistry",),
    "physics.data-an": ("mathematics", "physics"),
    "physics.ed-ph": ("general", "physics"),
    "physics.geo-ph": ("geoscience",),
    "physics.med-ph": ("biomedicine", "physics"),
    "q-bio.TO": ("biomedicine",),
    "q-fin.EC": NO_FIELD,
    "q-fin.GN": NO_FIELD,
    "stat.ML": ("computing",),
}
"""Subject class -> its fields, where they are not those of its archive."""

MERGED: dict[str, tuple[str, ...]] = {
    "acc-phys": ("physics",),
    "adap-org": ("physics",),
    "alg-geom": ("mathematics",),
    "ao-sci": ("geoscience", "ocean science"),
    "atom-ph": ("physics",),
    "bayes-an": ("mathematics", "physics"),
    "chao-dyn": ("physics",),
    "chem-ph": ("chemistry",),
    "cmp-lg": ("computing",),
    "comp-gas": ("physics",),
    "dg-ga": ("mathematics",),
    "funct-an": ("mathematics",),
    "mtrl-th": ("physics",),
    "patt-sol": ("physics",),
    "plasm-ph": ("physics",),
    "q-alg": ("mathematics",),
    "solv-int": ("physics",),
    "supr-con": ("physics",),
}
"""Archives of the 1990s, which old papers still name."""

CATEGORIES: dict[str, tuple[str, ...]] = {
    **ARCHIVES,
    **{
        f"{archive}.{subclass}": DIFFERENT.get(f"{archive}.{subclass}", ARCHIVES[archive])
        for archive, subclasses in SUBCLASSES.items()
        for subclass in subclasses.split()
    },
    **MERGED,
}
"""Category, as arXiv writes it -> its fields, none to several."""
