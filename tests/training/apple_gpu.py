"""A stand-in for an Apple GPU, which refuses what torch's mps backend refuses.

Its tensors say that they are on `mps`, and are computed on the CPU. Like the real one it has no
float64, takes no tensor of the CPU beside its own but single numbers, and averages adaptively only
where the sizes divide.
"""

import contextlib
import functools

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

MPS = torch.device("mps", 0)
NO_FLOAT64 = (
    "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64"
)
NO_POOLING = "Adaptive pool MPS: input sizes must be divisible by output sizes"
POOLING = ("_adaptive_avg_pool2d", "adaptive_avg_pool2d")


class OnMPS(torch.Tensor):
    """A tensor on the device that isn't there; torch's own code takes it for one on `meta`."""

    @staticmethod
    def __new__(cls, plain):
        made = torch.Tensor._make_wrapper_subclass(
            cls, plain.size(), strides=plain.stride(), dtype=plain.dtype, device="meta"
        )
        made.plain = plain
        return made

    @property
    def device(self):
        return MPS

    def tolist(self):
        return self.plain.tolist()

    @classmethod
    def __torch_dispatch__(cls, function, types, arguments=(), options=None):
        return computed(function, arguments, options or {})

    __torch_function__ = torch._C._disabled_torch_function_impl

    def __repr__(self):
        return f"OnMPS({self.plain!r})"


def computed(function, arguments, options):
    """Compute on the CPU what the device would compute, or refuse."""
    tensors = [
        value for value in tree_flatten((arguments, options))[0] if isinstance(value, torch.Tensor)
    ]
    there = any(isinstance(value, OnMPS) for value in tensors)
    asked = options.get("device")
    copies = function.overloadpacket in (torch.ops.aten._to_copy, torch.ops.aten.copy_)
    place = torch.device(asked) if asked is not None else None
    if place is not None and place.type == "meta" and there:
        place = MPS
    on_mps = place.type == "mps" if place is not None else there
    if on_mps or (there and copies):
        _refuse(function, arguments, tensors, options, copies)
    options = {**options, "device": torch.device("cpu")} if asked is not None else options
    plain_arguments, plain_options = tree_map_only(OnMPS, lambda t: t.plain, (arguments, options))
    result = function(*plain_arguments, **plain_options)
    if function.overloadpacket is torch.ops.aten.copy_:
        return arguments[0]
    if not on_mps:
        return result
    known = {id(value.plain): value for value in tensors if isinstance(value, OnMPS)}
    return tree_map_only(
        torch.Tensor, lambda t: known[id(t)] if id(t) in known else OnMPS(t), result
    )


def _refuse(function, arguments, tensors, options, copies):
    if options.get("dtype") == torch.float64 or any(t.dtype == torch.float64 for t in tensors):
        raise TypeError(NO_FLOAT64)
    strangers = [t for t in tensors if not isinstance(t, OnMPS) and t.dim()]
    if strangers and not copies and any(isinstance(t, OnMPS) for t in tensors):
        raise RuntimeError(f"Expected all tensors on the same device: {function} got cpu and mps")
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
    """Gives the device its number, without which torch looks for the library behind it."""

    def __torch_function__(self, function, types, arguments=(), options=None):
        if function is torch.device:
            return function(*arguments, **(options or {}))
        arguments, options = tree_map_only(
            (str, torch.device), _numbered, (arguments, options or {})
        )
        if function is torch.tensor and options.get("device") == MPS:
            return function(*arguments, **{**options, "device": "cpu"}).to(MPS)
        return function(*arguments, **options)


def _numbered(value):
    return MPS if value in ("mps", torch.device("mps")) else value


@contextlib.contextmanager
def apple_gpu(patch):
    """Let torch find an Apple GPU while inside."""
    patch.setattr(torch.backends.mps, "is_available", functools.cache(lambda: True))
    for name in ("empty_cache", "synchronize"):
        patch.setattr(torch.mps, name, lambda: None)
    patch.setattr(torch.mps, "get_rng_state", lambda: torch.get_rng_state())
    patch.setattr(torch.mps, "set_rng_state", lambda state: torch.set_rng_state(state))
    with Device(), Numbered():
        yield
