"""Make studies whose truth is known, and count how often the report's judgements are wrong.

    python bench/judgements.py               every kind of judgement, 2,000 studies each
    python bench/judgements.py --studies 200

Nothing is trained: answers and curves are drawn from a model. Two networks of equal accuracy answer
alike where pictures are easy or hard for both; from one epoch to the next most answers stay, and
the others are drawn again. "Wrong" counts studies without the effect of which the sentence is
written all the same; "found" those with an effect of the size named, of which it is.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "report"))
sys.path.insert(0, str(Path(__file__).parent))

from in_memory import a_dataset, a_run, a_spec, a_view, validated
from known_repeats import K, over_folds, over_seeds

from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.statistics import wilson_interval
from report.findings import answers as first_page
from report.findings import (
    chosen,
    class_changes,
    comparing,
    expected,
    grid,
    guessing,
    learning,
    looks,
    maps,
    mistakes,
    shared_mistakes,
    speed,
)
from training.data.looks import FEATURES, describe_looks
from training.records import (
    SPLITS,
    Experiment,
    FoldCounts,
    HeatMap,
    HeatMaps,
    Looks,
    ScoreFile,
    Scores,
    Spec,
    Speed,
    SplitScores,
)

N = 400
"""Validation pictures, and test pictures."""

TOGETHER = 0.7
"""Share of the pictures on which two networks find the same easy or hard."""

N_CLASSES = 4

LABEL = np.repeat(np.arange(N_CLASSES), N // N_CLASSES)
"""True classes of the validation pictures, and of the test pictures, where they matter."""

SEEN, CLEARER = 2.1, 0.6
"""Deviations between two classes with which 70 % are named rightly, and how many more with which
80 % are."""

AIM = 0.05
"""At most this share of the studies may be judged wrongly; a rate that can't be told from it is
measured again, with five times as many."""

SCATTER = 0.04
"""Of the logarithm of a latency's median from one measurement to the next."""

Dice = np.random.Generator
NAMES = [f"beyond/{letter}" for letter in "abcdefghi"]


def answers(dice: Dice, accuracies: Sequence[float | np.ndarray]) -> list[np.ndarray]:
    """Return for each network whether it is right, (N,) bool, by its accuracy or (N,) such."""
    common = dice.random(N)
    alone = [np.where(dice.random(N) < TOGETHER, common, dice.random(N)) for _ in accuracies]
    return [own < accuracy for own, accuracy in zip(alone, accuracies, strict=True)]


def answering(name: str, right: np.ndarray, validation: float = 0.5) -> Run:
    experiment = Experiment(id=name, question="?", test=True)
    guesses = np.where(right, 0, 1).tolist()
    return a_run(name, validation=validation, answers=([0] * N, guesses), experiment=experiment)


def seen(*runs: Run) -> StudyView:
    half = (N // 4,) * 4
    return a_view(*runs, dataset=a_dataset((500,) * 4, half, half))


def course(dice: Dice, accuracies: list[float], stay: float = 0.85) -> list[float]:
    """Return an accuracy an epoch; a share of the answers stays from one epoch to the next."""
    luck, found = dice.random(N), []
    for accuracy in accuracies:
        luck = np.where(dice.random(N) < stay, luck, dice.random(N))
        found.append(float((luck < accuracy).mean()))
    return found


def trained(dice: Dice, accuracies: list[float], step_after: int | None = None) -> Run:
    n = len(accuracies)
    rates = [1e-3 if step_after is None or i < step_after else 1e-4 for i in range(n)]
    curves = {
        "validation_accuracy": course(dice, accuracies), "train_accuracy": [0.9] * n,
        "learning_rate": rates,
    }  # fmt: skip
    return a_run("scratch/grid-sgd-1e-3", curves=curves, epochs_run=n)


def _better(dice: Dice, effect: float) -> bool:
    first, second = answers(dice, [0.8, 0.8 - effect])
    view = seen(answering(NAMES[0], first), answering(NAMES[1], second))
    text = str(comparing.compare(view, *NAMES[:2])[0])
    return "points better" in text or "points worse" in text


def _of_nine(dice: Dice, effect: float) -> bool:
    accuracies = [0.8] * 8 + [0.8 - effect]
    runs = [
        answering(name, right, 0.8 - i / 1000)
        for i, (name, right) in enumerate(zip(NAMES, answers(dice, accuracies), strict=True))
    ]
    choice = chosen.chosen_model(seen(*runs))
    assert choice is not None
    told = (*choice.worse, *choice.better)
    return bool(told) if not effect else NAMES[-1] in {item.experiment.id for item in told}


ASKED = ("scratch/best", "transfer/best", "freezing/cnn", "freezing/fc", "freezing/fc-head-free",
         "augmentation/one-of-three", "beyond/vgg16", "beyond/resnet18")  # fmt: skip


def _clear(dice: Dice, effect: float) -> bool:
    """Tell whether an answer of the first page is clear: any without, that on transfer with."""
    accuracies = [0.8 - effect] + [0.8] * (len(ASKED) - 1)
    runs = map(answering, ASKED, answers(dice, accuracies))
    sure = {a.section: a.sure for a in first_page.answers(seen(*runs))}
    held = ("transfer",) if effect else ("transfer", "freezing", "augmentation", "beyond")
    return any(sure[section] == "clear" for section in held)


def _rising(dice: Dice, effect: float) -> bool:
    run = trained(dice, [0.7] * 9 + [0.7 + effect] * 3)
    return learning.direction(seen(run), run) != 0


def _step(dice: Dice, effect: float) -> bool:
    slowing = [0.7 * (1 - 0.75 ** (i + 1)) for i in range(12)]
    run = trained(dice, [a + effect * (i >= 9) for i, a in enumerate(slowing)], step_after=9)
    return bool(learning.learning_rate_step(seen(run), run))


def _gap(dice: Dice, effect: float) -> bool:
    run = trained(dice, [0.7] * 9 + [0.7 - effect] * 3)
    return any("gained" in str(s) for s in learning.fit_gap(seen(run), run))


def _gap_of_two(dice: Dice, effect: float) -> bool:
    validation = answers(dice, [0.7, 0.7 - effect])
    runs = [
        a_run(name, train=float((dice.random(2000) < 0.9).mean()), validation=float(right.mean()))
        for name, right in zip(NAMES, validation, strict=False)
    ]
    said = str(expected.gap_against(seen(*runs), *NAMES[:2])[0])
    return "further ahead" in said or "further back" in said


def _gap_at_rest(dice: Dice, effect: float) -> bool:
    """Let networks know nearly all train pictures when they are asked at rest."""
    validation = answers(dice, [0.7, 0.7 - effect])
    runs = [
        a_run(name, validation=float(right.mean()), tested=(N // 2, N),
              train_at_rest=Scores(0.1, float((dice.random(2000) < 0.98).mean())))
        for name, right in zip(NAMES, validation, strict=False)
    ]  # fmt: skip
    said = str(expected.gap_against(seen(*runs), *NAMES[:2])[0])
    return "further ahead" in said or "further back" in said


def _pareto(dice: Dice, effect: float) -> bool:
    """Name more than the most accurate of nine, or the fast one where there is one."""
    latencies = [0.01 * (1 - effect * (i == 8)) * np.exp(dice.normal(0, SCATTER)) for i in range(9)]
    runs = [
        a_run(name, validation=0.9 - i / 100, tested=(N // 2, N), spec=a_spec(width=i + 1),
              speed=Speed(latency, 9, 100.0, 64, 1))
        for i, (name, latency) in enumerate(zip(NAMES, latencies, strict=True))
    ]  # fmt: skip
    best = [model.experiment.id for model in speed.not_beaten(seen(*runs))]
    return NAMES[8] in best if effect else len(best) > 1


def _maps(dice: Dice, effect: float) -> bool:
    """Draw maps of 25 places; random weights give them again, noisily, or others."""
    own = dice.normal(size=(8, 25))
    alike = 0.8 - 0.75 * effect  # without the effect 0.8
    drawn = alike * own + np.sqrt(1 - alike**2) * dice.normal(size=own.shape)
    kept = [
        HeatMap(i, "", 9, 9, float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1]))
        for i, (a, b) in enumerate(zip(own, drawn, strict=True))
    ]
    run = a_run(NAMES[0], answers=([0] * N, [0] * N))
    run.__dict__["predictions"] = msgspec.structs.replace(
        run.predictions, heat_maps=HeatMaps("layer", 5, kept)
    )
    return maps.depend_on_weights(run)


def _confidence(dice: Dice, effect: float) -> bool:
    sure = np.clip(dice.beta(8, 2, N), 0.25, 1.0)
    right = dice.random(N) < sure - effect
    guesses = np.where(right, 0, 1).tolist()
    run = a_run(NAMES[0], answers=([0] * N, guesses, sure.tolist()))
    return any("confident" in str(s) for s in mistakes.certainty(seen(run), run))


def _calibrated(dice: Dice, effect: float) -> bool:
    """As `_confidence`, of a run that kept its scores."""
    sure = np.clip(dice.beta(8, 2, N), 0.3, 0.999)
    right = dice.random(N) < sure - effect
    label = np.where(right, 0, 1 + dice.integers(0, 3, N)).astype(np.int32)
    scores = np.log(np.column_stack([sure, *[(1 - sure) / 3] * 3])).astype(np.float16)
    split = SplitScores(label, scores, N_CLASSES)
    run = a_run(NAMES[0], answers=(label.tolist(), [0] * N, sure.tolist()))
    run.__dict__["scores"] = ScoreFile(split, split)
    judged = [s for s in mistakes.certainty(seen(run), run) if s.strength in ("weak", "strong")]
    assert len(judged) == 1
    return judged[0].strength == "strong"


def _flattered(dice: Dice, effect: float) -> bool:
    validation = float((dice.random(N) < 0.7 + effect).mean())
    run = answering(NAMES[0], dice.random(N) < 0.7, validation)
    text = " ".join(map(str, comparing.tested_result(seen(run), NAMES[0])))
    return "flatter it" in text or "easier ones" in text


def named(dice: Dice, above: float, luck: np.ndarray | None = None) -> np.ndarray:
    """Return answers to the pictures of `LABEL`, (N,) int.

    Args:
        above: Points of accuracy above guessing, in every class alike.
        luck: Which pictures are known, as `course` keeps it; other ones are guessed, from one
            epoch to the next with other preferences.
    """
    luck = dice.random(N) if luck is None else luck
    preferences = dice.dirichlet(np.ones(N_CLASSES))
    return np.where(luck < above / (1 - 1 / N_CLASSES), LABEL,
                    dice.choice(N_CLASSES, N, p=preferences))  # fmt: skip


def epochs_of(dice: Dice, above: list[float]) -> Run:
    """Return a grid's run that answers by `named` in each epoch, and counts with its best."""
    luck, answered = dice.random(N), []
    for points in above:
        luck = np.where(dice.random(N) < 0.85, luck, dice.random(N))
        answered.append(named(dice, points, luck))
    accuracies = [float((a == LABEL).mean()) for a in answered]
    best = int(np.argmax(accuracies))
    kept, last = (validated(LABEL.tolist(), answered[i].tolist(), N_CLASSES) for i in (best, -1))
    return a_run(
        "scratch/grid-sgd-1e-3", curves={"validation_accuracy": accuracies},
        validation=accuracies[best], best_epoch=best + 1, epochs_run=len(above),
        validation_answers=kept, last_answers=last,
    )  # fmt: skip


def _learned(dice: Dice, effect: float) -> bool:
    run = epochs_of(dice, [effect] * 12)
    return not guessing.never_learned(seen(run), run)


def _collapsed(dice: Dice, effect: float) -> bool:
    run = epochs_of(dice, [0.1] * 4 + [0.1 - effect] * 8)
    return guessing.collapsed(seen(run), run)


def _beyond_guessing(dice: Dice, effect: float) -> bool:
    answers = LABEL.tolist(), named(dice, effect).tolist()
    run = a_run(NAMES[0], answers=answers)
    return "guessing" not in " ".join(map(str, comparing.tested_result(seen(run), NAMES[0])))


def _lead(dice: Dice, effect: float, kept: bool = True) -> bool:
    accuracies = [0.7 + effect] + [0.7] * 8
    runs = []
    for i, right in enumerate(answers(dice, accuracies)):
        guesses = np.where(right, LABEL, (LABEL + 1) % N_CLASSES).tolist()
        fields = {"validation_answers": validated(LABEL.tolist(), guesses, N_CLASSES)}
        runs.append(a_run(f"scratch/grid-sgd-{i}", validation=float(right.mean()),
                          **(fields if kept else {})))  # fmt: skip
    said = grid.best_pair(seen(*runs), "scratch/grid")
    return any("more than the luck" in str(sentence) for sentence in said)


def _lead_over_seeds(dice: Dice, effect: float) -> bool:
    """Each seed moves a pair's true accuracy, by two points of standard deviation."""
    runs = []
    for seed in range(5):
        luck = dice.normal(0, 0.02, 9)
        for i, right in enumerate(answers(dice, np.array([0.7 + effect] + [0.7] * 8) + luck)):
            runs.append(a_run(f"scratch/grid-sgd-{i}", validation=float(right.mean()), seed=seed))
    said = grid.best_pair(seen(*runs), "scratch/grid")
    return any("more than the luck" in str(sentence) for sentence in said)


def _seen_over_folds(*runs: Run) -> StudyView:
    held_out = N // K // N_CLASSES
    parts = {"train": [100 - held_out] * N_CLASSES, "validation": [held_out] * N_CLASSES}
    fold = FoldCounts(n_train=N - N // K, n_validation=N // K, **parts)
    dataset = a_dataset(*parts.values(), (N // N_CLASSES,) * N_CLASSES, folds=(fold,) * K)
    return a_view(*runs, dataset=dataset, settings={"folds": K})


def _fold_spec(fold: int) -> Spec:
    return a_spec(seed=fold - 1, folds=K, fold=fold)


def _better_over_folds(dice: Dice, effect: float) -> bool:
    guesses, validated_at = over_folds(dice, [SEEN + effect, SEEN], LABEL)
    runs = []
    for i, name in enumerate(NAMES[:2]):
        experiment = Experiment(id=name, question="?", test=True)
        for k, answered in enumerate(guesses[i].tolist()):
            shown = {"answers": (LABEL.tolist(), answered), "experiment": experiment}
            found = float(validated_at[i, k])
            runs.append(a_run(name, seed=k, spec=_fold_spec(k + 1), validation=found, **shown))
    said = comparing.compare(_seen_over_folds(*runs), *NAMES[:2])[0]
    return said.strength == "strong"


def _better_over_seeds(dice: Dice, effect: float) -> bool:
    guesses = over_seeds(dice, [SEEN + effect, SEEN], LABEL, 100)
    runs = []
    for name, of_seeds in zip(NAMES, guesses.tolist(), strict=False):
        experiment = Experiment(id=name, question="?", test=True)
        runs += [
            a_run(name, seed=seed, answers=(LABEL.tolist(), answered), experiment=experiment)
            for seed, answered in enumerate(of_seeds)
        ]
    said = comparing.compare(a_view(*runs, settings={"seeds": K}), *NAMES[:2])[0]
    return said.strength == "strong"


def _pairs_over_seeds(dice: Dice, effect: float) -> bool:
    guesses = over_seeds(dice, [SEEN + effect] + [SEEN] * 3, LABEL, 100)
    runs = [
        a_run(f"scratch/grid-sgd-{i}", seed=seed, validation=float((answered == LABEL).mean()),
              validation_answers=validated(LABEL.tolist(), answered.tolist(), N_CLASSES))
        for i, of_seeds in enumerate(guesses)
        for seed, answered in enumerate(of_seeds)
    ]  # fmt: skip
    said = grid.best_pair(seen(*runs), "scratch/grid")
    return any("luck of seeds and pictures" in str(sentence) for sentence in said)


def _lead_over_folds(dice: Dice, effect: float) -> bool:
    _, accuracies = over_folds(dice, [SEEN + effect] + [SEEN] * 3, LABEL)
    runs = [
        a_run(f"scratch/grid-sgd-{i}", seed=k, spec=_fold_spec(k + 1), validation=float(accuracy))
        for i, of_one in enumerate(accuracies)
        for k, accuracy in enumerate(of_one)
    ]
    said = grid.best_pair(_seen_over_folds(*runs), "scratch/grid")
    return any("more than the luck" in str(sentence) for sentence in said)


def _lead_of_older_records(dice: Dice, effect: float) -> bool:
    return _lead(dice, effect, kept=False)


def _hurt_class(dice: Dice, effect: float) -> bool:
    """Tell whether the class that augmentation hurts is named; without effect, whether others are.

    It loses 40 points in either case.
    """
    altered = np.where(LABEL == 0, 0.4, 0.8)
    runs = []
    for name, right in zip(
        ("transfer/best", "augmentation/one-of-three"), answers(dice, [0.8, altered]), strict=True
    ):
        guesses = np.where(right, LABEL, (LABEL + 1) % N_CLASSES).tolist()
        experiment = Experiment(id=name, question="?", test=True)
        runs.append(a_run(name, answers=(LABEL.tolist(), guesses), experiment=experiment))
    said = " ".join(map(str, class_changes.class_effects(seen(*runs), runs[1].id)))
    hurt, *others = seen(*runs).dataset.classes
    return f"{hurt} (" in said if effect else any(f"{name} (" in said for name in others)


def _by_size(dice: Dice, effect: float) -> bool:
    """Tell whether accuracy is said to depend on the train pictures of forty classes.

    With effect it rises with their rank from 80 % less that to 80 %.
    """
    n_classes, each = 40, 10
    sizes = dice.integers(30, 300, n_classes)
    rise = sizes.argsort().argsort() / (n_classes - 1)
    label = np.repeat(np.arange(n_classes), each)
    hardness = np.where(effect, effect * (1 - rise), 0.2 * dice.random(n_classes))
    right = dice.random(n_classes * each) < (0.8 - hardness)[label]
    guesses = np.where(right, label, (label + 1) % n_classes)
    run = a_run(NAMES[0], answers=(label.tolist(), guesses.tolist()))
    counts = (each,) * n_classes
    names = [f"class {i}" for i in range(n_classes)]
    dataset = a_dataset(sizes.tolist(), counts, counts, classes=names)
    said = shared_mistakes.accuracy_by_size(a_view(run, dataset=dataset), run)
    return said[0].strength == "strong"


def _looks(dice: Dice, effect: float, feature: str) -> Looks:
    """Describe pictures of four classes, in a feature of which one split or class lies apart."""
    labels = np.tile(LABEL, 3)
    splits = {split: np.arange(N) + i * N for i, split in enumerate(SPLITS)}
    values = dice.normal(10, 1, (3 * N, len(FEATURES)))
    place = FEATURES.index(feature)
    where = splits["test"] if feature == "brightness" else labels == 2
    values[where, place] += effect
    return describe_looks(values, labels, splits, N_CLASSES, [""] * len(labels))[0]


def _drift(dice: Dice, effect: float) -> bool:
    dataset = a_dataset((N // 4,) * 4, looks=_looks(dice, effect, "brightness"))
    return bool(looks.drift(a_view(dataset=dataset)))


def _given_away(dice: Dice, effect: float) -> bool:
    quarter = (N // 4,) * 4
    found = _looks(dice, effect, "file_bytes")
    return bool(looks.given_away(a_view(dataset=a_dataset(quarter, quarter, looks=found))))


KINDS: dict[str, tuple[Callable[[Dice, float], bool], float, str]] = {
    "one model better than another": (_better, 0.10, "80 against 70 %"),
    "one model better than another, over five folds": (
        _better_over_folds,
        CLEARER,
        "80 against 70 %",
    ),
    "one model better than another, over five seeds": (
        _better_over_seeds,
        CLEARER,
        "80 against 70 %",
    ),
    "any of nine told from the chosen one": (_of_nine, 0.10, "one at 70, eight at 80 %"),
    "a difference on the first page is clear": (_clear, 0.10, "70 against 80 %"),
    "rising or falling at the end": (_rising, 0.15, "15 points in the last three epochs"),
    "the learning-rate step": (_step, 0.20, "20 points above a curve that flattens"),
    "the gap between train and validation moved": (_gap, 0.15, "15 points"),
    "train is further ahead in one model, or back": (_gap_of_two, 0.15, "20 against 35 points"),
    "over- or underconfident, or probabilities apart": (_calibrated, 0.10, "10 points"),
    "over- or underconfident, of records without scores": (_confidence, 0.10, "10 points"),
    "the same, of train pictures at rest": (_gap_at_rest, 0.15, "15 points"),
    "an equally fast, less accurate model in the Pareto set": (
        _pareto,
        0.40,
        "40 % faster",
    ),
    "maps depend on the last layer": (_maps, 0.80, "a correlation of 0.2"),
    "validation and test differ": (_flattered, 0.12, "12 points"),
    "a change hurts a class": (_hurt_class, 0.40, "40 points"),
    "a class's accuracy goes with its train pictures": (_by_size, 0.40, "from 40 to 80 %"),
    "a split looks other than train": (_drift, 0.5, "half a deviation"),
    "a feature alone gives classes away": (_given_away, 2.0, "one class by two deviations"),
    "a tested model is better than guessing": (_beyond_guessing, 0.10, "35 against 25 %"),
    "a run learned more than guessing in any of 12 epochs": (_learned, 0.10, "35 against 25 %"),
    "collapsed to guessing": (_collapsed, 0.10, "from 35 to 25 % for eight epochs"),
    "the best pair's lead is more than luck": (_lead, 0.10, "80 against 70 %"),
    "the same, over five seeds": (_lead_over_seeds, 0.10, "80 against 70 %"),
    "the best pair's lead over five seeds and pictures, of four": (
        _pairs_over_seeds,
        2 * CLEARER,
        "90 against 70 %",
    ),
    "the same, of records that keep no answers": (_lead_of_older_records, 0.10, "80 against 70 %"),
    "the best pair's lead over five folds, of four pairs": (
        _lead_over_folds,
        2 * CLEARER,
        "90 against 70 %",
    ),
}


def rate(kind: str, with_effect: bool, n_studies: int, seed: int = 0) -> float:
    """Return the share of studies of which the judgement is written."""
    judge, effect, _ = KINDS[kind]
    dice = np.random.default_rng(seed)
    return sum(judge(dice, effect if with_effect else 0.0) for _ in range(n_studies)) / n_studies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--studies", type=int, default=2000)
    n_studies = parser.parse_args().studies
    print("| judgement | wrong without the effect | effect | found |\n|---|---|---|---|")
    for kind, (_, _, effect) in KINDS.items():
        wrong, found = (rate(kind, which, n_studies) for which in (False, True))
        low, high = wilson_interval(wrong * n_studies, n_studies)
        if low <= AIM <= high:
            wrong = rate(kind, False, 5 * n_studies)
        print(f"| {kind} | {wrong:.1%} | {effect} | {found:.1%} |", flush=True)


if __name__ == "__main__":
    main()
