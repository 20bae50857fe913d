"""Stage II and inference in PyTorch, written as one writes them down: every look runs the partial
convolution and the local path for the batch."""

import json
import sys

import torch
from torch import nn
from torch.nn import functional

from steps_network import PAPER, SIDE, Network

IMAGES, MIDDLE = 64, 3
CLIP, DISCOUNT, VALUE, ENTROPY = 0.2, 0.99, 0.5, 0.01


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(PAPER["embedding"], 1024)
        self.fc2 = nn.Linear(1024, 256)
        self.gru = nn.GRUCell(256, 256)
        self.actor = nn.Linear(256, 2)
        self.critic = nn.Linear(256, 1)

    def forward(self, state, hidden):
        encoded = functional.relu(self.fc2(functional.relu(self.fc1(state))))
        hidden = self.gru(encoded, hidden)
        return torch.sigmoid(self.actor(hidden)), self.critic(hidden).squeeze(1), hidden


class Search:
    """What is known of some images on their way from look to look."""

    def __init__(self, network, signatures, maps, embedding):
        self.network, self.signatures = network, signatures
        self.maps, self.embedding = maps, embedding
        self.of_global = self.logits(network.of_global(embedding))
        self.seen = []
        self.visited = torch.zeros(len(maps), 16, dtype=torch.bool)

    def logits(self, attributes):
        return attributes @ self.signatures.T

    def free_cells(self, points):
        """The free cell nearest to each point."""
        cells = torch.arange(16)
        centres = torch.stack([cells // 4, cells % 4], 1) + 0.5
        distances = (points[:, None] * 4 - centres).square().sum(2)
        return distances.masked_fill(self.visited, torch.inf).argmin(1)

    @torch.no_grad()
    def look(self, cells):
        """Looks at a cell of each image. Gives the logits of the joint attributes."""
        self.visited[torch.arange(len(cells)), cells] = True
        self.seen.append(self.network.see(self.network.windows(self.maps, cells)))
        fused = self.network.padded(self.embedding, self.seen)
        return self.logits(self.network.of_joint(fused))

    def reward(self, joint, classes):
        own = lambda logits: logits.softmax(1).gather(1, classes[:, None]).squeeze(1)
        return own(joint) + own(self.of_global)

    def keep(self, rows):
        self.maps, self.embedding = self.maps[rows], self.embedding[rows]
        self.of_global, self.visited = self.of_global[rows], self.visited[rows]
        self.seen = [one[rows] for one in self.seen]


def frozen():
    network = Network().eval().requires_grad_(False)
    maps = torch.rand(IMAGES, PAPER["channels"], SIDE, SIDE) * 2 - 1
    embedding = torch.rand(IMAGES, PAPER["embedding"]) * 2 - 1
    signatures = torch.rand(PAPER["classes"], PAPER["attributes"]) * 0.2 - 0.1
    return network, signatures, maps, embedding


def stage_two(updates):
    network, signatures, maps, embedding = frozen()
    labels = torch.arange(IMAGES) % PAPER["classes"]
    agent = Agent()
    adam = torch.optim.Adam(agent.parameters(), 3e-4)
    losses = []
    for _ in range(updates):
        search = Search(network, signatures, maps, embedding)
        state, hidden = embedding, torch.zeros(IMAGES, 256)
        logs, values, entropies, rewards = [], [], [], []
        for _ in range(PAPER["looks"]):
            means, value, hidden = agent(state, hidden)
            density = torch.distributions.Normal(means, 0.1)
            points = density.sample()
            rewards.append(search.reward(search.look(search.free_cells(points.clamp(0, 1))), labels))
            state = search.seen[-1]
            logs.append(density.log_prob(points).sum(1))
            entropies.append(density.entropy().sum(1))
            values.append(value)
        loss = objective(*map(torch.stack, (logs, values, entropies, rewards)))
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


def objective(logs, values, entropies, rewards):
    returns, total = [], torch.zeros(IMAGES)
    for reward in rewards.flip(0):
        total = reward + DISCOUNT * total
        returns.append(total)
    returns = torch.stack(returns[::-1])
    returns = (returns - returns.mean()) / (returns.std() + 1e-8)
    advantages = returns - values.detach()
    ratios = (logs - logs.detach()).exp()
    clipped = torch.minimum(ratios * advantages, ratios.clamp(1 - CLIP, 1 + CLIP) * advantages)
    error = functional.mse_loss(values, returns)
    return -clipped.mean() + VALUE * error - ENTROPY * entropies.mean()


@torch.no_grad()
def inference(batches):
    world, agent = frozen(), Agent()
    rewards, _ = run(agent, Search(*world), torch.inf)
    sigma = rewards[MIDDLE - 1].median().item()
    return [run(agent, Search(*world), sigma)[1] / IMAGES for _ in range(batches)]


def run(agent, search, sigma):
    """Looks until the reward reaches sigma; gives the rewards of each step and the looks in all."""
    state, hidden = search.embedding, torch.zeros(IMAGES, 256)
    rewards, looks = [], 0
    for _ in range(PAPER["looks"]):
        means, _, hidden = agent(state, hidden)
        joint = search.look(search.free_cells(means))
        reward = search.reward(joint, (joint + search.of_global).argmax(1))
        rewards.append(reward)
        looks += len(reward)
        rows = (reward < sigma).nonzero().squeeze(1)
        if not len(rows):
            break
        state, hidden = search.seen[-1][rows], hidden[rows]
        search.keep(rows)
    return rewards, looks


@torch.no_grad()
def difference(case):
    """How far the rewards of a small case are from ours at most."""
    tensor = lambda one: torch.tensor(one["values"]).reshape(one["shape"])
    parameters = {name: tensor(one) for name, one in case["parameters"].items()}
    embedding, signatures = tensor(case["global"]), tensor(case["signatures"])
    maps = tensor(case["maps"]).permute(0, 3, 1, 2).contiguous()
    cells, labels = torch.tensor(case["cells"]), torch.tensor(case["labels"])
    planes, channels = parameters["cl.4.0.1.weight"].shape[0], maps.shape[1]
    network = Network(
        channels=channels,
        planes=planes,
        embedding=embedding.shape[1],
        attributes=signatures.shape[1],
        looks=cells.shape[1],
    ).eval()
    network.load_state_dict(dict(state(network, parameters)))
    search = Search(network, signatures, maps, embedding)
    largest = 0.0
    for step, rewards in enumerate(case["rewards"]):
        found = search.reward(search.look(cells[:, step]), labels)
        largest = max(largest, (found - torch.tensor(rewards)).abs().max().item())
    return largest


def state(network, parameters):
    """Our parameters by the names, and in the order of axes, of the network here."""
    heads = {"look": "pconv", "of_global": "fcg", "of_local": "fcl"}
    heads |= {"fuse": "fcj1", "of_joint": "fcj2"}
    norms = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "variance"}
    for name, value in network.state_dict().items():
        *path, part = name.split(".")
        if part == "num_batches_tracked":
            yield name, value
            continue
        if path[0] != "tail":
            ours = f"{heads[path[0]]}.{part}"
        elif path[2] == "downsample":
            ours = f"cl.4.{path[1]}.downsample.{norms[part] if path[3] == '1' else part}"
        else:
            ours = f"cl.4.{path[1]}.{path[2][-1]}.{norms[part] if path[2][:2] == 'bn' else part}"
        found = parameters[ours]
        yield name, found.permute(0, 3, 1, 2).contiguous() if found.dim() == 4 else found


def case():
    return difference(json.load(sys.stdin))
