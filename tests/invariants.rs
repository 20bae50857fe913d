//! Every invariant that `docs/invariants.md` lists is shown by a test.

use std::path::Path;

use erpc_pipe::fs;

const PAGE: &str = include_str!("../docs/invariants.md");

/// The labels of the page, such as `(E7)`, from the first column of its table.
fn labels() -> Vec<&'static str> {
    let cells = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    cells.filter(|cell| cell.starts_with('(')).collect()
}

/// The comments of all sources below a folder.
fn comments(folder: &Path, text: &mut String) {
    for path in fs::list(folder).unwrap() {
        if fs::is_dir(&path) {
            comments(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_text(&path).unwrap();
            let is_comment = |line: &&str| line.trim_start().starts_with("//");
            text.extend(source.lines().filter(is_comment).flat_map(|line| [line, "\n"]));
        }
    }
}

#[test]
fn every_label_stands_at_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for folder in ["src", "tests"] {
        comments(&root.join(folder), &mut text);
    }
    let labels = labels();
    assert_eq!(labels.len(), 22, "{labels:?}");
    let missing: Vec<_> = labels.into_iter().filter(|label| !text.contains(label)).collect();
    assert!(missing.is_empty(), "no test has {missing:?} in its comment");
}
