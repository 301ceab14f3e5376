"""What templates ask of a study, so that they say nothing of one that isn't so."""

from dataclasses import dataclass

from report.evidence.accuracy import STUDENT_SEEDS
from report.evidence.display_names import OPTIMIZERS, model_name
from training.records import StudyRecord, is_code


@dataclass(frozen=True)
class About:
    """What a study is about.

    Attributes:
        homework: Whether its sections are the homework's.
        alexnet: Whether AlexNet is the homework's network, or among a study's own.
        networks: All networks of its experiments by name, in their order.
        optimizers: All optimizers that its experiments name, as records call them.
        pretrained: Whether any experiment starts from weights.
        own_loss: Whether any experiment may train by another loss than cross-entropy.
        folds: How many folds train and validation are cut into; 0: none.
        seeds: How many random starts every experiment has.
    """

    homework: bool
    alexnet: bool
    networks: tuple[str, ...]
    optimizers: frozenset[str]
    pretrained: bool
    own_loss: bool
    folds: int = 0
    seeds: int = 1

    @property
    def tests_over_folds(self) -> bool:
        """Whether differences are tested over folds: there are enough of them."""
        return self.folds >= STUDENT_SEEDS

    @property
    def tests_over_seeds(self) -> bool:
        """Whether they are tested over seeds likewise."""
        return not self.folds and self.seeds >= STUDENT_SEEDS

    @property
    def explained(self) -> bool:
        """Whether the appendix has a word on any of its optimizers."""
        return not self.optimizers.isdisjoint(OPTIMIZERS)


def about(study: StudyRecord) -> About:
    """Return what templates ask of a study."""
    homework = not study.sections
    models = dict.fromkeys(e.model for e in study.experiments)
    losses = [study.settings.loss, *(e.loss for e in study.experiments if e.loss)]
    return About(
        homework=homework,
        alexnet="alexnet" in ([study.settings.backbone] if homework else models),
        networks=tuple(map(model_name, models)),
        optimizers=frozenset(e.optimizer for e in study.experiments if e.optimizer),
        pretrained=any(e.weights != "none" for e in study.experiments),
        own_loss=any(map(is_code, losses)),
        folds=study.settings.folds,
        seeds=study.settings.seeds,
    )
