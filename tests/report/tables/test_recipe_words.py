"""What a spec's structured fields say in tables: every value as a number with its source."""

import msgspec
import pytest
from in_memory import a_run, a_spec, a_view

from report.comparison.tables import differing_settings
from report.evidence.numbers import resolve
from report.evidence.sentences import plain_text
from report.tables.appendix import specifications
from report.tables.provenance import other_settings
from report.tables.transforms import augmentation_in_words
from training.records import OptimizerOptions, Transform

ALTERED = (
    Transform("RandomResizedCrop", (("antialias", False), ("scale", (0.5, 1.0)))),
    Transform("ColorJitter", (("hue", 0.1), ("p", 0.5))),
    Transform("AutoAugment", (("policy", "cifar10"),)),
    Transform("RandAugment"),
)


CHOICE = Transform("RandomChoice", (), (ALTERED[1], ALTERED[3]))
ODDS = Transform("RandomChoice", (("p", (1, 3)),), CHOICE.transforms)
APPLY = Transform("RandomApply", (), (ODDS, ALTERED[3]))
SELDOM = Transform("RandomApply", (("p", 0.2),), (ALTERED[3],))
ORDER = Transform("RandomOrder", (), (APPLY, Transform("mine:own", (("by", 2),))))


def text(parts):
    return plain_text(parts).replace("\u00a0", " ")


def numbers(parts):
    return {p.source.partition("#")[2]: p.value for p in parts if hasattr(p, "source")}


def test_transforms_are_named_with_their_arguments():
    run = a_run(spec=a_spec(augmentation=ALTERED))
    words = augmentation_in_words(run)
    assert text(words) == (
        "RandomResizedCrop (antialias off, scale 0.5 / 1), ColorJitter (hue 0.1, p 0.5), "
        "AutoAugment (policy cifar10) and RandAugment"
    )
    found = numbers(words)
    assert found["/spec/augmentation/0/parameters/1/1/1"] == 1.0
    assert found["/spec/augmentation/1/parameters/0/1"] == 0.1
    assert len(found) == 4


@pytest.mark.parametrize(
    ("transform", "words"),
    [(CHOICE, "one of (ColorJitter (hue 0.1, p 0.5); RandAugment)"),
     (ODDS, "one of, at odds of 1 : 3 (ColorJitter (hue 0.1, p 0.5); RandAugment)"),
     (SELDOM, "all or none, with probability 0.2 (RandAugment)"),
     (ORDER, ("in any order (all or none, as often as not (one of, at odds of 1 : 3 (ColorJitter "
      "(hue 0.1, p 0.5); RandAugment); RandAugment); mine:own (by 2))"))],
)  # fmt: skip
def test_what_is_drawn_of_several_is_said(transform, words):
    assert text(augmentation_in_words(a_run(spec=a_spec(augmentation=(transform,))))) == words


def test_numbers_are_found_in_the_record_where_their_source_says():
    options = OptimizerOptions(betas=(0.9, 0.95))
    run = a_run(spec=a_spec(augmentation=(*ALTERED, ORDER, SELDOM), optimizer="nadam",
                            optimizer_options=options))  # fmt: skip
    record = msgspec.json.decode(msgspec.json.encode(run.metrics))
    (row,) = [r for r in other_settings(a_view(run)).rows
              if plain_text(r.cells[0]) == "Options of the optimizer"]  # fmt: skip
    for parts in (augmentation_in_words(run), row.cells[1]):
        assert numbers(parts)
        for pointer, value in numbers(parts).items():
            assert resolve(record, pointer) == value


@pytest.mark.parametrize(
    ("augmentation", "words"), [("one-of-three", "one of three"), (ALTERED[3:], "RandAugment")]
)
@pytest.mark.parametrize(
    ("freeze", "frozen"),
    [("first:1", "first block"), ("first:3", "first 3 blocks"), ("backbone", "all but the head"),
     ("pattern:features.*", "features.*")],
)  # fmt: skip
def test_the_table_of_experiments_has_them(augmentation, words, freeze, frozen):
    view = a_view(a_run(spec=a_spec(augmentation=augmentation, freeze=freeze)))
    (row,) = specifications(view).rows
    cells = [text(cell) for cell in row.cells]
    assert {words, frozen} <= set(cells)


def test_what_isnt_usual_is_in_the_other_table_with_its_value():
    spec = a_spec(optimizer="sgd", optimizer_options=OptimizerOptions(nesterov=True), mixup=0.2,
                  ema=0.99, layer_decay=0.75, two_phase=3)  # fmt: skip
    rows = {
        text(r.cells[0]): text(r.cells[1]) for r in other_settings(a_view(a_run(spec=spec))).rows
    }
    assert rows["Options of the optimizer"] == "Nesterov"
    assert rows["α of mixup"] == "0.2"
    assert rows["Decay of the weights’ moving average"] == "0.99"
    assert rows["Factor of the rate from block to block"] == "0.75"
    assert rows["Epochs of the head alone"] == "3"
    assert "α of CutMix" not in rows


def test_a_comparison_names_the_fields_that_differ():
    first, second = (
        a_view(a_run(spec=a_spec(**fields)))
        for fields in ({}, {"augmentation": ALTERED[3:],
                            "optimizer_options": OptimizerOptions(nesterov=True)})
    )  # fmt: skip
    table = differing_settings(first, second)
    rows = {text(r.cells[1]): [text(cell) for cell in r.cells[2:]] for r in table.rows}
    assert rows == {"Augmentation": ["none", "RandAugment"],
                    "Options of the optimizer": ["", "Nesterov"]}  # fmt: skip
