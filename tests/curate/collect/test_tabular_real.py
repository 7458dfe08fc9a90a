"""Every table beside the checkout is read, and how many of its rows become documents."""

from collections import Counter
from pathlib import Path

import pytest

from curate.collect.conversations import turns
from curate.collect.forms import TABLES, form_of
from curate.collect.tabular import read
from schemas.errors import TableError
from schemas.recipe import Files
from schemas.rows import Document

FOLDERS = (
    *("instruct", "science", "scitldr", "ml_anthology", "arxiv_abstracts"),
    *("s2orc_sample", "s2orc_doc2json_tests", "bench"),
)
FILES = Files.model_validate({"from": "files", "paths": ["."]})
COUNTS = """
instruct/fastchat_dummy/dummy_conversation.json sharegpt 500 0 0
instruct/gpteacher/Toolformer/toolformer-dedupe-only-dataset.json alpaca 7673 0 0
instruct/gpteacher/Toolformer/toolformer-similarity-0.8-dataset.json alpaca 4709 0 0
instruct/llama_factory_demo/alpaca_en_demo.json alpaca 999 0 0
instruct/llama_factory_demo/alpaca_zh_demo.json alpaca 1000 0 0
instruct/llama_factory_demo/c4_demo.jsonl jsonl 300 0 0
instruct/llama_factory_demo/dataset_info.json - 0 1 0
instruct/llama_factory_demo/dpo_en_demo.json preference 300 0 0
instruct/llama_factory_demo/dpo_zh_demo.json preference 300 0 0
instruct/llama_factory_demo/glaive_toolcall_en_demo.json sharegpt 300 0 0
instruct/llama_factory_demo/glaive_toolcall_zh_demo.json sharegpt 300 0 0
instruct/llama_factory_demo/identity.json alpaca 91 0 0
instruct/llama_factory_demo/kto_en_demo.json preference 150 0 150
instruct/llama_factory_demo/reason_tool_use_demo_50.jsonl messages 50 0 0
instruct/llama_factory_demo/v1_dpo_demo.jsonl preference 10 0 0
instruct/llama_factory_demo/v1_multimodal_demo.jsonl - 0 0 24
instruct/llama_factory_demo/v1_sft_demo.jsonl messages 500 0 0
instruct/llm_foundry_prep/arxiv.jsonl jsonl 20 0 0
instruct/llm_foundry_prep/dolly_hhrlhf_train_small.jsonl prompt-completion 1000 0 0
instruct/oasst_en100/en_100_tree.jsonl tree 100 0 0
instruct/self_instruct/data/seed_tasks.jsonl alpaca 175 0 0
instruct/t0_50k/qasc_qa_with_combined_facts_1.jsonl prompt-completion 200 0 0
instruct/t0_50k/quartz_answer_question_based_on.jsonl prompt-completion 200 0 0
instruct/t0_50k/quartz_answer_question_below.jsonl prompt-completion 200 0 0
instruct/t0_50k/quartz_given_the_fact_answer_the_q.jsonl prompt-completion 200 0 0
instruct/t0_50k/quartz_having_read_above_passage.jsonl prompt-completion 200 0 0
instruct/t0_50k/quartz_paragraph_question_plain_concat.jsonl prompt-completion 200 0 0
instruct/t0_50k/quartz_read_passage_below_choose.jsonl prompt-completion 200 0 0
instruct/t0_50k/quartz_use_info_from_paragraph_question.jsonl prompt-completion 200 0 0
instruct/t0_50k/quartz_use_info_from_question_paragraph.jsonl prompt-completion 200 0 0
instruct/t0_50k/sciq_Direct_Question.jsonl prompt-completion 200 0 0
instruct/t0_50k/sciq_Multiple_Choice.jsonl prompt-completion 200 0 0
instruct/t0_50k/wiqa_what_is_the_final_step_of_the_following_process.jsonl prompt-completion 200 0 0
instruct/t0_50k/wiqa_what_is_the_missing_first_step.jsonl prompt-completion 200 0 0
science/covid_qa/200423_covidQA.json question-answer 1380 0 0
science/covid_qa/faq_covidbert.csv question-answer 213 0 0
science/gsm8k/train.jsonl question-answer 7473 0 0
science/medquad.jsonl question-answer 7099 0 0
science/pubmedqa/pqal_train500.json question-answer 500 0 0
science/qasper_sample/qasper_sample_small.json json 1 0 0
scitldr/SciTLDR-A/train.jsonl jsonl 1992 0 0
ml_anthology/data/papers/aistats-2019.json.gz json 360 0 0
ml_anthology/data/papers/aistats-2020.json.gz json 423 0 0
ml_anthology/data/papers/aistats-2021.json.gz json 455 0 0
ml_anthology/data/papers/aistats-2022.json.gz json 492 0 0
ml_anthology/data/papers/aistats-2023.json.gz json 496 0 0
ml_anthology/data/papers/aistats-2024.json.gz json 547 0 0
ml_anthology/data/papers/aistats-2025.json.gz json 583 0 0
ml_anthology/data/papers/icml-2019.json.gz json 766 0 0
ml_anthology/data/papers/icml-2020.json.gz json 1075 0 0
ml_anthology/data/papers/icml-2021.json.gz json 1182 0 0
ml_anthology/data/papers/icml-2025.json.gz json 3330 0 0
ml_anthology/data/papers/jmlr-2015.json.gz json 115 2 0
ml_anthology/data/papers/jmlr-2016.json.gz json 236 0 0
ml_anthology/data/papers/jmlr-2017.json.gz json 149 0 0
ml_anthology/data/papers/jmlr-2018.json.gz json 84 0 0
ml_anthology/data/papers/jmlr-2019.json.gz json 184 0 0
ml_anthology/data/papers/jmlr-2020.json.gz json 252 0 0
ml_anthology/data/papers/jmlr-2021.json.gz json 290 0 0
ml_anthology/data/papers/jmlr-2022.json.gz json 351 0 0
ml_anthology/data/papers/jmlr-2023.json.gz json 401 0 0
ml_anthology/data/papers/jmlr-2024.json.gz json 421 0 0
ml_anthology/data/papers/jmlr-2025.json.gz json 269 0 0
arxiv_abstracts/arxiv_abstracts.jsonl.gz jsonl 18832 0 0
s2orc_sample/data/metadata/sample.jsonl jsonl 488 512 0
s2orc_doc2json_tests/pdf/2020.acl-main.207.json json 1 0 0
s2orc_doc2json_tests/pdf/N18-3011.json json 1 0 0
s2orc_doc2json_tests/s2orc/20190928/10002293.json json 1 0 0
s2orc_doc2json_tests/s2orc/20190928/10042064.json json 1 0 0
s2orc_doc2json_tests/s2orc/20190928/10045593.json json 1 0 0
s2orc_doc2json_tests/s2orc/20200705/18980380.json json 1 0 0
s2orc_doc2json_tests/s2orc/20200705/18980463.json json 1 0 0
s2orc_doc2json_tests/s2orc/20200705/94551546.json json 1 0 0
s2orc_doc2json_tests/s2orc/20210101/24e6b80e338a4e543de6b49cada07156c9149d22.json json 1 0 0
s2orc_doc2json_tests/s2orc/20210101/f2235cd28c171f9f3b6a8bcebe246159c464980c.json json 1 0 0
bench/ifeval/input_data.jsonl - 0 1 0
bench/llm_foundry_gauntlet/commonsense_reasoning/openbook_qa.jsonl question-answer 500 0 0
bench/llm_foundry_gauntlet/commonsense_reasoning/piqa.jsonl question-answer 1838 0 0
bench/llm_foundry_gauntlet/programming/human_eval.jsonl - 0 1 0
bench/llm_foundry_gauntlet/reading_comprehension/boolq.jsonl question-answer 3270 0 0
bench/llm_foundry_gauntlet/symbolic_problem_solving/gsm8k.jsonl - 0 1 0
bench/llm_foundry_gauntlet/world_knowledge/arc_challenge.jsonl question-answer 1172 0 0
bench/llm_foundry_gauntlet/world_knowledge/arc_easy.jsonl question-answer 2376 0 0
bench/mmlu/dev/abstract_algebra_dev.csv question-answer 5 0 0
bench/mmlu/dev/astronomy_dev.csv question-answer 5 0 0
bench/mmlu/dev/clinical_knowledge_dev.csv question-answer 5 0 0
bench/mmlu/dev/college_chemistry_dev.csv question-answer 5 0 0
bench/mmlu/dev/college_mathematics_dev.csv question-answer 5 0 0
bench/mmlu/dev/college_physics_dev.csv question-answer 5 0 0
bench/mmlu/dev/conceptual_physics_dev.csv question-answer 5 0 0
bench/mmlu/dev/electrical_engineering_dev.csv question-answer 5 0 0
bench/mmlu/dev/formal_logic_dev.csv question-answer 5 0 0
bench/mmlu/dev/high_school_biology_dev.csv question-answer 5 0 0
bench/mmlu/dev/high_school_computer_science_dev.csv question-answer 5 0 0
bench/mmlu/dev/high_school_geography_dev.csv question-answer 5 0 0
bench/mmlu/dev/high_school_macroeconomics_dev.csv question-answer 5 0 0
bench/mmlu/dev/high_school_microeconomics_dev.csv question-answer 5 0 0
bench/mmlu/dev/high_school_psychology_dev.csv question-answer 5 0 0
bench/mmlu/dev/high_school_us_history_dev.csv question-answer 5 0 0
bench/mmlu/dev/human_aging_dev.csv question-answer 5 0 0
bench/mmlu/dev/international_law_dev.csv question-answer 5 0 0
bench/mmlu/dev/logical_fallacies_dev.csv question-answer 5 0 0
bench/mmlu/dev/management_dev.csv question-answer 5 0 0
bench/mmlu/dev/medical_genetics_dev.csv question-answer 5 0 0
bench/mmlu/dev/moral_disputes_dev.csv question-answer 5 0 0
bench/mmlu/dev/nutrition_dev.csv question-answer 5 0 0
bench/mmlu/dev/prehistory_dev.csv question-answer 5 0 0
bench/mmlu/dev/professional_law_dev.csv question-answer 5 0 0
bench/mmlu/dev/professional_psychology_dev.csv question-answer 5 0 0
bench/mmlu/dev/security_studies_dev.csv question-answer 5 0 0
bench/mmlu/dev/us_foreign_policy_dev.csv question-answer 5 0 0
bench/mmlu/dev/world_religions_dev.csv question-answer 5 0 0
bench/mmlu/test/abstract_algebra_test.csv question-answer 100 0 0
bench/mmlu/test/astronomy_test.csv question-answer 152 0 0
bench/mmlu/test/clinical_knowledge_test.csv question-answer 265 0 0
bench/mmlu/test/college_chemistry_test.csv question-answer 100 0 0
bench/mmlu/test/college_mathematics_test.csv question-answer 100 0 0
bench/mmlu/test/college_physics_test.csv question-answer 102 0 0
bench/mmlu/test/conceptual_physics_test.csv question-answer 235 0 0
bench/mmlu/test/electrical_engineering_test.csv question-answer 145 0 0
bench/mmlu/test/formal_logic_test.csv question-answer 126 0 0
bench/mmlu/test/high_school_biology_test.csv question-answer 310 0 0
bench/mmlu/test/high_school_computer_science_test.csv question-answer 100 0 0
bench/mmlu/test/high_school_geography_test.csv question-answer 198 0 0
bench/mmlu/test/high_school_macroeconomics_test.csv question-answer 390 0 0
bench/mmlu/test/high_school_microeconomics_test.csv question-answer 238 0 0
bench/mmlu/test/high_school_psychology_test.csv question-answer 545 0 0
bench/mmlu/test/high_school_us_history_test.csv question-answer 204 0 0
bench/mmlu/test/human_aging_test.csv question-answer 223 0 0
bench/mmlu/test/international_law_test.csv question-answer 121 0 0
bench/mmlu/test/logical_fallacies_test.csv question-answer 163 0 0
bench/mmlu/test/management_test.csv question-answer 103 0 0
bench/mmlu/test/medical_genetics_test.csv question-answer 100 0 0
bench/mmlu/test/moral_disputes_test.csv question-answer 346 0 0
bench/mmlu/test/nutrition_test.csv question-answer 306 0 0
bench/mmlu/test/prehistory_test.csv question-answer 324 0 0
bench/mmlu/test/professional_law_test.csv question-answer 1534 0 0
bench/mmlu/test/professional_psychology_test.csv question-answer 612 0 0
bench/mmlu/test/security_studies_test.csv question-answer 245 0 0
bench/mmlu/test/us_foreign_policy_test.csv question-answer 100 0 0
bench/mmlu/test/world_religions_test.csv question-answer 171 0 0
"""
"""File, form of its documents (- for none), rows that are ok, failed, skipped.

The one failure of a file without documents is of its columns, such as prompts without answers."""
EXPECTED = {line.split()[0]: line.split()[1:] for line in COUNTS.strip().splitlines()}
LONG = [name for name, (_, ok, _, _) in EXPECTED.items() if int(ok) > 3000]


def tables(folder: Path) -> list[str]:
    files = (path for name in FOLDERS for path in sorted((folder / name).rglob("*")))
    found = [path for path in files if path.is_file() and form_of(path) in TABLES]
    return [path.relative_to(folder).as_posix() for path in found]


def counted(path: Path) -> list[str]:
    """Form and counts of a file, while each of its conversations is read back."""
    form = form_of(path)
    assert form is not None
    counts: Counter[str] = Counter()
    forms = set()
    try:
        for row in read(
            path, "file:t", Files.model_validate({"from": "files", "paths": ["."]}), form
        ):
            counts[type(row).__name__] += 1
            if isinstance(row, Document):
                forms.add(row.form)
                check(row)
    except TableError:
        counts["Failure"] += 1
    ok, failed, skipped = (counts[name] for name in ("Document", "Failure", "Skipped"))
    return ["+".join(forms) or "-", str(ok), str(failed), str(skipped)]


def check(row: Document) -> None:
    if row.kind == "instructions":
        messages = turns(row.text, row.sections)
        assert messages[-1].role == "assistant"
        assert row.text == "\n\n".join(f"# {one.role}\n\n{one.content}" for one in messages)


def compare(folder: Path, names: list[str]) -> None:
    for name in names:
        form, ok, failed, skipped = counted(folder / name)
        requested = int(ok) + int(failed) + int(skipped)
        print(f"{name} ({form}): {requested} = {ok} ok + {failed} failed + {skipped} skipped")  # noqa: T201
        assert [form, ok, failed, skipped] == EXPECTED[name], name


@pytest.mark.shared_data
def test_every_table_has_a_count_here(shared_data: Path) -> None:
    assert tables(shared_data) == list(EXPECTED)


@pytest.mark.shared_data
def test_every_table_gives_the_rows_that_it_gave_before(shared_data: Path) -> None:
    compare(shared_data, [name for name in EXPECTED if name not in LONG])


@pytest.mark.shared_data
@pytest.mark.slow
def test_every_long_table_gives_the_rows_that_it_gave_before(shared_data: Path) -> None:
    compare(shared_data, LONG)
