"""Where the report's own files are, and where it may keep things."""

import os
from pathlib import Path

import platformdirs


def template_folder() -> Path:
    """Return the templates: inside the installed package, or beside it in a clone."""
    package = Path(__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def cache_folder() -> Path:
    """Return where things are remembered: `HOMEWORK_CACHE`, else the user's cache folder."""
    chosen = os.environ.get("HOMEWORK_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("homework")
