"""Stand-ins for devices that aren't there: an Apple GPU, and cards of NVIDIA.

Their tensors say that they are on `mps` or `cuda:N`, and are computed on the CPU. As on any device,
no tensor of another one may stand beside theirs, but single numbers of the CPU. What a kind of
device refuses besides, torch's own backend refuses, too.
"""

import contextlib
import functools

import pytest
import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

from training.executors import worker

MPS = torch.device("mps", 0)
NO_FLOAT64 = (
    "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64"
)
NO_POOLING = "Adaptive pool MPS: input sizes must be divisible by output sizes"
POOLING = ("_adaptive_avg_pool2d", "adaptive_avg_pool2d")
COPIES = (torch.ops.aten._to_copy, torch.ops.aten.copy_)
ROUNDED = (F.conv2d, F.linear, torch.conv2d, torch.matmul)
"""What autocast computes in 16 bits, as far as the networks of the tests have it."""


class OnDevice(torch.Tensor):
    """A tensor on a device that isn't there; torch's own code takes it for one on `meta`."""

    @staticmethod
    def __new__(cls, plain, place):
        made = torch.Tensor._make_wrapper_subclass(
            cls, plain.size(), strides=plain.stride(), dtype=plain.dtype, device="meta"
        )
        made.plain, made.place = plain, place
        return made

    @property
    def device(self):
        return self.place

    def tolist(self):
        return self.plain.tolist()

    def __reduce_ex__(self, protocol):
        """Be saved as what is read back, which is on the CPU."""
        return self.plain.__reduce_ex__(protocol)

    @classmethod
    def __torch_dispatch__(cls, function, types, arguments=(), options=None):
        return computed(function, arguments, options or {})

    __torch_function__ = torch._C._disabled_torch_function_impl

    def __repr__(self):
        return f"OnDevice({self.plain!r}, {self.place})"


def computed(function, arguments, options):
    """Compute on the CPU what the device would compute, or refuse."""
    tensors = [
        value for value in tree_flatten((arguments, options))[0] if isinstance(value, torch.Tensor)
    ]
    there = [value.place for value in tensors if isinstance(value, OnDevice)]
    asked = options.get("device")
    copies = function.overloadpacket in COPIES
    place = torch.device(asked) if asked is not None else next(iter(there), None)
    if place is not None and place.type == "meta" and there:
        place = there[0]
    on_device = place is not None and place.type in ("mps", "cuda")
    if on_device or (there and copies):
        if MPS in (*there, place):
            _refuse_as_apple_does(function, arguments, tensors, options)
        if not copies:
            _refuse_strangers(function, tensors)
    options = {**options, "device": torch.device("cpu")} if asked is not None else options
    plain_arguments, plain_options = tree_map_only(
        OnDevice, lambda t: t.plain, (arguments, options)
    )
    result = function(*plain_arguments, **plain_options)
    if function.overloadpacket is torch.ops.aten.copy_:
        return arguments[0]
    if not on_device:
        return result
    known = {id(value.plain): value for value in tensors if isinstance(value, OnDevice)}
    return tree_map_only(
        torch.Tensor, lambda t: known[id(t)] if id(t) in known else OnDevice(t, place), result
    )


def _refuse_strangers(function, tensors):
    places = {t.device for t in tensors if isinstance(t, OnDevice) or t.dim()}
    if len(places) > 1:
        mixed = " and ".join(sorted(map(str, places)))
        raise RuntimeError(f"Expected all tensors on the same device: {function} got {mixed}")


def _refuse_as_apple_does(function, arguments, tensors, options):
    if options.get("dtype") == torch.float64 or any(t.dtype == torch.float64 for t in tensors):
        raise TypeError(NO_FLOAT64)
    if function.overloadpacket.__name__ in POOLING:
        maps, sizes = arguments[:2]
        for given, wanted in zip(maps.shape[-len(sizes) :], sizes, strict=True):
            if max(given, wanted) % min(given, wanted):
                raise RuntimeError(NO_POOLING)


class Device(TorchDispatchMode):
    """Sees to what is made on the device, or moved there."""

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        return computed(function, arguments, options or {})


class Numbered(TorchFunctionMode):
    """Gives a device its number, without which torch looks for the library behind it.

    Autocast doesn't know the tensors; what it would round is rounded here. Nor is there memory to
    pin.
    """

    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def __torch_function__(self, function, types, arguments=(), options=None):
        if function is torch.device:
            return function(*arguments, **(options or {}))
        arguments, options = tree_map_only(
            (str, torch.device), self._numbered, (arguments, options or {})
        )
        place = torch.device(options.get("device") or "cpu")
        if function is torch.tensor and place.type == self.kind:
            return function(*arguments, **{**options, "device": "cpu"}).to(place)
        if function is torch.Tensor.pin_memory:
            return arguments[0]
        if function in ROUNDED and torch.is_autocast_enabled("cuda"):
            kind = torch.get_autocast_dtype("cuda")
            arguments, options = tree_map_only(OnDevice, lambda t: t.to(kind), (arguments, options))
        return function(*arguments, **options)

    def _numbered(self, value):
        known = (self.kind, torch.device(self.kind))
        return torch.device(self.kind, 0) if value in known else value


@contextlib.contextmanager
def apple_gpu(patch):
    """Let torch find an Apple GPU while inside."""
    patch.setattr(torch.backends.mps, "is_available", functools.cache(lambda: True))
    for name in ("empty_cache", "synchronize"):
        patch.setattr(torch.mps, name, lambda: None)
    patch.setattr(torch.mps, "get_rng_state", lambda: torch.get_rng_state())
    patch.setattr(torch.mps, "set_rng_state", lambda state: torch.set_rng_state(state))
    with Device(), Numbered("mps"):
        yield


@contextlib.contextmanager
def cards(patch, n, capability=(7, 5)):
    """Let torch find some cards of NVIDIA's while inside, like T4s where nothing else is said."""
    stand_ins = {
        "is_available": functools.cache(lambda: True),
        "device_count": functools.cache(lambda: n),
        "get_device_name": lambda _: "A card that isn't there",
        "get_device_capability": lambda *_: capability,
        "is_bf16_supported": lambda *_: capability >= (8, 0),
        "mem_get_info": lambda *_: (2**34, 2**34),
        "max_memory_allocated": lambda *_: 2**30,
        "get_rng_state": lambda *_: torch.get_rng_state(),
        "set_rng_state": lambda state, *_: torch.set_rng_state(state),
    }
    for name in ("init", "_lazy_init", "reset_peak_memory_stats", "synchronize", "empty_cache"):
        stand_ins[name] = lambda *_: None
    for name, stand_in in stand_ins.items():
        patch.setattr(torch.cuda, name, stand_in)
    with Device(), Numbered("cuda"):
        yield


def work_on_two_cards(connection, setup):
    """Work as a process of a machine with two cards does; here, where such a process finds it."""
    with pytest.MonkeyPatch.context() as patch, cards(patch, 2):
        worker.work(connection, setup)
