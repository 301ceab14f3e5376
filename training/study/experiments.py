"""The experiment list of the homework, as data. Each entry states its question in one line."""

import itertools

import msgspec

from training.records import (
    Choice,
    Experiment,
    Settings,
    StudyRecord,
    StudySection,
    learning_rate_label,
)

SECTIONS: dict[str, StudySection] = {
    section.name: section
    for section in (
        StudySection(
            name="scratch",
            title="Training from scratch",
            question="How far do a few thousand pictures carry?",
            kind="runs",
            against="scratch/baseline",
        ),
        StudySection(
            name="transfer",
            title="Transfer learning",
            question="What do weights learned elsewhere bring?",
            kind="transfer",
            against="scratch/best",
        ),
        StudySection(
            name="freezing",
            title="Freezing layers",
            question="Which part of the network has to adapt?",
            kind="freezing",
            against="transfer/best",
        ),
        StudySection(
            name="augmentation",
            title="Data augmentation",
            question="Do altered copies of the pictures help?",
            kind="augmentation",
            against="transfer/best",
        ),
        StudySection(
            name="beyond",
            title="Beyond AlexNet",
            question="Do later architectures do better?",
            kind="networks",
            against="transfer/best",
        ),
        StudySection(
            name="data",
            title="Number of pictures",
            question="How many pictures are enough?",
            kind="runs",
        ),
    )
}
"""The homework's sections that have experiments."""


def sections_of(study: StudyRecord) -> dict[str, StudySection]:
    """Return a study's sections by name: its own, or, where it lists none, the homework's."""
    return {section.name: section for section in study.sections} or SECTIONS


BEST_TRANSFER = Choice("transfer/grid", 1)

IN_TWO_PARTS = ("alexnet", "vgg16")
"""Networks of convolutions with several fully connected layers behind them."""

HEAD_FROZEN = "The new head is frozen: it keeps its random start, and the backbone has to adapt."

HEAD_STAYS_RANDOM = (
    "The new last layer is one of the frozen fully connected layers: it keeps its random start, "
    "and the convolutions have to adapt to it."
)


def grid(section: str, weights: str, settings: Settings) -> list[Experiment]:
    """Return one experiment for each pair of learning rate and optimizer."""
    pairs = itertools.product(settings.learning_rates, settings.optimizers)
    return [
        Experiment(
            id=f"{section}/grid-{optimizer}-{learning_rate_label(rate)}",
            question=f"How well does {optimizer} learn with a rate of {rate:g}?",
            weights=weights,
            optimizer=optimizer,
            learning_rate=rate,
            epochs=25,
        )
        for rate, optimizer in pairs
    ]


def scratch(settings: Settings) -> list[Experiment]:
    return [
        Experiment(
            id="scratch/baseline",
            question="What does the course's recipe reach from a random start?",
            optimizer="sgd",
            learning_rate=1e-3,
            epochs=30,
            test=True,
        ),
        *grid("scratch", "none", settings),
        Experiment(
            id="scratch/best",
            question="What does the best pair of the grid reach on the test set?",
            role="reuse",
            choice=Choice("scratch/grid", 1),
            test=True,
        ),
    ]


def transfer(settings: Settings) -> list[Experiment]:
    n_pairs = len(settings.learning_rates) * len(settings.optimizers)
    return [
        *grid("transfer", "pretrained", settings),
        *(
            Experiment(
                id=f"transfer/detail-{rank}",
                question=f"How does pair number {rank} of the grid learn, epoch by epoch?",
                role="reuse",
                choice=Choice("transfer/grid", rank),
                weights="pretrained",
            )
            for rank in range(1, min(2, n_pairs) + 1)
        ),
        Experiment(
            id="transfer/best",
            question="What does the best pair of the grid reach on the test set?",
            role="reuse",
            choice=BEST_TRANSFER,
            weights="pretrained",
            test=True,
        ),
    ]


def fine_tuning(experiment_id: str, question: str, **fields: object) -> Experiment:
    """Return an experiment that starts from pre-trained weights with the best transfer pair."""
    defaults: dict[str, object] = {
        "choice": BEST_TRANSFER,
        "weights": "pretrained",
        "epochs": 30,
        "test": True,
    }
    return Experiment(id=experiment_id, question=question, **(defaults | fields))  # type: ignore[arg-type]


def freezing(settings: Settings) -> list[Experiment]:
    return _freezing_of_two_parts() if settings.backbone in IN_TWO_PARTS else _freezing_of_any()


def _freezing_of_any() -> list[Experiment]:
    """Return the strategies that every network allows: it has a head, and all before it."""
    return [
        fine_tuning(
            "freezing/backbone",
            "Is it enough to train the new head?",
            freeze="backbone",
        ),
        fine_tuning(
            "freezing/head",
            "Is it enough to train everything but the head?",
            freeze="head",
            note=HEAD_FROZEN,
        ),
    ]


def _freezing_of_two_parts() -> list[Experiment]:
    return [
        fine_tuning(
            "freezing/cnn",
            "Is it enough to train the fully connected layers?",
            freeze="features",
        ),
        fine_tuning(
            "freezing/fc",
            "Is it enough to train the convolutions?",
            freeze="classifier",
            note=HEAD_STAYS_RANDOM,
        ),
        fine_tuning(
            "freezing/fc-head-free",
            "Is it enough to train the convolutions and the new last layer?",
            freeze="classifier-but-head",
        ),
    ]


def augmentation(settings: Settings) -> list[Experiment]:
    return [
        fine_tuning(
            "augmentation/one-of-three",
            "Does one random transformation of three for each picture help?",
            augmentation="one-of-three",
        ),
        *(
            fine_tuning(
                f"augmentation/{name}",
                f"What does {label} do?",
                augmentation=name,
                extra=True,
            )
            for name, label in (
                ("none", "no augmentation, with the same number of epochs,"),
                ("horizontal-flip", "the horizontal flip alone"),
                ("rotation", "the rotation alone"),
                ("vertical-flip", "the vertical flip alone"),
            )
        ),
    ]


def beyond(settings: Settings) -> list[Experiment]:
    return [
        fine_tuning(
            "beyond/vgg16",
            "What do VGG16's frozen features give with a new two-layer head?",
            model="vgg16",
            head=(2024,),
            freeze="backbone",
            batch_size=min(32, settings.batch_size),
            scale_learning_rate=True,
        ),
        fine_tuning(
            "beyond/resnet18",
            "What does ResNet18 reach with all weights trained and a two-layer head?",
            model="resnet18",
            head=(4096,),
        ),
    ]


def data(settings: Settings) -> list[Experiment]:
    return [
        Experiment(
            id="data/how-many",
            question="What do 5 to 30 train pictures a class give on frozen features?",
            weights="pretrained",
            freeze="backbone",
            optimizer="adam",
            learning_rate=1e-3,
            epochs=10,
            train_per_class=(5, 10, 15, 20, 30),
            extra=True,
        ),
    ]


def experiment_list(settings: Settings) -> list[Experiment]:
    """Return the homework's whole list for these settings, extras included."""
    parts = (scratch, transfer, freezing, augmentation, beyond, data)
    found = [experiment for part in parts for experiment in part(settings)]
    return [
        msgspec.structs.replace(item, model=settings.backbone) if item.model == "alexnet" else item
        for item in found
    ]
