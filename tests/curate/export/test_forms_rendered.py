"""Forms of text are what the template writes, cut behind the cue to answer."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.chat import Chat
from curate.export.forms import formed
from curate.export.rendering import from_template
from schemas.errors import RecipeError
from tests.curate.export.conversations import (
    ONE,
    PLAIN,
    SEVERAL,
    TOOL,
    Turn,
    aligned,
    batch,
    plain,
    talk,
)
from train.tokenizer import train_tokenizer

NO_SYSTEM = """
{%- for message in messages -%}
{%- if message.role == 'system' -%}{{ raise_exception('no system turns') }}{%- endif -%}
{{ message.role }}: {{ message.content }};
{%- endfor -%}
{%- if add_generation_prompt -%}assistant: {% endif -%}
"""
THINKING = NO_SYSTEM.replace("assistant: {% endif", "assistant: (nothing thought) {% endif")


@given(talks=st.lists(aligned(), min_size=1, max_size=4))
def test_prompt_and_completion_together_are_the_text(talks: list[list[Turn]]) -> None:
    parts = formed(batch(talks), "prompt-completion", plain()).rows.to_pylist()
    texts = formed(batch(talks), "text", plain()).rows.to_pylist()

    assert [row["prompt"] + row["completion"] for row in parts] == [row["text"] for row in texts]


def test_the_prompt_ends_with_the_cue_to_answer() -> None:
    (row,) = formed(batch([SEVERAL]), "prompt-completion", plain()).rows.to_pylist()

    assert row["prompt"].endswith("User:\nAnd then?\n\nAssistant:\n")
    assert row["completion"] == "Nothing.<end>\n"


def test_without_a_base_no_end_token_is_invented() -> None:
    render = from_template(PLAIN.read_text(encoding="utf-8"), PLAIN)

    (row,) = formed(batch([ONE]), "text", render).rows.to_pylist()

    assert row["text"] == "User:\nWhat does it do?\n\nAssistant:\nIt absorbs heat.\n"


def test_a_template_alone_renders_as_with_its_tokenizer(tmp_path: Path) -> None:
    train_tokenizer(["It absorbs heat."], 300, 512, tmp_path)
    chat = Chat(tmp_path)
    alone = from_template((tmp_path / "chat_template.jinja").read_text(encoding="utf-8"), tmp_path)

    texts = [
        formed(batch([ONE, TOOL]), "text", render).rows.to_pylist()
        for render in (chat.render, alone)
    ]

    assert texts[0] == texts[1]


@pytest.mark.parametrize("form", ["prompt-completion", "text"])
def test_a_turn_that_the_template_has_no_place_for_is_counted(form: str) -> None:
    render = from_template(NO_SYSTEM, Path("none.jinja"))

    made = formed(batch([ONE, SEVERAL]), form, render)  # type: ignore[arg-type]

    assert made.left_out == {"turns that the template refuses": 1}
    assert made.rows.column("id").to_pylist() == ["0"]


def test_a_prompt_that_is_no_beginning_of_the_whole_is_counted() -> None:
    render = from_template(THINKING, Path("thinking.jinja"))

    made = formed(batch([ONE]), "prompt-completion", render)

    assert made.left_out == {"the template writes the prompt otherwise where an answer follows": 1}
    assert len(formed(batch([ONE]), "text", render).rows) == 1


def test_a_template_that_refuses_questions_and_answers_is_an_error() -> None:
    render = from_template("{{ raise_exception('never') }}", Path("never.jinja"))

    with pytest.raises(RecipeError, match=r"never\.jinja: cannot render .* user, assistant"):
        formed(batch([ONE]), "text", render)


def test_a_template_reaches_nothing_beyond_its_conversation() -> None:
    sly = "{{ messages.__class__.__mro__[1].__subclasses__() }}"

    with pytest.raises(RecipeError, match="unsafe"):
        formed(batch([ONE]), "text", from_template(sly, Path("sly.jinja")))


def test_text_without_a_template_says_what_is_missing() -> None:
    with pytest.raises(RecipeError, match="export: text needs a chat template"):
        formed(batch([ONE]), "text")


def test_what_is_said_is_never_read_as_a_template() -> None:
    told = talk(("user", "{{ 7 * 7 }} {% raw %}"), ("assistant", "{{ messages }}"))

    (row,) = formed(batch([told]), "text", plain()).rows.to_pylist()

    assert row["text"] == "User:\n{{ 7 * 7 }} {% raw %}\n\nAssistant:\n{{ messages }}<end>\n"
