//! The experiment everybody types first: thread counts, kills, isolation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::moments::Moments;
use crate::support::{Project, contents};

/// The quickstart at a size for tests.
const SMALL: &str = r#"
extends = "quickstart.toml"

[experiment]
name  = "small"
seeds = [1, 2]

[stage.photos]
params = { values = 3, seen_classes = 8, validation_classes = 2, unseen_classes = 3, images_per_seen_class = 8, images_per_unseen_class = 6 }

[stage.network]
params = { epochs = 2, looks = 4 }
[stage.network_fit]
params = { epochs = 2, looks = 4 }
[stage.global]
params = { epochs = 2, looks = 4 }
[stage.global_fit]
params = { epochs = 2, looks = 4 }

[stage.agent]
params = { epochs = 2, policy = { hidden = [16, 8], memory = 8 } }
[stage.agent_fit]
params = { epochs = 2, policy = { hidden = [16, 8], memory = 8 } }
"#;

/// A project with the experiments and pipelines of this repository.
fn project() -> Project {
    let project = Project::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["experiments", "pipelines"] {
        for (name, content) in contents(&root.join(folder)) {
            project.file(&format!("{folder}/{name}"), content);
        }
    }
    project.file("experiments/small.toml", SMALL);
    project
}

fn run(project: &Project, manifest: &str, arguments: &[&str]) {
    let mut all = vec!["run", "--quiet", manifest];
    all.extend(arguments);
    let ran = project.run(&all);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// Everything published but how long it took, by file name.
type Published = BTreeMap<String, Vec<u8>>;

fn published(project: &Project, experiment: &str) -> Published {
    let mut files = contents(&project.path(&format!("results/{experiment}")));
    files.remove("run.json");
    assert!(files.len() > 4, "tables, figures and provenance");
    files
}

/// The names of the files that only one side has, or that differ.
fn differing<'a>(one: &'a Published, other: &'a Published) -> BTreeSet<&'a str> {
    let names = one.keys().chain(other.keys());
    names.filter(|name| one.get(*name) != other.get(*name)).map(String::as_str).collect()
}

fn is_equal_for(manifest: &str, experiment: &str, variants: &[&[&str]]) {
    let mut first = None;
    for arguments in variants {
        let project = project();
        run(&project, manifest, arguments);
        let files = published(&project, experiment);
        match &first {
            None => first = Some(files),
            Some(first) => assert_eq!(differing(first, &files), [].into(), "{arguments:?}"),
        }
    }
}

/// (G7)
#[test]
fn the_small_quickstart_gives_equal_bytes_for_any_number_of_threads() {
    let variants: [&[&str]; 4] = [
        &["--threads", "1", "--jobs", "1"],
        &["--threads", "2"],
        &["--threads", "4", "--jobs", "4"],
        &["--isolate"],
    ];
    is_equal_for("experiments/small.toml", "small", &variants);
}

#[test]
#[ignore = "slow: runs the quickstart three times"]
fn the_quickstart_gives_equal_bytes_for_any_number_of_threads() {
    let variants: [&[&str]; 3] = [&["--threads", "1"], &["--threads", "2"], &["--threads", "4"]];
    is_equal_for("experiments/quickstart.toml", "quickstart", &variants);
}

/// Starts a run, kills it after a share of the time that a whole run takes, and runs it again.
fn survives_kills(manifest: &str, experiment: &str, kills: u32) {
    let whole = project();
    let started = Instant::now();
    run(&whole, manifest, &[]);
    let duration = started.elapsed();
    let expected = published(&whole, experiment);
    let mut moments = Moments::new();
    for kill in 0..kills {
        let project = project();
        let mut child = project
            .command(&["run", "--quiet", manifest])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(duration.mul_f64(moments.next()));
        // SIGKILL; a run that was faster than the moment is fine, too.
        let _ = child.kill();
        child.wait().unwrap();
        run(&project, manifest, &[]);
        let files = published(&project, experiment);
        assert_eq!(differing(&expected, &files), [].into(), "kill {kill}");
        let fsck = project.run(&["fsck"]);
        assert_eq!(fsck.code, 0, "kill {kill}: {}", fsck.stdout);
    }
}

/// (G8)
#[test]
fn the_small_quickstart_survives_three_kills() {
    survives_kills("experiments/small.toml", "small", 3);
}

#[test]
#[ignore = "slow: runs the quickstart twenty-one times and kills it in between"]
fn the_quickstart_survives_twenty_kills() {
    survives_kills("experiments/quickstart.toml", "quickstart", 20);
}

#[test]
fn an_interrupted_run_stops_cleanly_and_goes_on_later() {
    let project = project();
    let mut child = project
        .command(&["run", "--quiet", "experiments/small.toml"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let status = child.wait().unwrap();
    assert!(matches!(status.code(), Some(130 | 0)), "{status}");
    run(&project, "experiments/small.toml", &[]);
}
