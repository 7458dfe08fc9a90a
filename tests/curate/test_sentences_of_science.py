"""Sentences of scientific prose, cut where a reader would cut them. `|` stands where one ends."""

import itertools
import re
from pathlib import Path

import pyarrow as pa
import pytest

from curate.collect import read
from curate.collect.files import NamedFile, walk
from curate.sentences import spans
from schemas.recipe import Files

CASES = {
    "figures, equations, references": [
        "The yield rises in Fig. 3 and falls later. | It then stays constant.",
        "See Fig. S2A for the raw counts. | They are noisy.",
        "Growth was slow (Supplementary Fig. S5). | The mutant died.",
        "All spectra (Figs. 2 and 3) agree. | None is shifted.",
        "It follows from Eq. (2) that the flux is zero. | Hence nothing moves.",
        "By Eqs. 4 and 5 the sum vanishes. | We stop here.",
        "As derived in Ref. [7] the gap closes. | A proof is in Sec. IV below.",
        "The method of Refs. 3 and 4 is used. | It is slow.",
        "Details are in Sec. 2.1 of the text. | They are short.",
        "A map is given in Suppl. Table 4 and in Supp. Figure 2. | Both are large.",
        "Proofs are in App. B and in Ch. 5 of the book. | They are long.",
        "It is printed in vol. 12, no. 4, pp. 33 of the series. | Copies are rare.",
        "The panels of Fig. A are grey. | Those of the next are not.",
        "The effect is strong (Fig. 2). | It lasts for hours.",
        "No such line is seen in the fig. | It may be too faint.",
        "S1 Fig. | Histogram of all counts in the control.",
        "Samples came from lot No. 4 of the batch. | They were dry.",
        "We used Cat. No. 1234 of the supplier. | It was pure.",
        "The grant (No. 61705061) paid for it. | We are grateful.",
        "Grant no. DMS-0412 is acknowledged. | So is the host.",
        "Is there a bound? | No. | We show why.",
        "It ran on SPSS v. 19 under license. | It took one day.",
        "Cells were kept for max. 10 days in the dark. | Then they died.",
    ],
    "authors": [
        "Smith et al. found a second peak. | It is broad.",
        "As shown (Smith et al. 2003). | The rest is new.",
        "Jones et al. (2010) measured it. | We repeat the test.",
        "This contradicts Brown et al. [12] and others. | We do not know why.",
        "The data are those of Lee et al. | However, we binned them anew.",
        "It was proposed by Smith et al. | Here we test it.",
        "It was seen before (Kim et al., 2017b [38]). | It is robust.",
        "Both groups (Wu et al.; Li et al.) agree. | We do too.",
        "Dr. Moreau and Prof. Tan wrote it. | Mrs. Hill typed it.",
        "We thank J. B. Moreau for the strain. | He kept it for years.",
        "The strain came from J.-P. Roux in Lyon. | It grows well.",
        "We thank R. Harsh for help. | The rest is ours.",
        "Ideas of A. Einstein, N. Bohr and W. Pauli are used. | They are old.",
        "The C. S. Chord distance was taken. | It is a metric.",
        "The cross (M.S. Garbi, personal communication) failed. | It was repeated.",
        "Merck & Co. Inc. sold it. | The price was low.",
        "It was bought from Sigma Inc. | The purity was high.",
        "It is sold by Amnion Biotech Pvt. Ltd. in Bengaluru. | We bought it.",
        "St. Louis is warm, and Mt. Etna is warmer. | Both are far.",
        "She holds a Ph.D. in physics. | He does not.",
        "The elder is Ward Jr. | The younger has no such name.",
    ],
    "Latin and its like": [
        "Use a base, e.g. Lysine, i.e. a weak one. | Then wait.",
        "Some are acids (e.g. Citric acid), others are not. | All dissolve.",
        "Weigh approx. 5 mg of it. | Add water.",
        "It took ca. 3 h in all. | We then slept.",
        "Salt (cf. Table 2) was added. | It dissolved.",
        "Cf. Fig. 3 for the shape. | It is round.",
        "The ratio of A vs. B is shown. | It is flat.",
        "Two routes exist, viz. Oxidation and reduction. | Both are slow.",
        "Metals, salts, etc. were removed. | The rest was kept.",
        "It holds lipids, sugars, etc. | Compounds of other kinds are rare.",
        "It holds lipids, sugars, etc. (Table 1). | None is toxic.",
        "The pairs are 3 and 4, resp. Five and six. | So it goes.",
        "N.B. The unit is kelvin. | It is not degrees.",
        "Some drugs (eg. TRAP or EXP) were tried. | None helped.",
    ],
    "organisms": [
        "Cells of E. coli were grown. | They divide fast.",
        "We infected A. thaliana with P. syringae. | The leaves wilted.",
        "Pyrus nova sp. nov. is described here. | It is a tree.",
        "The type of Pyrus sp. nov. (Fig. 1) is kept in Lyon. | It is dry.",
        "Isolates of Bacillus sp. were kept. | They form spores.",
        "They belong to Bacillus sp. | The others do not.",
        "Strain Bacillus sp. B-12 was used. | It is red.",
        "Several Vibrio spp. were found. | All of them glow.",
        "The line Oryza sativa L. (Poaceae) was sown. | It grew.",
        "Both Rosa chinensis L. [37] and its hybrids bloom. | They are red.",
        "Millet (Pennisetum glaucum (L.) R. Br.) was sown. | It is hardy.",
        "Rice cv. Morelos was treated. | It survived.",
        "It is Oryza sativa ssp. Japonica in all plots. | They are wet.",
        "Triticum durum var. Kronos was crossed. | The seed was poor.",
        "The enzyme (E.C. 3.1.2.3) cuts starch. | It is cheap.",
        "It is known as Cenchrus, syn. Pennisetum in old books. | The plant is common.",
    ],
    "units, numbers, times": [
        "The pH 7.4 buffer held 3.5 mg/mL. | Then it was cooled.",
        "It was read 2 min. after the start. | It was blue.",
        "It was spun for 5 sec. | The pellet was kept.",
        "It was heated for 2 min. 30 sec. in all. | It boiled.",
        "It was shaken for 10 min. | 5 mL of water was added.",
        "The mass is 3.14 kg in version 1.17.1 of the list. | It was rounded.",
        "A value of 0.05 was set. | Smaller ones are zero.",
        "It rose to 5. | It then fell to 4.",
        "The pulse lasts 10 ms. | The pause is longer.",
        "It was stirred at 4 °C. | The flask was closed.",
        "We met at 10 a.m. on Monday. | It rained.",
        "We met at 10 a.m. Monday in the hall. | It rained.",
        "The test began at 6 p.m. | Subjects had eaten before.",
        "It began on Jan. 5 and ended on Sept. 12, 2003. | It was long.",
        "It was done in Dec. | The rest was done in spring.",
        "A power of 359 W. | That is much.",
        "It was made of Ca. | The salt was white.",
        "Its charge is that of Co. | Its mass is not.",
        "It costs $5. | It is worth more.",
        "It is 5.2. | 3 mL were taken.",
        "The dose was 3 mg i.v. | Blood was drawn later.",
        "We saw 5 p.f.u. per cell. | It was enough.",
    ],
    "places": [
        "It was bought in the U.S. in 2003. | It is old.",
        "It grows in the U.S. | However, it is rare.",
        "It is sold in the U.K. | The price is high.",
        "The U.S. Department of Energy paid. | We thank it.",
        "It was built in Washington, D.C. | It was then moved.",
    ],
    "journals": [
        "It is in J. Chem. Phys. 12, 345 of that year. | It is short.",
        "It came out in Proc. Natl. Acad. Sci. U.S.A. last year. | It is good.",
        "See Phys. Rev. Lett. 12 for this. | It is short.",
        "It is in Nat. Commun. | The text is free.",
        "See Int. J. Mol. Sci. 3 for more. | The rest is ours.",
        "He works at the Dept. Biol. of the Univ. Lyon. | He is young.",
    ],
    "citations around the stop": [
        "It is known [12]. | Next we show more.",
        "It was shown.12 | The rest is new.",
        "It was shown before.3,4 | The rest is new.",
        "It was shown often.3–7 | The rest is new.",
        "It was shown.^12 | The rest is new.",
        "It was shown.¹² | The rest is new.",
        "It was shown.[12] | The rest is new.",
        "It was shown. [12] | The rest is new.",
        "It was shown. [12,14] | The rest is new.",
        "It was shown (often).12 | The rest is new.",
        "It holds for DNA.12 | The rest is new.",
        "It was found earlier. | [12] showed that it is wrong.",
        "It holds for lines, trees and so forth. [25]. | The rest is new.",
        "It was tried before (12,13). | It failed.",
        "It uses No.1 Sumitomo paper. | It is thin.",
        "It uses (v.22, IBM Corporation) throughout. | It is slow.",
        "It needs version 3.12 The name is Python.",
    ],
    "quotation marks and brackets": [
        'He said "it works." | The others agreed.',
        "He said “it works.” | The others agreed.",
        "He called it ‘a failure.’ | The others agreed.",
        "(It is in brackets.) | The next one is not.",
        "(It is in brackets. So is this.) | The next one is not.",
        "The ring (see above. It is round) broke. | We mended it.",
        "The tree [sic] grew. | It was cut.",
        "Is it true? | We think so.",
        'He asked "is it true?" in vain. | No one knew.',
        "It works! | We were glad.",
        "The limit (if any!) is small. | It is zero.",
        "It is 5! = 120 in all. | That is much.",
        "“It grew. | It died,” he wrote.",
        "They rated it (very good). | We did not.",
        "The test is *exact.* | It is slow.",
        "The class is **open**. | It can be edited.",
    ],
    "ellipses": [
        "It goes on ... and on. | Then it ends.",
        "So it goes on… | Then it ends.",
        "So it goes on... | Then it ends.",
        "The indices 1, 2, ..., n are used. | They are whole.",
        "The indices 1, 2, . . . , n are used. | They are whole.",
        "It says [...] The end. | It is short.",
        "It grew […] and died. | We saw it.",
    ],
    "formulae, code, addresses": [
        "The law $E = m c^2. F = 0$ holds. | It is old.",
        "The law \\(E. F! G\\) holds. | It is old.",
        "Here \\[a. B\\] is the sum. | It is finite.",
        "With $$a. B = c$$ it ends. | It is finite.",
        "The call `f(x). Then g` is whole. | It returns.",
        "The function scipy.stats.norm is used. | numpy.linalg.svd is not.",
        "It is at https://doi.org/10.1000/xyz.123 for all. | It is free.",
        "It is at https://doi.org/10.1000/xyz.123. | It is free.",
        "Its number is doi:10.1021/ja.2003.1. | The text is free.",
        "Write to a.b@lab.example.org for it. | We answer.",
        "The file is data.tar.gz. | It is large.",
        "Let $x > 0$. | $y$ is then negative.",
        "It holds that n. a. is not a number. | It is a mark.",
        "The mean is x = 3. | Its error is 1.",
    ],
    "lists": [
        "It has parts: (i) a cell; (ii) a wall; and (iii) a core. | All are small.",
        "(i) Wash the cells. | (ii) Dry them. | (iii) Weigh them.",
        "It was bred with primers P2-F and P2-R. | (C,D) Growth of both lines.",
        "The plot shows two lines. | (a) The first. | (b) The second.",
        "1. The first step is short. | The second is long.",
        "2.1. Materials and methods are given here. | They are brief.",
        "A. Cells and their walls are shown. | They are thin.",
        "II. Results of the trial are given. | They are good.",
    ],
    "small letters and single capitals at a beginning or an end": [
        "Cells were lysed. | mRNA was then drawn off.",
        "It was cooled. | pH was kept at 7.",
        "The fold is known. | α-Helices are frequent.",
        "It was mixed. | n-Butanol was added.",
        "The gene is off. | p53 is not.",
        "Copies rose. | qPCR showed it.",
        "We invert the matrix A. | The inverse is B.",
        "They lack vitamin C. | Scurvy follows.",
        "They had hepatitis B. | Patients were treated.",
        "It is shown in panel B. | Bars are errors.",
        "It is of type A. | Most others are not.",
        "The gap is that of plan B. | A new one is drawn.",
        "It is given by J. | We then divide by K.",
        "He works for D. T. Gold in Boston. | They met.",
        "The value is, i.e. in theory, small. | It is zero.",
    ],
    "names in the middle": [
        "Yahoo! and others were asked. | None replied.",
        "It is made of Fe, Ni and Al. | The last is light.",
        "We tested H. sapiens vs. M. musculus. | They differ.",
        "Fifty mg. of it were weighed. | They dissolved.",
    ],
}  # fmt: skip
ROWS = [row for rows in CASES.values() for row in rows]


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


@pytest.mark.parametrize("row", ROWS)
def test_scientific_prose_is_cut_where_a_reader_cuts_it(row: str) -> None:
    assert cut(row.replace(" | ", " ")) == row.split(" | ")


LAST = re.compile(r"(?:^|[\s(])(?:[Ff]igs?|e\.g|i\.e|cf|vs|approx|ca|[Ee]qs?)\.\Z")
BEGINS = re.compile(r"\d|[a-z]+(?:[\s,;:)]|\Z)")


@pytest.mark.shared_data
def test_no_real_paper_is_cut_after_an_abbreviation(shared_data: Path) -> None:
    files = [one for one in walk(shared_data / "jats_plos") if isinstance(one, NamedFile)][:20]
    texts = [
        text
        for batch in read(Files(origin="files", paths=["jats_plos"]), paths=files)
        if isinstance(batch, pa.RecordBatch)
        for text in batch["text"].to_pylist()
    ]
    n_sentences, wrong = 0, []
    for text in texts:
        found = spans(text)
        n_sentences += len(found)
        for (start, end), (after, last) in itertools.pairwise(found):
            if "\n" in text[end:after] or not LAST.search(text[start:end]):
                continue
            if BEGINS.match(text[after:last]):
                wrong.append((text[start:end], text[after:last]))

    assert n_sentences > 3_000
    assert wrong == []
