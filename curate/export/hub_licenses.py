"""The identifiers that the Hugging Face Hub has for licences, in the front matter of a card.

Source: https://huggingface.co/docs/hub/repositories-licenses, in huggingface/hub-docs at 008d54d,
and `eupl-1.2`, which came later. Those of model licences are left out, as no document has them.
"""

from curate.export.expressions import FAMILY, version_of

OTHER = "other"
"""For a licence that is not listed; `license_name` and `license_link` say which."""
UNKNOWN = "unknown"
"""Where no licence is known."""
SAME = frozenset(
    """
    afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0
    cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0
    cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0
    cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0 ecl-2.0 epl-1.0
    epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 gpl-2.0 gpl-3.0 isc lgpl-2.1 lgpl-3.0 lppl-1.3c mit mpl-2.0
    ms-pl ncsa ofl-1.1 osl-3.0 postgresql unlicense wtfpl zlib
    """.split()
)
"""Those that are SPDX's id in small letters, without `-only` and `-or-later`."""
NAMED = {
    "c-uda-1.0": "c-uda", "gpl-1.0": "gpl", "lgpl-2.0": "lgpl", "lgpllr": "lgpl-lr",
    "odbl-1.0": "odbl", "odc-by-1.0": "odc-by", "pddl-1.0": "pddl",
}  # fmt: skip
"""SPDX's id likewise -> the Hub's."""
FAMILIES = {"gfdl-": "gfdl"}
"""How an id begins -> the Hub's for all versions."""


def hub_license(identifier: str) -> str:
    """The Hub's identifier of an SPDX id; OTHER where it has none."""
    version = version_of(identifier)
    if version in SAME:
        return version
    match = FAMILY.fullmatch(version)
    family = FAMILIES.get(match["family"]) if match else None
    return NAMED.get(version) or family or OTHER
