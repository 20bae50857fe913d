use super::*;

use serde_json::json;

fn recipe() -> Recipe {
    Recipe {
        kind: "train".into(),
        version: 1,
        params: json!({"margin": 0.1, "rows": 4, "model": {"$file": "ab"}}),
        seed: Some(3),
        inputs: BTreeMap::from([("features".into(), Input::One(Digest::of(b"f")))]),
        outputs: BTreeMap::from([("model".into(), 1)]),
        runtime: None,
        platform: None,
    }
}

#[test]
fn a_key_ignores_the_order_of_parameters() {
    let mut other = recipe();
    other.params = json!({"rows": 4, "model": {"$file": "ab"}, "margin": 0.1});
    assert_eq!(recipe().key(), other.key());
}

#[test]
fn any_changed_field_changes_the_key() {
    let variants: Vec<fn(&mut Recipe)> = vec![
        |r| r.kind = "trai".into(),
        |r| r.version = 2,
        |r| r.params = json!({"margin": 0.1, "rows": 5, "model": {"$file": "ab"}}),
        |r| r.params = json!({"margin": 0.1, "rows": 4.0, "model": {"$file": "ab"}}),
        |r| r.seed = None,
        |r| r.inputs.clear(),
        |r| {
            r.inputs.insert("features".into(), Input::Gathered(Vec::new()));
        },
        |r| {
            r.outputs.insert("model".into(), 2);
        },
        |r| r.platform = Some(Platform("x86_64-avx2".into())),
        |r| {
            r.runtime = Some(Runtime {
                name: "embedded".into(),
                version: "1".into(),
                provider: "cpu".into(),
                library: None,
            });
        },
    ];
    let mut keys = vec![recipe().key()];
    for change in variants {
        let mut changed = recipe();
        change(&mut changed);
        keys.push(changed.key());
    }
    let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());
}

#[test]
fn a_recipe_survives_its_json() {
    let text = serde_json::to_string(&recipe()).unwrap();
    let back: Recipe = serde_json::from_str(&text).unwrap();
    assert_eq!(back, recipe());
    assert_eq!(back.key(), recipe().key());
}

#[test]
fn a_reason_names_the_field_with_its_old_and_new_value() {
    let mut now = recipe();
    now.params["rows"] = json!(8);
    let reason = DirtyReason::between(Some(&recipe()), &now);
    assert_eq!(reason.to_string(), "`params.rows` changed (4 => 8)");
    assert_eq!(DirtyReason::between(None, &now), DirtyReason::New);
    assert_eq!(DirtyReason::between(Some(&now), &now), DirtyReason::NotRecorded);
}

#[test]
fn a_new_trial_is_named_as_a_new_input() {
    let item = |seed: &str| GatheredInput {
        stage: "score".into(),
        trial: TrialId(vec![("seed".into(), seed.into())]),
        digest: Digest::of(seed.as_bytes()),
    };
    let mut last = recipe();
    last.inputs = BTreeMap::from([("rows".into(), Input::Gathered(vec![item("1")]))]);
    let mut now = last.clone();
    now.inputs = BTreeMap::from([("rows".into(), Input::Gathered(vec![item("1"), item("2")]))]);
    let reason = DirtyReason::between(Some(&last), &now).to_string();
    assert!(reason.starts_with("`input rows from score@seed=2` is new"), "{reason}");
}
