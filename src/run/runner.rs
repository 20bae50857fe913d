//! The scheduler: decides, starts, listens, reports.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use petgraph::graph::NodeIndex;

use crate::event::{Event, EventKind, Failure, FailureClass, Reporter, Summary};
use crate::graph::StageGraph;
use crate::id::{StageId, StageKey};
use crate::plan::{Action, Plan, Planner, Step};
use crate::recipe::Recipe;
use crate::stage::Cancel;
use crate::store::{Record, Store};

use super::budget::{Budget, Grant, Limits, Siblings};
use super::error::RunError;
use super::execute::{Finished, Request};
use super::isolate::Isolation;
use super::pool::{Message, Pool, Surroundings, Task};
use super::schedule::Schedule;

/// How often the scheduler looks whether it was asked to stop.
const POLL: Duration = Duration::from_millis(100);

/// Executes graphs.
pub struct Runner<'a> {
    /// The graph.
    pub graph: &'a StageGraph,
    /// The store.
    pub store: &'a Store,
    /// What may run side by side.
    pub limits: Limits,
    /// How to start children, if stages are isolated.
    pub isolation: Option<Isolation>,
    /// Asked to stop?
    pub cancel: Cancel,
}

/// A node that has its outputs.
pub struct Settled {
    /// All that decided them.
    pub recipe: Arc<Recipe>,
    /// Its key.
    pub key: StageKey,
    /// The outputs.
    pub record: Record,
}

/// What became of the nodes.
pub struct Outcome {
    /// The counts.
    pub summary: Summary,
    /// What is known of each node that has its outputs, by node index.
    pub settled: Vec<Option<Settled>>,
    /// The failures, in the order in which they happened.
    pub failures: Vec<(StageId, Failure)>,
}

impl Runner<'_> {
    /// Executes the graph. Stage failures are part of the outcome.
    ///
    /// # Errors
    /// [`RunError`] if the store fails the scheduler itself; running stages are stopped first.
    pub fn execute(
        &self,
        planner: &mut Planner<'_>,
        reporter: &mut dyn Reporter,
    ) -> Result<Outcome, RunError> {
        let (sender, receiver) = channel();
        let surroundings = Surroundings {
            store: self.store,
            cancel: &self.cancel,
            isolation: self.isolation.as_ref(),
        };
        let plan = planner.plan()?;
        let reused = plan.counts().0;
        let outcome = thread::scope(|scope| {
            let pool = Pool::new(scope, surroundings, self.limits.jobs, sender);
            let mut run = Run::new(self, plan, planner, reporter, pool, receiver);
            run.report(EventKind::RunStarted {
                experiment: &self.graph.experiment,
                stages: self.graph.len(),
                reused,
            });
            let result = run.run_all();
            if result.is_err() {
                self.cancel.request();
            }
            result.map(|()| run.finish())
        })?;
        planner.last_keys().tidy()?;
        Ok(outcome)
    }
}

/// A run in progress.
struct Run<'r, 'a, 'scope, 'env, 'p> {
    runner: &'r Runner<'r>,
    planner: &'p mut Planner<'a>,
    reporter: &'p mut dyn Reporter,
    pool: Pool<'scope, 'env, 'r>,
    messages: Receiver<Message>,
    schedule: Schedule<'r>,
    /// What the plan already knew; each step is used once.
    planned: Vec<Step>,
    budget: Budget,
    started: Instant,
    decided: HashMap<NodeIndex, Step>,
    running: HashMap<NodeIndex, Grant>,
    is_stopping: bool,
    outcome: Outcome,
    skipped: Vec<bool>,
}

impl<'r, 'a, 'scope, 'env, 'p> Run<'r, 'a, 'scope, 'env, 'p>
where
    'r: 'scope,
{
    fn new(
        runner: &'r Runner<'r>,
        plan: Plan,
        planner: &'p mut Planner<'a>,
        reporter: &'p mut dyn Reporter,
        pool: Pool<'scope, 'env, 'r>,
        messages: Receiver<Message>,
    ) -> Self {
        let nodes = runner.graph.len();
        Self {
            runner,
            planner,
            reporter,
            pool,
            messages,
            schedule: Schedule::new(runner.graph),
            planned: plan.steps,
            budget: Budget::new(runner.limits),
            started: Instant::now(),
            decided: HashMap::new(),
            running: HashMap::new(),
            is_stopping: false,
            outcome: Outcome {
                summary: Summary::default(),
                settled: (0..nodes).map(|_| None).collect(),
                failures: Vec::new(),
            },
            skipped: vec![false; nodes],
        }
    }

    fn report(&mut self, kind: EventKind<'_>) {
        self.reporter.on_event(&Event { elapsed: self.started.elapsed(), kind });
    }

    fn id(&self, node: NodeIndex) -> &'r StageId {
        &self.runner.graph.node(node).id
    }

    fn run_all(&mut self) -> Result<(), RunError> {
        loop {
            if self.runner.cancel.is_requested() && !self.is_stopping {
                self.stop();
            }
            self.decide_open()?;
            self.start_ready();
            self.budget.lend();
            if self.budget.is_idle() {
                return Ok(());
            }
            // A time-out only means that it is time to look for a request to stop.
            if let Ok(message) = self.messages.recv_timeout(POLL) {
                self.listen(message)?;
            }
        }
    }

    fn decide_open(&mut self) -> Result<(), RunError> {
        while let Some(node) = self.schedule.next_open() {
            if self.skipped[node.index()] || self.is_stopping {
                continue;
            }
            let step = self.step(node)?;
            let (recipe, key) = step.recipe.clone().expect("a decided step has a recipe");
            if let Action::Reuse(record) = step.action {
                self.outcome.summary.reused += 1;
                self.report(EventKind::StageReused { stage: self.id(node), key: &key });
                self.settle(node, Settled { recipe, key, record })?;
            } else if self.schedule.must_run(node, key) {
                self.decided.insert(node, step);
            }
        }
        Ok(())
    }

    /// What the plan says about a node, or what can be said now that its inputs are known.
    fn step(&mut self, node: NodeIndex) -> Result<Step, RunError> {
        let planned = &mut self.planned[node.index()];
        let later = Action::DecidedAfter(self.runner.graph.node(node).id.clone());
        let known = std::mem::replace(planned, Step { action: later, recipe: None });
        if known.recipe.is_some() {
            return Ok(known);
        }
        let settled = &self.outcome.settled;
        let record_of = |source: NodeIndex| {
            &settled[source.index()].as_ref().expect("sources are settled").record
        };
        Ok(self.planner.decide(node, &record_of)?)
    }

    fn settle(&mut self, node: NodeIndex, settled: Settled) -> Result<(), RunError> {
        let id = self.id(node);
        self.planner.last_keys().set(id, settled.key)?;
        self.outcome.settled[node.index()] = Some(settled);
        self.schedule.settled(node);
        Ok(())
    }

    fn start_ready(&mut self) {
        for node in self.schedule.ready() {
            let graph_node = self.runner.graph.node(node);
            let siblings = self.siblings(node);
            let grant = self.budget.grant(&graph_node.needs, siblings, Instant::now());
            let Some(grant) = grant else {
                // In order: a large stage is not starved by small ones behind it.
                return;
            };
            self.schedule.started(node);
            let step = self.decided.get(&node).expect("a ready node is decided");
            let (recipe, _) = step.recipe.clone().expect("a decided step has a recipe");
            let Action::Run(reason) = step.action.clone() else {
                unreachable!("a reused node is never ready")
            };
            self.report(EventKind::StageStarted { stage: self.id(node), reason: &reason });
            self.running.insert(node, grant.clone());
            let files = self.planner.files_of(node).into_iter().collect();
            self.pool.submit(Task {
                node,
                stage: graph_node.stage.clone(),
                request: Request { recipe: (*recipe).clone(), files, share: grant.share.clone() },
            });
        }
    }

    /// The other trials of a stage that wait or run.
    fn siblings(&self, node: NodeIndex) -> Siblings {
        let name = &self.id(node).name;
        let is_other = |other: &NodeIndex| *other != node && self.id(*other).name == *name;
        let running = self.running.iter().filter(|(other, _)| is_other(other));
        let running: Vec<usize> = running.map(|(_, grant)| grant.share.granted()).collect();
        Siblings {
            waiting: self.schedule.ready().iter().filter(|other| is_other(other)).count(),
            running: running.len(),
            threads: running.iter().sum(),
        }
    }

    fn listen(&mut self, message: Message) -> Result<(), RunError> {
        match message {
            Message::Waiting(node) => {
                self.report(EventKind::StageWaiting { stage: self.id(node) });
            }
            Message::Signal(node, signal) => {
                self.report(EventKind::StageSignal { stage: self.id(node), signal: &signal });
            }
            Message::Done(node, result) => return self.done(node, result),
        }
        Ok(())
    }

    fn done(&mut self, node: NodeIndex, result: Result<Finished, Failure>) -> Result<(), RunError> {
        let grant = self.running.remove(&node).expect("a finished node was running");
        self.budget.release(&grant);
        let step = self.decided.remove(&node).expect("a running node is decided");
        let (recipe, key) = step.recipe.expect("a decided step has a recipe");
        match result {
            Ok(finished) => {
                if finished.was_found {
                    self.outcome.summary.reused += 1;
                    self.report(EventKind::StageReused { stage: self.id(node), key: &key });
                } else {
                    self.outcome.summary.ran += 1;
                    let bytes = finished.record.bytes();
                    let kind = EventKind::StageFinished {
                        stage: self.id(node),
                        duration: grant.since.elapsed(),
                        bytes,
                    };
                    self.report(kind);
                }
                self.settle(node, Settled { recipe, key, record: finished.record })?;
            }
            Err(failure) => self.fail(node, failure),
        }
        self.schedule.landed(&key);
        Ok(())
    }

    fn fail(&mut self, node: NodeIndex, failure: Failure) {
        let id = self.id(node);
        if failure.class == FailureClass::Interrupted && self.is_stopping {
            self.skip(node, id);
        } else {
            self.outcome.summary.failed += 1;
            self.report(EventKind::StageFailed { stage: id, failure: &failure });
            self.outcome.failures.push((id.clone(), failure));
        }
        for dependant in self.schedule.dependants(node) {
            self.skip(dependant, id);
        }
    }

    fn skip(&mut self, node: NodeIndex, because: &StageId) {
        if !std::mem::replace(&mut self.skipped[node.index()], true) {
            self.outcome.summary.skipped += 1;
            self.report(EventKind::StageSkipped { stage: self.id(node), because });
        }
    }

    /// Starts nothing more; what runs has been asked to stop.
    fn stop(&mut self) {
        self.is_stopping = true;
        self.outcome.summary.interrupted = true;
        for node in self.schedule.abandon() {
            self.decided.remove(&node);
        }
    }

    fn finish(mut self) -> Outcome {
        let summary = &mut self.outcome.summary;
        if summary.interrupted {
            let settled = summary.reused + summary.ran + summary.failed;
            summary.skipped = self.runner.graph.len() - settled;
        }
        let summary = self.outcome.summary.clone();
        self.report(EventKind::RunFinished { summary: &summary });
        self.outcome
    }
}
