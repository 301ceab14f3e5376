"""Where this machine keeps what can be made or fetched again."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return where decoded pictures, downloads, sample weights and remote studies are kept."""
    named = os.environ.get("HOMEWORK_CACHE")
    return Path(named).expanduser() if named else platformdirs.user_cache_path("homework")
