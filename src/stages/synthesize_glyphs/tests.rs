use crate::data::samples::SampleIndex;
use crate::stage::testing::{Bench, Outcome};

use super::*;

fn small() -> SynthesizeGlyphsParams {
    SynthesizeGlyphsParams {
        seen_classes: 12,
        validation_classes: 3,
        unseen_classes: 3,
        images_per_seen_class: 6,
        images_per_unseen_class: 4,
        values: 3,
        size: 32,
        ..SynthesizeGlyphsParams::default()
    }
}

fn synthesize(params: &SynthesizeGlyphsParams, threads: usize) -> Outcome {
    Bench::new().threads(threads).run::<SynthesizeGlyphs>(params).unwrap()
}

#[test]
fn the_answer_key_agrees_with_the_attributes() {
    let outcome = synthesize(&small(), 2);
    let images: Images = outcome.output("images");
    let samples: Samples = outcome.output("samples");
    let attributes: Attributes = outcome.output("attributes");
    let cells: PaintedCells = outcome.output("cells");
    assert_eq!((images.len(), samples.len(), cells.header().images), (84, 84, 84));
    for image in 0..images.len() {
        let sample = SampleIndex(u32::try_from(image).unwrap());
        assert_eq!(images.name(image), samples.name(sample));
        let row = attributes.row(samples.class_name(sample)).unwrap();
        let shown = cells.part_cells(image).iter();
        let shown = shown.map(|&cell| cells.attribute(image, cell.into()).unwrap());
        // Four attributes of a vector of length one are 1/2 each.
        assert!(shown.clone().all(|attribute| (row[attribute] - 0.5).abs() < 1e-15));
        assert_eq!(shown.count(), 4);
        let picture = image::load_from_memory(images.bytes(image)).unwrap();
        assert_eq!((picture.width(), picture.height()), (32, 32));
    }
    let roles = samples.column("role").unwrap();
    let count = |role: &str| roles.iter().filter(|word| *word == role).count();
    assert_eq!((count("seen"), count("validation"), count("unseen")), (54, 18, 12));
}

#[test]
fn threads_change_no_byte() {
    let digests = [1, 2, 4].map(|threads| synthesize(&small(), threads).digests());
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
fn more_images_leave_the_others_as_they_were() {
    let few: Images = synthesize(&small(), 1).output("images");
    let params = SynthesizeGlyphsParams { images_per_seen_class: 7, ..small() };
    let many: Images = synthesize(&params, 1).output("images");
    assert_eq!(few.bytes(5), many.bytes(5));
    assert_eq!(few.name(6), many.name(7));
    assert_eq!(few.bytes(6), many.bytes(7));
}

#[test]
fn impossible_parameters_are_named() {
    let message = |params| {
        let outcome = Bench::new().run::<SynthesizeGlyphs>(&params);
        outcome.err().unwrap().to_string()
    };
    let many = SynthesizeGlyphsParams { values: 17, ..small() };
    assert_eq!(message(many), "parameter `values`: 4 parts need 2 to 16 values, got 17");
    let odd = SynthesizeGlyphsParams { size: 50, ..small() };
    assert!(message(odd).starts_with("parameter `size`: expected a multiple of 4"));
    let crowded = SynthesizeGlyphsParams { unseen_classes: 30, ..small() };
    assert!(message(crowded).starts_with("parameter `values`: only "));
    let negative = SynthesizeGlyphsParams { noise: -0.1, ..small() };
    assert_eq!(message(negative), "parameter `noise`: expected 0 to 1, got -0.1");
}

#[test]
#[ignore = "writes a contact sheet for people, to the path in ERPC_SHEET"]
fn contact_sheet() {
    let Ok(path) = std::env::var("ERPC_SHEET") else { return };
    let params = SynthesizeGlyphsParams { images_per_seen_class: 8, ..Default::default() };
    let images: Images = synthesize(&params, 2).output("images");
    let mut sheet = image::RgbImage::new(8 * 68, 6 * 68);
    for at in 0..48 {
        let picture = image::load_from_memory(images.bytes(at)).unwrap().to_rgb8();
        let (x, y) = (i64::try_from(at % 8).unwrap() * 68, i64::try_from(at / 8).unwrap() * 68);
        image::imageops::replace(&mut sheet, &picture, x, y);
    }
    sheet.save(path).unwrap();
}
