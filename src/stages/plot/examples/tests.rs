use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use super::*;
use crate::artifact::Shape;
use crate::data::samples::{Sample, SampleIndex};
use crate::data::split::SplitIdentity;
use crate::id::Digest;
use crate::stage::testing::Bench;
use crate::zsl::candidates::{Candidate, Candidates};
use crate::zsl::model::Provenance;
use crate::zsl::scores::ScoresHeader;

fn png(colour: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(20, 12, Rgb([colour, 90, 30]))
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// Two photographs of the seen class `a`, four of the unseen class `x`, one of `y`; delta is 1.
fn inputs() -> PlotExamplesInputs {
    let classes = ["a", "a", "x", "x", "x", "x", "y"];
    let names: Vec<String> = (0..classes.len()).map(|at| format!("{at}.png")).collect();
    let rows = names
        .iter()
        .zip(classes)
        .map(|(name, class)| Sample { name: name.clone(), class: class.into() });
    let samples = Samples::new(rows.collect(), BTreeMap::new()).unwrap();
    let pictures: Vec<Vec<u8>> = (0..7).map(|at| png(at * 30)).collect();
    let pictures: Vec<(&str, &[u8])> =
        names.iter().zip(&pictures).map(|(name, png)| (name.as_str(), png.as_slice())).collect();
    let identity = SplitIdentity { split: Digest::of(b"split"), samples: samples.identity() };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let header = ScoresHeader {
        candidates: Candidates::new(words(&["a"]), words(&["x", "y"])).unwrap(),
        seen_labels: vec![Candidate(0); 2],
        unseen_labels: [1, 1, 1, 1, 2].map(Candidate).to_vec(),
        provenance: Provenance {
            selected_on: "test-peek-h".into(),
            peeked: true,
            split: identity,
            train_images: 1,
            hyperparameters: Vec::new(),
            delta: 1.0,
        },
        search: None,
        has_zero_shot_rows: false,
    };
    let scores = [
        [3.0, 0.0, 0.0],
        [0.5, 0.0, 0.0],
        [0.0, 2.0, 0.0], // lead 2
        [0.0, 0.0, 3.0], // lag 3, taken for y
        [3.0, 1.0, 0.0], // 2 - 1 after calibration: lag 1, taken for a
        [1.5, 1.0, 0.0], // 0.5 after calibration: lead 0.5
        [0.0, 0.0, 1.0],
    ];
    PlotExamplesInputs {
        images: Images::in_memory(&pictures),
        samples,
        scores: Scores::in_memory(&header, &scores.map(|row| row.to_vec())),
        test_seen: TestSeenSamples {
            identity,
            classes: words(&["a"]),
            images: [0, 1].map(SampleIndex).to_vec(),
        },
        test_unseen: TestUnseenSamples {
            identity,
            classes: words(&["x", "y"]),
            images: (2..7).map(SampleIndex).collect(),
        },
    }
}

fn params(count: u8) -> PlotExamplesParams {
    PlotExamplesParams { count, ..PlotExamplesParams::default() }
}

fn shown(examples: &[Example]) -> Vec<(u32, f64, &str)> {
    examples.iter().map(|e| (e.image.0, e.lead, e.taken_for.as_str())).collect()
}

#[test]
fn the_largest_leads_and_lags_worked_out_by_hand() {
    let choices = choose(&params(1), &inputs()).unwrap();
    assert_eq!(shown(&choices[0].best), [(2, 2.0, "x")]);
    assert_eq!(shown(&choices[0].worst), [(3, -3.0, "y")]);
    // The only image of `y` is not shown twice.
    assert_eq!((choices[1].best.len(), choices[1].worst.len()), (1, 0));
    let all = choose(&params(3), &inputs()).unwrap();
    assert_eq!(shown(&all[0].best)[1..], [(5, 0.5, "x"), (4, -1.0, "a")]);
    assert_eq!(shown(&all[0].worst), [(3, -3.0, "y")]);
}

#[test]
fn seen_classes_are_shown_on_demand_and_others_are_refused() {
    let of = |class: &str| PlotExamplesParams { classes: vec![class.into()], ..params(2) };
    assert_eq!(choose(&of("a"), &inputs()).unwrap()[0].best.len(), 2);
    let error = choose(&of("fox"), &inputs()).err().unwrap();
    assert_eq!(error.to_string(), "parameter `classes`: `fox` is no candidate class");
    let mut strange = inputs();
    strange.test_seen.identity.split = Digest::of(b"another");
    let error = choose(&params(2), &strange).err().unwrap();
    assert_eq!(error.to_string(), "the scores are of other samples or of another split");
}

#[test]
fn photographs_and_words_stay_on_the_page_and_the_stamp_is_there() {
    let sketch = sketch(&params(4), &inputs()).unwrap();
    let page = sketch.drawing.page();
    let mut pictures = 0;
    for shape in sketch.drawing.shapes() {
        if let Shape::Picture { at: (left, top), picture } = shape {
            let (width, height) = picture.size();
            let (right, bottom) = (left + width, top + height);
            assert!(page.contains(&Bounds { left: *left, top: *top, right, bottom }));
            pictures += 1;
        }
    }
    assert_eq!(pictures, 5);
    let texts: Vec<_> = sketch.drawing.texts().collect();
    assert!(texts.iter().all(|text| page.contains(&text.bounds())));
    assert!(texts.iter().any(|text| text.content == "† selected on test"));
    assert!(sketch.alt.contains("x is taken for"), "{}", sketch.alt);
}

#[test]
fn runs_and_threads_give_equal_bytes() {
    let inputs = inputs();
    let bench = |threads: usize| {
        Bench::new()
            .threads(threads)
            .input("images", &inputs.images)
            .input("samples", &inputs.samples)
            .input("scores", &inputs.scores)
            .input("test_seen", &inputs.test_seen)
            .input("test_unseen", &inputs.test_unseen)
            .run::<PlotExamples>(&params(2))
            .unwrap()
    };
    let once = bench(1);
    for threads in [2, 4] {
        assert_eq!(bench(threads).digests(), once.digests());
    }
    let figure: Figure = once.output("figure");
    assert!(figure.svg().contains("data:image/jpeg;base64,"));
    assert!(PlotExamples::check(&params(0)).is_err());
}
