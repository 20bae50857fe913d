//! What a run does beyond caching: failures, exit codes, the commands around it.

use crate::support::files::{SOUND, sound};
use crate::support::{Happened, Project, contents};

const BROKEN: &str = r#"
[experiment]
name = "broken"

[stage.good]
kind = "write-text"
params = { text = "fine" }

[stage.names]
kind = "import-attributes"
params = { classes = "classes.txt", names = "names.txt", matrix = "matrix.txt" }

[stage.behind]
kind = "control-attributes"
inputs = { attributes = "names" }

[stage.beside]
kind = "concatenate"
inputs = { parts = ["good"] }
"#;

fn broken() -> Project {
    let project = Project::new();
    project
        .file("x.toml", BROKEN)
        .file("data/classes.txt", "1\tfox\n2\tcat\n")
        .file("data/names.txt", "1\tred\n")
        .file("data/matrix.txt", "1.0\nnonsense\n");
    project
}

#[test]
fn a_failed_stage_skips_its_dependants_and_the_rest_finishes() {
    let project = broken();
    let ran = project.run(&["run", "--json", "x.toml"]);
    assert_eq!(ran.code, 4, "{}{}", ran.stdout, ran.stderr);
    let happened = Happened::read(&ran.stdout);
    assert_eq!(happened.failed, ["names"]);
    assert_eq!(happened.skipped, ["behind@seed=1"]);
    assert_eq!(happened.ran, ["beside", "good"]);
}

/// Two tables, one of which cannot be made while `data/other.txt` is no matrix.
const TABLES: &str = r#"
[stage.other]
kind = "import-attributes"
params = { classes = "classes.txt", names = "names.txt", matrix = "other.txt" }

[stage.table]
kind = "tabulate"
inputs = { rows = ["evaluation"] }

[stage.fit_other]
kind = "fit-eszsl"
inputs = { features = "features", samples = "photos", attributes = "other", train = "split" }

[stage.score_other]
kind = "score"
inputs = { model = "fit_other", features = "features", samples = "photos", attributes = "other", test_seen = "split", test_unseen = "split" }

[stage.evaluation_other]
kind = "evaluate"
inputs = { scores = "score_other" }

[stage.table_other]
kind = "tabulate"
inputs = { rows = ["evaluation_other"] }
"#;

#[test]
fn published_files_are_of_one_run_or_stay_as_they_were() {
    let project = sound();
    let manifest = format!("{SOUND}{TABLES}");
    let matrix = contents(&project.path("data"))["matrix.txt"].clone();
    project.file("x.toml", &manifest).file("data/other.txt", &matrix);
    let ran = project.run(&["run", "x.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let before = contents(&project.path("results/sound"));
    assert!(before.contains_key("table.md") && before.contains_key("table_other.md"));

    let rows = "inputs = { rows = [\"evaluation\"] }";
    let captioned = format!("{rows}\nparams = {{ caption = \"Changed\" }}");
    let changed = manifest.replace(rows, &captioned);
    project.file("x.toml", &changed).file("data/other.txt", "nonsense\n");
    let ran = project.run(&["run", "x.toml"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("results/sound as it was: 5 stages are not done"),
        "{}",
        ran.stderr
    );
    assert_eq!(contents(&project.path("results/sound")), before);
    let shown = project.run(&["show", "x.toml", "table"]);
    assert!(shown.stdout.contains("Changed"), "{}{}", shown.stdout, shown.stderr);

    project.file("data/other.txt", &matrix);
    assert_eq!(project.run(&["run", "x.toml"]).code, 0);
    let after = contents(&project.path("results/sound"));
    assert_ne!(after["table.md"], before["table.md"]);
    project
        .file("results/sound/notes.md", "mine")
        .file("x.toml", manifest.replace("table_other", "other_table"));
    let ran = project.run(&["run", "x.toml"]);
    assert!(ran.stderr.contains("removed   results/sound/table_other.md"), "{}", ran.stderr);
    let renamed = contents(&project.path("results/sound"));
    assert!(renamed.contains_key("notes.md") && renamed.contains_key("other_table.md"));
    assert!(!renamed.keys().any(|name| name.starts_with("table_other.")), "{:?}", renamed.keys());
    assert_eq!(after["table_other.md"], before["table_other.md"]);
}

#[test]
fn a_repaired_input_runs_what_failed() {
    let project = broken();
    project.run(&["run", "--quiet", "x.toml"]);
    project.file("data/matrix.txt", "1.0\n2.0\n");
    assert_eq!(project.execute(&["x.toml"]).ran, ["behind@seed=1", "names"]);
}

#[test]
fn a_missing_file_is_named_with_the_places_it_was_looked_for() {
    let project = broken();
    std::fs::remove_file(project.path("data/names.txt")).unwrap();
    let ran = project.run(&["run", "x.toml"]);
    assert_eq!(ran.code, 7);
    insta::assert_snapshot!(ran.stderr, @r"
    error: a file is missing:
      `names.txt`, needed by stage `names`; looked for `data/names.txt` `./names.txt`
      help: set ERPC_DATA to the folder that holds the data, or put it under `data/`
    ");
}

#[test]
fn a_wrong_manifest_runs_nothing_and_exits_with_three() {
    let project = broken();
    project.file("x.toml", BROKEN.replace("import-attributes", "import-atributes"));
    let ran = project.run(&["run", "x.toml"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("import-attributes"), "{}", ran.stderr);
    assert!(!project.path(".erpc").exists(), "nothing was touched");
}

#[test]
fn wrong_usage_exits_with_two() {
    let project = Project::new();
    assert_eq!(project.run(&["frobnicate"]).code, 2);
    assert_eq!(project.run(&["run", "absent.toml"]).code, 2);
    assert_eq!(project.run(&["--help"]).code, 0);
}

#[test]
fn commands_that_only_look_leave_no_trace() {
    let project = broken();
    for arguments in [&["graph", "x.toml"][..], &["stages"], &["schema"], &["completions", "bash"]]
    {
        let ran = project.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stdout.is_empty());
    }
    assert!(!project.path(".erpc").exists());
}

#[test]
fn a_graph_is_dot_or_a_picture() {
    let project = broken();
    let dot = project.run(&["graph", "x.toml"]).stdout;
    assert!(dot.starts_with("digraph"), "{dot}");
    assert_eq!(dot.matches("->").count(), 2, "{dot}");
    let svg = project.run(&["graph", "--format", "svg", "x.toml"]).stdout;
    assert!(svg.contains("<svg") && svg.contains("import-attributes"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let project = broken();
    let mut command = project.command(&["schema"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
