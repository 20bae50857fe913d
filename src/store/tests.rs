use std::time::Duration;

use serde_json::json;

use super::gc::GcOptions;
use super::memo::Known;
use super::*;
use crate::artifact::BlobWriter;
use crate::id::{StageId, TrialId};
use crate::recipe::{DirtyReason, Recipe};
use crate::stage::StoredOutput;

fn recipe(text: &str) -> Recipe {
    Recipe {
        kind: "write".into(),
        version: 1,
        params: json!({ "text": text }),
        seed: None,
        inputs: std::collections::BTreeMap::new(),
        outputs: std::collections::BTreeMap::new(),
        runtime: None,
        platform: None,
    }
}

fn commit(store: &Store, recipe: &Recipe, content: &str) -> Record {
    let scratch = store.scratch().unwrap();
    let path = scratch.path().join("out");
    let mut writer = BlobWriter::create(path.clone()).unwrap();
    std::io::Write::write_all(&mut writer, content.as_bytes()).unwrap();
    let blob = writer.finish().unwrap();
    let (_, digest) = blob.sealed().unwrap();
    let output = StoredOutput { port: "text", path, digest, bytes: content.len() as u64 };
    store.commit(recipe, &[output], Duration::from_millis(5)).unwrap()
}

fn open(folder: &tempfile::TempDir) -> Store {
    Store::open(folder.path(), Trust::Stat).unwrap()
}

#[test]
fn what_is_committed_is_found_again_by_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let record = commit(&open(&folder), &recipe("a"), "content");
    let store = open(&folder);
    assert_eq!(store.lookup(&recipe("a").key()).unwrap(), Lookup::Found(record.clone()));
    assert_eq!(store.recipe(&recipe("a").key()).unwrap(), Some(recipe("a")));
    let blob = store.open_object(&record.outputs["text"].digest).unwrap();
    assert_eq!(&*blob, b"content");
    assert_eq!(store.lookup(&recipe("b").key()).unwrap(), Lookup::Unknown);
}

#[test]
fn equal_content_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let (a, b) = (commit(&store, &recipe("a"), "same"), commit(&store, &recipe("b"), "same"));
    assert_eq!(a.outputs, b.outputs);
    assert_eq!(store.files_in("objects").unwrap().len(), 1);
}

#[test]
fn a_damaged_object_is_never_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let record = commit(&open(&folder), &recipe("a"), "content");
    let digest = record.outputs["text"].digest;
    let store = open(&folder);
    let path = store.object_path(&digest);
    fs::remove(&path).unwrap();
    fs::write_atomic(&path, b"c0ntent").unwrap();
    assert_eq!(store.lookup(&recipe("a").key()).unwrap(), Lookup::OutputMissing(digest));
    assert!(matches!(store.open_object(&digest), Err(StoreError::Damaged { .. })));
    let report = store.fsck(Repair::Remove).unwrap();
    assert_eq!(report.damage.len(), 2, "the object and its action: {report:?}");
    assert!(store.fsck(Repair::ReportOnly).unwrap().damage.is_empty());
    assert!(matches!(store.open_object(&digest), Err(StoreError::Missing { .. })));
}

#[test]
fn an_action_is_locked_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, other) = (open(&folder), open(&folder));
    let key = recipe("a").key();
    let lock = store.try_lock(&key).unwrap().unwrap();
    assert!(other.try_lock(&key).unwrap().is_none());
    drop(lock);
    assert!(other.try_lock(&key).unwrap().is_some());
    assert!(fs::list(&folder.path().join("v1/locks")).unwrap().is_empty());
}

#[test]
fn gc_sweeps_what_nobody_last_used() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    commit(&store, &recipe("a"), "old");
    commit(&store, &recipe("b"), "new");
    let stage = StageId { name: "s".into(), trial: TrialId::default() };
    let mut last = store.last_keys("x");
    last.set(&stage, recipe("a").key()).unwrap();
    last.set(&stage, recipe("b").key()).unwrap();
    last.tidy().unwrap();
    assert_eq!(store.last_keys("x").get(&stage), Some(recipe("b").key()));
    let young = GcOptions { keep: Duration::from_hours(1), is_dry_run: false };
    assert_eq!(store.gc(young).unwrap(), GcReport::default());
    let report = store.gc(GcOptions { keep: Duration::ZERO, is_dry_run: false }).unwrap();
    assert_eq!((report.actions, report.objects, report.bytes), (1, 1, 3));
    assert_eq!(store.lookup(&recipe("a").key()).unwrap(), Lookup::Unknown);
    assert!(matches!(store.lookup(&recipe("b").key()).unwrap(), Lookup::Found(_)));
}

#[test]
fn what_a_killed_process_left_is_no_damage_and_gc_sweeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    commit(&store, &recipe("a"), "content");
    let action = store.files_in("actions").unwrap().remove(0);
    let leftover = action.with_file_name(fs::unique_name("write"));
    fs::create(&leftover).unwrap();
    let report = store.fsck(Repair::ReportOnly).unwrap();
    assert_eq!((report.actions, report.damage), (1, Vec::new()));
    let all = GcOptions { keep: Duration::from_hours(1), is_dry_run: false };
    assert_eq!(store.gc(all).unwrap().leftovers, 1);
    assert!(!fs::exists(&leftover));
}

#[test]
fn repairing_removes_what_does_not_belong_into_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    commit(&store, &recipe("a"), "content");
    let stranger = store.files_in("objects").unwrap().remove(0).with_file_name("stranger");
    fs::create(&stranger).unwrap();
    let named = Damage::Stranger(stranger.display().to_string());
    assert_eq!(store.fsck(Repair::Remove).unwrap().damage, [named]);
    assert_eq!(store.fsck(Repair::ReportOnly).unwrap().damage, []);
}

#[test]
fn a_folder_is_its_names_and_contents() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let data = folder.path().join("data");
    fs::write_atomic(&data.join("a"), b"1").unwrap();
    fs::write_atomic(&data.join("sub/b"), b"2").unwrap();
    let first = store.digest_of(&data).unwrap();
    let moved = folder.path().join("moved");
    fs::rename(&data, &moved).unwrap();
    assert_eq!(store.digest_of(&moved).unwrap(), first);
    fs::write_atomic(&moved.join("sub/b"), b"3").unwrap();
    assert_ne!(store.digest_of(&moved).unwrap(), first);
}

#[test]
fn an_edited_file_is_noticed_and_an_untouched_one_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    fs::write_atomic(&path, b"1").unwrap();
    let store = open(&folder);
    let first = store.digest_of(&path).unwrap();
    fs::write_atomic(&path, b"2").unwrap();
    assert_ne!(store.digest_of(&path).unwrap(), first);
    std::thread::sleep(Duration::from_millis(80));
    let settled = store.digest_of(&path).unwrap();
    assert_eq!(open(&folder).memo.known(&path), Known::Digest(settled));
    // Bytes that are no text take only their own line along.
    let memo = store.folder("memo");
    let damaged = [&[0xff, 0xfe, b'\n'][..], &fs::read(&memo).unwrap()].concat();
    fs::write_atomic(&memo, &damaged).unwrap();
    assert_eq!(open(&folder).memo.known(&path), Known::Digest(settled));
}

#[test]
fn a_reason_survives_a_lost_action() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let last = store.recipe(&recipe("a").key()).unwrap();
    assert_eq!(DirtyReason::between(last.as_ref(), &recipe("b")), DirtyReason::New);
}
