use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::testing::Bench;
use super::*;
use crate::artifact::{Artifact, ArtifactKind, Blob};
use crate::id::TrialId;

#[test]
fn a_share_is_sent_as_what_was_granted() {
    let share = Share::from(2);
    share.lend(3);
    let text = serde_json::to_string(&share).unwrap();
    let there: Share = serde_json::from_str(&text).unwrap();
    assert_eq!((share.threads(), text.as_str(), there.threads()), (5, "2", 2));
}

#[derive(Debug, PartialEq)]
struct Text(String);

impl Artifact for Text {
    const KIND: ArtifactKind = ArtifactKind("text");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.0.as_bytes())
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        Ok(Self(String::from_utf8_lossy(&blob).into_owned()))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct JoinParams {
    /// What stands between the parts.
    separator: String,
}

impl Default for JoinParams {
    fn default() -> Self {
        Self { separator: "+".into() }
    }
}

inputs! { struct JoinInputs { first: Text, second: Option<Text>, rest: Gathered<Text> } }
outputs! { struct JoinOutputs { joined: Text } }

struct Join;

impl Stage for Join {
    const KIND: &'static str = "join";
    const SUMMARY: &'static str = "joins texts";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    type Params = JoinParams;
    type Inputs = JoinInputs;
    type Outputs = JoinOutputs;

    fn run(
        params: &JoinParams,
        inputs: JoinInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<JoinOutputs, StageError> {
        let mut parts = vec![inputs.first.0];
        parts.extend(inputs.second.map(|text| text.0));
        parts.extend(inputs.rest.0.into_iter().map(|item| item.value.0));
        assert!(!parts.iter().any(|part| part == "panic"), "told to");
        cx.note(format!("{} parts", parts.len()));
        assert_ne!(cx.seed("a"), cx.seed("b"));
        Ok(JoinOutputs { joined: Text(parts.join(&params.separator)) })
    }
}

fn text(content: &str) -> Text {
    Text(content.into())
}

#[test]
fn a_stage_gets_its_ports_and_gives_its_outputs() {
    let outcome = Bench::new()
        .input("first", &text("a"))
        .gathered("rest", "x", TrialId::default(), &text("b"))
        .gathered("rest", "y", TrialId::default(), &text("c"))
        .run::<Join>(&JoinParams::default())
        .unwrap();
    assert_eq!(outcome.output::<Text>("joined"), text("a+b+c"));
    assert_eq!(outcome.signals.len(), 1);
}

#[test]
fn a_panic_becomes_an_error() {
    let outcome = Bench::new().input("first", &text("panic")).run::<Join>(&JoinParams::default());
    let error = outcome.err().expect("the stage panics");
    assert_eq!(error.to_string(), "a bug in erpc-pipe: told to");
}

#[test]
fn ports_know_their_kind_and_arity() {
    let ports = JoinInputs::ports();
    let arities: Vec<_> = ports.iter().map(|port| (port.name, port.arity)).collect();
    assert_eq!(
        arities,
        [("first", Arity::One), ("second", Arity::Optional), ("rest", Arity::Gathered)]
    );
    assert!(ports.iter().all(|port| port.kind == Text::KIND));
}

#[test]
fn file_references_are_found_and_replaced() {
    let file = FileRef::new("data/x.npy");
    let params = serde_json::json!({ "a": [file], "b": 1 });
    assert_eq!(FileRef::all_in(&params), [file]);
    let replaced = FileRef::replace_in(&params, &|file| format!("<{file}>"));
    assert_eq!(replaced, serde_json::json!({ "a": [{ "$file": "<data/x.npy>" }], "b": 1 }));
}

#[test]
fn only_names_that_begin_with_dots_are_relative_to_the_manifest() {
    let files = ["./x", "../x", "x", "/x", ".x", "..x/y"].map(FileRef::new);
    let params = serde_json::json!({ "a": { "files": files }, "b": "./no-file" });
    let anchored = FileRef::anchor_in(&params, &|path| path.join(" "));
    let found = FileRef::all_in(&anchored);
    let beside: Vec<_> = found.iter().map(FileRef::beside).collect();
    assert_eq!(beside, [Some("a files 0"), Some("a files 1"), None, None, None, None]);
    assert!(found.iter().zip(&files).all(|(found, file)| found.name() == file.name()));
    assert_eq!(anchored["b"], "./no-file");
    // The content counts, not the folder.
    let replaced = FileRef::replace_in(&anchored, &|_| "digest".to_owned());
    assert_eq!(FileRef::all_in(&replaced), [(); 6].map(|()| FileRef::new("digest")));
}
