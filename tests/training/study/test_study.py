"""Presets, study files and overrides; names and their errors."""

import msgspec
import pytest

from training.errors import StudyError
from training.planning.plan import resolve
from training.records import Settings, Spec, Transform, code_in, learning_rate_label
from training.study import build_study, read_study_file, select
from training.study.files import StudyFile


def ids(experiments):
    return [experiment.id for experiment in experiments]


def test_the_list_is_the_homeworks():
    study = build_study("reference")
    listed = ids(select(study, ()))
    assert len(listed) == 1 + 9 + 1 + 9 + 2 + 1 + 3 + 1 + 2
    assert [name for name in listed if "grid" not in name] == [
        "scratch/baseline", "scratch/best", "transfer/detail-1", "transfer/detail-2",
        "transfer/best", "freezing/cnn", "freezing/fc", "freezing/fc-head-free",
        "augmentation/one-of-three", "beyond/vgg16", "beyond/resnet18",
    ]  # fmt: skip


def test_epochs_are_the_references():
    by_id = {experiment.id: experiment for experiment in build_study("reference").experiments}
    assert by_id["scratch/baseline"].epochs == 30
    assert by_id["transfer/grid-sgd-1e-3"].epochs == 25
    assert by_id["freezing/cnn"].epochs == 30


def test_extras_run_only_when_asked_for():
    plain, extra = build_study("reference"), build_study("reference", overrides={"extras": True})
    assert "augmentation/rotation" not in ids(select(plain, ()))
    assert "augmentation/rotation" in ids(select(extra, ()))
    assert ids(select(plain, ["augmentation/rotation"])) == ["augmentation/rotation"]


def test_sections_groups_and_ids_select():
    study = build_study("reference")
    assert len(select(study, ["transfer/grid"])) == 9
    assert len(select(study, ["scratch"])) == 11
    assert ids(select(study, ["beyond/vgg16", "scratch/best"])) == ["scratch/best", "beyond/vgg16"]


@pytest.mark.parametrize(("name", "nearest"), [("transfr", "transfer"), ("beyond/vgg", "vgg16")])
def test_unknown_name_suggests_the_nearest(name, nearest):
    with pytest.raises(StudyError, match=f"(?s)Did you mean.*{nearest}"):
        select(build_study("reference"), [name])


def test_unknown_preset_suggests_the_nearest():
    with pytest.raises(StudyError, match="“quick”"):
        build_study("quik")


def test_command_line_wins_over_file_and_file_over_preset():
    file = StudyFile(preset="quick", settings={"epochs": 3, "batch_size": 7})
    study = build_study(None, file, {"epochs": 2, "seed": None})
    assert (study.settings.epochs, study.settings.batch_size) == (2, 7)
    assert study.settings.image_size == build_study("quick").settings.image_size
    assert {experiment.epochs for experiment in study.experiments} == {2}


def test_one_experiments_epochs_win_over_the_settings():
    file = StudyFile(preset="quick", experiments={"scratch/baseline": {"epochs": 11}})
    by_id = {experiment.id: experiment for experiment in build_study(None, file).experiments}
    assert by_id["scratch/baseline"].epochs == 11
    assert by_id["freezing/cnn"].epochs == build_study("quick").settings.epochs


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_study_file_adds_a_model_to_beyond(tmp_path):
    file = write(
        tmp_path / "study.toml",
        """
        [experiments."beyond/lite0"]
        model = "timm:tf_efficientnet_lite0"
        weights = "lite0.pth"
        freeze = "backbone"
        mean = [0.5, 0.5, 0.5]
        """,
    )
    added = next(
        e for e in build_study(None, read_study_file(file)).experiments if e.id == "beyond/lite0"
    )
    assert added.model == "timm:tf_efficientnet_lite0"
    assert added.weights == str(tmp_path / "lite0.pth")
    assert added.mean == (0.5, 0.5, 0.5)


def test_a_new_experiment_begins_with_the_fields_of_another(tmp_path):
    file = write(
        tmp_path / "study.toml",
        """
        preset = "quick"
        [experiments."freezing/cnn"]
        epochs = 3
        [experiments."freezing/smoothed"]
        like = "freezing/cnn"
        label_smoothing = 0.1
        [experiments."freezing/more"]
        like = "freezing/smoothed"
        question = "And more?"
        label_smoothing = 0.3
        """,
    )
    by_id = {item.id: item for item in build_study(None, read_study_file(file)).experiments}
    like, *others = (by_id[f"freezing/{name}"] for name in ("cnn", "smoothed", "more"))
    assert [item.label_smoothing for item in others] == [0.1, 0.3]
    assert [item.question for item in others] == ["What does label_smoothing change?", "And more?"]
    for item in others:
        back = msgspec.structs.replace(
            item, id=like.id, question=like.question, label_smoothing=None
        )
        assert back == like


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel = 'x'", "(?s)titel.*title"),
        ("[settings]\nepoch = 3", "(?s)epoch.*epochs"),
        ("[settings]\nepochs = 'many'", "epochs"),
        ("[settings]\nepochs = 0", "positive"),
        ("[settings]\nimage_size = 32", "64"),
        ("[settings]\noptimizers = ['adamx']", "(?s)adamx.*“adamax”"),
        ("[experiments.'scratch/best']\noptimizer = 'nadm'", "(?s)nadm.*“nadam”"),
        ("[settings]\nmixup = -0.1", "mixup can't be negative"),
        ("[settings]\nepochs = 3\ntwo_phase = 3", "the head alone in 3 of its 3 epochs"),
        ("[experiments.'freezing/cnn']\nfreeze = 'head'\ntwo_phase = 1", "trains never the head"),
        ("[experiments.'freezing/cnn']\ntwo_phase = -1", "two_phase can't be negative"),
        ("[experiments.'freezing/cnn']\naugmentation = 'rotatoin'", "(?s)rotatoin.*“rotation”"),
        ("[experiments.'freezing/cnn']\naugmentation = []", "(?s)an empty list.*none"),
        ("[experiments.'freezing/cnn']\naugmentation = ['RandAugmnt']",
         "(?s)RandAugmnt.*“RandAugment”"),
        ("[experiments.'freezing/cnn']\naugmentation = [{p = 0.5}]", "has no name"),
        ("[experiments.'freezing/cnn']\naugmentation = [{name = 'ColorJitter', bright = 1}]",
         "(?s)argument of ColorJitter.*bright.*“brightness”"),
        ("[experiments.'freezing/cnn']\naugmentation = ['GaussianBlur']",
         "GaussianBlur needs kernel_size"),
        ("[experiments.'freezing/cnn']\naugmentation = [{name = 'RandAugment', p = 2}]",
         "p of RandAugment must be from 0 to 1; found 2"),
        ("[experiments.'freezing/cnn']\naugmentation = ['RandomChoice']",
         "RandomChoice needs a list, transforms"),
        ("[experiments.'freezing/cnn']\naugmentation = [{name = 'RandomApply', transforms = []}]",
         "RandomApply needs a list, transforms"),
        (("[experiments.'freezing/cnn']\naugmentation = [{name = 'RandomOrder', p = 1, "
         "transforms = ['RandomInvert']}]"), "argument of RandomOrder.*“p”"),
        (("[experiments.'freezing/cnn']\naugmentation = [{name = 'RandomChoice', p = [1], "
         "transforms = ['RandomInvert', 'RandAugment']}]"), "must be 2 numbers from 0"),
        (("[experiments.'freezing/cnn']\naugmentation = [{name = 'RandomChoice', p = [0, 0], "
         "transforms = ['RandomInvert', 'RandAugment']}]"), "must be 2 numbers from 0"),
        (("[experiments.'freezing/cnn']\naugmentation = [{name = 'RandomApply', p = 2, "
         "transforms = ['RandomInvert']}]"), "p of RandomApply must be from 0 to 1; found 2"),
        (("[experiments.'freezing/cnn']\naugmentation = [{name = 'RandomApply', "
         "transforms = ['RandomInvrt']}]"), "(?s)RandomInvrt.*“RandomInvert”"),
        ("[experiments.'freezing/cnn']\naugmentation = [" + "{name = 'RandomOrder', transforms = ["
         * 5 + "'RandAugment'" + "]}" * 5 + "]", "more than 5 transforms stand in each other"),
        ("[settings]\nlayer_decay = 0", "layer_decay must be above 0 and at most 1"),
        ("[settings]\nhead_learning_rate = -1", "head_learning_rate can't be negative"),
        ("[experiments.'freezing/cnn']\nfreeze = 'backbon'", "(?s)backbon”.*“backbone”"),
        ("[experiments.'freezing/cnn']\nfreeze = 'first:0'", "(?s)first:0”.*“first:N”"),
        ("[settings]\nema = 1", "ema must be at least 0 and below 1"),
        ("[settings]\nbalance = 'loss'\n[experiments.'freezing/cnn']\ncutmix = 1",
         "(?s)freezing/cnn: balance.*with cutmix a picture has two.*sampling"),
        ("[settings]\noptimizer_options = {beta = [0.9, 0.9]}", "(?s)beta.*“betas”"),
        ("[settings]\noptimizer_options = {betas = 0.9}", "betas"),
        ("[settings]\noptimizer_options = {betas = [0.9, 1.0]}", "betas must be below 1"),
        ("[settings]\noptimizer_options = {eps = -1.0}", "eps can't be below 0; found -1.0"),
        ("[experiments.'scratch/baseline']\noptimizer = 'adafactor'\noptimizer_options = {d = 0.5}",
         "d must be at least 1; found 0.5"),
        ("[settings]\noptimizer_options = {rho = 0.9}", "(?s)no optimizer.*option rho.*adadelta"),
        ("[settings]\nmomentum = 0\noptimizer_options = {nesterov = true}",
         "nesterov is set together with no momentum"),
        ("[experiments.'scratch/best']\noptimizer_options = {eps = 1e-3}", "a grid chooses"),
        ("[experiments.'scratch/baseline']\noptimizer = 'adam'\noptimizer_options = {rho = 1e-3}",
         "(?s)option of adam.*rho.*betas"),
        ("[experiments.'scratch/baseline']\noptimizer = 'rprop'\nweight_decay = 1e-3",
         "rprop has no weight decay"),
        ("[settings]\nschedule = 'cosin'", "cosin"),
        ("[settings]\nwarm_up = -1", "warm_up"),
        ("[settings]\nlabel_smoothing = 1", "label_smoothing must be at least 0 and below 1"),
        ("[experiments.'scratch/best']\nclip_gradient = -1", "clip_gradient can't be negative"),
        ("[settings]\nepochs = 3\nwarm_up = 3", "warm_up takes 3 of its 3 epochs"),
        ("[settings]\nwarm_up = 4\n[experiments.'freezing/cnn']\nepochs = 4",
         "freezing/cnn: warm_up takes 4 of its 4 epochs"),
        ("[experiments.'freezing/cnn']\nepochs = 1\nwarm_up = 1", "takes 1 of its 1 epoch."),
        ("[experiments.'scratch/x']\nlike = 'scratch/baselin'", "(?s)like.*scratch/baseline"),
        ("[experiments.'scratch/x']\nlike = 3", "like"),
        ("[settings]\nlearning_rates = []", "learning_rates"),
        ("[settings]\nseed = -1", "seed"),
        ("[experiments.'scratch/baselin']\nepochs = 3", "(?s)baselin.*scratch/baseline"),
        ("[experiments.'elsewhere/x']\nmodel = 'alexnet'", "section"),
        ("[experiments.'beyond/../../x']\nmodel = 'alexnet'", "not an experiment id"),
        ("[experiments.'scratch/baseline']\nfreeze = 'all'", "freeze|all"),
        ("preset = 'huge'", "huge"),
        ("name = '../x'", "can't name a study"),
        ("= 3", "TOML"),
    ],
)  # fmt: skip
def test_a_wrong_study_file_is_named_and_explained(tmp_path, text, message):
    with pytest.raises(StudyError, match=message):
        build_study(None, read_study_file(write(tmp_path / "study.toml", text)))


def test_a_missing_study_file_points_to_init(tmp_path):
    with pytest.raises(StudyError, match="homework init"):
        read_study_file(tmp_path / "no.toml")


@pytest.mark.parametrize(
    ("rate", "label"), [(1e-2, "1e-2"), (1e-5, "1e-5"), (0.0025, "2.5e-3"), (1.0, "1e0")]
)
def test_learning_rates_have_short_exact_labels(rate, label):
    assert learning_rate_label(rate) == label
    assert float(label) == rate


def test_a_list_of_transforms_is_read_and_taken_over(tmp_path):
    file = write(
        tmp_path / "study.toml",
        """
        preset = "quick"
        [experiments."scratch/altered"]
        like = "scratch/baseline"
        augmentation = [
          {name = "ColorJitter", p = 0.5, hue = [0.0, 0.1]},
          {name = "RandomChoice", p = [1, 3], transforms = [
            "RandAugment", {name = "RandomApply", transforms = ["RandomInvert", "mine:own"]},
          ]},
        ]
        [experiments."scratch/again"]
        like = "scratch/altered"
        """,
    )
    by_id = {item.id: item for item in build_study(None, read_study_file(file)).experiments}
    expected = (
        Transform("ColorJitter", (("hue", (0.0, 0.1)), ("p", 0.5))),
        Transform("RandomChoice", (("p", (1, 3)),), (
            Transform("RandAugment"),
            Transform("RandomApply", (), (Transform("RandomInvert"), Transform("mine:own"))),
        )),
    )  # fmt: skip
    for name in ("altered", "again"):
        assert by_id[f"scratch/{name}"].augmentation == expected
    spec = resolve(by_id["scratch/altered"], Settings(), 0)[0]
    assert spec.augmentation == expected
    assert code_in(spec) == ["mine:own"]
    assert msgspec.json.decode(msgspec.json.encode(spec), type=Spec).digest() == spec.digest()
