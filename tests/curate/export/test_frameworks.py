"""What LLaMA-Factory and axolotl are told names files and columns that are there."""

import itertools
from typing import Any

import pytest
import yaml

from curate.export.described import Container, Form
from curate.export.forms import OWN
from curate.export.frameworks import axolotl, dataset_info, entry_name
from curate.export.front_matter import configs
from tests.curate.export.conversations import CONTAINERS, FORMS, described

FILES = [
    {"path": f"data/{split}.parquet", "split": split} for split in ("train", "validation", "test")
]
SFT_DATASET = {
    "path", "split", "type", "ds_type", "data_files", "name", "field", "field_messages",
    "message_property_mappings", "roles", "roles_to_train", "train_on_eos", "chat_template",
}  # fmt: skip
"""Fields of axolotl 0.19's `SFTDataset` that an entry of ours could use."""
USER_DEFINED = {
    "system_prompt", "system_format", "field_system", "field_instruction", "field_input",
    "field_output", "format", "no_input_format",
}  # fmt: skip
"""Those of its `UserDefinedPrompterType`."""


def info(form: Form, container: Container = "parquet") -> dict[str, Any]:
    return dataset_info(described(form, container, FILES))


@pytest.mark.parametrize("form", FORMS)
def test_llama_factory_has_an_entry_for_each_split_or_none_at_all(form: Form) -> None:
    told = info(form)

    files = [entry["file_name"] for entry in told.values()]
    readable = form not in ("trl", "prompt-completion")
    assert files == ([file["path"] for file in FILES] if readable else [])


@pytest.mark.parametrize("form", FORMS)
def test_columns_that_llama_factory_is_told_of_are_there(form: Form) -> None:
    for entry in info(form).values():
        assert set(entry["columns"].values()) <= set(OWN[form].names)


def test_a_name_in_dataset_info_can_stand_in_a_list_with_commas() -> None:
    assert list(info("alpaca")) == [
        "numerics-small_train", "numerics-small_validation", "numerics-small_test",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "../..", "a\nb", "ä,ö", "-", "x" * 500])
def test_every_name_gives_one_that_can_be_written(name: str) -> None:
    assert not set(entry_name(name)) & set(",\n/ ")
    assert entry_name(name)


@pytest.mark.parametrize(("form", "container"), list(itertools.product(FORMS, CONTAINERS)))
def test_axolotl_is_told_only_what_it_documents(form: Form, container: Container) -> None:
    told = yaml.safe_load(axolotl(described(form, container, FILES))) or {}

    assert set(told) == (set() if form == "trl" else {"datasets", "test_datasets"})
    for (entry,) in told.values():
        assert set(entry) <= SFT_DATASET
        assert isinstance(entry["type"], str) or set(entry["type"]) <= USER_DEFINED


def test_axolotl_evaluates_on_the_validation_split_and_never_sees_the_test_split() -> None:
    text = axolotl(described("messages", "parquet", FILES))

    told = yaml.safe_load(text)
    assert told["datasets"][0]["path"] == "data/train.parquet"
    assert told["test_datasets"][0]["path"] == "data/validation.parquet"
    assert "data/test.parquet" not in text


def test_axolotl_is_warned_where_it_would_lose_turns() -> None:
    assert "neither system nor history" in axolotl(described("alpaca", "parquet", FILES))


def test_the_card_says_which_file_is_which_split() -> None:
    assert configs(FILES) == [
        {
            "config_name": "default",
            "data_files": [{"split": file["split"], "path": file["path"]} for file in FILES],
        }
    ]
    assert configs([]) == []
