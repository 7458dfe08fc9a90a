"""PDF -> one document by docling's layout and table models: the optional extra `docling`.

Reads bytes, writes nothing. The models must lie on this machine already; nothing is fetched here.
docling gives Markdown, which `curate.collect.markdown` reads.
"""

import io
import json
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from curate.collect import markdown, outline, plain_text
from schemas.errors import RecipeError
from schemas.rows import Document, Failure

INSTALL = "pip install 'retort[docling]' && docling-tools models download"
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def read_with_docling(data: bytes, name: str) -> Iterator[Document | Failure]:
    """The document in a PDF file as docling sees it, or why there is none.

    Raises:
        RecipeError: docling or its models are not installed.
    """
    converter, stream = _converter()
    try:
        result = converter.convert(
            stream(name="paper.pdf", stream=io.BytesIO(data)), raises_on_error=False
        )
    except (OSError, ImportError) as error:
        raise _missing(error) from error
    if result.status.value not in ("success", "partial_success"):
        told = "; ".join(str(error.error_message) for error in result.errors)
        yield Failure(
            name, "unreadable", f"docling: {' '.join(told.split())[:300] or result.status.value}"
        )
        return
    text = plain_text.clean(result.document.export_to_markdown()).strip()
    if not any(character.isalnum() for character in text):
        yield Failure(name, "no-text", "docling finds no letter and no digit in it")
        return
    headings, blocks = markdown.parse(text)
    yield Document(
        source=name,
        form="pdf",
        text=text,
        title=headings[0].text if headings else None,
        sections=outline.sections(text, headings),
        blocks=blocks,
        metadata=json.dumps({"n_pages": len(result.pages), "read_by": "docling"}),
    )


@cache
def _converter() -> tuple[Any, Any]:
    """The converter of PDFs, kept off the network, and its class of streams; made once a process.

    It does no OCR: its engines fetch models of their own.
    """
    os.environ.update(OFFLINE)
    try:
        from docling.datamodel.base_models import DocumentStream, InputFormat
        from docling.datamodel.pipeline_options import PdfPipelineOptions
        from docling.document_converter import DocumentConverter, PdfFormatOption
    except ImportError as error:
        raise _missing(error) from error
    options = PdfFormatOption(pipeline_options=PdfPipelineOptions(do_ocr=False))
    converter = DocumentConverter(
        allowed_formats=[InputFormat.PDF], format_options={InputFormat.PDF: options}
    )
    return converter, DocumentStream


def _missing(error: Exception) -> RecipeError:
    said = " ".join(str(error).split())[:200]
    return RecipeError(
        f"collect.pdf: docling cannot read PDF files here ({said}). "
        f"Install it and its models ({INSTALL}), or leave `pdf: docling` out."
    )
