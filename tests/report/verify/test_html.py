"""An HTML report in which a word, mark, notice, section or figure was changed is caught."""

import json
import re
import shutil

import pytest
from click.testing import CliRunner
from fake_study import Fake, write_fake_study
from planting import lies
from rendering import run_render

from report.audit.rendering import read_rendering
from report.verify.html import compare_html
from report.verify.remake import remake
from training.cli import cli

EXTRA = {"title": "Discussion", "markdown": "What *I* think.", "after": "conclusion"}


@pytest.fixture(scope="module")
def finished_study(short_study):
    return short_study


@pytest.fixture(scope="module")
def finished(finished_study, drawn, tmp_path_factory):
    """Return its report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        output = tmp_path_factory.mktemp("report")
        return run_render(finished_study, output, "--format", "html")


@pytest.fixture(autouse=True)
def _drawn_before(drawn, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(drawn))


@pytest.fixture
def report(study, finished):
    return shutil.copy(finished.html_file, study / "report.html")


def verify(report, *options):
    return CliRunner().invoke(cli, ["verify", str(report), *options])


def with_words(study, **fields):
    """Change what a study's author wrote, and render; return the report."""
    file = study / "study.json"
    record = json.loads(file.read_text())
    arranged = record["report"] | fields.pop("report", {})
    file.write_text(json.dumps(record | fields | {"report": arranged}))
    assert run_render(study, study, "--format", "html").exit_code == 0
    return study / "report.html"


def edit(report, change):
    before = report.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    report.write_text(after, encoding="utf-8")
    return verify(report)


def test_a_word_turned_round_is_named_with_its_section_and_both_versions(report):
    result = edit(report, lambda page: lies.in_text(page, "highest", "lowest"))
    assert result.exit_code == 1
    pattern = r"^\w+: “.*lowest.*”: the records give the \w+.* “.*highest.*”$"
    assert re.search(pattern, result.output, re.MULTILINE), result.output
    assert "1 error found" in result.output


CHANGES = {
    "a word left out": lambda page: lies.in_text(page, " not ", " "),
    "a name": lambda page: lies.in_text(page, "ResNet18", "AlexNet"),
    "a star": lambda page: re.sub(r' <span class="star".*?</span>', "", page, count=1),
    "a strength": lambda page: page.replace('data-strength="weak"', 'data-strength="strong"', 1),
    "a notice": lambda page: re.sub(r'(?s)<div class="notice".*?</div>', "", page, count=1),
    "a notice hidden": lambda page: page.replace('class="notice"', 'class="notice" hidden', 1),
    "a section": lambda page: page.replace(lies.section(page, "beyond"), ""),
    "a section twice": lambda page: page.replace(
        lies.section(page, "beyond"), 2 * lies.section(page, "beyond")
    ),
    "a row": lambda page: re.sub(r"(?s)<tbody>\n<tr.*?</tr>", "<tbody>", page, count=1),
    "a caption": lambda page: re.sub(r"(<figcaption[^>]*>)[^<]+", r"\1It", page, count=1),
    "a description": lambda page: re.sub(r'alt="Curves[^"]*"', 'alt="Nothing"', page, count=1),
    "a style sheet": lambda page: page.replace("</style>", ".notice{display:none}</style>"),
    "a script": lambda page: page.replace("</body>", "<script>x()</script></body>"),
    "numbers exchanged with their sources": lambda page: re.sub(
        r"(<td[^>]*>)(<data.*?</data>)(</td>\n<td[^>]*>)(<data.*?</data>)",
        r"\1\4\3\2",
        page,
        count=1,
    ),
    "a sign": lambda page: re.sub("(</data>|>)\u2212", r"\1", page, count=1),
    "a curve": lambda page: lies.change_figure(page, lies.move_curve),
    "a curve’s colour": lambda page: lies.change_figure(page, lies.recolour),
    "a curve left out": lambda page: lies.change_figure(page, lies.remove_curve),
    "a figure in another’s place": lambda page: lies.SVG.sub(
        lies.SVG.findall(page)[-1].join(('src="data:image/svg+xml;base64,', '"')), page, count=1
    ),
}


@pytest.fixture(scope="module")
def compare(finished, finished_study, drawn):
    """Return what compares a page with the study's, which is made again only once."""
    rendering = read_rendering(finished.html)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        with remake(finished_study, rendering, "outlines") as again:
            yield lambda page: compare_html(page, rendering, frozenset(), again)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_is_changed_is_caught(finished, compare, change):
    changed = change(finished.html)
    assert changed != finished.html
    assert compare(changed).problems
    assert not compare(finished.html).problems


def test_lines_that_end_otherwise_are_no_difference(finished, compare):
    assert not compare(finished.html.replace("\n", "\r\n")).problems


def said_unchecked(result):
    return [line for line in result.output.splitlines() if line.startswith("Not checked: ")]


def test_a_report_of_the_program_alone_is_checked_altogether(report):
    result = verify(report)
    assert result.exit_code == 0, result.output
    assert said_unchecked(result) == []


def test_what_the_author_wrote_is_not_called_right(study):
    report = with_words(study, author="A. Student", title="Mine", report={"extra": [EXTRA]})
    result = verify(report)
    assert result.exit_code == 0, result.output
    named = "title, author, section “Discussion”"
    assert said_unchecked(result) == [f"Not checked: what the author wrote ({named})."]
    changed = edit(report, lambda page: page.replace("What <em>I</em> think", "What I know"))
    assert changed.exit_code == 1
    assert (
        "extra-1: “What I know.”: the records give the sentence “What I think.”" in changed.output
    )


def test_words_from_a_study_file_are_not_called_right(study, tmp_path):
    file = tmp_path / "words.toml"
    file.write_text(
        'name = "quick"\nauthor = "A. Student"\n[report]\nleave_out = ["beyond", "data"]\n'
        '[[report.extra]]\ntitle = "Mine"\nmarkdown = "What I think."\n'
    )
    done = run_render(study, study, "--format", "html", "-f", str(file), "--paper", "letter")
    assert done.exit_code == 0, done.error
    result = verify(study / "report.html")
    assert result.exit_code == 0, result.output
    assert said_unchecked(result) == [
        "Not checked: what the author wrote (author, section “Mine”)."
    ]


def test_a_section_rendered_again_is_checked_like_the_others(study, report):
    assert run_render(study, study, "--format", "html").exit_code == 0
    done = run_render(study, study, "--format", "html", "--only", "beyond")
    assert done.exit_code == 0, (done.error, done.unexpected)
    result = verify(study / "report.html")
    assert result.exit_code == 0, result.output
    assert said_unchecked(result) == []


def test_templates_of_the_authors_own_are_not_called_right(study, tmp_path):
    own = tmp_path / "own"
    (own / "sections").mkdir(parents=True)
    (own / "sections" / "references.html").write_text("<p>All my own work.</p>")
    (own / "styles").mkdir()
    (own / "styles" / "controls.css").write_text("button { color: red }")
    done = run_render(study, study, "--format", "html", "--templates", str(own))
    assert done.exit_code == 0, done.error
    result = verify(study / "report.html")
    assert result.exit_code == 0, result.output
    looks, words = said_unchecked(result)
    assert looks == "Not checked: how the page looks, by the author’s styles/controls.css."
    assert "sections/references.html" in words
    assert words.endswith(": 1 sentence.")
    changed = edit(study / "report.html", lambda page: lies.in_text(page, "highest", "lowest"))
    assert changed.exit_code == 1, changed.output


def of_another_version(page):
    return re.sub("(&#34;program&#34;:&#34;)[0-9a-f]", r"\1x", page)


def test_words_of_another_version_are_not_called_right(report):
    result = edit(report, of_another_version)
    assert result.exit_code == 0, result.output
    assert said_unchecked(result) == []  # not a word differs
    result = edit(report, lambda page: lies.in_text(page, "convolutional", "linear"))
    assert result.exit_code == 0, result.output
    (line,) = said_unchecked(result)
    assert re.search(r"what another state of homework [\d.]+ words differently: [1-9]", line)


def test_numbers_in_a_report_of_another_version_are_checked(report):
    edit(report, of_another_version)
    result = edit(report, lambda page: re.sub(r"(<data [^>]*>)\d", r"\g<1>77", page, count=1))
    assert result.exit_code == 1


def test_a_notice_that_another_version_lacks_is_told(report):
    edit(report, of_another_version)
    result = edit(report, CHANGES["a notice"])
    assert result.exit_code == 0
    assert "warning: introduction: this version of the program adds the notice “" in result.output


def drawn_elsewhere(page):
    return re.sub("(matplotlib&#34;:&#34;)[^&]*", r"\g<1>3.0.0", page)


def test_figures_drawn_by_another_matplotlib_are_compared_by_their_data(report):
    def drawn_slightly_otherwise(page):
        return lies.change_figure(page, lambda svg: svg.replace('width="504pt"', 'width="505pt"'))

    result = edit(report, lambda page: drawn_slightly_otherwise(drawn_elsewhere(page)))
    assert result.exit_code == 0, result.output
    assert said_unchecked(result) == []
    result = edit(report, CHANGES["a curve"])
    assert result.exit_code == 1
    assert "it shows other data than the records" in result.output


def test_a_figure_that_another_matplotlib_draws_of_other_parts_is_not_called_right(report):
    result = edit(report, lambda page: CHANGES["a curve left out"](drawn_elsewhere(page)))
    assert result.exit_code == 0, result.output
    (line,) = said_unchecked(result)
    assert line.startswith("Not checked: 1 figure, since they were drawn by matplotlib 3.0.0, ")


def test_a_renamed_folder_is_no_difference(study, report):
    moved = study.rename(study.parent / "handed-in")
    result = verify(moved / "report.html")
    assert result.exit_code == 0, result.output


def test_pictures_that_are_not_beside_the_records_are_not_called_right(tmp_path):
    study = tmp_path / "runs" / "pictures"
    write_fake_study(study, Fake(only=("scratch",)))
    assert run_render(study, study, "--format", "html").exit_code == 0
    assert said_unchecked(verify(study / "report.html")) == []
    shutil.rmtree(study / "thumbnails")
    result = verify(study / "report.html")
    assert result.exit_code == 0, result.output
    (line,) = said_unchecked(result)
    assert "since their pictures don’t lie beside the records" in line
