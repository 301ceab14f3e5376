import hashlib
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from training.cli.data import data
from training.data import sample as sample_module
from training.data.index import index_folder
from training.data.locate import locate
from training.data.prepare import prepare
from training.data.sample import GLYPHS, MARKER, is_sample, write_sample
from training.errors import DataError


@pytest.fixture(autouse=True)
def _fewer_pictures(monkeypatch):
    monkeypatch.setattr(sample_module, "COUNTS", {"target": (6, 12), "source": (5, 7)})


@pytest.fixture
def drawn(tmp_path):
    write_sample(tmp_path / "sample")
    return tmp_path / "sample"


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_it_has_caltechs_layout(drawn):
    index = index_folder(drawn)
    assert len(index.classes) == len(GLYPHS["target"])
    assert index.dropped_classes == ("BACKGROUND_Google",)
    assert index.ignored_files == ("BACKGROUND_Google/tmp",)
    assert index.lists is not None


def test_the_lists_name_every_picture_once(drawn):
    listed = (drawn / "train.txt").read_text().split() + (drawn / "test.txt").read_text().split()
    root = drawn / "101_ObjectCategories"
    found = [str(path.relative_to(root)) for path in root.rglob("*.jpg")]
    assert sorted(listed) == sorted(found)
    assert all(re.fullmatch(r"\w+/image_\d{4}\.jpg", line) for line in listed)


def test_it_is_the_same_on_every_call(drawn, tmp_path):
    write_sample(tmp_path / "again")
    assert digests(drawn) == digests(tmp_path / "again")


def test_the_two_alphabets_share_no_class(drawn, tmp_path):
    write_sample(tmp_path / "source", "source")
    assert not set(GLYPHS["target"]) & set(GLYPHS["source"])
    assert is_sample(tmp_path / "source") == "source"
    assert is_sample(drawn) == "target"


def test_pictures_vary_in_size_and_some_are_grey(tmp_path, monkeypatch):
    monkeypatch.setattr(sample_module, "COUNTS", {"target": (20, 30), "source": (5, 7)})
    write_sample(tmp_path / "sample")
    sizes, modes = set(), set()
    for path in (tmp_path / "sample").rglob("*.jpg"):
        with Image.open(path) as picture:
            sizes.add(picture.size)
            modes.add(picture.mode)
    assert len(sizes) > 50
    assert modes == {"RGB", "L"}


def test_a_record_calls_it_a_sample(drawn):
    assert prepare(drawn, None, 32, None, 0).record.kind == "sample"


def test_an_unfinished_folder_is_no_sample(drawn):
    (drawn / MARKER).unlink()
    assert is_sample(drawn) is None
    assert prepare(drawn, None, 32, None, 0).record.kind == "folder"


def test_a_break_while_drawing_leaves_nothing(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError("no space left")

    monkeypatch.setattr(sample_module, "_write_lists", broken)
    with pytest.raises(DataError, match="no space left"):
        write_sample(tmp_path / "sample")
    assert list(tmp_path.iterdir()) == []


def test_other_peoples_files_are_left_alone(tmp_path):
    (tmp_path / "101_ObjectCategories").mkdir()
    with pytest.raises(DataError, match="isn't empty"):
        write_sample(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["101_ObjectCategories"]


def test_it_can_be_drawn_where_one_stands(tmp_path, monkeypatch, drawn):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    write_sample(Path())
    assert digests(Path()) == digests(drawn)
    assert here.samefile(Path())


def test_drawing_again_replaces_the_sample_alone(drawn, tmp_path):
    (drawn / "notes.txt").write_text("mine")
    write_sample(drawn, "source")
    write_sample(tmp_path / "source", "source")
    assert (drawn / "notes.txt").read_text() == "mine"
    (drawn / "notes.txt").unlink()
    assert digests(drawn) == digests(tmp_path / "source")


def test_a_sample_that_another_process_finished_first_is_kept(tmp_path, monkeypatch):
    folder, write_lists = tmp_path / "sample", sample_module._write_lists

    def overtaken(*arguments):
        monkeypatch.setattr(sample_module, "_write_lists", write_lists)
        write_sample(folder)
        (folder / "in_use").touch()
        write_lists(*arguments)

    monkeypatch.setattr(sample_module, "_write_lists", overtaken)
    write_sample(folder)
    assert (folder / "in_use").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="Can't draw the sample"):
        write_sample(tmp_path / "file" / "sample")


def test_locating_the_sample_draws_it_once(own_cache):
    folder = locate("sample")
    times = [path.stat().st_mtime_ns for path in folder.rglob("*")]
    assert locate("sample") == folder
    assert [path.stat().st_mtime_ns for path in folder.rglob("*")] == times
    assert folder.is_relative_to(own_cache)


def test_progress_of_a_slow_command_stays_off_its_answer(tmp_path, monkeypatch, capsys):
    clock = itertools.count(step=20)
    monkeypatch.setattr("training.cli.console.time", SimpleNamespace(monotonic=lambda: next(clock)))
    data.main(["sample", str(tmp_path / "sample")], standalone_mode=False)
    answer, progress = capsys.readouterr()
    assert "sample images drawn" in progress
    assert answer == f"{tmp_path / 'sample'}\n"


LIMITED = """
import resource, signal, sys
from pathlib import Path
from training.data import sample
from training.errors import DataError
sample.COUNTS.update(target=(2, 3))
sample.GLYPHS.update(target="AB")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    sample.write_sample(Path(sys.argv[1]))
except DataError as error:
    print("refused", error.message)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files")
@pytest.mark.parametrize("size", [10, 1000, 2500])
def test_a_disk_that_fills_up_leaves_no_cut_pictures(tmp_path, size):
    """Each file may only have `size` bytes: what a full disk does to a write, for real."""
    said = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "sample"), str(size)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("refused Can't draw the sample")
    assert list(tmp_path.iterdir()) == []
