"""Short words of English, written out: runs of four letters tell nothing of them."""

import numpy as np
from numpy.typing import NDArray

from curate.screen.signals.letters import BITS

LONGEST = 3
KNOWN, COMMON_WORD = 1, 2
"""Of a short word: English or science has it; it is among COMMON."""
COMMON = "the and for are was has not its had but to by be it"
"""Short words of English that few other languages have; one token in seven of any English text."""
SHORT = (
    "ab ad ah al am an as at aw ax ay do eg em en ex go ha he hi ho id ie if in is km kg kb kw kv "
    "la lb ln lo ma me mg mm ml mu my nd nm no nu of oh ok om on or os ox oz pa pi pm ps re so st "
    "tb th ti up us uv vs we ye yr hr cm cf ca et ii iv vi ix bp kd ng pg um us ms min max mol "
    "abs ace act add ado age ago aid aim air ale all amp ant any ape apt arc arm art ash ask ate "
    "avg awe axe bad bag ban bar bat bay bed bee beg bet bid big bin bit bow box boy bud bug bus "
    "buy cab can cap car cat cow cry cub cue cup cut dam day den dew did die dig dim din dip doe "
    "dog dot dry due dug ear eat ebb ego elk end era eve eye fan far fat fax fed fee few fig fin "
    "fir fit fix flu fly fog fox fun fur gap gas gel gem get god got gum gun gut guy gym ham hat "
    "hay hen her hid him hip his hit hop hot how hub hue hut ice ill ink inn ion iii jar jaw jet "
    "job jog joy key kid kin kit lab lag lap law lax lay led leg let lid lie lip lit log lot low "
    "mad man map mat may men met mid mix mob mud nay net new nil nod non nor now nut oak oat odd "
    "off oft oil old one opt ore our out owe owl own pad pan par pat paw pay pea pen per pet pie "
    "pig pin pit pod pop pot pre pro pub put ran rat raw ray red rib rid rim rob rod rot row rub "
    "rug rum run rye sad sap sat saw say sea see set sew sex she shy sin sip sir sit six ski sky "
    "sly sow spa spp ssp spy sub sue sum sun tab tag tan tap tar tax tea ten thy tie tin tip toe "
    "ton too top toy try tub two urn use van vat vet via vow war wax way web wet who why wig win "
    "wit won yes yet you zip zoo hrs rpm ppm ppb sec etc fig vol eqs eds dna rna mrna pcr std dev "
    "var ref exp sin cos tan log lim sup inf det ker dim deg gcd lcm cdf pdf iid sgn avg dpi url "
    "www http api csv png int str def obj arr len idx num tmp sim alt src env cpu gpu ram bot app "
    "vitro vivo situ trans cis sp nov"
)
"""Words of two and three letters (others do no harm here) in English prose and in science."""


def short_words() -> NDArray[np.uint8]:
    """(2 ** (3 * BITS),) of each word of one to three letters: 0, or known, or common."""
    found = np.zeros(1 << 3 * BITS, np.uint8)
    for words, value in ((SHORT, KNOWN), (COMMON, COMMON_WORD)):
        for word in words.split():
            if len(word) <= LONGEST:
                code = 0
                for letter in word:
                    code = code << BITS | ord(letter) - 96
                found[code] = value
    found.flags.writeable = False
    return found
