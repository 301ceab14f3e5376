"""Files that systems leave beside pictures; they are passed over without a word, everywhere."""

SYSTEM_NAMES = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "lost+found",
     "$recycle.bin", "system volume information"}
)  # fmt: skip
"""In lower case: Windows' picture caches and folder settings, what macOS and NAS boxes add."""


def is_passed_over(name: str) -> bool:
    """Tell whether a file or folder is hidden or a system's own."""
    return name.startswith(".") or name.lower() in SYSTEM_NAMES
