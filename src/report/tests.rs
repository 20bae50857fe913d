use std::sync::{Arc, Mutex};

use indicatif::ProgressDrawTarget;

use super::testing::{Page, show_run};
use super::*;

fn shown(reporter: impl FnOnce(Output) -> Box<dyn Reporter>) -> String {
    let page = Page::default();
    show_run(reporter(Box::new(page.clone())).as_mut());
    page.text()
}

#[test]
fn plain_writes_a_line_an_event_and_progress_now_and_then() {
    let text = shown(|out| Box::new(Plain::new(out)));
    insta::assert_snapshot!(text, @r"
         0.0 s  run       toy: 6 stages, 2 known to be reused
         0.0 s  reused    data
         0.0 s  reused    features
         1.0 s  started   train@seed=1: never ran before
         2.0 s  note      train@seed=1: runtime: embedded
        12.0 s  progress  train@seed=1: 25 % (50 of 200 steps), 33.8 s left
        14.0 s  warning   train@seed=1: one class has a single image
        30.0 s  progress  train@seed=1: 95 % (190 of 200 steps), 1.50 s left
        31.0 s  waiting   train@seed=2: another process is running it
        32.0 s  started   train@seed=2: no result is recorded
        33.0 s  failed    train@seed=2
        33.0 s            could not read `w.bin`
        33.0 s  because   no such file
        33.0 s  help      fetch the weights, then run again
        33.0 s  skipped   score@seed=2: `train@seed=2` did not finish
        33.0 s  skipped   table: `train@seed=2` did not finish
        34.0 s  finished  train@seed=1: 33.2 s, 4.1 MiB
        34.0 s  removed   results/toy/old.md
        34.0 s  wrote     results/toy/table.md
        35.0 s  run       failed after 35.0 s: 2 reused, 1 ran, 1 failed, 2 skipped
        35.0 s  left      results/toy as it was: 3 stages are not done
    ");
}

#[test]
fn json_lines_are_objects_with_documented_fields() {
    let text = shown(|out| Box::new(JsonLines::new(out)));
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(object["elapsed_seconds"].is_number() && object["event"].is_string(), "{line}");
    }
    insta::assert_snapshot!(text, @r#"
    {"elapsed_seconds":0.0,"event":"run-started","experiment":"toy","reused":2,"stages":6}
    {"elapsed_seconds":0.0,"event":"stage-reused","key":"2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683","stage":"data"}
    {"elapsed_seconds":0.0,"event":"stage-reused","key":"2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683","stage":"features"}
    {"elapsed_seconds":1.0,"event":"stage-started","reason":"never ran before","stage":"train@seed=1"}
    {"elapsed_seconds":2.0,"event":"stage-note","stage":"train@seed=1","text":"runtime: embedded"}
    {"done":10,"elapsed_seconds":3.0,"event":"stage-progress","stage":"train@seed=1","total":200,"unit":"steps"}
    {"done":50,"elapsed_seconds":12.0,"event":"stage-progress","stage":"train@seed=1","total":200,"unit":"steps"}
    {"done":60,"elapsed_seconds":13.0,"event":"stage-progress","stage":"train@seed=1","total":200,"unit":"steps"}
    {"elapsed_seconds":13.0,"event":"stage-metric","name":"loss","stage":"train@seed=1","step":7,"value":null}
    {"elapsed_seconds":14.0,"event":"stage-warning","stage":"train@seed=1","text":"one class has a single image"}
    {"done":190,"elapsed_seconds":30.0,"event":"stage-progress","stage":"train@seed=1","total":200,"unit":"steps"}
    {"elapsed_seconds":31.0,"event":"stage-waiting","stage":"train@seed=2"}
    {"elapsed_seconds":32.0,"event":"stage-started","reason":"no result is recorded","stage":"train@seed=2"}
    {"causes":["no such file"],"class":"missing","elapsed_seconds":33.0,"event":"stage-failed","help":"fetch the weights, then run again","message":"could not read `w.bin`","stage":"train@seed=2"}
    {"because":"train@seed=2","elapsed_seconds":33.0,"event":"stage-skipped","stage":"score@seed=2"}
    {"because":"train@seed=2","elapsed_seconds":33.0,"event":"stage-skipped","stage":"table"}
    {"bytes":4321000,"elapsed_seconds":34.0,"event":"stage-finished","seconds":33.25,"stage":"train@seed=1"}
    {"elapsed_seconds":34.0,"event":"removed","path":"results/toy/old.md"}
    {"elapsed_seconds":34.0,"event":"published","path":"results/toy/table.md"}
    {"elapsed_seconds":35.0,"event":"run-finished","failed":1,"interrupted":false,"ran":1,"reused":2,"skipped":2}
    {"elapsed_seconds":35.0,"event":"withheld","folder":"results/toy","left":3}
    "#);
}

#[test]
fn quiet_shows_failures_and_the_last_line() {
    let text = shown(|out| Box::new(Quiet::new(out, Paint::Off)));
    insta::assert_snapshot!(text, @r"
      failed train@seed=2
             could not read `w.bin`
     because no such file
        help fetch the weights, then run again
     skipped score@seed=2, table, because `train@seed=2` did not finish
    failed after 35.0 s: 2 reused, 1 ran, 1 failed, 2 skipped
    ");
}

#[test]
fn a_terminal_keeps_one_line_a_stage() {
    let hidden = ProgressDrawTarget::hidden;
    let text = shown(|out| Box::new(Terminal::with_target(out, Paint::Off, hidden())));
    insta::assert_snapshot!(text, @r"
         run toy, 6 stages
      reused 2 stages
        note train@seed=1: runtime: embedded
     warning train@seed=1: one class has a single image
      failed train@seed=2
             could not read `w.bin`
     because no such file
        help fetch the weights, then run again
         ran train@seed=1  33.2 s, 4.1 MiB
     removed results/toy/old.md
       wrote results/toy/table.md
     skipped score@seed=2, table, because `train@seed=2` did not finish
    failed after 35.0 s: 2 reused, 1 ran, 1 failed, 2 skipped
        left results/toy as it was: 3 stages are not done
    ");
}

#[test]
fn a_terminal_colours_the_first_word_only() {
    let hidden = ProgressDrawTarget::hidden;
    let text = shown(|out| Box::new(Terminal::with_target(out, Paint::On, hidden())));
    assert!(text.contains("\u{1b}[32m     ran\u{1b}[0m train@seed=1"), "{text:?}");
    assert!(text.contains("\u{1b}[31m  failed\u{1b}[0m train@seed=2"), "{text:?}");
}

#[test]
fn whoever_writes_to_a_log_writes_whole_lines() {
    /// The writes, one by one.
    #[derive(Clone, Default)]
    struct Writes(Arc<Mutex<Vec<String>>>);
    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let writes = Writes::default();
    show_run(&mut Plain::new(by_line(writes.clone())));
    let writes = writes.0.lock().unwrap();
    assert_eq!(writes.concat(), shown(|out| Box::new(Plain::new(out))));
    for write in writes.iter() {
        assert_eq!(write.find('\n'), Some(write.len() - 1), "{write:?}");
    }
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
