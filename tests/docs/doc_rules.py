"""What of the pages' blocks isn't run as printed, and why: three tables."""

import re

INSTALLS = "installs; .ci/run does it in a fresh environment"

NOT_RUN = (
    ("git clone", "needs a network"),
    ("python3 -m venv", INSTALLS),
    ("pip install '.[test]' && pytest", "is what runs this test"),
    ("pytest -n", "is what runs this test"),
    ("pytest -m", "is what runs this test"),
    (".ci/run", "is what runs this test"),
    ("mypy", "takes minutes; .ci/run does it"),
    ("pre-commit install", "changes the clone's hooks"),
    ("brew install", "needs a Mac"),
    ("wsl --install", "needs Windows"),
    ("homework run-all --executor ray", "needs a Ray cluster; tests/job/test_ray.py has one"),
    ("ray start", "needs several machines; tests/job/test_ray.py has some"),
    ("export HOMEWORK_CACHE", "is a folder of a cluster's"),
    ("kubectl", "needs Kubernetes; tests/docs/test_cluster_recipes.py reads the file"),
    (
        "homework reproduce",
        "takes minutes; tests/job/test_reproduce.py has small ones",
    ),
    ("homework serve", "serves until it is stopped; tests/report/serve"),
    ("tensorboard --logdir", "serves until it is stopped"),
    ("mlflow ui", "serves until it is stopped"),
    ("wandb sync", "needs a network"),
    ("docker", "needs Docker"),
    ("sudo apt-get", INSTALLS),
    ("homework verify runs/example/report.pdf", "no PDF is made on that page"),
)
"""Commands that a test can't run, by how they begin, and why."""

NOT_RUN_EXTRAS = (
    ("export parquet", "pyarrow"),
    ("read_parquet", "pyarrow"),
    ("export tensorboard", "tensorboard"),
    ("--log tensorboard", "tensorboard"),
    ("export mlflow", "mlflow"),
    ("--log mlflow", "mlflow"),
    ("--log wandb", "wandb"),
    ("timm:", "timm"),
    ("searched.toml", "optuna"),
    ("--format docx", "pypandoc"),
    ("export-model", "onnxscript"),
    ("import onnxruntime", "onnxruntime"),
    ("import jsonschema", "jsonschema"),
)
"""Words of a block that need an extra, and its module; without it the block skips."""

REHEARSED = (
    ("--device cuda", "--device cpu", "needs a GPU"),
    ('device="cuda"', 'device="cpu"', "needs a GPU"),
    ("s3://my-bucket", "memory://my-bucket", "needs a network"),
    ("--weights FOLDER", "--weights sample", "needs files of 806 MB"),
    ("/content/drive/MyDrive", "{folder}/drive", "needs Colab"),
    ("run-all --jobs 4", "run scratch/baseline scratch/grid-sgd-1e-2 --jobs 2", "takes minutes"),
    (
        "run-all -f study.toml --study",
        "run scratch/baseline -f study.toml --study",
        "takes minutes",
    ),
    ("STUDY/transfer/best", "dir/scratch/baseline", "stands for the study's name"),
    ("predict STUDY", "predict dir", "stands for the study's name"),
    ("quick/transfer/best", "quick/scratch/baseline", "is chosen from a grid of nine"),
    ("run transfer/best", "run scratch/baseline", "is chosen from a grid of nine"),
    ('["scratch", "transfer"]', '["scratch/baseline"]', "trains two grids"),
    (
        "run_study(study_file=decay)",
        'run_study(["decay/grid-1e-4-8"], study_file=decay, epochs=1, image_size=64, width=0.1)',
        "trains five runs",
    ),
    ('render("runs/quick")', 'render("runs/quick", ["html"])', "a PDF takes seconds"),
)
"""What a page shows, what runs in its place, and why. Beside that, `SMALL` holds for all."""

MAKE_PDFS = ("docs/first-hour.md", "docs/verify.md")
"""Pages whose PDFs are made; the others make HTML only, since each PDF takes seconds."""

OWN_CACHE = ("docs/first-hour.md",)
"""Pages that show what happens only the first time on a machine."""

WHOLE_LISTS = ("README.md", "docs/first-hour.md", "docs/next-year.md")
"""Pages whose `homework run-all` runs the whole list; the others run `A_FEW` of it."""

A_FEW = ("run", "scratch/baseline", "transfer/grid-sgd-1e-2")

SMALL = {
    "HOMEWORK_EPOCHS": "1",
    "HOMEWORK_IMAGE_SIZE": "64",
    "HOMEWORK_MAX_PER_CLASS": "3",
    "HOMEWORK_WIDTH": "0.1",
    "HOMEWORK_WEIGHTS": "sample",
}
"""Settings that make a list a matter of seconds, with nothing downloaded."""

MASKED = (
    (r"\s+", " "),
    (r"\d[\d.,]* (ms|s|min|h)\b", "TIME"),
    (r" (about TIME( \d+ min)?|a few seconds) left", ""),
    (r", (and stand-in weights to train|most of it for stand-in weights)", ""),
    (r"\d[\d.,]* (bytes|kB|MB|GB)\b", "SIZE"),
    (r"\b(Python|torch|torchvision|WeasyPrint) \d[\w.+]*", r"\1 VERSION"),
    (r"\bdevice \w+ \(.*", "DEVICE"),
    (r"\d[\d.]* ?%( \([\d.]+ to [\d.]+\))?", "ACCURACY"),
    (r"(?<=recipe )\d+(?= as recorded)", "N"),
    (r"\(epoch \d+\)", "EPOCH"),
    (r"\d[\d,]*(?= (numbers|sentences|tables|figures)\b)", "N"),
    (r"(?<![\w.…])/+[^\s\"]*/(?=\w)", "FOLDER/"),
)
"""Times, sizes, versions, devices, paths, counts of a report and accuracies of stand-in pictures
differ from machine to machine, so a page's are held to their place and unit only."""


def masked(line: str) -> str:
    for pattern, name in MASKED:
        line = re.sub(pattern, name, line)
    return line.strip()
