"""The corpus formats by name; the only list of them."""

from collections.abc import Mapping

from core.data.formats.format import CorpusFormat
from core.data.formats.moses import MosesFormat
from core.data.formats.tsv import TsvFormat

FORMATS: Mapping[str, CorpusFormat] = {form.name: form for form in (MosesFormat(), TsvFormat())}
