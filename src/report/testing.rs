//! A run with one of everything, and an output that a test can read.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::event::{Event, EventKind, Failure, FailureClass, Reporter, Signal, Summary};
use crate::id::{Digest, StageId, StageKey, TrialId};
use crate::recipe::DirtyReason;

/// Text that is written in one place and read in another.
#[derive(Clone, Default)]
pub(super) struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn stage(name: &str, seed: Option<&str>) -> StageId {
    let labels = seed.map(|seed| ("seed".to_owned(), seed.to_owned()));
    StageId { name: name.into(), trial: TrialId(labels.into_iter().collect()) }
}

/// Shows a run of two trained seeds, one of which fails and takes the table along.
pub(super) fn show_run(reporter: &mut dyn Reporter) {
    let (data, features) = (stage("data", None), stage("features", None));
    let (first, second) = (stage("train", Some("1")), stage("train", Some("2")));
    let (score, table) = (stage("score", Some("2")), stage("table", None));
    let key = StageKey(Digest::of(b"key"));
    let failure = Failure {
        message: "could not read `w.bin`".into(),
        causes: vec!["no such file".into()],
        help: Some("fetch the weights, then run again".into()),
        class: FailureClass::Missing,
    };
    let progress = |done| Signal::Progress { done, total: 200, unit: "steps".to_owned() };
    let metric = Signal::Metric { name: "loss".into(), step: 7, value: f64::NAN };
    let note = Signal::Note { text: "runtime: embedded".into() };
    let warning = Signal::Warning { text: "one class has a single image".into() };
    let summary = Summary { reused: 2, ran: 1, failed: 1, skipped: 2, interrupted: false };
    let signal = |signal| EventKind::StageSignal { stage: &first, signal };
    let progress = [progress(10), progress(50), progress(60), progress(190)];
    let events = [
        (0, EventKind::RunStarted { experiment: "toy", stages: 6, reused: 2 }),
        (0, EventKind::StageReused { stage: &data, key: &key }),
        (0, EventKind::StageReused { stage: &features, key: &key }),
        (1, EventKind::StageStarted { stage: &first, reason: &DirtyReason::New }),
        (2, signal(&note)),
        (3, signal(&progress[0])),
        (12, signal(&progress[1])),
        (13, signal(&progress[2])),
        (13, signal(&metric)),
        (14, signal(&warning)),
        (30, signal(&progress[3])),
        (31, EventKind::StageWaiting { stage: &second }),
        (32, EventKind::StageStarted { stage: &second, reason: &DirtyReason::NotRecorded }),
        (33, EventKind::StageFailed { stage: &second, failure: &failure }),
        (33, EventKind::StageSkipped { stage: &score, because: &second }),
        (33, EventKind::StageSkipped { stage: &table, because: &second }),
        (
            34,
            EventKind::StageFinished {
                stage: &first,
                duration: Duration::from_millis(33_250),
                bytes: 4_321_000,
            },
        ),
        (34, EventKind::Removed { path: Path::new("results/toy/old.md") }),
        (34, EventKind::Published { path: Path::new("results/toy/table.md") }),
        (35, EventKind::RunFinished { summary: &summary }),
        (35, EventKind::Withheld { folder: Path::new("results/toy"), left: 3 }),
    ];
    for (seconds, kind) in events {
        reporter.on_event(&Event { elapsed: Duration::from_secs(seconds), kind });
    }
}
