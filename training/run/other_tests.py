"""Test a network on further data sets, which have no part in any choice."""

from collections.abc import Sequence

from training.data.other_pictures import OtherData
from training.device.precision import computing
from training.engine.evaluate import evaluate_logits
from training.records import OtherAnswers, OtherTest, Spec
from training.run.prepare_model import Model
from training.run.train_model import pictures_of
from training.run.workspace import Workspace

STAGE = "Testing on further pictures"


def other_tests(
    names: Sequence[str], model: Model, spec: Spec, workspace: Workspace
) -> tuple[tuple[OtherTest, ...], tuple[OtherAnswers, ...]]:
    """Return what a network scores on further data sets, and what it answers there.

    Args:
        names: Of those that its experiment is tested on. What isn't prepared is passed over: where
            runs are made again, whoever does that may not have it.
        model: With the tested weights.
    """
    by_name = {other.record.name: other for other in workspace.data.others}
    wanted = [by_name[name] for name in names if name in by_name]
    found = []
    for done, other in enumerate(wanted):
        workspace.progress.stage(done, len(wanted), STAGE)
        found.append(_tested(other, model, spec, workspace))
    if wanted:
        workspace.progress.stage(len(wanted), len(wanted), STAGE)
    return tuple(test for test, _ in found), tuple(answers for _, answers in found)


def _tested(
    other: OtherData, model: Model, spec: Spec, workspace: Workspace
) -> tuple[OtherTest, OtherAnswers]:
    module, inputs = model.network.module, pictures_of(other, model, spec, workspace)
    with computing(module, workspace.precision, workspace.device):
        scores, logits = evaluate_logits(module, inputs, spec.batch_size, workspace.stop.check)
    probability, predicted = logits.softmax(1).nan_to_num().max(1)
    label = inputs.labels.cpu()
    n_correct, n = int((predicted == label).sum()), len(label)
    name, fingerprint = other.record.name, other.record.fingerprint
    test = OtherTest(
        pictures=name,
        fingerprint=fingerprint,
        loss=scores.loss,
        accuracy=n_correct / n,
        n_correct=n_correct,
        n_images=n,
    )
    answers = OtherAnswers(
        pictures=name,
        fingerprint=fingerprint,
        label=label.tolist(),
        predicted=predicted.tolist(),
        probability=[round(p, 4) for p in probability.tolist()],
    )
    return test, answers
