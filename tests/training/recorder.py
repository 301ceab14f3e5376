"""Write the records of a study without training anything."""

from training.planning.plan import Plan
from training.records import Metrics, Scores, StudyFolder, write
from training.study import build_study


class Recorder:
    """Writes records of a study without training anything."""

    def __init__(self, folder, preset="quick", **settings):
        self.study = build_study(preset, overrides=settings)
        self.folder = StudyFolder(folder)
        self.plan = Plan(self.study, self.folder, "data-1")

    def experiment(self, experiment_id):
        return next(e for e in self.study.experiments if e.id == experiment_id)

    def step(self, experiment_id, seed=0):
        return self.plan.step(self.experiment(experiment_id), seed)

    def record(self, experiment_id, accuracy=0.5, loss=1.0, seed=0, status="done", **fields):
        step = self.step(experiment_id, seed)
        best_epoch = fields.pop("best_epoch", 1)
        metrics = Metrics(
            id=experiment_id,
            section=experiment_id.partition("/")[0],
            seed=seed,
            status=status,
            spec=step.spec,
            spec_hash=step.spec.digest() if step.spec else "",
            dataset_fingerprint="data-1",
            best_epoch=best_epoch,
            validation=Scores(loss=loss, accuracy=accuracy),
            selected=step.selected,
            reused_from=step.selected.id if step.selected else None,
            **fields,
        )
        write(self.folder.metrics(experiment_id, seed), metrics)
        return metrics

    def grid(self, section, accuracies, **fields):
        members = [e for e in self.study.experiments if e.id.startswith(f"{section}/grid-")]
        for i, member in enumerate(members):
            self.record(member.id, accuracies[i % len(accuracies)], **fields)
        return [member.id for member in members]
