import pytest

from training.plurals import counted


@pytest.mark.parametrize(
    ("n", "noun", "said"),
    [
        (0, "image", "0 images"),
        (1, "image", "1 image"),
        (2, "image", "2 images"),
        (1, "class", "1 class"),
        (3, "class", "3 classes"),
        (2, "batch", "2 batches"),
        (9145, "image", "9,145 images"),
    ],
)
def test_a_noun_follows_its_count(n, noun, said):
    assert counted(n, noun) == said


def test_what_follows_a_noun_can_follow_the_count_too():
    assert counted(1, "class has", "classes have") == "1 class has"
    assert counted(2, "class has", "classes have") == "2 classes have"
