"""`text`: the whole conversation as one string, as a chat template writes it.

The template is the base's, so a trainer must not apply another. The loss covers all of it.
"""

import numpy as np
import pyarrow as pa

from curate.chat import REFUSED
from curate.export.forms.conversation import Formed, beside, held, read, unsound
from curate.export.rendering import Render, whole

COLUMNS = pa.schema(
    [pa.field("text", pa.string(), metadata={"doc": "the conversation in the chat template"})]
)


def form(rows: pa.RecordBatch, render: Render) -> Formed:
    """Each row rendered.

    Raises:
        RecipeError: the template refuses questions and answers alone.
    """
    sound, left_out = held(rows, unsound(read(rows.column("messages"))))
    made = [whole(turns, render) for turns in sound.column("messages").to_pylist()]
    fine, refused = held(sound, [(REFUSED, np.array([one is None for one in made], bool))])
    own = [pa.array([one for one in made if one is not None], pa.string())]
    return Formed(beside(fine, own, COLUMNS), left_out + refused)
