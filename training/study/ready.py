"""Ready study files, which `homework init --template` writes. Each is one as it stands here."""

import re
from pathlib import Path

from training.lookup import look_up
from training.study.experiments import HOMEWORK_FILE

FOLDER = Path(__file__).with_name("templates")

TEMPLATES = {
    "homework": HOMEWORK_FILE,
    "own-pictures": FOLDER / "own-pictures.toml",
    "backbones": FOLDER / "backbones.toml",
    "augmentation": FOLDER / "augmentation.toml",
    "robustness": FOLDER / "robustness.toml",
    "data-efficiency": FOLDER / "data-efficiency.toml",
}
"""Where each of them is."""


def ready_file(template: str, name: str, values: dict[str, str]) -> str:
    """Return the text of a ready study file.

    Args:
        template: Of `TEMPLATES`.
        name: What the file will be called, for the commands at its top.
        values: By key, a value as TOML writes it; its line, a comment or not, gets it.

    Raises:
        StudyError: There is no such template.
    """
    text = look_up("template", template, TEMPLATES).read_text(encoding="utf-8")
    text = text.replace("{file}", name)
    for key, value in values.items():
        line = re.compile(rf"^(?:# )?{key} = .*$", re.MULTILINE)
        found = line.search(text)
        if key == "preset":
            text = text.replace("title = ", f"preset = {value}\ntitle = ", 1)
        elif found:
            text = f"{text[: found.start()]}{key} = {value}{text[found.end() :]}"
    return text
