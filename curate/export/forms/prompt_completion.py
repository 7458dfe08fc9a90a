"""`prompt-completion`: two strings, as a chat template writes them.

The prompt ends with the template's cue to answer; prompt and completion together are the whole
conversation, to the character. The template is the base's, so a trainer must not apply another.
"""

import numpy as np
import pyarrow as pa

from curate.export.forms.conversation import Formed, beside, held, read, unsound
from curate.export.rendering import REASONS, Render, parted

COLUMNS = pa.schema(
    [
        pa.field("prompt", pa.string(), metadata={"doc": "all turns but the answer, and the cue"}),
        pa.field("completion", pa.string(), metadata={"doc": "the answer and what ends it"}),
    ]
)


def form(rows: pa.RecordBatch, render: Render) -> Formed:
    """Each row rendered, and cut behind the cue to answer.

    Raises:
        RecipeError: the template refuses questions and answers alone.
    """
    sound, left_out = held(rows, unsound(read(rows.column("messages"))))
    made = [parted(turns, render) for turns in sound.column("messages").to_pylist()]
    checks = [(reason, np.array([one == reason for one in made], bool)) for reason in REASONS]
    fine, refused = held(sound, checks)
    pairs = [one for one in made if not isinstance(one, str)]
    own = [pa.array([pair[column] for pair in pairs], pa.string()) for column in (0, 1)]
    return Formed(beside(fine, own, COLUMNS), left_out + refused)
