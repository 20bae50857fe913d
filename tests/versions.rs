//! No stage may change what it makes and keep its version.
//!
//! The snapshot holds, for each kind of stage, its version and the digests of what it makes of a tiny
//! experiment. Sums of floats differ between platforms, whose kernels add in another order, so there
//! is a snapshot for each platform that this project has met.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use erpc_pipe::recipe::Platform;
use erpc_pipe::stages::registry;
use serde_json::Value;

use crate::support::files::{SOUND, idx, png, sound};
use crate::support::provenance;
use crate::support::published::{IMPORTS, sound_att_splits, sound_res101};

/// Whatever the sound experiment does not use.
const REST: &str = r#"
[stage.shuffled]
kind   = "control-attributes"
inputs = { attributes = "attributes" }
params = { mode = "shuffle" }

[stage.word]
kind   = "write-text"
params = { text = "word" }

[stage.note]
kind   = "import-file"
params = { file = "names.txt" }

[stage.numbers]
kind   = "import-features"
params = { features = "features.csv", feature_prefix = "f", name_column = "name" }

[stage.digits]
kind   = "import-idx"
params = { images = "images.idx", labels = "labels.idx" }

[stage.folder]
kind   = "import-folder"
params = { folder = "photos" }

[stage.groups]
kind   = "import-class-tree"
params = { file = "groups.csv" }

[stage.both]
kind   = "concatenate"
inputs = { parts = ["word", "note"] }

[stage.glyphs]
kind   = "synthesize-glyphs"
params = { size = 56, values = 3, seen_classes = 8, validation_classes = 2, unseen_classes = 3, images_per_seen_class = 2, images_per_unseen_class = 2 }

[stage.planted]
kind   = "synthesize-maps"
params = { values = 3, seen_classes = 8, validation_classes = 2, unseen_classes = 3, images_per_seen_class = 3, images_per_unseen_class = 2, channels = 8, planes = 4 }

[stage.planted_split]
kind   = "split-classes"
inputs = { samples = "planted", attributes = "planted" }
params = { role_column = "role" }

[stage.erpcnet]
kind   = "train-erpcnet"
inputs = { features = "planted", samples = "planted", attributes = "planted", train = "planted_split", model = "planted" }
params = { epochs = 1, looks = 2, batch = 8 }

[stage.looks]
kind   = "embed-looks"
inputs = { network = "erpcnet", features = "planted", model = "planted" }

[stage.erpcnet_tailed]
kind   = "train-erpcnet"
inputs = { features = "planted", samples = "planted", attributes = "planted", train = "planted_split", model = "planted" }
params = { epochs = 1, looks = 2, batch = 8, trainable = "tail" }

[stage.embedded]
kind   = "embed-images"
inputs = { network = "erpcnet_tailed", features = "planted", model = "planted" }

[stage.erpcnet_file]
kind   = "export-erpcnet"
inputs = { network = "erpcnet", model = "planted" }

[stage.beta]
kind   = "weigh-cells"
inputs = { features = "planted" }

[stage.weights_audit]
kind   = "audit-beta"
inputs = { network = "erpcnet", features = "planted", looks = "looks", weights = "beta", samples = "planted", attributes = "planted", train = "planted_split", cells = "planted" }

[stage.agent]
kind   = "train-search"
inputs = { network = "erpcnet", features = "planted", looks = "looks", weights = "beta", samples = "planted", attributes = "planted", train = "planted_split" }
params = { epochs = 1, batch = 8, policy = { hidden = [8, 4], memory = 4 } }

[stage.reward_curve]
kind   = "measure-curves"
inputs = { curves = "agent" }

[stage.order]
kind   = "prefer-cells"
inputs = { looks = "looks", samples = "planted" }

[stage.searched]
kind   = "search"
inputs = { network = "erpcnet", agent = "agent", features = "planted", looks = "looks", weights = "beta", samples = "planted", attributes = "planted", test_seen = "planted_split", test_unseen = "planted_split" }

[stage.searched_on_demand]
kind   = "search"
inputs = { network = "erpcnet", agent = "agent", features = "planted", model = "planted", weights = "beta", samples = "planted", attributes = "planted", test_seen = "planted_split", test_unseen = "planted_split" }

[stage.searched_scores]
kind   = "score-search"
inputs = { traces = "searched" }
params = { stop = { sigma = 0.4 } }

[stage.searched_fit]
kind   = "search"
inputs = { network = "erpcnet_fit", preferences = "order_fit", features = "planted", looks = "looks_fit", samples = "planted", attributes = "planted", train = "planted_split" }

[stage.erpcnet_fit]
kind   = "train-erpcnet"
inputs = { features = "planted", samples = "planted", attributes = "planted", train = "planted_split", model = "planted" }
params = { epochs = 1, looks = 2, batch = 8, part = "fit" }

[stage.looks_fit]
kind   = "embed-looks"
inputs = { network = "erpcnet_fit", features = "planted", model = "planted" }

[stage.order_fit]
kind   = "prefer-cells"
inputs = { looks = "looks_fit", samples = "planted" }

[stage.study]
kind   = "study-search"
inputs = { traces = ["searched"], validation = ["searched_fit"] }
params = { sigmas = [0.2, 0.4, 0.6], stop = { sigma = 0.4 } }

[stage.steps_traced]
kind   = "trace-table"
inputs = { traces = ["searched"], validation = ["searched_fit"], samples = ["planted"] }

[stage.laid]
kind   = "tsne-search"
inputs = { network = "erpcnet", features = "planted", looks = "looks", traces = "searched", samples = "planted" }
params = { perplexity = 2.0, iterations = 20 }

[stage.places]
kind   = "plot-tsne"
inputs = { table = "laid.per_image" }

[stage.by_sigma]
kind   = "plot-search"
inputs = { table = "study.sigma" }
params = { figure = "sigma" }

[stage.by_looks]
kind   = "plot-search"
inputs = { table = "study.steps" }
params = { figure = "steps" }

[stage.by_end]
kind   = "plot-search"
inputs = { table = "study.stops" }
params = { figure = "stops" }

[stage.sighted_glyphs]
kind   = "synthesize-glyphs"
params = { size = 56, values = 3, seen_classes = 8, validation_classes = 2, unseen_classes = 3, images_per_seen_class = 3, images_per_unseen_class = 2 }

[stage.sighted_split]
kind   = "split-classes"
inputs = { samples = "sighted_glyphs", attributes = "sighted_glyphs" }
params = { role_column = "role" }

[stage.sighted_maps]
kind   = "extract"
inputs = { images = "sighted_glyphs", model = "filters" }
params = { tensors = ["map", "map.largest.row"], preprocess = { size = 56 }, runtime = "embedded" }

[stage.sighted]
kind   = "train-erpcnet"
inputs = { features = "sighted_maps", samples = "sighted_glyphs", attributes = "sighted_glyphs", train = "sighted_split", model = "filters" }
params = { epochs = 1, looks = 2, batch = 8, map = "map", embedding = "map.largest.row" }

[stage.sighted_looks]
kind   = "embed-looks"
inputs = { network = "sighted", features = "sighted_maps", model = "filters" }

[stage.sighted_order]
kind   = "prefer-cells"
inputs = { looks = "sighted_looks", samples = "sighted_glyphs" }

[stage.sighted_search]
kind   = "search"
inputs = { network = "sighted", preferences = "sighted_order", features = "sighted_maps", looks = "sighted_looks", samples = "sighted_glyphs", attributes = "sighted_glyphs", test_seen = "sighted_split", test_unseen = "sighted_split" }

[stage.sights]
kind   = "plot-looks"
inputs = { images = "sighted_glyphs", samples = "sighted_glyphs", network = "sighted", traces = "sighted_search", cells = "sighted_glyphs" }
params = { preprocess = { size = 56 }, right = 2, lost = 1, never = 1 }

[stage.filters]
kind   = "synthesize-backbone"
params = { size = 56, channels = 4 }

[stage.filtered]
kind   = "extract"
inputs = { images = "glyphs", model = "filters" }
params = { tensors = ["features"], preprocess = { size = 56 }, runtime = "embedded" }

[stage.start]
kind   = "initialise-backbone"
params = { channels = 16, planes = 4 }

[stage.trained]
kind   = "train-backbone"
inputs = { images = "glyphs", samples = "glyphs", model = "start" }
params = { epochs = 1, batch = 8, preprocess = { size = 56 } }

[stage.exported]
kind   = "export-onnx"
inputs = { model = "trained" }

[stage.sae]
kind   = "fit-sae"
inputs = { features = "features", samples = "photos", attributes = "attributes", train = "split" }

[stage.ale]
kind   = "fit-ale"
inputs = { features = "features", samples = "photos", attributes = "attributes", train = "split" }

[stage.sje]
kind   = "fit-sje"
inputs = { features = "features", samples = "photos", attributes = "attributes", train = "split" }

[stage.devise]
kind   = "fit-devise"
inputs = { features = "features", samples = "photos", attributes = "attributes", train = "split" }

[stage.conse]
kind   = "fit-conse"
inputs = { features = "features", samples = "photos", attributes = "attributes", train = "split" }

[stage.dap]
kind   = "fit-dap"
inputs = { features = "features", samples = "photos", attributes = "attributes", train = "split" }

[stage.prototype]
kind   = "fit-prototype"
inputs = { features = "features", samples = "photos", attributes = "attributes", train = "split" }

[stage.likely]
kind   = "score"
inputs = { model = "conse", features = "features", samples = "photos", attributes = "attributes", test_seen = "split", test_unseen = "split" }

[stage.bits]
kind   = "score"
inputs = { model = "dap", features = "features", samples = "photos", attributes = "attributes", test_seen = "split", test_unseen = "split" }

[stage.table]
kind   = "tabulate"
inputs = { rows = ["evaluation"] }

[stage.likely_evaluation]
kind   = "evaluate"
inputs = { scores = "likely" }

[stage.difference]
kind   = "compare"
inputs = { rows = ["evaluation", "likely_evaluation"] }

[stage.losses]
kind   = "measure-curves"
inputs = { curves = "erpcnet" }
params = { curve = "loss", reach = 1000.0 }

[stage.times]
kind   = "import-measures"
params = { file = "times.csv", where = { phase = "test" } }

[stage.bars_of_times]
kind   = "plot-measures"
inputs = { rows = ["times", "losses"] }
params = { measures = ["last"] }

[stage.speeds]
kind   = "tabulate-measures"
inputs = { rows = ["reward_curve", "losses", "weights_audit"] }

[stage.faster]
kind   = "compare-measures"
inputs = { rows = ["reward_curve", "losses"] }

[stage.rewards]
kind   = "plot-curves"
inputs = { curves = ["agent"] }

[stage.map]
kind   = "plot-attributes"
inputs = { attributes = "attributes" }

[stage.best]
kind   = "plot-examples"
inputs = { images = "photos", samples = "photos", scores = "score", test_seen = "split", test_unseen = "split" }

[stage.curve]
kind   = "plot"
inputs = { evaluations = ["evaluation"] }
params = { figure = "calibration" }
"#;

#[test]
fn what_a_stage_makes_changes_only_with_its_version() {
    let project = sound();
    project
        .file("x.toml", format!("{SOUND}{REST}{IMPORTS}"))
        .file("data/res101.mat", sound_res101())
        .file("data/att_splits.mat", sound_att_splits())
        .file("data/features.csv", "name,class,f0,f1\na,ant,1,0.5\nb,bee,-2,1e-3\n")
        .file("data/images.idx", idx(&[2, 2, 2], &[0, 50, 100, 150, 200, 250, 1, 2]))
        .file("data/labels.idx", idx(&[2], &[7, 1]))
        .file("data/photos/fox/1.png", png(7))
        .file("data/photos/owl/1.png", png(9))
        .file("data/times.csv", "phase,run,last\ntrain,1,0.5\ntest,1,0.25\n")
        .file("data/groups.csv", "fox,canine\ndog,canine\ncanine,animal\nowl,animal\n");
    project.execute(&["x.toml"]);
    let provenance = provenance(&project, "sound");
    let lines = made(&provenance);
    let registry = registry();
    let kinds: BTreeSet<&str> = registry.iter().map(|(kind, _)| kind).collect();
    assert_eq!(lines.keys().copied().collect::<BTreeSet<_>>(), kinds, "every kind is run");

    let platform = Platform::current().0;
    let name = format!("versions_{platform}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    if !folder.join(format!("main__versions__{name}.snap")).exists() {
        eprintln!("skipped: there is no snapshot for {platform}");
        return;
    }
    let text = lines.values().fold(String::new(), |text, line| text + line);
    insta::assert_snapshot!(name, text);
}

/// A line for each kind and stage: version, and the digests of the outputs.
fn made(provenance: &Value) -> BTreeMap<&str, String> {
    let mut lines = BTreeMap::<&str, String>::new();
    for stage in provenance["stages"].as_array().unwrap() {
        let recipe = &stage["recipe"];
        let kind = recipe["kind"].as_str().unwrap();
        let line = lines.entry(kind).or_default();
        write!(line, "{kind} {} {}:", recipe["version"], stage["stage"].as_str().unwrap()).unwrap();
        for (port, digest) in stage["outputs"].as_object().unwrap() {
            write!(line, " {port} {}", &digest.as_str().unwrap()[..16]).unwrap();
        }
        line.push('\n');
    }
    lines
}
