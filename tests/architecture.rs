//! Holds `src/` to its order: a module names only the modules of its line, all of them above it.
//! Its tests may name any module above it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use erpc_pipe::fs;

/// Every module, from the ground up, with all that it may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("id", &[]),
    ("fs", &[]),
    ("suggest", &[]),
    ("catalogue", &["id", "fs", "suggest"]),
    ("artifact", &["id", "fs"]),
    ("recipe", &["id"]),
    ("event", &["id", "recipe"]),
    ("stage", &["id", "fs", "artifact", "event"]),
    ("manifest", &["id", "suggest", "artifact", "stage"]),
    ("experiment", &["id", "suggest", "stage", "manifest"]),
    ("graph", &["id", "artifact", "stage", "manifest", "experiment"]),
    ("store", &["id", "fs", "artifact", "recipe", "stage"]),
    ("plan", &["id", "fs", "recipe", "stage", "graph", "store"]),
    ("run", &["id", "fs", "artifact", "recipe", "event", "stage", "graph", "store", "plan"]),
    ("statistics", &[]),
    ("formats", &["suggest"]),
    ("data", &["id", "artifact", "formats"]),
    ("nn", &[]),
    ("onnx", &["id", "fs", "suggest", "artifact", "nn"]),
    ("zsl", &["id", "artifact", "data", "nn"]),
    ("rl", &["nn"]),
    ("models", &["artifact", "data", "nn", "onnx", "zsl", "rl"]),
    (
        "stages",
        &[
            "id",
            "fs",
            "suggest",
            "artifact",
            "stage",
            "statistics",
            "formats",
            "data",
            "nn",
            "onnx",
            "zsl",
            "rl",
            "models",
        ],
    ),
    ("report", &["id", "catalogue", "event"]),
    ("published", &["fs"]),
    ("paper", &["fs", "suggest", "artifact", "manifest", "published"]),
    ("cli", ANY_ABOVE),
];

/// Stands for "all modules above": the command line ties everything together.
const ANY_ABOVE: &[&str] = &["*"];

#[test]
fn no_module_imports_what_its_line_does_not_list() {
    let mut complaints = Vec::new();
    for file in sources(&root()) {
        let relative = file.strip_prefix(root()).expect("it was listed there");
        let first = relative.components().next().expect("a file has a name").as_os_str();
        let module = first.to_str().expect("names are ASCII").trim_end_matches(".rs");
        let text = fs::read_text(&file).expect("it was listed");
        let mut is_test = is_test_file(relative);
        for (number, line) in text.lines().enumerate() {
            // Tests stand last in a file.
            is_test |= line.starts_with("mod tests {");
            if let Some(complaint) = complaint(module, line, is_test) {
                complaints.push(format!("src/{}:{}: {complaint}", relative.display(), number + 1));
            }
        }
    }
    assert!(complaints.is_empty(), "forbidden arrows:\n{}", complaints.join("\n"));
}

#[test]
fn no_line_of_the_list_points_upward_or_to_itself() {
    for (position, (module, imports)) in LAYERS.iter().enumerate() {
        let above = &LAYERS[..position];
        for import in imports.iter().filter(|import| **import != "*") {
            assert!(above.iter().any(|(name, _)| name == import), "{module} -> {import}");
        }
    }
}

#[test]
fn the_list_is_what_lib_rs_declares_and_what_the_folder_holds() {
    let listed: Vec<_> = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let lib = fs::read_text(&root().join("lib.rs")).expect("a library has one");
    let module = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
    assert_eq!(lib.lines().filter_map(module).collect::<Vec<_>>(), listed);

    let stem = |path: &PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    let mut found: Vec<_> = fs::list(&root()).expect("src").iter().filter_map(stem).collect();
    found.retain(|name| name != "lib" && name != "main");
    let mut sorted = listed;
    sorted.sort();
    found.sort();
    assert_eq!(found, sorted);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let (folders, files): (Vec<_>, Vec<_>) =
        fs::list(folder).expect("a source folder").into_iter().partition(|path| fs::is_dir(path));
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let mut found: Vec<_> = files.into_iter().filter(is_rust).collect();
    found.extend(folders.iter().flat_map(|folder| sources(folder)));
    found
}

fn is_test_file(path: &Path) -> bool {
    let is_test = |name: &str| ["tests", "testing"].contains(&name);
    path.iter().filter_map(OsStr::to_str).any(|part| is_test(part.trim_end_matches(".rs")))
}

/// What is wrong with a line of `module`. Comments, visibilities and `$crate` are left alone.
fn complaint(module: &str, line: &str, is_test: bool) -> Option<String> {
    let code = line.split("//").next().expect("a split has a first part");
    let (before, after) = code.split_once("crate::")?;
    if before.ends_with('$') || before.ends_with("pub(in ") {
        return None;
    }
    if !before.trim_end().ends_with("use") {
        return Some(format!("`crate::{}` inline: import it at the top", first_word(after)));
    }
    if after.starts_with(['{', '*']) {
        return Some("write one `use crate::x::…;` a module".to_owned());
    }
    let import = first_word(after);
    let position = LAYERS.iter().position(|(name, _)| *name == module)?;
    let allowed = LAYERS[position].1;
    let is_above = LAYERS[..position].iter().any(|(name, _)| *name == import);
    let is_free = is_test || allowed == ANY_ABOVE;
    let is_fine = import == module || allowed.contains(&import) || (is_free && is_above);
    (!is_fine).then(|| format!("{module} -> {import}"))
}

fn first_word(path: &str) -> &str {
    path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(path)
}
