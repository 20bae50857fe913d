//! Several processes on one store.

use std::fmt::Write as _;
use std::process::Stdio;

use crate::support::{Happened, Project, Ran};

/// A chain wide and deep enough that two processes meet in it.
fn lattice(layers: usize, width: usize) -> String {
    let mut text = "[experiment]\nname = \"lattice\"\n".to_owned();
    for layer in 0..layers {
        for column in 0..width {
            let parts: Vec<_> = (1..=width).map(|part| format!("\"s{layer}-{part}\"")).collect();
            let (kind, inputs) = match layer {
                0 => ("write-text", String::new()),
                _ => ("concatenate", format!("inputs = {{ parts = [{}] }}\n", parts.join(", "))),
            };
            write!(
                text,
                "[stage.s{}-{}]\nkind = \"{kind}\"\n{inputs}\
                 params = {{ text = \"{layer} {column}\" }}\n",
                layer + 1,
                column + 1
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn two_processes_execute_each_stage_once() {
    let project = Project::new();
    project.file("x.toml", lattice(6, 4));
    let start = || {
        let mut command = project.command(&["run", "--json", "x.toml"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (left, right) = (start(), start());
    let left = Ran::from(left.wait_with_output().unwrap());
    let right = Ran::from(right.wait_with_output().unwrap());
    assert_eq!((left.code, right.code), (0, 0), "{}{}", left.stderr, right.stderr);
    let mut ran = Happened::read(&left.stdout).ran;
    ran.extend(Happened::read(&right.stdout).ran);
    ran.sort();
    let count = ran.len();
    ran.dedup();
    assert_eq!(ran.len(), count, "a stage ran twice");
    assert_eq!(count, 24);
}

#[test]
fn projects_may_share_a_store() {
    let (one, two, store) = (Project::new(), Project::new(), Project::new());
    let store = store.path("shared").display().to_string();
    one.file("x.toml", lattice(2, 2));
    two.file("y.toml", lattice(2, 2));
    assert_eq!(one.execute(&["x.toml", "--store", &store]).ran.len(), 4);
    assert!(two.execute(&["y.toml", "--store", &store]).ran.is_empty());
}

#[test]
fn isolated_stages_give_the_same_actions() {
    let project = Project::new();
    project.file("x.toml", lattice(3, 2));
    assert_eq!(project.execute(&["--isolate", "x.toml"]).ran.len(), 6);
    assert!(project.execute(&["x.toml"]).ran.is_empty());
}
