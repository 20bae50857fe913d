//! A stage that is killed goes on where it was, and makes the bytes of one that never stopped.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Instant;

use erpc_pipe::onnx::ModelBuilder;

use crate::support::files::{png, tar};
use crate::support::moments::Moments;
use crate::support::{Project, Ran, say};

const IMPORTS: &str = r#"
[experiment]
name = "resume"

[stage.photos]
kind = "import-photos"
params = { archive = "photos.tar", index = "photos.csv" }

[stage.backbone]
kind = "import-onnx"
params = { file = "net.onnx" }
"#;

const EXTRACT: &str = r#"
[stage.features]
kind = "extract"
inputs = { images = "photos", model = "backbone" }
params = { tensors = ["map"], runtime = "embedded", preprocess = { views = { count = 1 } } }
"#;

/// Many photos and a network whose maps are so large that rows are saved after every few batches. The
/// imports are done, so what runs next is the extraction.
fn project(photos: usize) -> Project {
    let names: Vec<String> = (0..photos).map(|photo| format!("fox/{photo}.png")).collect();
    let index = names.iter().fold("path,class\n".to_owned(), |mut index, name| {
        let _ = writeln!(index, "{name},fox");
        index
    });
    let colour = |photo: usize| photo.to_le_bytes()[0];
    let members: Vec<_> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), png(colour(n)))).collect();
    let mut builder = ModelBuilder::new("input", &[3, 224, 224]);
    builder.weight("half", &[1], &[0.5]);
    builder.node("Mul", &["input", "half"], "map");
    let project = Project::new();
    project
        .file("data/photos.tar", tar(&members))
        .file("data/photos.csv", index)
        .file("data/net.onnx", builder.finish(&["map"]).unwrap().encode())
        .file("x.toml", IMPORTS);
    project.execute(&["x.toml"]);
    project.file("x.toml", format!("{IMPORTS}{EXTRACT}"));
    project
}

fn run(project: &Project, threads: &str) -> Ran {
    let ran = project.run(&["run", "--json", "x.toml", "--threads", threads]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    ran
}

/// One line with the digest of what a stage has made.
fn digest(project: &Project, output: &str) -> String {
    let shown = project.run(&["show", "x.toml", output]).stdout;
    // A stage with a seed says so between its name and its output.
    let stage = output.split('.').next().unwrap();
    assert!(shown.starts_with(stage) && shown.lines().count() == 1, "{shown}");
    shown
}

/// Kills runs of what `project` makes at random moments of the time that a whole one takes, and
/// compares what they end with; says how many of them had something to go on from.
fn kill(project: &dyn Fn() -> Project, output: &str, kills: usize) -> usize {
    let whole = project();
    let started = Instant::now();
    run(&whole, "2");
    let duration = started.elapsed();
    let expected = digest(&whole, output);
    drop(whole);
    let mut moments = Moments::new();
    let mut went_on = 0;
    for kill in 0..kills {
        let project = project();
        let threads = ["1", "2", "4"][kill % 3];
        let mut child = project
            .command(&["run", "--quiet", "x.toml", "--threads", threads])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(duration.mul_f64(moments.next()));
        let _ = child.kill();
        child.wait().unwrap();
        let ran = run(&project, ["2", "4", "1"][kill % 3]);
        assert_eq!(digest(&project, output), expected, "kill {kill}");
        went_on += usize::from(ran.stdout.contains("goes on after"));
    }
    say(&format!("{output}: {went_on} of {kills} went on where they were"));
    went_on
}

fn kill_extractions(photos: usize, kills: usize) -> usize {
    kill(&|| project(photos), "features.features", kills)
}

/// (G8)
#[test]
fn an_extraction_survives_two_kills() {
    kill_extractions(40, 2);
}

#[test]
#[ignore = "slow: ten extractions of 180 MB, killed and resumed"]
fn an_extraction_survives_ten_kills_and_goes_on_where_it_was() {
    assert!(kill_extractions(150, 10) > 0);
}

/// Planted maps, their split, and a network that has been trained on them if it is not what runs.
const PLANTED: &str = r#"
[experiment]
name = "resume"

[stage.maps]
kind = "synthesize-maps"

[stage.split]
kind = "split-classes"
inputs = { samples = "maps", attributes = "maps" }
params = { role_column = "role" }
"#;

const STAGE_ONE: &str = r#"
[stage.network]
kind = "train-erpcnet"
inputs = { features = "maps", samples = "maps", attributes = "maps", train = "split", model = "maps" }
params = { epochs = 16, learning_rate = 0.05, dropout = 0.2 }
"#;

const LOOKS: &str = r#"
[stage.looks]
kind = "embed-looks"
inputs = { network = "network", features = "maps", model = "maps" }

[stage.beta]
kind = "weigh-cells"
inputs = { features = "maps" }
"#;

const STAGE_TWO: &str = r#"
[stage.agent]
kind = "train-search"
inputs = { network = "network", features = "maps", looks = "looks", weights = "beta", samples = "maps", attributes = "maps", train = "split" }
params = { epochs = 30, policy = { hidden = [128, 64], memory = 64 } }
"#;

/// A project in which `done` has run and `rest` has not.
fn planted(done: &str, rest: &str) -> Project {
    let project = Project::new();
    project.file("x.toml", format!("{PLANTED}{done}"));
    project.execute(&["x.toml"]);
    project.file("x.toml", format!("{PLANTED}{done}{rest}"));
    project
}

/// (G8)
#[test]
#[ignore = "slow: twenty trainings, killed and resumed"]
fn both_stages_of_erpcnet_survive_ten_kills_each() {
    assert!(kill(&|| planted("", STAGE_ONE), "network.network", 10) > 0);
    let done = format!("{STAGE_ONE}{LOOKS}").replace("epochs = 16", "epochs = 1");
    assert!(kill(&|| planted(&done, STAGE_TWO), "agent.agent", 10) > 0);
}

/// (G8)
#[test]
fn a_training_survives_a_kill() {
    let one = STAGE_ONE.replace("epochs = 16", "epochs = 4");
    kill(&|| planted("", &one), "network.network", 1);
    let done = format!("{STAGE_ONE}{LOOKS}").replace("epochs = 16", "epochs = 1");
    let two = STAGE_TWO.replace("epochs = 30", "epochs = 6");
    kill(&|| planted(&done, &two), "agent.agent", 1);
}
