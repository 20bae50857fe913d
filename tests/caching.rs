//! What the cache promises.

use crate::support::{Happened, Project};

/// `a` reads a file; `b` and `c` read `a`; `d` reads both; `e` stands apart.
const DIAMOND: &str = r#"
[experiment]
name = "diamond"

[stage.a]
kind = "import-file"
params = { file = "in.txt" }

[stage.b]
kind = "concatenate"
inputs = { parts = ["a"] }
params = { text = "b" }

[stage.c]
kind = "concatenate"
inputs = { parts = ["a"] }

[stage.d]
kind = "concatenate"
inputs = { parts = ["b", "c"] }

[stage.e]
kind = "write-text"
params = { text = "e" }
"#;

fn diamond() -> Project {
    let project = Project::new();
    project.file("data/in.txt", "one").file("x.toml", DIAMOND);
    let first = project.execute(&["x.toml"]);
    assert_eq!(first.ran, ["a", "b", "c", "d", "e"]);
    project
}

fn nothing_runs(project: &Project, arguments: &[&str]) {
    let again = project.execute(arguments);
    assert!(again.ran.is_empty(), "{again:?}");
    assert_eq!(again.reused, ["a", "b", "c", "d", "e"]);
}

#[test]
fn a_finished_run_is_all_reuse() {
    let project = diamond();
    nothing_runs(&project, &["x.toml"]);
    let plan = project.run(&["plan", "x.toml"]);
    assert!(plan.stdout.ends_with("5 to reuse, 0 to run, 0 decided later\n"), "{}", plan.stdout);
}

#[test]
fn a_changed_parameter_runs_exactly_its_dependants_and_why_names_it() {
    let project = diamond();
    project.file("x.toml", DIAMOND.replace("\"b\" }", "\"B\" }"));
    let why = project.run(&["why", "x.toml", "b"]);
    assert_eq!(why.stdout, "b: must run\n  `params.text` changed (\"b\" => \"B\")\n");
    let why = project.run(&["why", "x.toml", "d"]);
    assert_eq!(why.stdout, "d: decided when `b` is known; ask `why b`\n");
    let changed = project.execute(&["x.toml"]);
    assert_eq!(changed.ran, ["b", "d"]);
    assert_eq!(changed.reused, ["a", "c", "e"]);
}

#[test]
fn a_changed_file_runs_its_readers_and_why_names_the_content() {
    let project = diamond();
    project.file("data/in.txt", "two");
    let why = project.run(&["why", "x.toml", "a"]);
    assert!(why.stdout.contains("`params.file` changed (content "), "{}", why.stdout);
    assert_eq!(project.execute(&["x.toml"]).ran, ["a", "b", "c", "d"]);
}

#[test]
fn spelling_out_a_default_runs_nothing() {
    let project = diamond();
    let spelled = DIAMOND.replace(
        "[stage.c]\nkind = \"concatenate\"",
        "[stage.c]\nparams = { text = \"\" }\nkind = \"concatenate\"",
    );
    assert_ne!(spelled, DIAMOND);
    project.file("x.toml", spelled);
    nothing_runs(&project, &["x.toml"]);
}

#[test]
fn moving_a_file_runs_nothing() {
    let project = diamond();
    project.file("data/elsewhere/moved.txt", "one");
    project.file("x.toml", DIAMOND.replace("in.txt", "elsewhere/moved.txt"));
    nothing_runs(&project, &["x.toml"]);
}

#[test]
fn a_file_beside_the_manifest_is_found_from_any_folder_and_only_its_content_counts() {
    let project = diamond();
    project.file("lab/in.txt", "one").file("lab/x.toml", DIAMOND.replace("in.txt", "./in.txt"));
    std::fs::remove_file(project.path("data/in.txt")).unwrap();
    nothing_runs(&project, &["lab/x.toml"]);
    let mut elsewhere = project.command(&["run", "--json", "--store", "../.erpc", "../lab/x.toml"]);
    let ran = elsewhere.current_dir(project.path("data")).output().unwrap();
    let happened = Happened::read(&String::from_utf8(ran.stdout).unwrap());
    assert_eq!(happened.reused, ["a", "b", "c", "d", "e"]);
    // What lies in the data folder or in the project under that name is another file.
    std::fs::remove_file(project.path("lab/in.txt")).unwrap();
    project.file("data/in.txt", "one").file("in.txt", "one");
    let missing = project.run(&["plan", "lab/x.toml"]);
    assert_eq!(missing.code, 7, "{}", missing.stderr);
    assert!(missing.stderr.contains("looked for `lab/in.txt`"), "{}", missing.stderr);
}

#[test]
fn touching_a_file_runs_nothing() {
    let project = diamond();
    project.file("data/in.txt", "one");
    nothing_runs(&project, &["x.toml"]);
}

#[test]
fn reordering_keys_and_stages_runs_nothing() {
    let project = diamond();
    let (head, stages) = DIAMOND.split_once("\n[stage.a]").unwrap();
    let mut blocks: Vec<String> =
        format!("[stage.a]{stages}").split("\n\n").map(str::to_owned).collect();
    blocks.reverse();
    let swapped = "inputs = { parts = [\"a\"] }\nkind = \"concatenate\"";
    let reordered = format!("{head}\n{}\n", blocks.join("\n\n"))
        .replace("kind = \"concatenate\"\ninputs = { parts = [\"a\"] }", swapped);
    assert!(reordered.contains(swapped));
    project.file("x.toml", reordered);
    nothing_runs(&project, &["x.toml"]);
}

#[test]
fn another_thread_count_runs_nothing() {
    let project = diamond();
    nothing_runs(&project, &["x.toml", "--threads", "7", "--jobs", "5"]);
    project
        .file("x.toml", DIAMOND.replace("[stage.c]", "[stage.c]\nthreads = 2\nmemory = \"1GiB\""));
    nothing_runs(&project, &["x.toml"]);
}

#[test]
fn equal_bytes_stop_the_re_run() {
    let project = Project::new();
    let chain = |first: &str, second: &str| {
        format!(
            "[experiment]\nname = \"chain\"\n\
             [stage.first]\nkind = \"write-text\"\nparams = {{ text = {first} }}\n\
             [stage.second]\nkind = \"concatenate\"\ninputs = {{ parts = [\"first\"] }}\n\
             params = {{ text = {second} }}\n\
             [stage.third]\nkind = \"concatenate\"\ninputs = {{ parts = [\"second\"] }}\n"
        )
    };
    project.file("x.toml", chain(r#""b\nc""#, r#""a""#));
    assert_eq!(project.execute(&["x.toml"]).ran, ["first", "second", "third"]);
    // "a" and "b\nc" join to the same text as "a\nb" and "c": the third stage need not run.
    project.file("x.toml", chain(r#""c""#, r#""a\nb""#));
    let again = project.execute(&["x.toml"]);
    assert_eq!(again.ran, ["first", "second"]);
    assert_eq!(again.reused, ["third"]);
}

#[test]
fn a_to_b_to_a_runs_nothing() {
    let project = diamond();
    project.file("x.toml", DIAMOND.replace("\"b\" }", "\"B\" }"));
    project.execute(&["x.toml"]);
    project.file("x.toml", DIAMOND);
    nothing_runs(&project, &["x.toml"]);
}

#[test]
fn a_new_seed_or_value_runs_only_its_own_trial_and_what_gathers() {
    let project = Project::new();
    let sweep = |values: &str| {
        format!(
            "[experiment]\nname = \"s\"\n\
             [stage.shared]\nkind = \"write-text\"\nparams = {{ text = \"s\" }}\n\
             [stage.each]\nkind = \"concatenate\"\ninputs = {{ parts = [\"shared\"] }}\n\
             [stage.all]\nkind = \"concatenate\"\ninputs = {{ parts = [\"each\"] }}\n\
             [sweep.word]\neach.text = {values}\n"
        )
    };
    project.file("x.toml", sweep("[\"a\", \"b\"]"));
    assert_eq!(project.execute(&["x.toml"]).ran, ["all", "each@word=a", "each@word=b", "shared"]);
    project.file("x.toml", sweep("[\"a\", \"b\", \"c\"]"));
    assert_eq!(project.execute(&["x.toml"]).ran, ["all", "each@word=c"]);
}

#[test]
fn a_deleted_object_is_noticed_and_rebuilt() {
    let project = diamond();
    let objects = object_files(&project);
    let text = std::fs::read(&objects[0]).unwrap();
    std::fs::remove_file(&objects[0]).unwrap();
    let again = project.execute(&["x.toml"]);
    assert!(!again.ran.is_empty());
    assert_eq!(std::fs::read(&objects[0]).unwrap(), text);
    nothing_runs(&project, &["x.toml"]);
}

#[test]
fn a_corrupted_object_is_noticed_and_rebuilt() {
    let project = diamond();
    for object in object_files(&project) {
        let text = std::fs::read(&object).unwrap();
        let mut damaged = text.clone();
        damaged[0] ^= 1;
        make_writable(&object);
        std::fs::write(&object, damaged).unwrap();
        let fsck = project.run(&["fsck"]);
        assert_eq!(fsck.code, 5, "{}", fsck.stdout);
        let again = project.execute(&["x.toml"]);
        assert!(!again.ran.is_empty());
        assert_eq!(std::fs::read(&object).unwrap(), text);
    }
    assert_eq!(project.run(&["fsck"]).code, 0);
}

#[test]
fn fsck_repairs_what_it_finds() {
    let project = diamond();
    let object = &object_files(&project)[0];
    make_writable(object);
    std::fs::write(object, "damaged").unwrap();
    let repaired = project.run(&["fsck", "--repair"]);
    assert_eq!(repaired.code, 0, "{}", repaired.stdout);
    assert!(repaired.stdout.contains("content differs"), "{}", repaired.stdout);
    assert_eq!(project.run(&["fsck"]).code, 0);
    project.execute(&["x.toml"]);
    nothing_runs(&project, &["x.toml"]);
}

#[test]
fn gc_keeps_what_an_experiment_last_used() {
    let project = diamond();
    project.file("x.toml", DIAMOND.replace("\"b\" }", "\"B\" }"));
    project.execute(&["x.toml"]);
    let kept = project.run(&["gc", "--keep", "0"]);
    assert!(kept.stdout.starts_with("removed 2 actions, 2 objects"), "{}", kept.stdout);
    nothing_runs(&project, &["x.toml"]);
    project.file("x.toml", DIAMOND);
    assert_eq!(project.execute(&["x.toml"]).ran, ["b", "d"]);
}

fn object_files(project: &Project) -> Vec<std::path::PathBuf> {
    let folder = project.path(".erpc/v1/objects");
    let mut files: Vec<_> =
        crate::support::contents(&folder).into_keys().map(|name| folder.join(name)).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn make_writable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
}
