use indicatif::ProgressDrawTarget;

use super::testing::{Page, show_run, stage};
use super::*;
use crate::id::{Digest, StageKey};

fn shown(reporter: impl FnOnce(Output) -> Box<dyn Reporter>) -> String {
    let page = Page::default();
    show_run(reporter(Box::new(page.clone())).as_mut());
    page.text()
}

#[test]
fn plain_writes_a_line_an_event_and_progress_now_and_then() {
    let text = shown(|out| Box::new(Plain::new(out)));
    insta::assert_snapshot!(text, @"");
}

#[test]
fn json_lines_are_objects_with_documented_fields() {
    let text = shown(|out| Box::new(JsonLines::new(out)));
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(object["elapsed_seconds"].is_number() && object["event"].is_string(), "{line}");
    }
    insta::assert_snapshot!(text, @"");
}

#[test]
fn quiet_shows_failures_and_the_last_line() {
    let text = shown(|out| Box::new(Quiet::new(out, Paint::Off)));
    insta::assert_snapshot!(text, @"");
}

#[test]
fn a_terminal_keeps_one_line_a_stage() {
    let hidden = ProgressDrawTarget::hidden;
    let text = shown(|out| Box::new(Terminal::with_target(out, Paint::Off, hidden())));
    insta::assert_snapshot!(text, @"");
}

#[test]
fn a_terminal_colours_the_first_word_only() {
    let hidden = ProgressDrawTarget::hidden;
    let text = shown(|out| Box::new(Terminal::with_target(out, Paint::On, hidden())));
    assert!(text.contains("\u{1b}[32m     ran\u{1b}[0m train@seed=1"), "{text:?}");
    assert!(text.contains("\u{1b}[31m  failed\u{1b}[0m train@seed=2"), "{text:?}");
}

#[test]
fn a_reader_that_went_away_stops_nobody() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    show_run(&mut Plain::new(Box::new(Closed)));
    show_run(&mut JsonLines::new(Box::new(Closed)));
    show_run(&mut Quiet::new(Box::new(Closed), Paint::Off));
}

#[test]
fn a_fold_knows_what_became_of_each_step() {
    let mut fold = Fold::new();
    show_run(&mut fold);
    let key = StageKey(Digest::of(b"other"));
    fold.set_key(&stage("train", Some("1")), key);
    let steps = fold.steps();
    let short: Vec<String> =
        steps.iter().map(|step| format!("{} {:?}", step.stage, step.action)).collect();
    let expected = [
        "data Reused",
        "features Reused",
        "score@seed=2 Skipped",
        "table Skipped",
        "train@seed=1 Ran",
        "train@seed=2 Failed",
    ];
    assert_eq!(short, expected);
    assert_eq!((steps[4].seconds, steps[4].bytes), (Some(33.25), Some(4_321_000)));
    assert_eq!(steps[4].key, Some(key));
    assert_eq!(steps[4].warnings, ["one class has a single image"]);
    assert_eq!(steps[3].reason.as_deref(), Some("`train@seed=2` did not finish"));
    assert_eq!(fold.summary().failed, 1);
    let text = serde_json::to_string(&steps).unwrap();
    assert_eq!(serde_json::from_str::<Vec<StepOutcome>>(&text).unwrap(), steps);
}

#[test]
fn a_tee_tells_everybody() {
    let (page, mut fold) = (Page::default(), Fold::new());
    let mut plain = Plain::new(Box::new(page.clone()));
    show_run(&mut Tee(vec![&mut plain, &mut fold]));
    assert!(page.text().contains("failed"));
    assert_eq!(fold.steps().len(), 6);
}
