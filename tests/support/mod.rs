//! A project in a temporary folder, and the real binary in it.

pub(crate) mod files;
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "labels and positions are small and positive"
)]
pub(crate) mod mat;
pub(crate) mod moments;
pub(crate) mod published;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Tells whoever runs the tests something, such as what is skipped and why.
#[expect(clippy::print_stderr, reason = "tests tell their reader so")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// A project with its manifests, data and store.
pub(crate) struct Project {
    folder: TempDir,
}

/// What a command printed, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("the temporary folder is writable") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// The binary, ready to run in the project with nothing of the environment that could matter.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_erpc-pipe"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("ERPC_STORE")
            .env_remove("ERPC_DATA")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().expect("the binary starts"))
    }

    /// Runs an experiment that must succeed, and says what happened to each stage.
    pub(crate) fn execute(&self, arguments: &[&str]) -> Happened {
        let mut all = vec!["run", "--json"];
        all.extend(arguments);
        let ran = self.run(&all);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        Happened::read(&ran.stdout)
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// What happened to the stages of a run: their names, sorted.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct Happened {
    pub(crate) ran: Vec<String>,
    pub(crate) reused: Vec<String>,
    pub(crate) failed: Vec<String>,
    pub(crate) skipped: Vec<String>,
}

impl Happened {
    pub(crate) fn read(json_lines: &str) -> Self {
        let mut happened = Self::default();
        for line in json_lines.lines() {
            let event: serde_json::Value = serde_json::from_str(line).expect("one object a line");
            let stage = event["stage"].as_str().unwrap_or_default().to_owned();
            match event["event"].as_str().unwrap_or_default() {
                "stage-finished" => happened.ran.push(stage),
                "stage-reused" => happened.reused.push(stage),
                "stage-failed" => happened.failed.push(stage),
                "stage-skipped" => happened.skipped.push(stage),
                _ => {}
            }
        }
        for list in
            [&mut happened.ran, &mut happened.reused, &mut happened.failed, &mut happened.skipped]
        {
            list.sort();
        }
        happened
    }
}

/// The content of every file below a folder.
pub(crate) fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut stack = vec![folder.to_owned()];
    while let Some(next) = stack.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                stack.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The digests of everything an experiment made, by stage, as its provenance states them.
pub(crate) fn provenance(project: &Project, experiment: &str) -> serde_json::Value {
    let path = project.path(&format!("results/{experiment}/provenance.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
