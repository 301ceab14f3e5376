"""What is said where Ray isn't installed, or isn't asked for."""

import sys

from side_by_side import NAMES


def test_without_ray_there_is_one_message(homework, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    answer = homework("run", NAMES[0], "--executor", "ray")
    assert "needs the package ray" in answer.message
    assert "cnn-homework[ray]" in answer.message


def test_options_of_ray_go_with_ray(homework):
    answer = homework("run", NAMES[0], "--address", "auto")
    assert answer.result.exit_code == 2
    assert "need --executor ray" in answer.output
