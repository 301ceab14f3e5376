"""Tables as the common sites write them: separators, encodings, headers, ids, columns a class."""

import pytest
from pictures import noise

from training.data.layouts import index_pictures
from training.data.splits import split
from training.errors import DataError
from training.study.choices import Choices

CLASSES = ("ant", "bee")


@pytest.fixture
def pictures(tmp_path):
    """Write four pictures of each class; return (path, class, split) of each."""
    rows = []
    for name in CLASSES:
        (tmp_path / "pool" / name).mkdir(parents=True)
        for i in range(4):
            path = f"pool/{name}/{name}{i}.png"
            noise(12, 10, i).save(tmp_path / path)
            rows.append((path, name, ("train", "train", "val", "test")[i]))
    return rows


@pytest.fixture
def write(tmp_path):
    def write(header, rows, separator=",", encoding="utf-8", name="t.csv"):
        lines = [separator.join(map(str, row)) for row in (header, *rows)]
        (tmp_path / name).write_bytes("\n".join(lines).encode(encoding))
        return tmp_path / name

    return write


def labels(index):
    return {
        path: index.classes[label] for path, label in zip(index.paths, index.labels, strict=True)
    }


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_separators_and_encodings_are_told_by_themselves(write, pictures, separator, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    file = write((mark + "path", "label", "split"), pictures, separator, encoding)
    index = index_pictures(file)
    assert labels(index) == {path: name for path, name, _ in pictures}
    assert not index.words


def test_excels_own_first_line_is_skipped(write, pictures):
    file = write(("path", "label"), [row[:2] for row in pictures], ";")
    file.write_text("sep=;\n" + file.read_text())
    assert index_pictures(file).classes == CLASSES


def test_windows_letters_are_read_with_a_note(write, pictures):
    rows = [(path, {"ant": "Löwe"}.get(name, name)) for path, name, _ in pictures]
    index = index_pictures(write(("path", "label"), rows, encoding="cp1252"))
    assert index.classes == ("Löwe", "bee")
    assert "Windows-1252" in index.words[0]


@pytest.mark.parametrize(
    ("path", "label", "divided"),
    [
        ("file_name", "label", None), ("filename", "class", "set"),
        ("filepaths", "labels", "data set"),
        ("File Path", "Class Name", "Data Set"), ("image", "category", "subset"),
        ("image_path", "target", "split"), ("image_id", "diagnosis", "partition"),
        ("id", "breed", None), ("img_path", "species", "Split"), ("Image", "Label", "Set"),
    ],
)  # fmt: skip
def test_headers_of_the_common_sites_are_known(write, pictures, path, label, divided):
    header = (path, label) if divided is None else (path, label, divided)
    rows = [row if divided else row[:2] for row in pictures]
    index = index_pictures(write(header, rows))
    assert labels(index) == {path: name for path, name, _ in pictures}
    assert (index.given is not None) == bool(divided)


def test_yes_and_no_divide_as_well(write, pictures):
    rows = [(path, name, name == "bee" or "1" in path) for path, name, _ in pictures]
    index = index_pictures(write(("fname_path", "label", "is_valid"), rows),
                           Choices(columns={"path": "fname_path"}))  # fmt: skip
    assert index.given.splits.count("validation") == 5
    assert index.given.splits.count("train") == 3


def test_ids_without_a_suffix_are_looked_up_beside_the_table(write, pictures):
    rows = [(path.rpartition("/")[2].removesuffix(".png"), name) for path, name, _ in pictures]
    index = index_pictures(write(("id", "breed"), rows))
    assert labels(index) == {path: name for path, name, _ in pictures}
    assert "8 images were found by name" in index.words[0]


def test_an_id_of_two_pictures_is_refused(write, pictures, tmp_path):
    (tmp_path / "more").mkdir()
    noise(9, 9, 1).save(tmp_path / "more" / "ant0.png")
    with pytest.raises(DataError, match="2 images have that name"):
        index_pictures(write(("id", "breed"), [("ant0", "ant"), ("bee0", "bee")]))


def test_a_column_for_each_class_is_read(write, pictures):
    rows = [(path, *(int(name == c) for c in CLASSES), 31) for path, name, _ in pictures]
    index = index_pictures(write(("image", *CLASSES, "age"), rows))
    assert labels(index) == {path: name for path, name, _ in pictures}
    assert [item.name for item in index.left_out] == ["column age"]


@pytest.mark.parametrize("marks", [(0, 0), (1, 1)])
def test_a_picture_of_no_or_two_classes_is_named_by_line(write, pictures, marks):
    rows = [(path, *(int(name == c) for c in CLASSES)) for path, name, _ in pictures]
    rows[2] = (rows[2][0], *marks)
    with pytest.raises(DataError, match=f"line 4 marks {sum(marks)} of the classes"):
        index_pictures(write(("image", *CLASSES), rows))


def test_of_two_path_columns_the_one_with_files_is_taken(write, pictures):
    rows = [(100 + i, path, name) for i, (path, name, _) in enumerate(pictures)]
    index = index_pictures(write(("id", "image", "label"), rows))
    assert labels(index) == {path: name for path, name, _ in pictures}
    assert [item.name for item in index.left_out] == ["column id"]


def test_of_a_number_and_a_name_for_each_class_the_name_is_taken(write, pictures):
    rows = [(path, CLASSES.index(name), name) for path, name, _ in pictures]
    index = index_pictures(write(("path", "label", "class_name"), rows))
    assert index.classes == CLASSES
    assert "taken from the column class_name" in index.words[0]


def test_two_label_columns_that_differ_are_asked_about(write, pictures):
    rows = [(path, name, path[-5]) for path, name, _ in pictures]
    file = write(("path", "category", "breed"), rows)
    with pytest.raises(DataError, match="2 columns that could be the label: category, breed") as e:
        index_pictures(file)
    assert "--columns label=category" in e.value.hint
    assert index_pictures(file, Choices(columns={"label": "breed"})).classes == ("0", "1", "2", "3")


def test_columns_named_by_the_person_may_be_called_anything(write, pictures):
    file = write(("where", "what", "when"), pictures)
    chosen = {"path": "where", "label": "WHAT", "split": "when"}
    index = index_pictures(file, Choices(columns=chosen))
    assert len(set(index.given.splits)) == 3
    with pytest.raises(DataError, match="no column “why”"):
        index_pictures(file, Choices(columns={"path": "why"}))


def test_a_header_that_would_not_do_lists_what_would(write, pictures):
    with pytest.raises(DataError, match="its first line is: where, what, when") as caught:
        index_pictures(write(("where", "what", "when"), pictures))
    for word in ("file_name".replace("_", ""), "image_id", "breed", "is_valid", "--columns"):
        assert word in caught.value.hint


def test_classes_that_look_alike_are_refused_unless_named(write, pictures):
    rows = [(path, name if i else "Ant") for i, (path, name, _) in enumerate(pictures)]
    file = write(("path", "label"), rows)
    with pytest.raises(DataError, match="look alike"):
        index_pictures(file)
    assert len(index_pictures(file, Choices(classes=("Ant", "ant", "bee"))).classes) == 3


def test_classes_of_a_table_are_left_out_as_asked(write, pictures):
    rows = [(path, path[-5] if path[-5] in "01" else name) for path, name, _ in pictures]
    index = index_pictures(write(("path", "label"), rows), Choices(leave_out=("0",)))
    assert index.classes == ("1", "ant", "bee")
    assert index.left_out[0].n_pictures == 2


def test_names_of_splits_may_be_longer_words(write, pictures):
    words = {"train": "Training", "val": "validation_set", "test": "TestSet"}
    rows = [(path, name, words[s]) for path, name, s in pictures]
    index = index_pictures(write(("path", "label", "split"), rows))
    assert [len(v) for v in split(index, None, 0).values()] == [4, 2, 2]
