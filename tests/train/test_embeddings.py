"""A local model embeds texts without a network, without code of its own, and says what it cuts."""

import json
import socket
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("sentence_transformers")

from curate.screen.measures.semantic import Params, measure_meaning
from curate.screen.shingles import shingling
from curate.screen.sketches import Texts
from schemas.errors import RecipeError
from train.measures.embeddings import embedder

WORDS = "the of cell membrane enzyme heat light absorbs in water night winter plasma".split()
WIDTH = 16


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT with random weights and mean pooling, as sentence-transformers saves it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    plain = tmp_path_factory.mktemp("bert")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (plain / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizerFast(vocab={word: n for n, word in enumerate(vocabulary)})
    tokenizer.save_pretrained(str(plain))
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32, initializer_range=0.5,
    )  # fmt: skip
    BertModel(config).save_pretrained(str(plain))
    folder = tmp_path_factory.mktemp("embedding")
    transformer = Transformer(str(plain), max_seq_length=24)
    SentenceTransformer(modules=[transformer, Pooling(WIDTH)], device="cpu").save(
        str(folder), create_model_card=False
    )
    return folder


def copied(model: Path, folder: Path) -> Path:
    """The model where it may be changed."""
    for path in model.rglob("*"):
        if path.is_file():
            place = folder / path.relative_to(model)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return folder


def test_vectors_have_length_one_and_near_texts_are_near(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    texts = ["the cell absorbs light", "the cell absorbs heat", "winter night in water", ""]
    vectors, n_cut = embedder(model, "t")(texts)

    assert (vectors.shape, vectors.dtype, n_cut) == ((4, WIDTH), np.float32, 0)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_what_is_given_in_other_portions_means_the_same(model: Path) -> None:
    texts = [" ".join(WORDS[n % 7 : n % 11 + 2]) for n in range(80)]
    embed = embedder(model, "t", at_once=8)
    whole, _ = embed(texts)
    parts = [embed(texts[:3])[0], embed(texts[3:])[0]]

    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)
    assert np.array_equal(embed(texts)[0], whole)


def test_texts_beyond_the_models_length_are_counted(model: Path) -> None:
    texts = ["cell " * 22, "cell " * 23, "cell " * 500]

    assert embedder(model, "t")(texts)[1] == 2


def test_code_of_a_models_own_is_never_run(model: Path, tmp_path: Path) -> None:
    folder = copied(model, tmp_path)
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "own.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "own.py").write_text("raise SystemExit('run')")

    with pytest.raises(RecipeError, match=r"code of its own \(own.Transformer\)"):
        embedder(folder, "t")


def test_pickled_weights_are_not_read(model: Path, tmp_path: Path) -> None:
    folder = copied(model, tmp_path)
    weights = folder / "model.safetensors"
    weights.rename(folder / "pytorch_model.bin")

    with pytest.raises(RecipeError, match=r"pytorch_model.bin is pickled"):
        embedder(folder, "t")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "modules.json cannot be read"),
        ("{}x", "not a list of modules"),
        ("[1]", "not a list"),
    ],
)
def test_a_folder_that_is_no_model_is_refused(
    tmp_path: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "modules.json").write_text(content)

    with pytest.raises(RecipeError, match=f"^t: .*{said}"):
        embedder(tmp_path, "t")


def test_a_broken_model_is_told_in_one_line(model: Path, tmp_path: Path) -> None:
    folder = copied(model, tmp_path)
    (folder / "model.safetensors").write_bytes(b"broken")

    with pytest.raises(RecipeError, match=r"^t: .* cannot be loaded") as error:
        embedder(folder, "t")
    assert "\n" not in str(error.value)


def test_pairs_come_from_a_models_vectors(model: Path) -> None:
    texts = ["cell membrane", "plasma heat", "cell membrane", "membrane cell", ""]
    table = pa.table({"id": list("abcde"), "text": texts})
    rows = Texts(lambda: iter(table.to_batches()), ("text",), shingling(5, 8, False))
    params = Params(model=str(model), floor=0.5)
    result = measure_meaning([rows], params, "t", embedder=embedder(model, "t"))
    found = {(row["id"], row["other"]): row["similarity"] for row in result.pairs.to_pylist()}

    assert found["c", "a"] == 1.0
    assert 0.5 <= found["d", "a"] < 1.0
    assert "e" not in {one for pair in found for one in pair}
