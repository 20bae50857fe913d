//! All that decides an output, and the key made of it.
//!
//! A [`Recipe`] holds the stage kind and version, the resolved parameters (defaults filled in,
//! files by content), the *content digests* of the inputs, the seed where the stage draws, the
//! runtime and platform where they change bits, and the codecs of the outputs. Names, paths, time,
//! host and thread count are not in it, so none of them can rerun anything.
//!
//! [`Recipe::key`] is the SHA-256 of canonical bytes; [`DirtyReason`] says what differs between
//! two recipes in the words of the manifest.

mod canonical;
mod dirty;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{Digest, Hasher, StageKey, TrialId};

pub use dirty::{Change, DirtyReason};

/// The version of the canonical encoding; raising it invalidates every key cleanly.
const KEY_SCHEMA: u64 = 1;

/// Everything that can change what a stage writes. Fields stand in the order of their names, here and
/// below: so does everything in `provenance.json`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Recipe {
    /// The content that each connected port receives.
    pub inputs: BTreeMap<String, Input>,
    /// The stage kind, as in `kind = "…"`.
    pub kind: String,
    /// The codec version of each output port.
    pub outputs: BTreeMap<String, u32>,
    /// The resolved parameters; outside files stand as `{"$file": DIGEST}`.
    pub params: Value,
    /// The class of machine, for stages whose bits depend on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The numeric runtime that is called, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The trial's seed, for stages that draw random numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The semantic version of that kind.
    pub version: u32,
}

/// What a port receives: one artifact, or one from each source that was gathered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// The content of a single artifact.
    One(Digest),
    /// Several artifacts, in the order of the manifest and of its trials.
    Gathered(Vec<GatheredInput>),
}

/// One of several artifacts at a gathering port; its origin reaches the table, so it is keyed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GatheredInput {
    /// Its content.
    pub digest: Digest,
    /// The name of the stage that made it.
    pub stage: String,
    /// The trial it was made in.
    pub trial: TrialId,
}

/// A numeric library outside the program, with all that can change its bits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Runtime {
    /// The content of its shared library, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<Digest>,
    /// `onnxruntime` or `embedded`.
    pub name: String,
    /// The execution provider, such as `cpu`.
    pub provider: String,
    /// Its version.
    pub version: String,
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.name, self.version, self.provider)
    }
}

/// The class of machine whose bits agree: architecture and widest vector unit in use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Platform(pub String);

impl Platform {
    /// The class of this machine.
    #[must_use]
    pub fn current() -> Self {
        Self(format!("{}-{}", std::env::consts::ARCH, vector_unit()))
    }
}

#[cfg(target_arch = "x86_64")]
fn vector_unit() -> &'static str {
    if std::is_x86_feature_detected!("avx512f") {
        "avx512"
    } else if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
        "avx2-fma"
    } else {
        "baseline"
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn vector_unit() -> &'static str {
    "baseline"
}

impl Recipe {
    /// The action key: equal recipes, equal keys; any difference changes it.
    #[must_use]
    pub fn key(&self) -> StageKey {
        let mut encoder = canonical::Encoder::new(Hasher::default());
        encoder.number(KEY_SCHEMA);
        encoder.text(&self.kind);
        encoder.number(u64::from(self.version));
        encoder.value(&self.params);
        encoder.optional(self.seed.as_ref(), |e, seed| e.number(*seed));
        encoder.map(&self.inputs, canonical::Encoder::input);
        encoder.map(&self.outputs, |e, codec| e.number(u64::from(*codec)));
        encoder.optional(self.runtime.as_ref(), canonical::Encoder::runtime);
        encoder.optional(self.platform.as_ref(), |e, platform| e.text(&platform.0));
        StageKey(encoder.finish())
    }
}

#[cfg(test)]
mod tests;
