//! `erpc-pipe execute`: one stage from the store and its recipe alone.

use std::io::{self, Read as _, Write};
use std::sync::Mutex;

use rustix::process::{Signal, set_parent_process_death_signal};

use crate::run::{ChildMessage, Execution, Request, execute as execute_request};
use crate::stage::Cancel;
use crate::stages::registry;

use super::run::stop_on_signal;
use super::{CliError, Exit, Place};

pub(super) fn execute(place: &Place) -> Result<Exit, CliError> {
    // A stage must not outlive the run that wants its result. Where the system cannot promise
    // that, the stage still ends by itself.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let request = read_request()?;
    let registry = registry();
    let kind = &request.recipe.kind;
    let stage = registry.get(kind).ok_or_else(|| {
        CliError::usage(format!("no stage kind `{kind}`"), "use the same version of erpc-pipe")
    })?;
    let store = place.store()?;
    let cancel = Cancel::default();
    stop_on_signal(&cancel)?;
    let out = Mutex::new(io::stdout());
    let result = execute_request(
        &request,
        &mut Execution {
            store: &store,
            stage: stage.as_ref(),
            cancel,
            on_wait: &mut || say(&out, &ChildMessage::Waiting),
            signals: &mut |signal| say(&out, &ChildMessage::Signal(signal)),
        },
    );
    match result {
        Ok(finished) => {
            say(&out, &ChildMessage::Finished(finished));
            Ok(Exit::Fine)
        }
        Err(failure) => {
            let exit = Exit::of(failure.class);
            say(&out, &ChildMessage::Failed(failure));
            Ok(exit)
        }
    }
}

fn read_request() -> Result<Request, CliError> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    serde_json::from_str(&text).map_err(|error| {
        let message = format!("standard input is not a request: {error}");
        CliError::usage(message, "`execute` is started by `run --isolate`")
    })
}

fn say(out: &Mutex<io::Stdout>, message: &ChildMessage) {
    let line = serde_json::to_string(message).expect("a message is plain data");
    let mut out = out.lock().expect("no thread panics while it holds this lock");
    // A parent that is gone listens no more; the system ends this process.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
