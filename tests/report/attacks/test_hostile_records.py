"""Records from people one doesn't know: their text shows as text, and nothing in it acts."""

import subprocess
import sys
from pathlib import Path

import pytest
from payloads import FREE, PAYLOADS, active, poisoned
from pypdf import PdfReader

ROOT = Path(__file__).parents[3]


def attack(study, payload, names=tuple(FREE), fields=None):
    """Write a payload into every text field that a record can have without being refused."""
    written = 0
    for name in names:
        for file in study.rglob(name):
            content = file.read_bytes()
            for field in fields or SHOWN[name]:
                content = poisoned(content, field, payload) or content
            written += content != file.read_bytes()
            file.write_bytes(content)
    return written


SHOWN = {
    "study.json": ("title", "author", "course", "abstract", "command", "homework", "question",
                   "note"),
    "dataset.json": ("dropped_classes", "ignored_files", "test_images"),
    "metrics.json": ("device_name", "git_commit", "platform", "error", "notes", "precision"),
}  # fmt: skip
"""Fields that may say anything; others tie records together, see the test of single fields."""


@pytest.fixture(scope="module")
def plain(finished):
    return finished.html


@pytest.mark.parametrize("kind", PAYLOADS)
def test_nothing_in_a_record_acts(render, study, plain, kind):
    assert attack(study, PAYLOADS[kind], names=tuple(SHOWN)) > 3
    done = render()
    assert done.unexpected is None
    assert done.error is None, done.error.message
    assert active(done.html, plain) == []
    assert "49{%" not in done.html


@pytest.mark.every_attack
@pytest.mark.parametrize(("name", "field"), [(n, f) for n, fields in FREE.items() for f in fields])
def test_each_field_shows_as_text_or_is_refused(render, study, plain, name, field):
    payload = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"
    for file in study.rglob(name):
        file.write_bytes(poisoned(file.read_bytes(), field, payload) or file.read_bytes())
    done = render()
    assert done.unexpected is None
    if done.error is None:
        assert active(done.html, plain) == []


@pytest.mark.parametrize("field", ["id", "file", "reused_from"])
def test_a_path_in_a_record_leads_nowhere(render, study, tmp_path, field):
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-4711")
    for payload in (str(secret), f"../../../{secret.relative_to(tmp_path)}", "../secret.txt"):
        for name in FREE:
            for file in study.rglob(name):
                file.write_bytes(poisoned(file.read_bytes(), field, payload) or file.read_bytes())
        done = render()
        assert done.unexpected is None
        assert "CANARY-4711" not in done.html


WATCH = """
import sys
opened = []
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        opened.append(arguments[0] if isinstance(arguments[0], str) else arguments[0].decode())
    elif event == "urllib.Request" and arguments[0].startswith("data:"):
        pass
    elif event in ("socket.connect", "socket.getaddrinfo", "urllib.Request", "os.system"):
        print("ACTED", event, arguments[0])
sys.addaudithook(hook)
from training.cli import main
try:
    main()
finally:
    for name in opened:
        print("OPENED", name)
"""


def test_the_pdf_opens_nothing_outside(study, tmp_path, monkeypatch):
    """Every file that Python opens, and every connection, while a poisoned PDF is made."""
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    payload = " ".join(PAYLOADS[kind] for kind in ("style", "local file", "other machine"))
    attack(study, payload.replace("/etc/passwd", str(secret)), names=tuple(SHOWN))
    done = subprocess.run(
        [sys.executable, "-c", WATCH, "render", "--runs", str(study.parent), "--format", "pdf"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    assert [rest for what, _, rest in lines if what == "ACTED"] == []
    opened = {rest for what, _, rest in lines if what == "OPENED"}
    assert any("study.json" in name for name in opened)  # the hook saw what there was to see
    assert not opened & {str(secret), "/etc/passwd"}
    assert not [name for name in opened if "passwd" in name or "secret.svg" in name]
    reader = PdfReader(study / "report.pdf")
    root = reader.trailer["/Root"]
    assert not {"/OpenAction", "/AA"} & set(root)
    assert "/JavaScript" not in root.get("/Names", {})
    for page in reader.pages:
        for note in page.annotations or ():
            action = note.get_object().get("/A", {})
            assert action.get("/S", "/GoTo") in ("/GoTo", "/URI")
            assert str(action.get("/URI", "https:")).startswith("https:")


def test_a_record_never_imports_a_model(render, study, tmp_path, monkeypatch):
    (tmp_path / "canary.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in FREE:
        for file in study.rglob(name):
            content = poisoned(file.read_bytes(), "model", "canary:build")
            file.write_bytes(content or file.read_bytes())
    done = render()
    assert done.unexpected is None
    assert "canary" not in sys.modules


def test_templates_trust_nothing_but_what_is_listed():
    """`|safe` is used nowhere; what is put in as markup is written in Python, in known places."""
    found = [file.name for file in ROOT.glob("templates/**/*.*") if b"|safe" in
             file.read_bytes().replace(b" ", b"")]  # fmt: skip
    assert found == []
    marked = sorted({file.name for file in ROOT.glob("report/**/*.py")
                     if "Markup(" in file.read_text(encoding="utf-8")})  # fmt: skip
    # own styles and scripts, and fragments; sanitised Markdown
    assert marked == ["markdown.py", "page.py", "templating.py"]
