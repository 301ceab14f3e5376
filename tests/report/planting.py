"""The lies that `bench/planted_lies.py` plants, for tests."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bench" / "planted_lies.py"

if not SCRIPT.is_file():
    pytest.skip("bench/planted_lies.py isn't here", allow_module_level=True)

SPEC = importlib.util.spec_from_file_location("planted_lies", SCRIPT)
lies = sys.modules["planted_lies"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(lies)
