//! Manifests that say what cannot be.

use super::fails;
use crate::support::files::{SOUND, sound, with};

/// Replaces a piece of the sound manifest and expects a complaint before anything runs.
fn wrong(name: &str, from: &str, to: &str) {
    fails(name, &with(from, to), 3);
}

#[test]
fn words_that_nobody_knows() {
    wrong("unknown_kind", "\"extract\"", "\"extrakt\"");
    wrong("unknown_key", "[stage.score]\nkind", "[stage.score]\nthread = 2\nkind");
    wrong("unknown_table", "[experiment]", "[experimnt]\n[experiment]");
    wrong("unknown_stage", "scores = \"score\"", "scores = \"scores\"");
    wrong("unknown_port", "scores = \"score\"", "score = \"score\"");
    wrong("unknown_output", "model = \"fit\"", "model = \"fit.modell\"");
    wrong("unknown_parameter", "unseen = [\"owl\"]", "unsen = [\"owl\"]");
    wrong("unknown_choice", "runtime = \"embedded\"", "runtime = \"embeded\"");
}

#[test]
fn values_of_the_wrong_type_or_size() {
    wrong("wrong_type", "preprocess = { size = 12 }", "preprocess = { size = \"twelve\" }");
    wrong("out_of_range", "size = 12 }", "size = 0 }");
    wrong("missing_parameter", "params = { file = \"net.onnx\" }", "");
    wrong("seed_twice", "name = \"sound\"", "name = \"sound\"\nseeds = [1, 2, 1]");
    wrong("parameter_against_itself", "tensors = [\"features\"]", "tensors = [\"a\", \"a\"]");
}

#[test]
fn connections_that_cannot_be() {
    wrong("wrong_kind", "model = \"backbone\"", "model = \"photos.samples\"");
    wrong("trained_on_test", "train = \"split\"", "train = \"split.test_unseen\"");
    wrong("unconnected", "model = \"fit\", features", "features");
    wrong("list_at_a_single_port", "scores = \"score\"", "scores = [\"score\", \"score\"]");
    let circle = SOUND.replace(
        "samples = \"photos\", attributes = \"attributes\" }\nparams = { unseen",
        "samples = \"photos\", attributes = \"loop\" }\nparams = { unseen",
    ) + "\n[stage.loop]\nkind = \"control-attributes\"\ninputs = { attributes = \"loop2\" }\n\
           [stage.loop2]\nkind = \"control-attributes\"\ninputs = { attributes = \"loop\" }\n";
    let project = sound();
    project.file("x.toml", circle);
    fails("circle", &project, 3);
}

#[test]
fn texts_that_do_not_parse() {
    wrong("syntax", "[stage.score]", "[stage.score");
    wrong("key_twice", "name = \"sound\"", "name = \"sound\"\nname = \"again\"");
    let project = sound();
    project
        .file("x.toml", [b"[experiment]\nname = \"".as_slice(), &[0xff, 0xfe], b"\"\n"].concat());
    fails("not_utf8", &project, 3);
}

#[test]
fn overlays_that_lead_nowhere() {
    wrong("missing_base", "[experiment]", "extends = \"absent.toml\"\n[experiment]");
    wrong("missing_pipeline", "name = \"sound\"", "name = \"sound\"\npipeline = \"absent\"");
    let project = sound();
    project
        .file("x.toml", "extends = \"y.toml\"\n[experiment]\nname = \"x\"\n")
        .file("y.toml", "extends = \"z.toml\"\n")
        .file("z.toml", "extends = \"x.toml\"\n");
    fails("cyclic_extends", &project, 3);
}

#[test]
fn sweeps_that_cannot_be_crossed() {
    let sweep = |name: &str, text: &str| {
        let project = sound();
        project.file("x.toml", format!("{SOUND}\n{text}"));
        fails(name, &project, 3);
    };
    sweep("sweep_lengths", "[sweep.a]\nfit.gammas = [[1.0], [2.0]]\nsplit.unseen = [[\"owl\"]]\n");
    sweep("sweep_unknown_parameter", "[sweep.a]\nfit.gama = [1.0, 2.0]\n");
    sweep("sweep_wrong_type", "[sweep.a]\nfit.gammas = [1.0, \"two\"]\n");
    sweep("sweep_seed", "[sweep.seed]\nfit.gammas = [[1.0]]\n");
}

#[test]
fn everything_wrong_comes_in_one_go() {
    let project = sound();
    let text = SOUND
        .replace("\"extract\"", "\"extrakt\"")
        .replace("unseen = [\"owl\"]", "unsen = [\"owl\"]")
        .replace("scores = \"score\"", "scores = \"skore\"");
    project.file("x.toml", text);
    fails("several_at_once", &project, 3);
}
