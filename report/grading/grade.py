"""Judge one submission: what it ran, its best accuracy, and what in it can't be trusted."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from report.audit.attached import attached_study
from report.audit.authors_text import lint_study
from report.audit.records import Problem, audit_records
from report.evidence.accuracy import Tested, all_tested
from report.evidence.display_names import data_set_name
from report.evidence.load import StudyView, load_study
from report.findings.chosen import chosen_model
from report.grading.known_examples import NAME, is_known
from report.grading.reproduced import Reproduced
from report.grading.submissions import Submission
from report.verify.held import AUTHOR
from report.verify.report import verify_report
from training.records import HomeworkError, content_of


@dataclass(frozen=True)
class Grade:
    """What was found in a submission.

    Attributes:
        n_done: Experiments with a result, of `n_experiments`.
        best: The finalist with the highest validation accuracy, and its test accuracy with its
            95 % interval, in [0, 1].
        n_numbers: Numbers of its reports that were recomputed.
        problems: What can't be trusted, and warnings.
        not_checked: What of its reports nothing was held against, each as a phrase.
        copied_from: Another submission with the same records, running times included.
        n_copied: How many records those are.
        is_copy: Whether none of its records is its own.
        reproduced: What making runs again gave, in a few words; empty if that wasn't asked for.
    """

    name: str
    author: str = ""
    title: str = ""
    data: str = ""
    fingerprint: str = ""
    n_done: int = 0
    n_experiments: int = 0
    best: str = ""
    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    n_numbers: int = 0
    problems: tuple[Problem, ...] = ()
    not_checked: tuple[str, ...] = ()
    copied_from: str = ""
    n_copied: int = 0
    is_copy: bool = False
    reproduced: str = ""

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def verdict(self) -> str:
        """A word or two for a table."""
        if not self.n_experiments:
            return "nothing to grade"
        if self.is_copy:
            return "a copy"
        if self.errors:
            return "can’t be trusted"
        if not self.n_numbers:
            return "no report"
        in_part = any(not what.startswith(AUTHOR) for what in self.not_checked)
        return "as recorded, in part" if in_part else "as recorded"


def grade(submission: Submission) -> tuple[Grade, dict[str, str]]:
    """Judge a submission; also return its records' digests, to hold it against others."""
    if submission.study is None and not submission.reports:
        reason = submission.problem or "it holds no study and no report"
        nothing = Problem("submission", "", reason)
        return Grade(submission.name, problems=(nothing,)), {}
    problems: list[Problem] = []
    not_checked: dict[str, None] = {}
    n_numbers = 0
    for report in submission.reports:
        try:
            verdict = verify_report(report, lambda _: submission.study)
        except HomeworkError as error:
            problems.append(Problem(report.name, "", error.message))
            continue
        n_numbers += verdict.n_numbers
        not_checked |= dict.fromkeys(verdict.not_checked)
        problems += (replace_where(problem, report.name) for problem in verdict.problems)
    with tempfile.TemporaryDirectory() as place:
        found, digests = _study(submission, Path(place), bool(submission.reports))
    distinct = tuple(dict.fromkeys((*found.problems, *problems)))
    graded = replace(found, n_numbers=n_numbers, problems=distinct, not_checked=tuple(not_checked))
    return graded, digests


def with_reproduced(graded: Grade, found: Reproduced) -> Grade:
    """Add to a grade what making runs again gave."""
    return replace(
        graded,
        reproduced=found.said,
        problems=(*graded.problems, *found.problems),
        not_checked=(*graded.not_checked, *found.not_checked),
    )


def replace_where(problem: Problem, report: str) -> Problem:
    """Say which of several reports a problem is in."""
    return replace(problem, where=f"{report}, {problem.where}")


def _study(submission: Submission, place: Path, audited: bool) -> tuple[Grade, dict[str, str]]:
    """Describe a submission's records, those attached to its PDF if need be.

    Args:
        audited: They have been held against themselves with its report.
    """
    try:
        folder = submission.study or attached_study(submission.reports[0], place)
        view = load_study(folder)
        found = [] if audited else [*audit_records(view), *lint_study(view)]
        return replace(_described(submission.name, view), problems=tuple(found)), _digests(folder)
    except HomeworkError as error:
        return Grade(submission.name, problems=(Problem("records", "", error.message),)), {}
    except OSError as error:
        reason = f"{error.filename} can’t be read: {error.strerror or error}"
        return Grade(submission.name, problems=(Problem("records", "", reason),)), {}


def _described(name: str, view: StudyView) -> Grade:
    study, dataset = view.study, view.dataset
    choice = chosen_model(view)
    best = choice.model if choice else next(iter(all_tested(view)), None)
    return Grade(
        name=name,
        author=study.author,
        title=study.title,
        data=data_set_name(view),
        fingerprint=dataset.fingerprint if dataset else "",
        n_done=sum(bool(view.finished(e.id)) for e in view.listed),
        n_experiments=len(view.listed),
        best=best.name if best else "",
        accuracy=_accuracy(best) if best else None,
        low=float(best.low.value) if best else None,
        high=float(best.high.value) if best else None,
    )


def _accuracy(tested: Tested) -> float:
    return float(tested.accuracy.value)


def _digests(folder: Path) -> dict[str, str]:
    """Return the digest of every run's record; two that agree have the same times in them."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(content_of(file)).hexdigest()
        for file in sorted(folder.glob("*/*/seed-*/metrics.json"))
    }


def mark_copies(
    grades: Sequence[Grade], digests: Sequence[dict[str, str]], owners: Sequence[Path]
) -> list[Grade]:
    """Name, for each submission, the one before it that it shares most records with.

    The example that ships with homework counts as one before all. Records that are shared within
    what one person handed in, such as a study and its PDF, aren't copied. A submission of which no
    record is its own is a copy, and that is an error.

    Args:
        owners: What each submission was handed in with.
    """
    first: dict[str, tuple[str, Path | None]] = {}
    marked = []
    for found, records, owner in zip(grades, digests, owners, strict=True):
        shared: Counter[str] = Counter()
        for digest in records.values():
            name, whose = first.get(digest, ("", owner))
            if is_known(digest):
                name, whose = NAME, None
            if whose != owner:
                shared[name] += 1
            else:
                first[digest] = (found.name, owner)
        marked.append(_marked(found, shared, len(records)))
    return marked


def _marked(found: Grade, shared: Counter[str], n_records: int) -> Grade:
    if not shared:
        return found
    other, n_shared = shared.most_common(1)[0]
    found = replace(found, copied_from=other, n_copied=n_shared)
    if shared.total() < n_records:
        return found
    whose = " and ".join(name for name, _ in shared.most_common())
    reason = f"none of its {n_records} records is its own: they are those of {whose}"
    problems = (*found.problems, Problem("records", "", reason))
    return replace(found, is_copy=True, problems=problems)


def without_examples(
    submissions: Sequence[Submission], passed_over: Callable[[Submission], None]
) -> list[Submission]:
    """Leave out the example that ships with homework where its owner handed in something else.

    Args:
        passed_over: Told what is left out.
    """
    examples = [item for item in submissions if _is_example(item)]
    others = {item.owner for item in submissions if item not in examples and item.problem == ""}
    left_out = [item for item in examples if item.owner in others]
    for item in left_out:
        passed_over(item)
    return [item for item in submissions if item not in left_out]


def _is_example(submission: Submission) -> bool:
    if submission.study is None:
        return False
    try:
        digests = _digests(submission.study)
    except OSError:
        return False
    return bool(digests) and all(map(is_known, digests.values()))
