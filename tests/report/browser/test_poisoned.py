"""Records from strangers, opened in a browser: no dialog, no request, no violation."""

import json

import pytest
from attacks.payloads import PAYLOADS, poisoned

FIELDS = {
    "study.json": ("title", "author", "course", "abstract", "command", "homework", "question",
                   "note"),
    "dataset.json": ("dropped_classes", "ignored_files", "test_images"),
    "metrics.json": ("device_name", "git_commit", "platform", "error", "notes", "precision"),
}  # fmt: skip


def poison(study, payload):
    for name, fields in FIELDS.items():
        for file in study.rglob(name):
            for field in fields:
                file.write_bytes(poisoned(file.read_bytes(), field, payload) or file.read_bytes())
    dataset = study / "dataset.json"
    record = json.loads(dataset.read_text())
    record["classes"] = [f"{name} {payload[:200]}" for name in record["classes"]]
    dataset.write_text(json.dumps(record))


FIRE_EVERY_HANDLER = """() => {
  for (const element of document.querySelectorAll("*"))
    for (const {name} of [...element.attributes])
      if (name.startsWith("on")) element.dispatchEvent(new Event(name.slice(2)));
}"""
"""Browsers may look at a handler's code only when it is to run."""


def opened(chromium, file):
    """Open a page, use it a little, and return what happened beside that."""
    happened = []
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.on("dialog", lambda dialog: (happened.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: happened.append(str(error)))
        page.on("console", lambda said: happened.append(said.text))
        page.on("request", lambda request: happened.append(request.url[:100]))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => "
            "console.log('violation: ' + e.blockedURI + ' ' + e.violatedDirective))"
        )
        page.goto(file.as_uri())
        buttons = page.query_selector_all("th button, .theme button")
        for element in [button for button in buttons if button.is_visible()][:10]:
            element.click()
        page.mouse.move(300, 300)
        page.evaluate(FIRE_EVERY_HANDLER)
        page.wait_for_timeout(100)
    finally:
        context.close()
    return [what for what in happened if not what.startswith("data:")]


@pytest.mark.parametrize("kind", PAYLOADS)
def test_nothing_happens_when_a_poisoned_report_is_opened(chromium, render, study, kind):
    poison(study, PAYLOADS[kind])
    done = render()
    assert done.error is None, done.error.message
    assert opened(chromium, done.html_file) == [done.html_file.as_uri()[:100]]


@pytest.mark.parametrize(
    "active", ["<script>alert(1)</script>", "<img src=http://127.0.0.1:9/x>", "<p onclick=x()>"]
)
def test_what_would_act_is_noticed(chromium, finished, tmp_path, active):
    file = tmp_path / "report.html"
    file.write_text(finished.html.replace("</main>", f"{active}</main>"))
    assert any("violation" in what for what in opened(chromium, file))
