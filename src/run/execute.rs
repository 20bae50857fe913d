//! Executes one action against the store: lock, look again, load, run, check, commit.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::artifact::Blob;
use crate::event::{Failure, FailureClass, Signal};
use crate::id::{Digest, StageKey, TrialId};
use crate::recipe::{Input, Recipe};
use crate::stage::{
    Cancel, ErasedStage, FileTable, GatheredItem, InputBlobs, Job, Share, SignalSink, StageError,
};
use crate::store::{ActionLock, Lookup, Record, Store, StoreError};

/// How often a waiting process looks whether an action's lock is free.
const POLL: Duration = Duration::from_millis(50);

/// An action to execute: all that another process needs beside the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The recipe.
    pub recipe: Recipe,
    /// Where outside files are: content and path.
    pub files: Vec<(Digest, PathBuf)>,
    /// The threads granted.
    pub share: Share,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// The record, as committed or as found.
    pub record: Record,
    /// Whether another process had made it meanwhile.
    pub was_found: bool,
}

/// Who listens to an execution and who may stop it.
pub struct Execution<'a> {
    /// The store.
    pub store: &'a Store,
    /// The code of the recipe's kind.
    pub stage: &'a dyn ErasedStage,
    /// Asked to stop?
    pub cancel: Cancel,
    /// Told once if another process is executing the same action.
    pub on_wait: &'a mut dyn FnMut(),
    /// Takes what the stage says.
    pub signals: &'a mut dyn SignalSink,
}

/// Executes an action, or waits for the process that does.
///
/// # Errors
/// What the stage or the store reports; nothing is recorded then.
pub fn execute(request: &Request, execution: &mut Execution<'_>) -> Result<Finished, Failure> {
    let key = request.recipe.key();
    let Some(_lock) = acquire(&key, execution)? else {
        return Err(StageError::Cancelled.to_failure());
    };
    // Whoever held the lock before may have made it.
    if let Lookup::Found(record) = execution.store.lookup(&key).map_err(|e| store_failure(&e))? {
        return Ok(Finished { record, was_found: true });
    }
    run_and_commit(&key, request, execution).map(|record| Finished { record, was_found: false })
}

fn acquire(key: &StageKey, execution: &mut Execution<'_>) -> Result<Option<ActionLock>, Failure> {
    let mut has_told = false;
    while !execution.cancel.is_requested() {
        if let Some(lock) = execution.store.try_lock(key).map_err(|e| store_failure(&e))? {
            return Ok(Some(lock));
        }
        if !has_told {
            (execution.on_wait)();
            has_told = true;
        }
        thread::sleep(POLL);
    }
    Ok(None)
}

fn run_and_commit(
    key: &StageKey,
    request: &Request,
    execution: &mut Execution<'_>,
) -> Result<Record, Failure> {
    let store = execution.store;
    let recipe = &request.recipe;
    let scratch = store.scratch().map_err(|e| store_failure(&e))?;
    let inputs = load(store, recipe).map_err(|e| store_failure(&e))?;
    let files: FileTable = request.files.iter().cloned().collect();
    let checkpoints = store.checkpoints(key);
    let started = Instant::now();
    let outputs = execution
        .stage
        .run(Job {
            params: &recipe.params,
            seed: recipe.seed,
            inputs,
            files: &files,
            scratch: scratch.path(),
            checkpoints: &checkpoints,
            share: request.share.clone(),
            cancel: execution.cancel.clone(),
            signals: execution.signals,
        })
        .map_err(|error| error.to_failure())?;
    check_unchanged(store, &files).map_err(|e| store_failure(&e))?;
    let record =
        store.commit(recipe, &outputs, started.elapsed()).map_err(|e| store_failure(&e))?;
    // Leftovers only take space, and `gc` finds them.
    let _ = checkpoints.clear();
    Ok(record)
}

/// Maps every input; its content is verified on the way.
fn load(store: &Store, recipe: &Recipe) -> Result<InputBlobs, StoreError> {
    let mut blobs = InputBlobs::default();
    for (port, input) in &recipe.inputs {
        let items = match input {
            Input::One(digest) => vec![item(port, TrialId::default(), store.open_object(digest)?)],
            Input::Gathered(inputs) => inputs
                .iter()
                .map(|i| Ok(item(&i.stage, i.trial.clone(), store.open_object(&i.digest)?)))
                .collect::<Result<_, StoreError>>()?,
        };
        blobs.0.insert(port.clone(), items);
    }
    Ok(blobs)
}

fn item(stage: &str, trial: TrialId, value: Blob) -> GatheredItem<Blob> {
    GatheredItem { stage: stage.to_owned(), trial, value }
}

/// An outside file that changed while it was being read must not be recorded under its old digest.
fn check_unchanged(store: &Store, files: &FileTable) -> Result<(), StoreError> {
    for (digest, path) in files {
        if store.digest_of(path)? != *digest {
            return Err(StoreError::Changed { path: path.clone() });
        }
    }
    Ok(())
}

/// The form in which a store error reaches people.
pub(super) fn store_failure(error: &StoreError) -> Failure {
    let (class, help) = match error {
        StoreError::Damaged { .. } | StoreError::Missing { .. } | StoreError::BadRecord { .. } => {
            (FailureClass::Damaged, "run `erpc-pipe fsck --repair`, then run again")
        }
        StoreError::Changed { .. } => (FailureClass::Stage, "run again once nobody writes to it"),
        StoreError::Fs(_) => (FailureClass::Stage, "check permissions and free space"),
    };
    let cause = std::error::Error::source(error).map(ToString::to_string);
    Failure {
        message: error.to_string(),
        causes: cause.into_iter().collect(),
        help: Some(help.to_owned()),
        class,
    }
}

/// A signal sink that forwards to a closure; it exists so that `Signal` is named once.
pub(super) fn forward(mut to: impl FnMut(Signal) + Send) -> impl SignalSink {
    move |signal: Signal| to(signal)
}
