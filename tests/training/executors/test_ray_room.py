"""How many runs a cluster has room for, whole or divided among its machines."""

import pytest

from training.executors.ray_cluster import Needs, Room


def machines(*sizes):
    return [{"Resources": {"CPU": cpus, "GPU": gpus}} for cpus, gpus in sizes]


@pytest.mark.parametrize(
    ("needs", "sizes", "whole", "divided"),
    [
        (Needs(2, 0, 2), [(4, 0), (1, 0)], 2, 2),
        (Needs(2, 0, 2), [(1, 0), (1, 0), (1, 0)], 0, 1),
        (Needs(4, 0, 2), [(3, 0), (3, 0), (1, 0)], 0, 1),  # two CPUs for each device
        (Needs(2, 2, 2), [(8, 1), (8, 1), (8, 0)], 0, 1),
        (Needs(2, 2, 2), [(1, 2), (1, 2)], 0, 1),  # too few CPUs for both GPUs
        (Needs(3, 0, 3), [(1, 0), (1, 0)], 0, 0),
        (Needs(1, 0.5), [(4, 1)], 2, 2),
        (Needs(2, 0, 2), [], 0, 0),
    ],
)
def test_runs_are_divided_where_no_machine_is_large_enough(needs, sizes, whole, divided):
    room = Room.of(machines(*sizes), needs)
    assert (room.whole, room.divided) == (whole, divided)
    assert room.are_divided == (whole == 0 and divided > 0)


def test_what_isnt_as_it_is_meant_to_be_is_told():
    needs = Needs(2, 2, 2)
    none = "No machine of the Ray cluster has 2 CPUs and 2 GPUs for one run"
    assert Room(1, 1, 2).told(needs) == ""
    assert Room(0, 1, 1).told(needs) == f"{none}: each is divided among several machines"
    waits = f"{none} (the largest has 1): runs wait until one joins"
    assert Room(0, 0, 1.0).told(needs) == waits
