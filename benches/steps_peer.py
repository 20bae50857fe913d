#!/usr/bin/env python3
"""The training steps of `steps.rs` in PyTorch, written as one writes them down.

usage: steps_peer.py TASK STEPS THREADS, where TASK is `stage-one`, `stage-one-blocks` (the fusion
summed block by block instead of once a prefix over zero-padded rows) or `layer4`.
"""

import sys

import torch
from torch import nn
from torch.nn import functional

CHANNELS, PLANES, EMBEDDING, SIDE = 1024, 512, 2048, 14
ATTRIBUTES, CLASSES, LOOKS, IMAGES = 85, 40, 6, 64
RATE = 1e-3


class Bottleneck(nn.Module):
    def __init__(self, inputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, PLANES, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(PLANES)
        self.conv2 = nn.Conv2d(PLANES, PLANES, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(PLANES)
        self.conv3 = nn.Conv2d(PLANES, EMBEDDING, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(EMBEDDING)
        self.downsample = None
        if inputs != EMBEDDING:
            shortcut = nn.Conv2d(inputs, EMBEDDING, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(EMBEDDING))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        return functional.relu(y + shortcut)


def layer4():
    return nn.Sequential(
        Bottleneck(CHANNELS, 2), Bottleneck(EMBEDDING, 1), Bottleneck(EMBEDDING, 1)
    )


class Network(nn.Module):
    def __init__(self, by_blocks):
        super().__init__()
        self.by_blocks = by_blocks
        self.look = nn.Conv2d(CHANNELS, CHANNELS, 5)
        self.tail = layer4()
        self.of_global = nn.Linear(EMBEDDING, ATTRIBUTES)
        self.of_local = nn.Linear(EMBEDDING, ATTRIBUTES)
        self.fuse = nn.Linear(EMBEDDING * (LOOKS + 1), EMBEDDING)
        self.of_joint = nn.Linear(EMBEDDING, ATTRIBUTES)

    def forward(self, maps, embedding, cells):
        windows = [self.windows(maps, cells[:, step]) for step in range(LOOKS)]
        seen = self.tail(self.look(torch.cat(windows))).mean((2, 3))
        seen = seen.view(LOOKS, -1, EMBEDDING)
        of_global = self.of_global(embedding)
        of_local = [self.of_local(one) for one in seen]
        fused = self.blocks(embedding, seen) if self.by_blocks else self.prefixes(embedding, seen)
        of_joint = [self.of_joint(one) for one in fused]
        largest = torch.stack([of_global, *of_local]).max(0)[0]
        return of_global, of_local, of_joint, largest

    @staticmethod
    def windows(maps, cells):
        cut = lambda image, cell: maps[
            image, :, 3 * (cell // 4) : 3 * (cell // 4) + 5, 3 * (cell % 4) : 3 * (cell % 4) + 5
        ]
        return torch.stack([cut(image, cell) for image, cell in enumerate(cells.tolist())])

    def prefixes(self, embedding, seen):
        for step in range(1, LOOKS + 1):
            padding = torch.zeros(len(embedding), EMBEDDING * (LOOKS - step))
            yield self.fuse(torch.cat([embedding, *seen[:step], padding], 1))

    def blocks(self, embedding, seen):
        blocks = self.fuse.weight.split(EMBEDDING, 1)
        total = functional.linear(embedding, blocks[0], self.fuse.bias)
        for one, block in zip(seen, blocks[1:]):
            total = total + functional.linear(one, block)
            yield total


def stage_one(steps, by_blocks):
    network = Network(by_blocks)
    maps = torch.rand(IMAGES, CHANNELS, SIDE, SIDE) * 2 - 1
    embedding = torch.rand(IMAGES, EMBEDDING) * 2 - 1
    signatures = torch.rand(CLASSES, ATTRIBUTES) * 0.2 - 0.1
    labels = torch.arange(IMAGES) % CLASSES
    optimiser = torch.optim.SGD(network.parameters(), RATE, 0.9, weight_decay=1e-5)
    entropy = lambda attributes: functional.cross_entropy(attributes @ signatures.T, labels)
    losses = []
    for _ in range(steps):
        cells = torch.stack([torch.randperm(16)[:LOOKS] for _ in range(IMAGES)])
        optimiser.zero_grad()
        of_global, of_local, of_joint, largest = network(maps, embedding, cells)
        loss = entropy(of_global) + entropy(largest)
        loss = loss + sum(map(entropy, of_local)) / LOOKS + sum(map(entropy, of_joint)) / LOOKS
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def last_stage(steps):
    network = layer4()
    maps = torch.rand(16, CHANNELS, SIDE, SIDE) * 2 - 1
    optimiser = torch.optim.SGD(network.parameters(), RATE, 0.9, weight_decay=1e-5)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = network(maps).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def main():
    task, steps, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    tasks = {
        "stage-one": lambda: stage_one(steps, by_blocks=False),
        "stage-one-blocks": lambda: stage_one(steps, by_blocks=True),
        "layer4": lambda: last_stage(steps),
    }
    print(tasks[task]())


if __name__ == "__main__":
    main()
