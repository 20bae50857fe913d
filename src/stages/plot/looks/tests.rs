use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use super::*;
use crate::artifact::{Bounds, Shape};
use crate::data::samples::SampleIndex;
use crate::models::erpcnet::trained::TrainingPart;
use crate::stage::testing::Bench;
use crate::stages::planted_world::{World, small_agent};
use crate::stages::score_search::{ScoreSearch, ScoreSearchParams};
use crate::zsl::scores::Scores;

/// A picture for every sample of a searched world, whose maps come from no picture.
fn inputs() -> (World, PlotLooksInputs) {
    let world = World::small();
    let seen = world.seen(TrainingPart::Train);
    let traces = world.traces(&seen, &world.agent(&seen, &small_agent()));
    let png = |at: usize| {
        let shade = u8::try_from(at % 200).unwrap();
        let mut bytes = Cursor::new(Vec::new());
        let picture = RgbImage::from_pixel(8, 8, Rgb([shade, 90, 30]));
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let pictures: Vec<Vec<u8>> = (0..world.samples.len()).map(png).collect();
    let names = world.samples.indices().map(|sample| world.samples.name(sample));
    let pictures: Vec<(&str, &[u8])> = names.zip(pictures.iter().map(Vec::as_slice)).collect();
    let inputs = PlotLooksInputs {
        images: Images::in_memory(&pictures),
        samples: world.samples.clone(),
        network: seen.network,
        traces,
        validation: None,
        cells: Some(world.cells.clone()),
    };
    (world, inputs)
}

fn params() -> PlotLooksParams {
    let stop = EndParams { mean_steps: Some(2.0), ..EndParams::default() };
    let preprocess = Preprocess { size: 56, ..Preprocess::default() };
    PlotLooksParams { stop, preprocess, delta: Some(0.05), ..PlotLooksParams::default() }
}

fn judged(params: &PlotLooksParams, traces: &Traces) -> Vec<choice::Judged> {
    let rule = params.stop.rule(3, traces.header().mean_weight).unwrap();
    judge(traces, &rule, &Setting::generalised(&traces.header().candidates, 0.05))
}

#[test]
fn images_are_right_where_their_scores_say_so() {
    let (_, inputs) = inputs();
    let stop = params().stop;
    let score = ScoreSearchParams { stop, looks: None, delta: Some(0.05) };
    let outcome = Bench::new().input("traces", &inputs.traces).run::<ScoreSearch>(&score).unwrap();
    let scores: Scores = outcome.output("scores");
    let judged = judged(&params(), &inputs.traces);
    let decisions = [scores.seen().unwrap(), scores.unseen().unwrap()].concat();
    assert_eq!(judged.len(), decisions.len());
    for (one, decision) in judged.iter().zip(&decisions) {
        assert_eq!(one.prediction, decision.predict(0.05).get());
        assert_eq!(one.fate() == Fate::Right, one.prediction == decision.label.get());
    }
    let fates = [Fate::Right, Fate::Lost, Fate::Never];
    let all = fates.map(|fate| judged.iter().filter(|one| one.fate() == fate).count());
    assert!(all.iter().all(|count| *count > 0), "{all:?}");
    let groups = choose(&params(), &inputs, &judged).unwrap();
    assert_eq!(groups.iter().map(|group| group.all).collect::<Vec<_>>(), all);
}

#[test]
fn every_step_has_its_number_in_the_middle_of_its_cell() {
    let (_, inputs) = inputs();
    let sketch = sketch(&params(), &inputs).unwrap();
    let pictures: Vec<Bounds> = sketch
        .drawing
        .shapes()
        .iter()
        .filter_map(|shape| match shape {
            Shape::Picture { at: (left, top), picture } => {
                let (width, height) = picture.size();
                Some(Bounds { left: *left, top: *top, right: left + width, bottom: top + height })
            }
            _ => None,
        })
        .collect();
    let judged = judged(&params(), &inputs.traces);
    let groups = choose(&params(), &inputs, &judged).unwrap();
    let shown: Vec<_> = groups.iter().flat_map(|group| &group.shown).collect();
    assert_eq!(pictures.len(), shown.len());
    let cells = inputs.network.card.design.cells().unwrap();
    for (picture, one) in pictures.iter().zip(shown) {
        let looked = inputs.traces.image(one.row).cells;
        for (step, cell) in (1..).zip(&looked[..one.steps]) {
            let map = inputs.network.card.design.map;
            let (x, y) = window::middle(&window::window(&cells, map, *cell, picture));
            let is_here = |text: &&Text| {
                let (left, top) = text.at;
                (left - x).abs() < 1e-9 && (top - y).abs() < 1e-9
            };
            let label = sketch.drawing.texts().find(is_here).map(|text| text.content.clone());
            let steps = label.expect("a number in the middle");
            assert!(steps.split('+').any(|one| one == format!("{step}")), "{steps} lacks {step}");
        }
    }
}

#[test]
fn words_are_whole_and_apart_and_parts_are_marked() {
    let (_, inputs) = inputs();
    let sketch = sketch(&params(), &inputs).unwrap();
    let texts: Vec<&Text> = sketch.drawing.texts().collect();
    for (position, text) in texts.iter().enumerate() {
        let bounds = text.bounds();
        assert!(sketch.drawing.page().contains(&bounds), "`{}` leaves the page", text.content);
        let clear = texts[..position].iter().find(|other| bounds.overlaps(&other.bounds()));
        assert!(clear.is_none(), "`{}` lies on `{}`", text.content, clear.unwrap().content);
    }
    let says = |words: &str| texts.iter().any(|text| text.content.contains(words));
    assert!(says("WRONG, p = ") && says("right, p = ") && says(" of 3 looks") && says("a part of"));
    assert!(says("Lost: right before, wrong at the end ("), "{}", sketch.alt);
}

#[test]
fn names_are_shown_and_strangers_are_refused() {
    let (world, inputs) = inputs();
    let of = |image: SampleIndex| {
        let images = vec![world.samples.name(image).to_owned()];
        let params = PlotLooksParams { images, ..params() };
        sketch(&params, &inputs).map(|sketch| sketch.alt)
    };
    let tested = inputs.traces.header().images[0];
    let trained = world.train.images[0];
    assert!(of(tested).unwrap().contains("(1 of "));
    let message = of(trained).err().unwrap().to_string();
    let name = world.samples.name(trained);
    assert_eq!(message, format!("parameter `images`: `{name}` is none of the searched images"));
    let none = PlotLooksParams { right: 0, lost: 0, never: 0, ..params() };
    let message = sketch(&none, &inputs).err().unwrap().to_string();
    assert_eq!(message, "there is no image to show; ask for more of each kind");
}

#[test]
fn inputs_that_do_not_belong_together_are_refused() {
    let (_, inputs) = inputs();
    let message = |inputs: &PlotLooksInputs| sketch(&params(), inputs).err().unwrap().to_string();
    let mut strange = inputs;
    strange.network.card.split = "another".into();
    assert_eq!(message(&strange), "the search was not made with this network");
    strange.images = Images::in_memory(&[("a", b"")]);
    assert_eq!(message(&strange), format!("1 images for {} samples", strange.samples.len()));
    for bad in [
        PlotLooksParams { columns: 0, ..params() },
        PlotLooksParams { lost: 21, ..params() },
        PlotLooksParams { delta: Some(f64::NAN), ..params() },
        PlotLooksParams { images: vec![String::new(); 61], ..params() },
    ] {
        assert!(matches!(PlotLooks::check(&bad), Err(StageError::Parameter { .. })));
    }
}

#[test]
fn runs_and_threads_give_equal_bytes() {
    let (_, inputs) = inputs();
    let run = |threads: usize| {
        Bench::new()
            .threads(threads)
            .input("images", &inputs.images)
            .input("samples", &inputs.samples)
            .input("network", &inputs.network)
            .input("traces", &inputs.traces)
            .input("cells", inputs.cells.as_ref().unwrap())
            .run::<PlotLooks>(&params())
            .unwrap()
    };
    let once = run(1);
    for threads in [2, 4] {
        assert_eq!(run(threads).digests(), once.digests());
    }
    let figure: Figure = once.output("figure");
    let svg = figure.svg();
    assert!(svg.rfind("<image").unwrap() < svg.rfind("<polyline").unwrap(), "boxes lie above");
}
