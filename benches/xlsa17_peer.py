"""ESZSL on features of the xlsa17 kind with NumPy: what a careful researcher would write.

Reads both files, audits the split, derives the leak-free validation, chooses gamma, lambda and the
calibration by H there, fits again on all training images, and prints T1, U, S and H of the test as
JSON. One eigendecomposition serves the whole grid; the last fit solves its equations directly.
"""

import json
import sys

import numpy

import xlsa17_files

POWERS = 10.0 ** numpy.arange(-3, 4)
LISTS = ("trainval_loc", "test_seen_loc", "test_unseen_loc", "train_loc", "val_loc")


def main():
    folder, seed = sys.argv[1], int(sys.argv[2])
    features, labels, attributes, lists = load(folder)
    leak = audit(lists)
    rng = numpy.random.default_rng(seed)
    trainval, test_seen, test_unseen, train, val = (lists[name] for name in LISTS)
    train, val = numpy.intersect1d(train, trainval), numpy.intersect1d(val, trainval)
    fit, held_out = hold_out(train, labels, rng)

    seen, unseen = numpy.unique(labels[fit]), numpy.unique(labels[val])
    solver = decompose(features[fit], labels[fit], seen, attributes)
    gamma, lam, delta = choose(
        solver, features[held_out], labels[held_out], features[val], labels[val], seen, unseen, attributes
    )

    seen, unseen = numpy.unique(labels[trainval]), numpy.unique(labels[test_unseen])
    weights = solve(features[trainval], labels[trainval], seen, attributes, gamma, lam)
    classes = numpy.concatenate([seen, unseen])
    class_weights = weights @ attributes[classes].T
    of_seen, of_unseen = features[test_seen] @ class_weights, features[test_unseen] @ class_weights
    t1 = accuracy(labels[test_unseen], unseen[of_unseen[:, len(seen) :].argmax(1)])
    for scores in (of_seen, of_unseen):
        scores[:, : len(seen)] -= delta
    s = accuracy(labels[test_seen], classes[of_seen.argmax(1)])
    u = accuracy(labels[test_unseen], classes[of_unseen.argmax(1)])
    found = {"t1": t1, "u": u, "s": s, "h": 2 * u * s / (u + s), "gamma": gamma, "lambda": lam}
    print(json.dumps({**found, "delta": delta, "leak": leak}))


def load(folder):
    data = xlsa17_files.read(f"{folder}/res101.mat")
    features = data["features"].T
    for start in range(0, len(features), 4096):
        assert numpy.isfinite(features[start : start + 4096]).all(), "features are not finite"
    labels = data["labels"].ravel().astype(int) - 1
    split = xlsa17_files.read(f"{folder}/att_splits.mat")
    attributes = split["att"].T.astype(float)
    attributes /= numpy.linalg.norm(attributes, axis=1, keepdims=True)
    assert labels.min() >= 0 and labels.max() < len(attributes) == len(split["allclasses_names"])
    lists = {name: numpy.sort(split[name].ravel().astype(int) - 1) for name in LISTS}
    return features, labels, attributes, lists


def audit(lists):
    for one, other in (("trainval_loc", "test_seen_loc"), ("trainval_loc", "test_unseen_loc")):
        assert not numpy.intersect1d(lists[one], lists[other]).size
    return [int(numpy.isin(lists[name], lists["test_seen_loc"]).sum()) for name in LISTS[3:]]


def hold_out(train, labels, rng):
    """A fifth of each class."""
    held_out = []
    for label in numpy.unique(labels[train]):
        images = rng.permutation(train[labels[train] == label])
        held_out.append(images[: max(1, round(0.2 * len(images)))])
    held_out = numpy.sort(numpy.concatenate(held_out))
    return numpy.setdiff1d(train, held_out), held_out


def decompose(x, labels, classes, attributes):
    signatures = attributes[classes]
    targets = numpy.where(labels[:, None] == classes[None, :], 1.0, -1.0)
    p, left = numpy.linalg.eigh(x.T @ x)
    q, right = numpy.linalg.eigh(signatures.T @ signatures)
    core = left.T @ ((x.T @ targets) @ (signatures @ right))
    return p.clip(0), left, q.clip(0), right, core


def solve(x, labels, classes, attributes, gamma, lam):
    signatures = attributes[classes]
    targets = numpy.where(labels[:, None] == classes[None, :], 1.0, -1.0)
    left = x.T @ x + gamma * numpy.eye(x.shape[1])
    right = signatures.T @ signatures + lam * numpy.eye(signatures.shape[1])
    half = numpy.linalg.solve(left, (x.T @ targets) @ signatures)
    return numpy.linalg.solve(right, half.T).T


def choose(solver, x_seen, y_seen, x_unseen, y_unseen, seen, unseen, attributes):
    p, left, q, right, core = solver
    rotated = attributes[numpy.concatenate([seen, unseen])] @ right
    x_seen, x_unseen = x_seen @ left, x_unseen @ left
    best = (-1.0, None)
    for gamma in POWERS:
        scaled = core / (p + gamma)[:, None]
        a_seen, a_unseen = x_seen @ scaled, x_unseen @ scaled
        for lam in POWERS:
            factors = (rotated / (q + lam)).T
            curve = harmonic(a_seen @ factors, y_seen, a_unseen @ factors, y_unseen, seen, unseen)
            if curve[0] > best[0]:
                best = (curve[0], (gamma, lam, curve[1]))
    return tuple(map(float, best[1]))


def harmonic(of_seen, y_seen, of_unseen, y_unseen, seen, unseen):
    """The largest H over all calibrations, and one that reaches it."""
    breaks, d_seen, d_unseen = [], [], []
    s = 0.0
    for scores, labels, classes, is_seen in (
        (of_seen, y_seen, seen, True),
        (of_unseen, y_unseen, unseen, False),
    ):
        among_seen, among_unseen = scores[:, : len(seen)], scores[:, len(seen) :]
        position = numpy.searchsorted(classes, labels)
        weight = 1.0 / numpy.bincount(position)[position] / len(classes)
        breaks.append(among_seen.max(1) - among_unseen.max(1))
        own = among_seen if is_seen else among_unseen
        credit = numpy.where(own.argmax(1) == position, weight, 0.0)
        zeros = numpy.zeros_like(credit)
        d_seen.append(credit if is_seen else zeros)
        d_unseen.append(zeros if is_seen else credit)
        s += credit.sum() if is_seen else 0.0
    breaks = numpy.concatenate(breaks)
    order = breaks.argsort(kind="stable")
    breaks = breaks[order]
    s = s - numpy.concatenate(d_seen)[order].cumsum()
    u = numpy.concatenate(d_unseen)[order].cumsum()
    h = 2 * s * u / numpy.maximum(s + u, 1e-300)
    at = int(h.argmax())
    after = breaks[min(at + 1, len(breaks) - 1)]
    return h[at], (breaks[at] + after) / 2


def accuracy(labels, predicted):
    """The mean over classes."""
    return float(numpy.mean([(predicted[labels == c] == c).mean() for c in numpy.unique(labels)]))


if __name__ == "__main__":
    main()
