//! `audit-splits` on the published files of the Proposed Split, and on broken ones.

use std::fmt::Write as _;
use std::path::PathBuf;

use erpc_pipe::data::published_files::read_published_split;
use erpc_pipe::data::split_audit::{SplitAudit, audit};

use crate::support::{Project, say};

/// Name, file, and the counts of trainval, test seen, test unseen, `train_loc`, `val_loc`, the leaks in
/// the last two, and what is left of them.
const PUBLISHED: [(&str, &str, [usize; 9]); 6] = [
    ("APY", "APY.att", [5932, 1483, 7924, 4906, 1026, 0, 0, 4906, 1026]),
    ("AWA1", "AWA1.att", [19_832, 4958, 5685, 16_864, 7926, 3404, 1554, 13_460, 6372]),
    ("AWA2", "AWA2.att", [23_527, 5882, 7913, 20_218, 9191, 4031, 1851, 16_187, 7340]),
    ("CUB", "CUB.sent", [7057, 1764, 2967, 5875, 2946, 1173, 591, 4702, 2355]),
    ("FLO", "FLO.att", [5631, 1403, 1155, 5878, 1156, 1173, 230, 4705, 926]),
    ("SUN", "SUN.att", [10_320, 2580, 1440, 11_600, 1300, 2320, 260, 9280, 1040]),
];

fn published(name: &str) -> Option<PathBuf> {
    let data = std::env::var_os("ERPC_DATA").map_or_else(|| PathBuf::from("data"), PathBuf::from);
    let path = data.join("zsl_meta").join(name);
    if !path.exists() {
        say(&format!("skipped: `{}` is not there", path.display()));
        return None;
    }
    Some(path)
}

fn read(path: &PathBuf) -> SplitAudit {
    let file = std::fs::File::open(path).unwrap();
    audit(&read_published_split(file).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

#[test]
fn published_splits_have_their_counts_and_all_but_one_leak() {
    for (name, file, expected) in PUBLISHED {
        let mat = published(&format!("xlsa17_att_splits/{file}_splits.mat"));
        let json = published(&format!("converted/{name}.splits.json"));
        let (Some(mat), Some(json)) = (mat, json) else { continue };
        let found = read(&mat);
        assert_eq!(found, read(&json), "{name}: both forms hold one split");
        let [trainval, seen, unseen, ..] = found.counts;
        let rest = [found.train_leak, found.validation_leak, found.train, found.validation];
        assert_eq!([found.counts.as_slice(), &rest].concat(), expected, "{name}");
        assert!(found.is_sound(), "{name}: {:?}", found.violations);
        assert_eq!(found.leaks(), name != "APY", "{name}");
        assert_eq!((found.images, found.unused), (trainval + seen + unseen, 0), "{name}");
    }
}

#[test]
fn the_command_reports_every_file() {
    let files: Vec<_> = PUBLISHED
        .iter()
        .filter_map(|(_, file, _)| published(&format!("xlsa17_att_splits/{file}_splits.mat")))
        .collect();
    if files.len() < PUBLISHED.len() {
        return;
    }
    let mut arguments = vec!["audit-splits"];
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    let ran = Project::new().run(&arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout.matches("sound but for its leak").count(), 5);
    assert_eq!(ran.stdout.matches(": sound\n").count(), 1);
    let leak = "4031 of 20218 in train_loc and 1851 of 9191 in val_loc are seen test images";
    assert!(ran.stdout.contains(leak), "{}", ran.stdout);
}

#[test]
fn the_command_says_what_cannot_be_used() {
    let json = r#"{"trainval_loc": [0, 1], "test_seen_loc": [2], "test_unseen_loc": [3, 1],
        "train_loc": [0], "val_loc": [1]}"#;
    let project = Project::new();
    project.file("bad.json", json).file("good.json", json.replace("[3, 1]", "[3]"));
    project.file("text.mat", "hello");
    let mut said = String::new();
    for files in [
        ["good.json"].as_slice(),
        &["bad.json"],
        &["absent.json", "good.json"],
        &["text.mat", "absent.json"],
    ] {
        let ran = project.run(&[["audit-splits"].as_slice(), files].concat());
        let files = files.join(" ");
        writeln!(said, "$ audit-splits {files}\n{}{}status {}", ran.stderr, ran.stdout, ran.code)
            .unwrap();
    }
    insta::assert_snapshot!("audit_splits", said);
}
