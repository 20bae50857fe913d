use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};

use super::*;

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Red grows to the right, green downwards.
fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 200]))
}

fn prepare(parameters: &Preprocess, bytes: &[u8]) -> Result<Vec<f32>, ImageError> {
    let mut out = vec![f32::NAN; parameters.values()];
    Preparer::new(parameters).prepare("cat.png", bytes, &mut out).map(|()| out)
}

#[test]
fn the_centre_is_cut_out_and_planes_are_made() {
    let bytes = encoded(gradient(8, 6), ImageFormat::Png);
    let mut parameters = Preprocess {
        resize: Resize::None,
        crop: Some(2),
        scale: 0.5,
        mean: [1.0, 0.0, 50.0],
        std: [1.0, 1.0, 10.0],
        ..Preprocess::default()
    };
    let found = prepare(&parameters, &bytes).unwrap();
    assert_eq!(found, [0.5, 1.0, 0.5, 1.0, 1.0, 1.0, 1.5, 1.5, 5.0, 5.0, 5.0, 5.0]);
    parameters.order = ChannelOrder::Bgr;
    assert_eq!(prepare(&parameters, &bytes).unwrap()[..4], [99.0; 4]);
}

#[test]
fn grey_pictures_get_three_equal_channels() {
    let bytes = encoded(GrayImage::from_pixel(4, 4, Luma([7])), ImageFormat::Png);
    let parameters = Preprocess { size: 2, ..Preprocess::default() };
    assert_eq!(prepare(&parameters, &bytes).unwrap(), [7.0; 12]);
}

#[test]
fn shrinking_averages_as_pillow_does() {
    // A triangle of half-width 2 around each new pixel: weights 1, 3, 3, 1 (of 8), cut at the
    // edge to 3, 3, 1 (of 7). (0 * 3 + 8 * 3 + 16) / 7 = 5.7; (24 * 3 + 16 * 3 + 8) / 7 = 18.3.
    let picture = RgbImage::from_fn(4, 4, |x, _| Rgb([8 * x.to_le_bytes()[0], 0, 0]));
    let parameters = Preprocess { size: 2, ..Preprocess::default() };
    let found = prepare(&parameters, &encoded(picture, ImageFormat::Png)).unwrap();
    assert_eq!(found[..4], [6.0, 18.0, 6.0, 18.0]);
}

#[test]
fn every_filter_gives_what_pillow_gives() {
    // Red of one row, shrunk to 3 and enlarged to 13 pixels by Pillow 13.0.0.
    let row = [10, 200, 30, 90, 250, 0, 120, 60];
    let picture = RgbImage::from_fn(8, 8, |x, _| Rgb([row[index(x)], 0, 0]));
    let bytes = encoded(picture, ImageFormat::Png);
    let blocks = [10, 10, 200, 30, 30, 90, 250, 250, 0, 0, 120, 60, 60];
    let expected: [(Filter, [u8; 3], [u8; 13]); 5] = [
        (Filter::Nearest, [200, 250, 120], blocks),
        (Filter::Box, [80, 170, 60], blocks),
        (Filter::Bilinear, [96, 118, 84], [10, 90, 193, 89, 46, 83, 170, 221, 67, 42, 115, 85, 60]),
        (Filter::Bicubic, [90, 123, 80], [0, 90, 200, 86, 27, 77, 189, 237, 52, 21, 118, 88, 56]),
        (Filter::Lanczos, [87, 125, 81], [0, 95, 201, 99, 7, 66, 212, 234, 53, 8, 117, 97, 50]),
    ];
    for (filter, small, large) in expected {
        for (size, row) in [(3, &small[..]), (13, &large[..])] {
            let parameters = Preprocess { filter, size, ..Preprocess::default() };
            let found = prepare(&parameters, &bytes).unwrap();
            let wanted: Vec<f32> = row.iter().map(|value| f32::from(*value)).collect();
            assert_eq!(found[..index(size)], wanted, "{filter:?} to {size}");
        }
    }
}

#[test]
fn reducing_has_a_filter_of_its_own() {
    let picture = RgbImage::from_fn(4, 4, |x, _| Rgb([8 * x.to_le_bytes()[0], 0, 0]));
    let bytes = encoded(picture, ImageFormat::Png);
    let parameters = Preprocess {
        reduce: Some(2),
        reduce_filter: Filter::Box,
        filter: Filter::Nearest,
        size: 4,
        ..Preprocess::default()
    };
    // Means of pairs, 4 and 20, then each twice.
    assert_eq!(prepare(&parameters, &bytes).unwrap()[..4], [4.0, 4.0, 20.0, 20.0]);
}

#[test]
fn the_short_side_sets_the_size() {
    let bytes = encoded(gradient(40, 20), ImageFormat::Png);
    let parameters = Preprocess { resize: Resize::ShortSide, size: 10, ..Preprocess::default() };
    let found = prepare(&parameters, &bytes).unwrap();
    // 40 -> 20 wide, of which 5..15 are left: red runs from about 10 to about 30.
    assert!((found[0] - 10.5).abs() < 1.0 && (found[9] - 28.5).abs() < 1.0, "{found:?}");
    assert_eq!(found.len(), 300);
}

#[test]
fn reducing_first_gives_all_sources_one_resolution() {
    let parameters = Preprocess { reduce: Some(1), size: 4, ..Preprocess::default() };
    let found = prepare(&parameters, &encoded(gradient(64, 64), ImageFormat::Png)).unwrap();
    assert!(found[..16].iter().all(|value| (value - found[0]).abs() < 0.5), "{found:?}");
}

#[test]
fn damaged_pictures_are_named() {
    let jpeg = encoded(gradient(64, 64), ImageFormat::Jpeg);
    let parameters = Preprocess { size: 8, ..Preprocess::default() };
    assert!(prepare(&parameters, &jpeg).is_ok());
    for cut in [jpeg.len() / 2, jpeg.len() - 2] {
        let error = prepare(&parameters, &jpeg[..cut]).unwrap_err();
        assert!(error.to_string().starts_with("image `cat.png` is truncated"), "{error}");
    }
    let png = encoded(gradient(64, 64), ImageFormat::Png);
    let error = prepare(&parameters, &png[..png.len() / 2]).unwrap_err();
    assert!(matches!(error, ImageError::Truncated { .. }), "{error}");
    let error = prepare(&parameters, b"GIF89a").unwrap_err();
    assert_eq!(error.to_string(), "image `cat.png` cannot be decoded");
    let small = Preprocess { resize: Resize::None, size: 65, ..Preprocess::default() };
    let error = prepare(&small, &png).unwrap_err();
    assert_eq!(error.to_string(), "image `cat.png` is 64x64 pixels; expected at least 65x65");
}

#[test]
fn parameters_that_contradict_are_found() {
    assert_eq!(Preprocess::default().problem(), None);
    let crop = Preprocess { crop: Some(225), ..Preprocess::default() };
    assert_eq!(crop.problem().unwrap().0, "crop");
    let zero = Preprocess { size: 0, ..Preprocess::default() };
    assert_eq!(zero.problem().unwrap().0, "size");
    let flat = Preprocess { std: [1.0, 0.0, 1.0], ..Preprocess::default() };
    assert_eq!(flat.problem().unwrap().0, "std");
}
