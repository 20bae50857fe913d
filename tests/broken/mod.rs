//! Wrong manifests and damaged data: each message names the place, what was expected and what to do.
//!
//! The messages are snapshots, so a change of wording is seen in review.

mod backbones;
mod comparisons;
mod data;
mod formats;
mod manifests;
mod matlab;
mod networks;
mod searches;
mod splits;

use crate::support::{Project, Ran};

/// Runs a project that must fail, and checks the exit code and the snapshot of what it says.
fn fails(name: &str, project: &Project, code: i32) {
    let ran = project.run(&["run", "--quiet", "x.toml"]);
    let said = redacted(project, &ran);
    assert_eq!(ran.code, code, "{name}: {said}");
    assert!(!said.contains("panicked"), "{name}: {said}");
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(format!("broken_{name}"), said);
    });
}

/// What was said, without the temporary folder and the time that the run took.
fn redacted(project: &Project, ran: &Ran) -> String {
    let folder = project.path("").display().to_string();
    let said = ran.stderr.replace(&folder, "PROJECT/");
    said.lines().map(without_time).collect::<Vec<_>>().join("\n")
}

fn without_time(line: &str) -> String {
    let summary = line.strip_prefix("failed after ").and_then(|rest| rest.split_once(": "));
    match summary {
        Some((_, counts)) => format!("failed after TIME: {counts}"),
        None => line.to_owned(),
    }
}
