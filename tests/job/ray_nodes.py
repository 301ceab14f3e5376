"""Ray clusters of several nodes on this machine."""

import contextlib
import signal


@contextlib.contextmanager
def nodes(n, head_cpus=0):
    """Start a head, without CPUs unless it is said, and `n` machines with one each."""
    from ray.cluster_utils import Cluster

    with signals_kept():
        found = Cluster(initialize_head=True, head_node_args={"num_cpus": head_cpus})
    try:
        for _ in range(n):
            add_node(found)
        yield found
    finally:
        found.shutdown()


def add_node(cluster, n_cpus=1):
    with signals_kept():
        return cluster.add_node(num_cpus=n_cpus)


@contextlib.contextmanager
def signals_kept():
    """Take SIGTERM back from Ray, which it takes for whatever it starts."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
