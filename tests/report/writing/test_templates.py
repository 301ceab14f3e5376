"""A person's own templates and styles: what they may do, and how their mistakes are told."""

import json
import re

import pytest


@pytest.fixture
def looks(tmp_path):
    """Write templates, and return the option that names their folder."""

    def write(**files):
        folder = tmp_path / "looks"
        for name, text in files.items():
            file = folder / name.replace("__", "/").replace("_dot_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return "--templates", str(folder)

    return write


def test_a_template_stands_in_for_its_namesake(render, looks):
    options = looks(
        sections__data_dot_html="<p>In our words: {{ section.title }}.</p>",
        styles__tokens_dot_css=":root { --ink: #123456; }",
    )
    usual, own = render(), render(*options)
    assert "In our words: Data exploration." in own.section("data")
    assert "--ink: #123456" in own.html
    assert own.section("scratch") == usual.section("scratch")


def test_a_macro_can_be_replaced(render, looks):
    own = render(
        *looks(macros__numbers_dot_html="{% macro number(n) %}[{{ n.text }}]{% endmacro %}")
    )
    assert "<data" not in own.html
    assert re.search(r"\[\d", own.section("data"))


def test_own_templates_are_escaped(render, looks, study):
    record = json.loads((study / "study.json").read_text())
    (study / "study.json").write_text(json.dumps(record | {"author": "<script>alert(1)</script>"}))
    own = render(*looks(sections__data_dot_html="<p>{{ study.author }}</p>"))
    assert "<p>&lt;script&gt;" in own.section("data")


def test_a_changed_template_renders_again_and_an_unchanged_one_does_not(render, looks):
    options = looks(sections__data_dot_html="<p>One.</p>")
    render(*options)
    assert "Nothing has changed" in render(*options).printed
    looks(sections__data_dot_html="<p>Two.</p>")
    changed = render(*options)
    assert "Nothing has changed" not in changed.printed
    assert "<p>Two.</p>" in changed.html
    assert "Nothing has changed" not in render().printed


def test_one_section_is_not_mixed_with_those_of_other_templates(render, looks):
    render()
    done = render("--only", "data", *looks(sections__transfer_dot_html="<p>Mine.</p>"))
    assert "templates have changed since the last report" in done.printed
    assert "<p>Mine.</p>" in done.section("transfer")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("<p>\n{% if x %}", 2, "endif"),
        ("\n\n{{ section.findingz }}", 3, "findingz"),
        ("{{ nothing }}", 1, "'nothing' is undefined"),
        ("\n{{ ''.__class__.__mro__ }}", 2, "unsafe"),
        ('{% include "sections/nothing.html" %}', 1, "no template “sections/nothing.html”"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
    ],
)
def test_a_wrong_template_is_one_message_with_file_and_line(render, looks, text, line, words):
    old = render().html
    done = render(*looks(sections__data_dot_html=text))
    assert done.exit_code == 1
    assert done.error is not None, done.unexpected
    assert f"looks/sections/data.html, line {line}: " in done.error.message
    assert words in done.error.message
    assert done.error.hint
    assert done.html == old


def test_a_template_that_is_no_text_is_one_message(render, looks):
    done = render(*looks(sections__data_dot_html=b"\xff\xfe"))
    assert "data.html isn’t UTF-8 text" in done.error.message


def test_a_trusted_template_may_do_what_python_can(render, looks):
    done = render(
        *looks(sections__data_dot_html="{{ ''.__class__.__name__ }}"), "--trust-templates"
    )
    assert "str" in done.section("data")


@pytest.mark.parametrize("name", ["passwords.html", "passwords.txt"])
def test_a_template_reads_nothing_outside_its_folder(render, looks, tmp_path, name):
    (tmp_path / "secret").write_text("SECRET")
    options = looks(sections__data_dot_html=f'{{% include "{name}" %}}')
    (tmp_path / "looks" / name).symlink_to(tmp_path / "secret")
    done = render(*options)
    assert "a place outside" in done.error.message
    assert "SECRET" not in done.html


def test_a_style_cannot_leave_its_element(render, looks):
    own = render(*looks(styles__tokens_dot_css="</style><script>alert(1)</script>"))
    assert "</style><script>alert" not in own.html


def test_a_misspelt_file_is_answered_by_the_nearest(render, looks):
    done = render(*looks(sections__trasnfer_dot_html="x", sections__mine_dot_html="x"))
    assert "trasnfer.html doesn’t replace any template; did you mean “sections/transfer.html”?" in (
        done.printed
    )


def test_a_file_that_another_includes_is_not_remarked_upon(render, looks):
    include = '{% include "sections/mine.html" %}'
    done = render(*looks(sections__mine_dot_html="x", sections__data_dot_html=include))
    assert "doesn’t replace" not in done.printed
