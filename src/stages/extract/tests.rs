use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use image::{ImageFormat, Rgb, RgbImage};
use prost::Message as _;

use super::*;
use crate::artifact::{Artifact as _, Blob, BlobWriter};
use crate::data::{ImagesWriter, Resize};
use crate::event::Signal;
use crate::fs;
use crate::onnx::ModelBuilder;
use crate::onnx::proto::{Dimension, ModelProto};
use crate::stage::testing::{Bench, Outcome};
use crate::stage::{Checkpoints, Share};

use super::saved::Saved;

mod runtimes;

/// Images of noise, each with a colour of its own.
fn images(count: usize) -> Images {
    let mut state = 1_u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24).to_le_bytes()[0]
    };
    pack((0..count).map(|index| {
        let colour = next();
        let picture = RgbImage::from_fn(20, 16, |_, _| Rgb([next() / 2, colour, next()]));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        (format!("noise/{index}.png"), bytes.into_inner())
    }))
}

fn pack(pictures: impl Iterator<Item = (String, Vec<u8>)>) -> Images {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ImagesWriter::new(BlobWriter::create(folder.path().join("images")).unwrap());
    for (name, bytes) in pictures {
        writer.push(&name, &bytes).unwrap();
    }
    writer.finish().unwrap()
}

fn model() -> OnnxModel {
    let mut builder = ModelBuilder::new("input", &[3, 12, 12]);
    let filters: Vec<f32> = (0_u8..108).map(|tap| (f32::from(tap) * 0.7).sin() / 100.0).collect();
    builder.weight("w", &[4, 3, 3, 3], &filters);
    builder.weight("b", &[4], &[0.1, -0.2, 0.3, 0.0]);
    builder.node("Conv", &["input", "w", "b"], "conv").ints("strides", &[2, 2]);
    builder.node("Relu", &["conv"], "map");
    builder.node("GlobalAveragePool", &["map"], "mean");
    builder.node("Flatten", &["mean"], "flat");
    OnnxModel::new(Blob::from_bytes(&builder.finish(&["flat"]).unwrap().encode())).unwrap()
}

fn params(tensors: &[&str]) -> ExtractParams {
    ExtractParams {
        tensors: tensors.iter().map(|&name| name.to_owned()).collect(),
        pool: Pool::None,
        means: Vec::new(),
        storage: Storage::F32,
        preprocess: Preprocess { size: 12, ..Preprocess::default() },
        runtime: RuntimeChoice::Embedded,
        batch: 3,
    }
}

fn run(
    params: &ExtractParams,
    images: &Images,
    model: &OnnxModel,
    threads: usize,
) -> Result<Outcome, StageError> {
    let bench = Bench::new().threads(threads).input("images", images).input("model", model);
    bench.run::<Extract>(params)
}

fn row(features: &Features, tensor: Option<&str>, sample: usize) -> Vec<f32> {
    let view = features.tensor(tensor).unwrap();
    let mut row = vec![0.0; view.width()];
    view.read_row(sample, &mut row);
    row
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let (images, model) = (images(17), model());
    for runtime in [RuntimeChoice::Embedded, RuntimeChoice::Auto] {
        let params = ExtractParams { runtime, ..params(&["map", "flat"]) };
        let one = run(&params, &images, &model, 1).unwrap();
        for threads in [2, 4] {
            assert_eq!(run(&params, &images, &model, threads).unwrap().digests(), one.digests());
        }
        assert_eq!(one.output::<Features>("features").len(), 17);
    }
}

#[test]
fn threads_that_are_lent_and_taken_back_change_no_byte() {
    let (images, model) = (images(200), model());
    let params = params(&["map", "flat"]);
    let one = run(&params, &images, &model, 1).unwrap();
    let share = Share::from(1);
    let is_over = AtomicBool::new(false);
    let changing = thread::scope(|scope| {
        scope.spawn(|| {
            for lent in (0..4).cycle().take_while(|_| !is_over.load(Ordering::Relaxed)) {
                share.lend(lent);
                thread::sleep(Duration::from_millis(1));
            }
        });
        let bench = Bench::new().share(&share).input("images", &images).input("model", &model);
        let outcome = bench.run::<Extract>(&params);
        is_over.store(true, Ordering::Relaxed);
        outcome.unwrap()
    });
    assert_eq!(changing.digests(), one.digests());
}

#[test]
fn an_extraction_that_was_stopped_goes_on_where_it_was() {
    let (images, model) = (images(17), model());
    let params = ExtractParams { storage: Storage::F16, ..params(&["map", "flat"]) };
    let bench = || Bench::new().threads(2).input("images", &images).input("model", &model);
    let whole = bench().run::<Extract>(&params).unwrap();
    let features: Features = whole.output("features");
    for done in [3, 9, 17] {
        let bench = bench();
        save(&bench.checkpoints(), &features, done);
        let outcome = bench.run::<Extract>(&params).unwrap();
        assert_eq!(outcome.digests(), whole.digests(), "{done} images");
        let text = format!("goes on after {done} of 17 images");
        assert!(outcome.signals.contains(&Signal::Note { text }), "{:?}", outcome.signals);
    }
    // Without its first rows, what follows is of no use.
    let bench = bench();
    save(&bench.checkpoints(), &features, 9);
    bench.checkpoints().save("rows-0", b"no rows").unwrap();
    assert_eq!(bench.run::<Extract>(&params).unwrap().digests(), whole.digests());
}

/// Saves the rows of the first images as an extraction with batches of three would.
fn save(checkpoints: &Checkpoints, features: &Features, images: usize) {
    let mut saved = Saved::new(checkpoints);
    let records = features.records();
    let stride = records.len() / features.len();
    for (first, batch) in (0..images).step_by(3).zip(records.chunks(3 * stride)) {
        saved.take(batch);
        saved.save(features.tensors(), (first + 3).min(images)).unwrap();
    }
}

#[test]
fn the_batch_changes_at_most_the_last_bits() {
    let (images, model) = (images(5), model());
    let whole: Features = run(&params(&["flat"]), &images, &model, 1).unwrap().output("features");
    let params = ExtractParams { batch: 1, ..params(&["flat"]) };
    let single: Features = run(&params, &images, &model, 1).unwrap().output("features");
    for sample in 0..5 {
        let pairs = row(&whole, None, sample).into_iter().zip(row(&single, None, sample));
        assert!(pairs.clone().all(|(a, b)| (a - b).abs() <= 1e-6 * a.abs().max(1.0)), "{sample}");
    }
}

#[test]
fn pooling_a_map_is_what_the_network_would_have_done() {
    let params = ExtractParams { pool: Pool::Average, ..params(&["map", "flat"]) };
    let outcome = run(&params, &images(4), &model(), 2).unwrap();
    let features: Features = outcome.output("features");
    assert_eq!(features.tensors()[0].shape, [4]);
    for sample in 0..4 {
        assert_eq!(row(&features, Some("map"), sample), row(&features, Some("flat"), sample));
    }
}

#[test]
fn a_map_and_its_mean_can_stand_side_by_side() {
    let mut params = ExtractParams { means: vec!["map".into()], ..params(&["flat", "map"]) };
    params.preprocess.views = Some(serde_json::from_str(r#"{"count": 1}"#).unwrap());
    let features: Features = run(&params, &images(4), &model(), 2).unwrap().output("features");
    let names: Vec<&str> = features.tensors().iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["flat", "map", "map.mean", "flat@1", "map@1", "map.mean@1"]);
    for sample in 0..4 {
        for [mean, flat] in [["map.mean", "flat"], ["map.mean@1", "flat@1"]] {
            let pairs = row(&features, Some(mean), sample).into_iter();
            assert!(pairs.eq(row(&features, Some(flat), sample)), "{mean} {sample}");
        }
    }
    let message = |means: &str, pool| {
        let params = ExtractParams { means: vec![means.into()], pool, ..params.clone() };
        run(&params, &images(1), &model(), 1).err().unwrap().to_string()
    };
    assert_eq!(message("conv", Pool::None), "parameter `means`: `conv` is none of `tensors`");
    assert!(message("map", Pool::Average).starts_with("parameter `means`: with `pool"));
    assert!(message("flat", Pool::None).starts_with("parameter `means`: expected maps, got"));
}

#[test]
fn halves_stay_close_to_floats() {
    let (images, model) = (images(4), model());
    let full: Features = run(&params(&["map"]), &images, &model, 1).unwrap().output("features");
    for (storage, precision) in [(Storage::F16, 2048.0), (Storage::U8, 510.0)] {
        let params = ExtractParams { storage, ..params(&["map"]) };
        let outcome = run(&params, &images, &model, 1).unwrap();
        let less: Features = outcome.output("features");
        let mut worst = 0.0_f32;
        for sample in 0..4 {
            let full = row(&full, None, sample);
            let largest = full.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            let pairs = full.iter().zip(row(&less, None, sample));
            worst = pairs.fold(worst, |worst, (a, b)| worst.max((a - b).abs() / largest));
        }
        assert!(worst > 0.0 && worst <= 1.001 / precision, "{storage:?}: {worst}");
        let said = format!("at most {:.3} % of an image's largest value", 100.0 * worst);
        let has_said =
            |signal: &Signal| matches!(signal, Signal::Note { text } if text.ends_with(&said));
        assert!(outcome.signals.iter().any(has_said), "{said}: {:?}", outcome.signals);
    }
}

#[test]
fn views_are_tensors_of_their_own_that_no_order_of_images_moves() {
    let (images, model) = (images(7), model());
    let views = r#"{"count": 2, "area": [0.2, 0.8]}"#;
    let preprocess = Preprocess {
        size: 12,
        views: Some(serde_json::from_str(views).unwrap()),
        ..Preprocess::default()
    };
    let with = ExtractParams { preprocess, ..params(&["map", "flat"]) };
    let outcome = run(&with, &images, &model, 1).unwrap();
    for threads in [2, 4] {
        assert_eq!(run(&with, &images, &model, threads).unwrap().digests(), outcome.digests());
    }
    let features: Features = outcome.output("features");
    let names: Vec<&str> = features.tensors().iter().map(|info| info.name.as_str()).collect();
    assert_eq!(names, ["map", "flat", "map@1", "flat@1", "map@2", "flat@2"]);
    // The plain view is what it is without others.
    let plain: Features =
        run(&params(&["map", "flat"]), &images, &model, 1).unwrap().output("features");
    let order = [4, 0, 6];
    let some =
        pack(order.map(|i| (images.name(i).to_owned(), images.bytes(i).to_vec())).into_iter());
    let some: Features = run(&with, &some, &model, 1).unwrap().output("features");
    for (position, sample) in order.into_iter().enumerate() {
        let flat = row(&features, Some("flat"), sample);
        assert_eq!(flat, row(&plain, Some("flat"), sample));
        for view in ["flat@1", "flat@2", "map@2"] {
            assert_eq!(row(&features, Some(view), sample), row(&some, Some(view), position));
        }
        assert_ne!(flat, row(&features, Some("flat@1"), sample));
        assert_ne!(row(&features, Some("flat@1"), sample), row(&features, Some("flat@2"), sample));
    }
}

#[test]
fn a_network_for_whole_batches_gets_the_last_one_filled_up() {
    let (images, open) = (images(7), model());
    let mut fixed = ModelProto::decode(&open.graph().unwrap().encode()[..]).unwrap();
    let input = &mut fixed.graph.as_mut().unwrap().input[0];
    let tensor = input.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap();
    tensor.shape.as_mut().unwrap().dim[0].value = Some(Dimension::Value(3));
    let fixed = OnnxModel::new(Blob::from_bytes(&fixed.encode_to_vec())).unwrap();
    let outcome = run(&params(&["map"]), &images, &fixed, 2).unwrap();
    let found: Features = outcome.output("features");
    let expected: Features = run(&params(&["map"]), &images, &open, 1).unwrap().output("features");
    for sample in 0..7 {
        let pairs = row(&found, None, sample).into_iter().zip(row(&expected, None, sample));
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() <= 1e-6 * a.abs().max(1.0)));
    }
    let error = run(&ExtractParams { batch: 2, ..params(&["map"]) }, &images, &fixed, 1).err();
    let text = error.unwrap().to_string();
    assert_eq!(text, "parameter `batch`: 2 images; the network takes 3 at a time: set it to 3");
}

#[test]
fn a_preset_is_filled_in_before_anything_is_keyed() {
    let parse = |preprocess: &str| {
        let json = format!(r#"{{"tensors": ["map"], "preprocess": {preprocess}}}"#);
        serde_json::to_value(serde_json::from_str::<ExtractParams>(&json).unwrap()).unwrap()
    };
    let caffe = r#"{"resize": "short-side", "size": 256, "crop": 224, "order": "bgr",
        "mean": [103.939, 116.779, 123.68]}"#;
    assert_eq!(parse(r#"{"preset": "caffe"}"#), parse(caffe));
    assert_ne!(parse(r#"{"preset": "caffe"}"#), parse(r#"{"preset": "torchvision"}"#));
}

#[test]
fn progress_and_the_runtime_are_reported() {
    let outcome = run(&params(&["flat"]), &images(7), &model(), 1).unwrap();
    let text = "embedded kernels".to_owned();
    assert_eq!(outcome.signals.first(), Some(&Signal::Note { text }));
    let done = Signal::Progress { done: 7, total: 7, unit: "images".to_owned() };
    assert!(outcome.signals.contains(&done), "{:?}", outcome.signals);
    let Some(Signal::Note { text }) = outcome.signals.last() else { panic!("a last note") };
    assert!(text.starts_with("7 images in ") && text.ends_with(" images/s"), "{text}");
}

#[test]
fn a_damaged_picture_stops_the_stage_with_its_name() {
    let good = images(1).bytes(0).to_vec();
    let cut = good[..good.len() / 2].to_vec();
    let pictures = (0..40).map(|index| {
        let bytes = if index == 31 { cut.clone() } else { good.clone() };
        (format!("cat/{index}.png"), bytes)
    });
    for threads in [1, 3] {
        let error =
            run(&params(&["flat"]), &pack(pictures.clone()), &model(), threads).err().unwrap();
        let text = error.to_string();
        assert!(text.starts_with("image `cat/31.png` is truncated"), "{text}");
    }
}

#[test]
fn what_does_not_fit_is_said_before_anything_runs() {
    let (images, model) = (images(1), model());
    let error = |params: ExtractParams| run(&params, &images, &model, 1).err().unwrap().to_string();
    let typo = error(params(&["flatt"]));
    assert!(typo.starts_with("parameter `tensors`: there is no tensor `flatt`"), "{typo}");
    assert!(typo.contains("did you mean `flat`?"), "{typo}");
    assert_eq!(error(params(&[])), "parameter `tensors`: expected at least one name");
    assert_eq!(error(params(&["map", "map"])), "parameter `tensors`: `map` is named twice");
    let large = Preprocess { size: 24, ..Preprocess::default() };
    assert_eq!(
        error(ExtractParams { preprocess: large, ..params(&["map"]) }),
        "parameter `preprocess.size`: gives 24x24 pixels; the network takes 12x12"
    );
}

#[test]
fn a_feature_that_is_not_finite_is_blamed_on_its_image() {
    let mut builder = ModelBuilder::new("input", &[3, 12, 12]);
    builder.weight("huge", &[1], &[f32::MAX]);
    builder.node("Mul", &["input", "huge"], "map");
    let bytes = builder.finish(&["map"]).unwrap().encode();
    let model = OnnxModel::new(Blob::from_bytes(&bytes)).unwrap();
    let error = run(&params(&["map"]), &images(1), &model, 1).err().unwrap();
    let text = error.to_string();
    assert!(text.starts_with("image `noise/0.png`: image 0: tensor `map` is inf"), "{text}");
}
