"""Markdown in the report: what it may hold, and what it may not."""

import re

import pytest

from report.writing.markdown import markdown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n"),
        ("[x](javascript:alert%281%29)", "<p>x</p>\n"),
        ("[x](JaVaScRiPt:1)", "<p>x</p>\n"),
        ("[x](data:text/html,x)", "<p>x</p>\n"),
        ("[x](file:///etc/passwd)", "<p>x</p>\n"),
        ("[x](//example.org)", "<p>x</p>\n"),
        ("<javascript:1>", "<p>javascript:1</p>\n"),
        ("[x][1]\n\n[1]: vbscript:x", "<p>x</p>\n"),
        ("[x](https://a.org 'b\"c')", '<p><a href="https://a.org" title="b&quot;c">x</a></p>\n'),
        ("<a@b.org>", '<p><a href="mailto:a@b.org">a@b.org</a></p>\n'),
        ("[x](#data)", '<p><a href="#data">x</a></p>\n'),
        ("![me](https://a.org/b.png)", "<p>me</p>\n"),
        ("![me](data:image/svg+xml;base64,AAAA)", "<p>me</p>\n"),
        (
            "![me](data:image/png;base64,AAAA)",
            '<p><img src="data:image/png;base64,AAAA" alt="me" /></p>\n',
        ),
        ("## a\n# b\n### c", "<h3>a</h3>\n<h3>b</h3>\n<h4>c</h4>\n"),
        ("# a\n## b\n### c\n#### d\n##### e", None),
    ],
)
def test_markdown_can_do_no_harm(text, expected):
    found = str(markdown(text))
    if expected is None:
        assert re.findall(r"<h(\d)>", found) == ["3", "4", "5", "6", "6"]
    else:
        assert found == expected


def test_a_markdown_table_has_no_inline_style():
    found = str(markdown("| a | b |\n|---|--:|\n| c | 1 |"))
    assert "style=" not in found
    assert '<th class="number" scope="col">b</th>' in found
    assert '<td class="number">1</td>' in found
