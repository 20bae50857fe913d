#!/usr/bin/env python3
"""The tasks of `steps/main.rs` in PyTorch, written as one writes them down.

usage: steps_peer.py TASK STEPS THREADS, where TASK is `stage-one`, `stage-one-blocks` (the fusion
summed block by block instead of once a prefix over zero-padded rows), `layer4`, `stage-two`,
`inference` or `case` (how far rewards are from those of a case on standard input).
"""

import sys

import torch
from torch.nn import functional

import steps_search
from steps_network import PAPER, SIDE, Network, layer4

CHANNELS, EMBEDDING, LOOKS = PAPER["channels"], PAPER["embedding"], PAPER["looks"]
ATTRIBUTES, CLASSES, IMAGES = PAPER["attributes"], PAPER["classes"], 64
RATE = 1e-3


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
        "stage-two": lambda: steps_search.stage_two(steps),
        "inference": lambda: steps_search.inference(steps),
        "case": steps_search.case,
    }
    print(tasks[task]())


if __name__ == "__main__":
    main()
