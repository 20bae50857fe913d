use super::*;

#[test]
fn durations_read_well_at_every_length() {
    let texts = [0.0, 0.4242, 9.999, 12.34, 99.96, 185.0, 7640.0]
        .map(|seconds| duration_text(Duration::from_secs_f64(seconds)));
    let expected =
        ["0.00 s", "0.42 s", "10.0 s", "12.3 s", "1 min 39 s", "3 min 05 s", "2 h 07 min"];
    assert_eq!(texts, expected);
}

#[test]
fn sizes_read_well_at_every_size() {
    let texts = [0, 1023, 1024, 1_048_575, 5_046_586_573].map(bytes_text);
    assert_eq!(texts, ["0 B", "1023 B", "1.0 KiB", "1.0 MiB", "4.7 GiB"]);
}

#[test]
fn a_last_line_says_how_the_run_ended() {
    let time = Duration::from_secs(2);
    let mut summary = Summary { reused: 12, ..Summary::default() };
    assert_eq!(summary_text(&summary, time), "finished in 2.00 s: everything reused (12 stages)");
    summary.ran = 1;
    let counts = "12 reused, 1 ran, 0 failed, 0 skipped";
    assert_eq!(summary_text(&summary, time), format!("finished in 2.00 s: {counts}"));
    summary.failed = 1;
    assert!(summary_text(&summary, time).starts_with("failed after"));
    summary.interrupted = true;
    assert!(summary_text(&summary, time).starts_with("interrupted after"));
}

#[test]
fn colour_is_only_added_when_it_is_on() {
    assert_eq!(Paint::Off.paint(Colour::Red, "x"), "x");
    assert_eq!(Paint::On.paint(Colour::Red, "x"), "\u{1b}[31mx\u{1b}[0m");
    assert_eq!(Paint::choose(false), Paint::Off);
}
