"""Every code block of README, CONTRIBUTING and docs runs, in order, each page in a fresh folder."""

import pytest
from doc_blocks import blocks, pages
from doc_folders import made_for
from doc_rules import MAKE_PDFS, OWN_CACHE, WHOLE_LISTS
from doc_shell import PageFolder

if len(pages()) < 20:
    pytest.skip("docs isn't here", allow_module_level=True)

BLOCKS = [block for page in pages() for block in blocks(page)]


@pytest.fixture(scope="module")
def folders(small_world, tmp_path_factory):
    """Return the pages' folders by name; each is made when its first block is run."""
    known = {}

    def folder(page):
        if page not in known:
            place = made_for(page, tmp_path_factory.mktemp("page"))
            known[page] = PageFolder(place, page in MAKE_PDFS, page in WHOLE_LISTS)
        return known[page]

    return folder


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_block_runs_as_printed(block, folders, monkeypatch):
    page = folders(block.page)
    monkeypatch.chdir(page.here)
    monkeypatch.setenv("HOMEWORK_DATA", str(page.folder / "caltech101"))
    if block.page in OWN_CACHE:
        monkeypatch.setenv("HOMEWORK_CACHE", str(page.folder / "cache"))
    for earlier in BLOCKS:
        if earlier.page == block.page and earlier.line < block.line:
            page.play_once(earlier)
    if error := page.play_once(block):
        raise error
