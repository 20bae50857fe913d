#!/usr/bin/env python3
"""Exports a network of torchvision to ONNX with tensors that are named as people call them.

    python scripts/export_backbone.py resnet101 resnet101.onnx
    python scripts/export_backbone.py vit_b_16 vit.onnx --weights none --keep-batch-norm
    erpc-pipe show resnet101.onnx

What comes out takes `input`, float32 [N, 3, 224, 224], **normalised as torchvision does**: use it with
`preprocess = { preset = "torchvision" }`. The batch axis is open, the weights are inside the file, the
operator set is 17 (`--opset`). The named tensors are outputs of the file, and every other tensor
can be asked for by the name that `erpc-pipe show` lists:

    resnet50, resnet101, resnet152    layer1 layer2 layer3 layer4 [N, C, H, W], avg_pool [N, 2048], logits
    densenet121, 161, 169, 201        denseblock1 .. denseblock4 and norm5 [N, C, H, W], avg_pool, logits
    vit_b_16, b_32, l_16, l_32        tokens [N, 1 + patches, C] behind the last norm, class_token [N, C],
                                      logits

`avg_pool` is the mean of the last map (behind its ReLU in a DenseNet), the vector that the field calls
"ResNet-101 features". By default every batch normalisation is folded into the convolution before it,
as far as there is one: same numbers up to rounding, fewer nodes. `--keep-batch-norm` leaves them, which
a tail that is to be trained further needs. `--weights none` draws random weights, for tests;
`--weights DEFAULT` takes torchvision's newest, and a name such as `IMAGENET1K_V1` those (the ones that
published zero-shot results used). The script checks its work: if `onnxruntime` is installed, the file
must give what torch gives, to 1e-4 of the largest value, for another number of images, too.

Needs torch and torchvision, and onnx, which torch's exporter asks for. The embedded kernels run the
ResNets and DenseNets; a ViT needs ONNX Runtime.
"""

import argparse
import sys
from pathlib import Path

INPUT = "input"
SIDE = 224
TOLERANCE = 1e-4


def main():
    arguments = parse()
    import torch

    torch.manual_seed(arguments.seed)
    network = load(arguments)
    tapped = Tapped(network, arguments.network)
    image = torch.rand(2, 3, SIDE, SIDE)
    export(tapped, image, arguments)
    for name, value in zip(tapped.names, run(tapped, image), strict=True):
        print(f"{name}: [N, {', '.join(map(str, value.shape[1:]))}]")
    return check(tapped, arguments.file)


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", help="a name such as resnet101")
    parser.add_argument("file", type=Path, help="the ONNX file to write")
    parser.add_argument("--weights", default="IMAGENET1K_V1", help="a name, DEFAULT, or none")
    parser.add_argument("--checkpoint", type=Path, help="a state dict to load instead")
    parser.add_argument("--keep-batch-norm", action="store_true", help="do not fold it")
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--seed", type=int, default=0, help="of random weights")
    return parser.parse_args()


def load(arguments):
    """The network in evaluation mode."""
    import torch
    import torchvision

    weights = None if arguments.weights == "none" or arguments.checkpoint else arguments.weights
    network = torchvision.models.get_model(arguments.network, weights=weights)
    if arguments.checkpoint:
        state = torch.load(arguments.checkpoint, map_location="cpu", weights_only=True)
        network.load_state_dict(state)
    elif weights is None:
        settle(network)
    return network.eval()


def settle(network):
    """Gives random networks running means and variances of their own, so that folding is tested."""
    import torch

    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.0)


def taps(network, name):
    """The modules whose outputs get a name, in order."""
    if name.startswith(("resnet", "resnext", "wide_resnet")):
        layers = {f"layer{number}": getattr(network, f"layer{number}") for number in range(1, 5)}
        return {**layers, "avg_pool": network.avgpool}
    if name.startswith("densenet"):
        blocks = [f"denseblock{number}" for number in range(1, 5)] + ["norm5"]
        return {block: getattr(network.features, block) for block in blocks}
    if name.startswith("vit"):
        return {"tokens": network.encoder.ln}
    sys.exit(f"`{name}` is neither a ResNet, nor a DenseNet, nor a ViT")


def Tapped(network, name):  # noqa: N802 (a class that needs torch to be imported first)
    """The network as a module that gives its named tensors and the logits."""
    import torch

    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network, self.found = network, {}
            for tap, module in taps(network, name).items():
                module.register_forward_hook(self.keep(tap))
            extra = {"densenet": ["avg_pool"], "vit": ["class_token"]}
            family = next((key for key in extra if name.startswith(key)), None)
            self.names = [*taps(network, name), *extra.get(family, []), "logits"]

        def keep(self, tap):
            def hook(_module, _inputs, output):
                # Densenet's next step changes its map in place.
                self.found[tap] = output.clone() if tap == "norm5" else output

            return hook

        def forward(self, image):
            logits = self.network(image)
            found = dict(self.found)
            if "avg_pool" in found:
                found["avg_pool"] = torch.flatten(found["avg_pool"], 1)
            if "norm5" in found:
                last = torch.nn.functional.relu(found["norm5"])
                found["avg_pool"] = torch.flatten(torch.nn.functional.adaptive_avg_pool2d(last, 1), 1)
            if "tokens" in found:
                found["class_token"] = found["tokens"][:, 0]
            found["logits"] = logits
            return tuple(found[name] for name in self.names)

    return Module().eval()


def export(tapped, image, arguments):
    import torch

    # Attention in one piece is faster, but no ONNX operator.
    torch.backends.mha.set_fastpath_enabled(False)
    axes = {name: {0: "N"} for name in [INPUT, *tapped.names]}
    options = {
        "input_names": [INPUT],
        "output_names": tapped.names,
        "opset_version": arguments.opset,
        "dynamo": False,
        "dynamic_axes": axes,
        "do_constant_folding": True,
        # In this mode the exporter folds batch normalisation into convolutions, in the other not.
        "training": torch.onnx.TrainingMode.EVAL,
    }
    if arguments.keep_batch_norm:
        options["training"] = torch.onnx.TrainingMode.PRESERVE
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        torch.onnx.export(tapped, (image,), str(arguments.file), **options)


def run(tapped, image):
    """The named tensors, as torch computes them."""
    import torch

    with torch.no_grad():
        return [value.numpy() for value in tapped(image)]


def check(tapped, file):
    """Holds the file against torch; 1 if they differ."""
    import torch

    try:
        import onnxruntime
    except ImportError:
        print("not checked: `onnxruntime` is not installed")
        return 0
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    worst = 0.0
    for count in (1, 3):
        image = torch.randn(count, 3, SIDE, SIDE)
        found = session.run(tapped.names, {INPUT: image.numpy()})
        for name, ours, theirs in zip(tapped.names, found, run(tapped, image), strict=True):
            off = float(abs(ours - theirs).max() / abs(theirs).max())
            worst = max(worst, off)
            if off > TOLERANCE:
                print(f"`{name}` of {count} images is {off:.1e} off", file=sys.stderr)
    print(f"ONNX Runtime {onnxruntime.__version__} and torch {torch.__version__}: {worst:.1e} apart")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    raise SystemExit(main())
