"""One small run without a model, and one with everything that tuning makes."""

from pathlib import Path

import pytest

from recipes.report import write_report
from tests.recipes.report.models import TUNED, model_tables
from tests.recipes.report.pages import Page
from tests.recipes.report.tables import RECIPE, Rows, rows_of, tables_of


@pytest.fixture(scope="session")
def rows() -> Rows:
    return rows_of()


@pytest.fixture(scope="session")
def tables(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return tables_of(rows, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def page(tables: dict[str, Path]) -> Page:
    return Page(write_report(RECIPE, tables))


@pytest.fixture(scope="session")
def tuned_rows() -> Rows:
    return rows_of(n_documents=64)


@pytest.fixture(scope="session")
def tuned_tables(tuned_rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return model_tables(tuned_rows, tmp_path_factory.mktemp("tuned"))


@pytest.fixture(scope="session")
def tuned_page(tuned_tables: dict[str, Path]) -> Page:
    return Page(write_report(TUNED, tuned_tables))
