//! Typed ports: the fields of a stage's input and output structs.

use std::collections::BTreeMap;

use crate::artifact::{Artifact, ArtifactKind, Blob};
use crate::id::TrialId;

use super::StageError;

/// How many artifacts a port takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arity {
    /// Exactly one.
    One,
    /// One or none.
    Optional,
    /// One from every source named, and from every trial of each.
    Gathered,
}

/// A port of a stage kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Port {
    /// The name used in `inputs = { … }`.
    pub name: &'static str,
    /// The kind of artifact.
    pub kind: ArtifactKind,
    /// The version of that kind's encoding.
    pub codec: u32,
    /// How many artifacts it takes; always [`Arity::One`] for outputs.
    pub arity: Arity,
}

impl Port {
    /// The port that carries one `A`.
    #[must_use]
    pub fn of<A: Artifact>(name: &'static str, arity: Arity) -> Self {
        Self { name, kind: A::KIND, codec: A::CODEC, arity }
    }
}

/// One of several artifacts at a gathering port, with where it came from.
#[derive(Clone, Debug)]
pub struct GatheredItem<A> {
    /// The name of the stage that made it.
    pub stage: String,
    /// The trial it was made in.
    pub trial: TrialId,
    /// The artifact.
    pub value: A,
}

/// All artifacts of a gathering port, in the order of the manifest and of its trials.
#[derive(Clone, Debug)]
pub struct Gathered<A>(pub Vec<GatheredItem<A>>);

/// The encoded inputs of a stage: port name to blobs with their origin.
#[derive(Default)]
pub struct InputBlobs(pub BTreeMap<String, Vec<GatheredItem<Blob>>>);

impl InputBlobs {
    fn take(&mut self, port: &str) -> Vec<GatheredItem<Blob>> {
        self.0.remove(port).unwrap_or_default()
    }
}

fn decode<A: Artifact>(port: &str, blob: Blob) -> Result<A, StageError> {
    A::decode(blob).map_err(|source| StageError::Decode { port: port.to_owned(), source })
}

/// A type that may stand in an `inputs!` struct: `A`, `Option<A>` or `Gathered<A>`.
pub trait InputField: Sized {
    /// The port of a field called `name`.
    fn port(name: &'static str) -> Port;

    /// Takes the field's artifacts out of `blobs`.
    ///
    /// # Errors
    /// [`StageError::Decode`].
    fn load(name: &'static str, blobs: &mut InputBlobs) -> Result<Self, StageError>;
}

impl<A: Artifact> InputField for A {
    fn port(name: &'static str) -> Port {
        Port::of::<A>(name, Arity::One)
    }

    fn load(name: &'static str, blobs: &mut InputBlobs) -> Result<Self, StageError> {
        let item = blobs.take(name).pop().expect("the graph has connected every port");
        decode(name, item.value)
    }
}

impl<A: Artifact> InputField for Option<A> {
    fn port(name: &'static str) -> Port {
        Port::of::<A>(name, Arity::Optional)
    }

    fn load(name: &'static str, blobs: &mut InputBlobs) -> Result<Self, StageError> {
        blobs.take(name).pop().map(|item| decode(name, item.value)).transpose()
    }
}

impl<A: Artifact> InputField for Gathered<A> {
    fn port(name: &'static str) -> Port {
        Port::of::<A>(name, Arity::Gathered)
    }

    fn load(name: &'static str, blobs: &mut InputBlobs) -> Result<Self, StageError> {
        let load = |item: GatheredItem<Blob>| {
            let value = decode(name, item.value)?;
            Ok(GatheredItem { stage: item.stage, trial: item.trial, value })
        };
        blobs.take(name).into_iter().map(load).collect::<Result<_, _>>().map(Gathered)
    }
}

/// A struct of inputs; `inputs!` implements it.
pub trait Inputs: Sized {
    /// The ports, in the order of the fields.
    fn ports() -> Vec<Port>;

    /// Decodes every field.
    ///
    /// # Errors
    /// [`StageError::Decode`].
    fn load(blobs: InputBlobs) -> Result<Self, StageError>;
}

/// Where a stage's outputs go.
pub trait OutputSink {
    /// Encodes one output, or adopts the blob it is a view of.
    ///
    /// # Errors
    /// [`StageError::Encode`] or [`StageError::Fs`].
    fn put<A: Artifact>(&mut self, port: &'static str, artifact: &A) -> Result<(), StageError>;
}

/// A struct of outputs; `outputs!` implements it.
pub trait Outputs: Sized {
    /// The ports, in the order of the fields.
    fn ports() -> Vec<Port>;

    /// Hands every field to `sink`.
    ///
    /// # Errors
    /// Whatever `sink` reports.
    fn store(self, sink: &mut impl OutputSink) -> Result<(), StageError>;
}

/// Declares a struct of inputs: `inputs! { pub struct FitInputs { features: Features } }`.
macro_rules! inputs {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field:ident : $kind:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $vis $field: $kind),* }

        impl $crate::stage::Inputs for $name {
            fn ports() -> Vec<$crate::stage::Port> {
                vec![$(<$kind as $crate::stage::InputField>::port(stringify!($field))),*]
            }

            #[allow(unused_mut, unused_variables, clippy::allow_attributes, reason = "a source stage has no fields")]
            fn load(mut blobs: $crate::stage::InputBlobs) -> Result<Self, $crate::stage::StageError> {
                Ok(Self { $($field: $crate::stage::InputField::load(stringify!($field), &mut blobs)?),* })
            }
        }
    };
}
pub(crate) use inputs;

/// Declares a struct of outputs: `outputs! { pub struct FitOutputs { model: Model } }`.
macro_rules! outputs {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field:ident : $kind:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $vis $field: $kind),* }

        impl $crate::stage::Outputs for $name {
            fn ports() -> Vec<$crate::stage::Port> {
                vec![$($crate::stage::Port::of::<$kind>(stringify!($field), $crate::stage::Arity::One)),*]
            }

            fn store(self, sink: &mut impl $crate::stage::OutputSink) -> Result<(), $crate::stage::StageError> {
                $(sink.put(stringify!($field), &self.$field)?;)*
                Ok(())
            }
        }
    };
}
pub(crate) use outputs;
