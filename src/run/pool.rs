//! A bounded pool of workers, started when the first stage has to run.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Scope, ScopedJoinHandle};

use petgraph::graph::NodeIndex;

use crate::event::{Failure, Signal};
use crate::stage::{Cancel, ErasedStage};
use crate::store::Store;

use super::execute::{Execution, Finished, Request, execute, forward};
use super::isolate::{ChildMessage, Isolation};

/// One action for a worker.
pub(super) struct Task {
    pub(super) node: NodeIndex,
    pub(super) stage: Arc<dyn ErasedStage>,
    pub(super) request: Request,
}

/// What a worker tells the scheduler.
pub(super) enum Message {
    Waiting(NodeIndex),
    Signal(NodeIndex, Signal),
    Done(NodeIndex, Result<Finished, Failure>),
}

/// What all workers share.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) store: &'a Store,
    pub(super) cancel: &'a Cancel,
    pub(super) isolation: Option<&'a Isolation>,
}

/// The workers of a run.
pub(super) struct Pool<'scope, 'env, 'a> {
    scope: &'scope Scope<'scope, 'env>,
    surroundings: Surroundings<'a>,
    size: usize,
    workers: Vec<ScopedJoinHandle<'scope, ()>>,
    tasks: Sender<Task>,
    queue: Arc<Mutex<Receiver<Task>>>,
    messages: Sender<Message>,
}

impl<'scope, 'a: 'scope> Pool<'scope, '_, 'a> {
    pub(super) fn new<'env>(
        scope: &'scope Scope<'scope, 'env>,
        surroundings: Surroundings<'a>,
        size: usize,
        messages: Sender<Message>,
    ) -> Pool<'scope, 'env, 'a> {
        let (tasks, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        Pool { scope, surroundings, size, workers: Vec::new(), tasks, queue, messages }
    }

    /// Hands a task to the next free worker.
    pub(super) fn submit(&mut self, task: Task) {
        if self.workers.len() < self.size {
            let queue = Arc::clone(&self.queue);
            let messages = self.messages.clone();
            let surroundings = self.surroundings;
            self.workers.push(self.scope.spawn(move || work(surroundings, &queue, &messages)));
        }
        self.tasks.send(task).expect("the queue lives as long as the pool");
    }
}

fn work(surroundings: Surroundings<'_>, queue: &Mutex<Receiver<Task>>, messages: &Sender<Message>) {
    loop {
        let next = queue.lock().expect("no thread panics while it holds this lock").recv();
        let Ok(task) = next else { return };
        let node = task.node;
        let result = perform(surroundings, &task, messages);
        if messages.send(Message::Done(node, result)).is_err() {
            return;
        }
    }
}

fn perform(
    surroundings: Surroundings<'_>,
    task: &Task,
    messages: &Sender<Message>,
) -> Result<Finished, Failure> {
    let node = task.node;
    // The scheduler outlives its workers; if it is gone, nobody is left to listen.
    let tell = |message: Message| drop(messages.send(message));
    if let Some(isolation) = surroundings.isolation {
        let mut on_message = |message| match message {
            ChildMessage::Waiting => tell(Message::Waiting(node)),
            ChildMessage::Signal(signal) => tell(Message::Signal(node, signal)),
            ChildMessage::Finished(_) | ChildMessage::Failed(_) => {}
        };
        return isolation.execute(&task.request, surroundings.cancel, &mut on_message);
    }
    let signals = messages.clone();
    let mut execution = Execution {
        store: surroundings.store,
        stage: task.stage.as_ref(),
        cancel: surroundings.cancel.clone(),
        on_wait: &mut || tell(Message::Waiting(node)),
        signals: &mut forward(move |signal| drop(signals.send(Message::Signal(node, signal)))),
    };
    execute(&task.request, &mut execution)
}
