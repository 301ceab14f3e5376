"""Tests on changed pictures in records: forged in any one way they are found."""

import msgspec
import pytest
from in_memory import a_run, a_spec

from report.audit.changed_tests import changed_test_problems
from report.evidence.changed_answers import right_of
from training.records import ChangedTest
from training.records.changed_tests import strength_of

LABEL = [0, 0, 1, 1, 0]
THREE = right_of([1] * 5, [1, 1, 1, 0, 0])
TESTS = tuple(
    ChangedTest("noise", level, strength_of("noise", level, 224), 3, THREE) for level in range(1, 6)
)


def problems(tests, **fields):
    run = a_run(answers=(LABEL, LABEL), spec=a_spec(), changed_tests=tests, **fields)
    return [(p.source.partition("#")[2], p.problem) for p in changed_test_problems(run)]


def with_first(**changes):
    return (msgspec.structs.replace(TESTS[0], **changes), *TESTS[1:])


def test_those_that_agree_are_left_alone():
    assert problems(TESTS) == []
    assert list(changed_test_problems(a_run(answers=(LABEL, LABEL)))) == []


@pytest.mark.parametrize(
    ("tests", "pointer", "problem"),
    [(with_first(n_correct=4), "/changed_tests/0/n_correct", "3 pictures are marked as named"),
     (with_first(right="e0f"), "/changed_tests/0/right", "5 pictures were tested"),
     (with_first(right="e1", n_correct=4), "/changed_tests/0/right", "after the last of 5 is"),
     (with_first(strength=0.01), "/changed_tests/0/strength", "noise, level 1 is 0.08"),
     (with_first(level=2, strength=0.12), "/changed_tests", "level 1 is missing"),
     ((*TESTS, TESTS[0]), "/changed_tests/5", "it is there twice")],
)  # fmt: skip
def test_what_cant_be_is_found(tests, pointer, problem):
    found = problems(tests)
    assert any(place == pointer and problem in text for place, text in found), found


def test_a_run_that_wasnt_tested_has_none():
    run = a_run(changed_tests=TESTS)
    assert [p.problem for p in changed_test_problems(run)] == ["it wasn't tested"]
