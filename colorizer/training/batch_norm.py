"""How does batch normalisation see a batch that lies on several processes? By the mean of their statistics.

As torch's SyncBatchNorm, but on processors too, and without new modules: state dicts stay as they are.
"""

from __future__ import annotations

import torch
from accelerate.utils import reduce
from torch import Tensor, nn


class _Mean(torch.autograd.Function):
    """The mean over the processes; its gradient is the mean of their gradients."""

    @staticmethod
    def forward(ctx: object, value: Tensor) -> Tensor:
        return reduce(value, "mean")

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return reduce(gradient, "mean")


class SharedBatchNorm(nn.BatchNorm2d):
    """Learns from the mean and variance (Ioffe and Szegedy 2015, 3) of all processes' (N, C, H, W) together.

    All have as many values. In evaluation it is plain batch normalisation.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        variance, mean = (part.double() for part in torch.var_mean(x.float(), (0, 2, 3), correction=0))
        mean, square = _Mean.apply(torch.stack((mean, variance + mean**2)))
        variance = square - mean**2
        count = x.numel() // x.shape[1] * torch.distributed.get_world_size()
        with torch.no_grad():
            self.running_mean.lerp_(mean.float(), self.momentum)
            self.running_var.lerp_((variance * count / (count - 1)).float(), self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight / (variance + self.eps).sqrt().float()
        shift = self.bias - mean.float() * scale
        return (x * scale[:, None, None] + shift[:, None, None]).to(x.dtype)


def share_statistics(network: nn.Module) -> None:
    """Let a network's batch normalisation, in place, learn from all processes' batches."""
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SharedBatchNorm
