"""The block `select` of a recipe: how examples are put into an order before they are mixed.

An order, not a subset: the mixture takes the first rows of it, so a smaller mixture is contained in
a larger one whatever the method. The tables are in `schemas.selected`.
"""

import difflib
from typing import Literal, get_args

from pydantic import Field, field_validator

from schemas.settings import Name, Settings

SelectMethod = Literal["random", "stratified", "longest", "judge", "k-center", "rds", "ifd"]
METHODS: tuple[SelectMethod, ...] = get_args(SelectMethod)
JUDGE_SCORE = "judge_mean"
"""The judge's overall score."""


class Select(Settings):
    """In which order the kept training examples of each part are drawn."""

    method: SelectMethod = "random"
    """`random`; `stratified` over task, domain and section; `longest` answers; `judge` scores;
    `k-center`, far from one another; `rds`, like the held-out valid rows; `ifd`, hard for the base
    though the instruction helps. The last three need a model."""
    size: int | None = Field(None, ge=1)
    """Rows of each part that are ranked; all by default."""
    parts: list[Name] | None = Field(None, min_length=1)
    """Parts that are ranked, all of the mixture by default; the others keep their random order."""
    allocation: Literal["proportional", "equal"] = "proportional"
    """Of `stratified`: strata by their size, or the same from each as long as it lasts."""
    score: str = Field(JUDGE_SCORE, min_length=1, max_length=200)
    """Of `judge`: the column that is ranked by, the largest first."""
    model: str | None = None
    """Of `k-center`: folder of a `sentence-transformers` model. Without one the base's hidden
    states stand for the texts."""
    targets: str | None = None
    """Of `rds`: a file of examples to be like; the part's valid rows by default."""
    max_length: int | None = Field(None, ge=8)
    """Tokens that a model reads of an example; a longer one is not cut but ranked last. By default
    the base's context, 2,048 at most."""
    batch_tokens: int = Field(4_096, ge=8)
    """Tokens of one forward pass for hidden states, padding included."""

    @field_validator("method", mode="before")
    @classmethod
    def _known(cls, method: object) -> object:
        if isinstance(method, str) and method not in METHODS:
            near = difflib.get_close_matches(method.lower(), METHODS, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ValueError(f"no such method; {hint}There are {', '.join(METHODS)}")
        return method

    @property
    def measure(self) -> Literal["hidden", "embeddings", "difficulty"] | None:
        """What a model has to say of every row first."""
        if self.method == "k-center":
            return "hidden" if self.model is None else "embeddings"
        return {"rds": "hidden", "ifd": "difficulty"}.get(self.method)  # type: ignore[return-value]
