"""A small world for the pages: pictures, a finished example, settings that make lists quick."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from doc_rules import SMALL

from training.data import sample
from training.run import train_stand_in


@pytest.fixture(scope="session")
def docs_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("docs-cache")


@pytest.fixture(scope="module")
def small_world(docs_cache):
    """Make the sample, its stand-in weights, every list and every figure small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample, "GLYPHS", {"target": "ABC", "source": "dgr2"})
        patch.setattr(sample, "COUNTS", {"target": (15, 20), "source": (12, 15)})
        patch.setattr(train_stand_in, "RECIPES", {})
        patch.setattr(train_stand_in, "OTHER_MODELS", train_stand_in.Recipe(1e-3, 2))
        blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
        patch.setattr("report.figures.drawing_pool.draw", lambda *_: blank)
        patch.setattr("report.figures.drawing_pool.helpers", lambda: 0)
        patch.setenv("HOMEWORK_CACHE", str(docs_cache))
        patch.setenv("COLUMNS", "200")
        patch.delenv("HOMEWORK_PRESET", raising=False)
        for name, value in SMALL.items():
            patch.setenv(name, value)
        yield patch
