//! A stage in a process of its own: its crash never takes the runner down.
//!
//! The child is this program with `execute`: it gets a [`Request`] on its standard input, works on
//! the same store, and writes one [`ChildMessage`] a line. It has its own process group and asks
//! the system to be killed when its parent dies.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal as OsSignal, kill_process_group};
use serde::{Deserialize, Serialize};

use crate::event::{Failure, FailureClass, Signal};
use crate::stage::Cancel;

use super::execute::{Finished, Request};

/// How long a child may take to stop after it was asked to.
const GRACE: Duration = Duration::from_secs(10);

/// How often the parent looks whether it should stop its child.
const POLL: Duration = Duration::from_millis(50);

/// How to start children.
#[derive(Clone, Debug)]
pub struct Isolation {
    /// This program.
    pub program: PathBuf,
    /// Its arguments: `execute` and the store.
    pub arguments: Vec<String>,
}

/// What a child says, one JSON object a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChildMessage {
    /// Another process is executing the same action.
    Waiting,
    /// The stage reports something.
    Signal(Signal),
    /// The action is recorded.
    Finished(Finished),
    /// It failed.
    Failed(Failure),
}

impl Isolation {
    /// Executes `request` in a child and hands on what it says.
    ///
    /// # Errors
    /// The child's failure, or how it died.
    pub(super) fn execute(
        &self,
        request: &Request,
        cancel: &Cancel,
        on_message: &mut dyn FnMut(ChildMessage),
    ) -> Result<Finished, Failure> {
        let mut child = self.spawn(request)?;
        let stdout = child.stdout.take().expect("the child's output is piped");
        let (sender, receiver) = mpsc::channel();
        let reader = thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Ok(message) = serde_json::from_str(&line)
                    && sender.send(message).is_err()
                {
                    break;
                }
            }
        });
        let mut result = None;
        let mut asked: Option<Instant> = None;
        loop {
            match receiver.recv_timeout(POLL) {
                Ok(ChildMessage::Finished(finished)) => result = Some(Ok(finished)),
                Ok(ChildMessage::Failed(failure)) => result = Some(Err(failure)),
                Ok(message) => on_message(message),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => stop_if_asked(&child, cancel, &mut asked),
            }
        }
        // The reader has seen the end of the child's output and cannot panic.
        let _ = reader.join();
        let status =
            child.wait().map_err(|error| failure("wait for the stage's process", &error))?;
        result.unwrap_or_else(|| Err(death(status, cancel)))
    }

    fn spawn(&self, request: &Request) -> Result<Child, Failure> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| failure("start the stage's process", &error))?;
        let json = serde_json::to_vec(request).expect("a request is plain data");
        let mut stdin = child.stdin.take().expect("the child's input is piped");
        // A child that died early is reported by its exit status.
        let _ = stdin.write_all(&json);
        Ok(child)
    }
}

fn stop_if_asked(child: &Child, cancel: &Cancel, asked: &mut Option<Instant>) {
    if !cancel.is_requested() {
        return;
    }
    let signal = match asked {
        None => OsSignal::TERM,
        Some(since) if since.elapsed() > GRACE => OsSignal::KILL,
        Some(_) => return,
    };
    asked.get_or_insert_with(Instant::now);
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // A child that is already gone needs no signal.
        let _ = kill_process_group(pid, signal);
    }
}

fn failure(act: &str, error: &std::io::Error) -> Failure {
    Failure {
        message: format!("could not {act}"),
        causes: vec![error.to_string()],
        help: None,
        class: FailureClass::Stage,
    }
}

fn death(status: ExitStatus, cancel: &Cancel) -> Failure {
    let message = match (status.signal(), status.code()) {
        (Some(signal), _) => format!("the stage's process was killed by signal {signal}"),
        (None, Some(code)) => format!("the stage's process ended with code {code} and no result"),
        (None, None) => "the stage's process ended without a result".to_owned(),
    };
    let class = if cancel.is_requested() { FailureClass::Interrupted } else { FailureClass::Stage };
    let help = "signal 9 often means that memory ran out: lower `batch` or raise `memory`";
    Failure { message, causes: Vec::new(), help: Some(help.to_owned()), class }
}
