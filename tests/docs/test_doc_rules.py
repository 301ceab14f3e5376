"""The rules by which blocks run: what isn't run is named and bounded, and nothing else passes."""

import re

import pytest
from doc_blocks import ROOT, Block, blocks, pages
from doc_rules import MASKED, NOT_RUN, REHEARSED, masked
from doc_shell import PageFolder, assert_prints

if len(pages()) < 20:
    pytest.skip("docs isn't here", allow_module_level=True)

MOST_NOT_RUN = 35
"""Lines that are passed over by a rule with a reason; those that install something come on top."""

BLOCKS = [block for page in pages() for block in blocks(page)]
LINES = [line.removeprefix("$ ") for block in BLOCKS if block.kind == "commands"
         for line in block.text.splitlines()]  # fmt: skip
WORKFLOW = [line for block in BLOCKS if block.of.endswith(".yml")
            for line in re.findall(r"- run: (.*)", block.text)]  # fmt: skip


def passed_over():
    return [line for line in LINES if any(line.startswith(start) for start, _ in NOT_RUN)]


def test_every_page_with_code_is_there():
    assert len(BLOCKS) > 80
    assert {"README.md", "CONTRIBUTING.md", "docs/again.md"} <= {block.page for block in BLOCKS}


def test_few_lines_are_passed_over():
    assert len(passed_over()) <= MOST_NOT_RUN


@pytest.mark.parametrize("start", [start for start, _ in NOT_RUN])
def test_a_rule_for_what_is_not_run_is_needed(start):
    assert any(line.startswith(start) for line in (*LINES, *WORKFLOW))


@pytest.mark.parametrize("shown", [shown for shown, _, _ in REHEARSED])
def test_a_rehearsal_is_needed(shown):
    notebook = (ROOT / "docs" / "examples" / "colab.ipynb").read_text(encoding="utf-8")
    assert any(shown in block.text for block in BLOCKS) or shown in notebook


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return PageFolder(tmp_path, makes_pdfs=False, runs_all=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("make coffee\n", "no rule for make coffee"),
        ("homework nonsense\n", "nonsense"),
        ("homework verify none.html\n", "none.html"),
        ("pip install '.[nonsense]'\n", "nonsense"),
        ("$ homework --version\nhomework, version none\n", "Not printed"),
    ],
)
def test_what_does_not_work_fails(page, text, words):
    error = page.play_once(Block("page.md", 1, "commands", text))
    assert error is not None
    assert words in str(error)


def test_lines_are_found_in_their_order_with_numbers_that_count():
    printed = "images        288\nsplit         train 96 · validation 96\ntook 1.3 s, 2.5 MB\n"
    assert_prints(printed, "images  288\n…\ntook 9 min, 3 GB\n")
    assert_prints(printed, "split … validation 96\n")
    for wrong in ("images 289\n", "split train 96\n", "took 9 min, 3 GB\nimages 288\n"):
        with pytest.raises(AssertionError, match="Not printed"):
            assert_prints(printed, wrong)


@pytest.mark.parametrize(
    ("one", "other"),
    [("done in 12 s", "done in 9.5 min"), ("1.3 GB free", "140 MB free"),
     ("Python 3.11.7", "Python 3.13.1"), ("test 14.7%  6.1 s  about 5 min left", "test 30% 1 s"),
     ("see /a/b/report.html", "see /c/report.html"),
     ("1,618 numbers, 42 tables", "12 numbers, 3 tables")],
)  # fmt: skip
def test_what_differs_between_machines_is_masked(one, other):
    assert masked(one) == masked(other)


def test_what_a_study_found_is_not_masked():
    for one, other in (("0.956311 394", "0.956311 395"), ("8 classes", "9 classes"),
                       ("\\\\ 97.8 & 95.9", "\\\\ 97.9 & 95.9")):  # fmt: skip
        assert masked(one) != masked(other)
    assert len(MASKED) < 15
