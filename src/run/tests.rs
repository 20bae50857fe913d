use std::thread;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::artifact::PlainText;
use crate::event::{Event, Reporter};
use crate::experiment::Experiment;
use crate::graph::StageGraph;
use crate::manifest::Source;
use crate::plan::{DataRoots, Planner};
use crate::stage::{Cancel, Needs, Registry, Stage, StageContext, StageError, inputs, outputs};
use crate::store::{Store, Trust};

/// So long a test waits for what comes at once.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Serialize, Deserialize, JsonSchema)]
struct Nothing {}

inputs! { struct NoInputs {} }
outputs! { struct Seen { threads: PlainText } }

/// Its first trial ends when it has all threads, its second one at once.
struct Wide;

impl Stage for Wide {
    const KIND: &'static str = "wide";
    const SUMMARY: &'static str = "for tests";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    type Params = Nothing;
    type Inputs = NoInputs;
    type Outputs = Seen;

    fn run(_: &Nothing, _: NoInputs, cx: &mut StageContext<'_>) -> Result<Seen, StageError> {
        let (granted, share, started) = (cx.threads(), cx.share(), Instant::now());
        while cx.trial_seed() == 1 && share.threads() < 4 {
            if started.elapsed() > PATIENCE {
                return Err(StageError::data("nothing was lent"));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Seen { threads: PlainText(granted.to_string()) })
    }

    fn needs(_: &Nothing) -> Needs {
        Needs::all_threads(1)
    }
}

/// Shows nothing.
struct Silent;

impl Reporter for Silent {
    fn on_event(&mut self, _: &Event<'_>) {}
}

#[test]
fn a_trial_that_is_left_is_lent_the_threads_of_its_sibling() {
    let text = "[experiment]\nname = \"x\"\nseeds = [1, 2]\n[stage.wide]\nkind = \"wide\"\n";
    let load = |_: &str, _: &Source| Err("no other files".to_owned());
    let registry = Registry::default().with::<Wide>();
    let experiment = Experiment::resolve(&Source::new("x.toml", text), &registry, &load).unwrap();
    let graph = StageGraph::build(&experiment).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Trust::Stat).unwrap();
    let mut planner = Planner::new(&graph, &store, &DataRoots(Vec::new())).unwrap();
    let runner = Runner {
        graph: &graph,
        store: &store,
        limits: Limits { jobs: 2, threads: 4, memory_mib: 64 },
        isolation: None,
        cancel: Cancel::default(),
    };
    let outcome = runner.execute(&mut planner, &mut Silent).unwrap();
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    assert_eq!(outcome.summary.ran, 2);
}
