//! Looking at what is published: `results` and `diff`.

use std::path::Path;

use crate::support::files::{SOUND, sound};
use crate::support::{Project, Ran};

const ACCURACY: &str = r#"
[stage.accuracy]
kind   = "tabulate"
inputs = { rows = ["evaluation"] }
params = { metrics = ["t1", "seen", "ece"] }
"#;

/// Two published experiments: three seeds, and the same with other targets and another seed.
fn published() -> Project {
    let project = sound();
    let manifest = |name: &str, seeds: &str, off: &str| {
        let head = format!("name = \"{name}\"\nseeds = {seeds}");
        let params = format!("train = \"split\" }}\nparams = {{ targets = \"{off}\" }}");
        let text = SOUND.replace("name = \"sound\"", &head);
        text.replace("train = \"split\" }", &params) + ACCURACY
    };
    project.file("one.toml", manifest("one", "[1, 2, 3]", "minus-one"));
    project.file("two.toml", manifest("two", "[1, 2, 4]", "zero"));
    for name in ["one.toml", "two.toml"] {
        project.execute(&[name]);
    }
    project
}

fn fine(project: &Project, arguments: &[&str]) -> String {
    let ran = project.run(arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

fn refused(project: &Project, arguments: &[&str]) -> String {
    let Ran { code, stderr, .. } = project.run(arguments);
    assert_eq!(code, 2, "{stderr}");
    stderr
}

#[test]
fn all_published_tables_are_one() {
    let project = published();
    insta::assert_snapshot!("all", fine(&project, &["results"]));
    let arguments =
        ["results", "--pivot", "metric", "--sort=-seen", "--where", "experiment!=three"];
    insta::assert_snapshot!("pivoted", fine(&project, &arguments));
    let arguments =
        ["results", "--seeds", "--group-by", "experiment,metric", "--where", "metric=t1"];
    insta::assert_snapshot!("grouped", fine(&project, &arguments));
}

#[test]
fn programs_get_every_column() {
    let project = published();
    let csv = fine(&project, &["results", "one", "--format", "csv"]);
    insta::assert_snapshot!("csv_columns", csv.lines().next().unwrap_or_default());
    assert_eq!(csv.lines().count(), 4);
    let to_file = ["results", "--format", "parquet", "--output", "all/of_them.parquet"];
    assert_eq!(fine(&project, &to_file), "");
    let bytes = std::fs::read(project.path("all/of_them.parquet")).unwrap();
    let columns = erpc_pipe::artifact::read_columns(&bytes).unwrap();
    assert_eq!((columns[0].0.as_str(), columns[0].1.len()), ("experiment", 6));
}

#[test]
fn slips_are_explained() {
    let project = published();
    insta::assert_snapshot!("slip_experiment", refused(&project, &["results", "oen"]));
    insta::assert_snapshot!("slip_column", refused(&project, &["results", "--where", "metrc=t1"]));
    insta::assert_snapshot!(
        "parquet_to_terminal",
        refused(&project, &["results", "--format", "parquet"])
    );
    insta::assert_snapshot!("no_folder", refused(&project, &["results", "--results", "absent"]));
    insta::assert_snapshot!("slip_diff", refused(&project, &["diff", "one", "tow"]));
    project.file("results/one/broken.parquet", "no table");
    insta::assert_snapshot!("broken_parquet", refused(&project, &["results"]));
}

#[test]
fn a_diff_says_which_settings_differ_and_which_numbers_moved() {
    let project = published();
    insta::assert_snapshot!("diff", fine(&project, &["diff", "one", "two"]));
    let same = fine(&project, &["diff", "one", "results/one"]);
    insta::assert_snapshot!("no_difference", same);
}

#[test]
fn the_results_of_this_repository_can_be_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Project::new();
    let results = root.join("results").display().to_string();
    let arguments = ["results", "--results", &results, "--columns", "experiment,metric,mean"];
    assert!(fine(&project, &arguments).contains("quickstart"));
    fine(&project, &["diff", "--results", &results, "awa2_proxy", "awa2_proxy_reference"]);
}
