"""Pictures of further data sets: their classes, and which of them the study has as well."""

import unicodedata

import pytest
from pictures import noise
from PIL import Image

from training.data.classes_in_common import in_common, words
from training.data.prepare import prepare
from training.errors import DataError
from training.study.choices import Choices


def smooth(seed):
    """Return a picture that is nearly the same when it is saved as JPEG."""
    return noise(4, 4, seed).resize((64, 64), Image.Resampling.BICUBIC)


@pytest.fixture
def folders(tmp_path):
    """Return the study's folder of two classes and a further one, of pictures all unlike."""
    for folder, first, n in (("own", 0, 9), ("further", 100, 4)):
        for k, name in enumerate(("ant", "bee")):
            (tmp_path / folder / name).mkdir(parents=True)
            for i in range(n):
                smooth(first + 1000 * k + i).save(tmp_path / folder / name / f"{i:02d}.png")
    return tmp_path / "own", tmp_path / "further"


def prepared(folders, said=None, **choices):
    own, further = folders
    say = said.append if said is not None else None
    return prepare(own, None, 32, None, 0, choices=Choices(**choices), say=say,
                   others={"further": further})  # fmt: skip


def the_split(data, path):
    return next(
        name for name, rows in data.splits.items() if path in [data.paths[row] for row in rows]
    )


def test_classes_are_the_studys_by_their_names_however_unicode_spells_them():
    spelled = unicodedata.normalize("NFD", "café")
    common = in_common("x", ["bee", spelled, "yak"], ["ant", "bee", "café"], "a and b")
    assert common.number == {"bee": 1, spelled: 2}
    assert (common.unknown, common.lacking) == (("yak",), ("ant",))
    assert in_common("x", ["café"], [spelled], "a and b").number == {"café": 0}


def test_a_name_that_looks_like_the_studys_isnt_taken_for_it_and_said():
    common = in_common("x", ["Bee", "cat"], ["bee", "cat"], "a and b")
    assert common.number == {"cat": 1}
    assert "x: “Bee” looks like the study’s “bee”" in " ".join(words("x", common, 2))
    assert "looks like" not in " ".join(words("x", in_common("x", ["cat"], ["cat"], ""), 1))


def test_labels_are_the_studys_and_all_pictures_are_tested_on(folders):
    (other,) = prepared(folders).others
    assert [other.paths[row] for row in other.rows] == other.record.images
    names = ["ant", "bee"]
    assert [names[k] for k in other.labels] == [path[:3] for path in other.paths]
    assert len(other.rows) == 8


@pytest.mark.parametrize("how", ["copied", "as JPEG"])
def test_what_the_study_trains_on_or_chooses_by_is_left_out_and_named(folders, how):
    own, further = folders
    data, names = prepared(folders), {}
    for split in ("train", "validation", "test"):
        path = data.paths[data.splits[split][0]]
        place = further / path[:3] / f"of-{split}{'.png' if how == 'copied' else '.jpg'}"
        if how == "copied":
            place.write_bytes((own / path).read_bytes())
        else:
            Image.open(own / path).save(place, quality=90)
        names[split] = place.relative_to(further).as_posix()
    said = []
    again = prepared(folders, said)
    (other,) = again.others
    assert other.record.n_trained_on == 2
    assert {pair.paths[0] for pair in other.record.trained_on} == {
        names["train"], names["validation"]
    }  # fmt: skip
    kind = "identical" if how == "copied" else "near"
    for pair in other.record.trained_on:
        assert (pair.kind, pair.splits) == (kind, ("test", the_split(again, pair.paths[1])))
    assert names["test"] in other.record.images
    assert other.record.n_also_tested == 1
    assert not {names["train"], names["validation"]} & set(other.record.images)
    text = " ".join(said)
    assert "further: 2 images are left out of its test" in text
    assert "further: 1 image stands in the study’s own test split, too." in text
    with pytest.raises(DataError, match="trains on, or chooses by, 2 images of “further”"):
        prepared(folders, duplicates="refuse")


def test_of_nothing_but_the_studys_own_train_pictures_nothing_is_left(folders):
    own, further = folders
    data = prepared(folders)
    for file in further.glob("*/*.png"):
        file.unlink()
    for row in data.splits["train"]:
        path = data.paths[row]
        (further / path).write_bytes((own / path).read_bytes())
    with pytest.raises(DataError, match="No image of “further” is left to test on"):
        prepared(folders)


def test_the_fingerprint_changes_with_pictures_and_not_with_what_is_left_out(folders):
    further = folders[1]
    first = prepared(folders)
    (further / "yak").mkdir()
    smooth(7777).save(further / "yak" / "0.png")
    assert prepared(folders).others[0].record.fingerprint == first.others[0].record.fingerprint
    smooth(8888).save(further / "ant" / "00.png")
    again = prepared(folders)
    assert again.others[0].record.fingerprint != first.others[0].record.fingerprint
    assert again.record.fingerprint == first.record.fingerprint


def test_too_many_that_cant_be_read_end_it_as_the_studys_own_do(folders):
    further = folders[1]
    for i in range(7):
        (further / "ant" / f"broken{i}.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"7 of 15 images in .*further can't be read"):
        prepared(folders)
    said = []
    (other,) = prepared(folders, said, allow_unreadable=0.5).others
    assert (other.record.n_unreadable_files, len(other.record.images)) == (7, 8)
    assert any("further: Left out: 7 images that can’t be read" in text for text in said)
