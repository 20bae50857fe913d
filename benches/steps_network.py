"""ERPCNet in PyTorch, written as one writes it down."""

import torch
from torch import nn
from torch.nn import functional

SIDE = 14
PAPER = dict(channels=1024, planes=512, embedding=2048, attributes=85, classes=40, looks=6)


class Bottleneck(nn.Module):
    def __init__(self, inputs, planes, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        return functional.relu(y + shortcut)


def layer4(channels=1024, planes=512, embedding=2048, **_):
    return nn.Sequential(
        Bottleneck(channels, planes, embedding, 2),
        Bottleneck(embedding, planes, embedding, 1),
        Bottleneck(embedding, planes, embedding, 1),
    )


class Network(nn.Module):
    def __init__(self, by_blocks=False, **sizes):
        super().__init__()
        sizes = {**PAPER, **sizes}
        self.by_blocks = by_blocks
        self.looks, self.embedding = sizes["looks"], sizes["embedding"]
        self.look = nn.Conv2d(sizes["channels"], sizes["channels"], 5)
        self.tail = layer4(**sizes)
        self.of_global = nn.Linear(self.embedding, sizes["attributes"])
        self.of_local = nn.Linear(self.embedding, sizes["attributes"])
        self.fuse = nn.Linear(self.embedding * (self.looks + 1), self.embedding)
        self.of_joint = nn.Linear(self.embedding, sizes["attributes"])

    def forward(self, maps, embedding, cells):
        windows = [self.windows(maps, cells[:, step]) for step in range(self.looks)]
        seen = self.see(torch.cat(windows))
        seen = seen.view(self.looks, -1, self.embedding)
        of_global = self.of_global(embedding)
        of_local = [self.of_local(one) for one in seen]
        fused = self.blocks(embedding, seen) if self.by_blocks else self.prefixes(embedding, seen)
        of_joint = [self.of_joint(one) for one in fused]
        largest = torch.stack([of_global, *of_local]).max(0)[0]
        return of_global, of_local, of_joint, largest

    def see(self, windows):
        return self.tail(self.look(windows)).mean((2, 3))

    @staticmethod
    def windows(maps, cells):
        cut = lambda image, cell: maps[
            image, :, 3 * (cell // 4) : 3 * (cell // 4) + 5, 3 * (cell % 4) : 3 * (cell % 4) + 5
        ]
        return torch.stack([cut(image, cell) for image, cell in enumerate(cells.tolist())])

    def padded(self, embedding, seen):
        """The fusion of g and the looks so far, with zeros for those to come."""
        padding = torch.zeros(len(embedding), self.embedding * (self.looks - len(seen)))
        return self.fuse(torch.cat([embedding, *seen, padding], 1))

    def prefixes(self, embedding, seen):
        for step in range(1, self.looks + 1):
            yield self.padded(embedding, list(seen[:step]))

    def blocks(self, embedding, seen):
        blocks = self.fuse.weight.split(self.embedding, 1)
        total = functional.linear(embedding, blocks[0], self.fuse.bias)
        for one, block in zip(seen, blocks[1:]):
            total = total + functional.linear(one, block)
            yield total
