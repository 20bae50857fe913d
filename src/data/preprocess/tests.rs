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
    view(parameters, bytes, 0)
}

fn view(parameters: &Preprocess, bytes: &[u8], view: usize) -> Result<Vec<f32>, ImageError> {
    let mut out = vec![f32::NAN; parameters.values()];
    let mut preparer = Preparer::new(parameters);
    let picture = preparer.open("cat.png", bytes)?;
    preparer.view(&picture, view, &mut out);
    Ok(out)
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
    assert_eq!(error.to_string(), "image `cat.png` is a GIF; expected a JPEG or a PNG");
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

/// Red, green and blue at a column and row of a picture that is 12 pixels wide.
fn pixel(values: &[f32], [x, y]: [usize; 2]) -> [f32; 3] {
    [0, 1, 2].map(|channel| values[channel * 144 + y * 12 + x])
}

#[test]
fn odd_pictures_are_seen_as_pillow_sees_them() {
    // Pillow 13.0.0, `convert("RGB")`, at column 7, row 5. Lossy pictures may differ by rounding.
    let colour = [140.0, 100.0, 104.0];
    let cases: [(&str, &[u8], [f32; 3], f32); 7] = [
        ("16-bit", include_bytes!("pictures/rgb16.png"), colour, 1.0),
        ("transparent", include_bytes!("pictures/alpha.png"), colour, 0.0),
        ("palette", include_bytes!("pictures/palette.png"), [160.0, 120.0, 88.0], 0.0),
        ("animated", include_bytes!("pictures/animated.png"), colour, 0.0),
        ("CMYK", include_bytes!("pictures/cmyk.jpg"), colour, 2.0),
        ("grey", include_bytes!("pictures/grey.jpg"), [112.0; 3], 1.0),
        ("progressive", include_bytes!("pictures/progressive.jpg"), [141.0, 98.0, 105.0], 3.0),
    ];
    let parameters = Preprocess { resize: Resize::None, crop: Some(12), ..Preprocess::default() };
    for (kind, bytes, expected, tolerance) in cases {
        let found = pixel(&prepare(&parameters, bytes).unwrap(), [7, 5]);
        let is_near = |(found, expected): (f32, f32)| (found - expected).abs() <= tolerance;
        assert!(found.into_iter().zip(expected).all(is_near), "{kind}: {found:?}");
    }
    // Where Pillow clips to white: 30485 of 65535 are 119 of 255.
    let grey = prepare(&parameters, include_bytes!("pictures/grey16.png")).unwrap();
    assert_eq!(pixel(&grey, [7, 5]), [119.0; 3]);
}

#[test]
fn a_camera_that_was_held_upright_is_believed_only_if_asked() {
    // 16 x 8 pixels, red growing to the right, to be turned clockwise.
    let bytes = include_bytes!("pictures/rotated.jpg");
    let stored = Preprocess { resize: Resize::None, crop: Some(8), ..Preprocess::default() };
    let found = prepare(&stored, bytes).unwrap();
    assert!(found[7] > found[0] + 50.0, "red grows to the right: {:?}", &found[..8]);
    let turned = Preprocess { orientation: Orientation::Exif, ..stored };
    let found = prepare(&turned, bytes).unwrap();
    assert!(found[56] > found[0] + 50.0, "red grows downwards: {:?}", &found[..64]);
    assert!((found[7] - found[0]).abs() < 30.0, "and hardly to the right");
}

/// A PNG of which there is only a head, with the sizes that it states.
fn head(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(gradient(4, 4), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// The check sum of a PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[test]
fn a_picture_of_too_many_pixels_is_refused_by_its_head() {
    let error = prepare(&Preprocess::default(), &head(40_000, 40_000)).unwrap_err();
    let text = "image `cat.png` is 40000x40000 pixels; at most 89478485 in all are decoded";
    assert_eq!(error.to_string(), text);
    for (width, height) in [(0, 5), (5, 0), (u32::MAX, u32::MAX)] {
        assert!(prepare(&Preprocess::default(), &head(width, height)).is_err(), "{width}x{height}");
    }
    // A pixel wide: keeping its shape would make it 224 x 1,120,000.
    let narrow = encoded(gradient(1, 5000), ImageFormat::Png);
    let parameters = Preprocess { resize: Resize::ShortSide, ..Preprocess::default() };
    let error = prepare(&parameters, &narrow).unwrap_err();
    assert!(matches!(error, ImageError::TooLong { height: 1_120_000, .. }), "{error}");
}

#[test]
fn no_damage_to_a_picture_is_more_than_an_error() {
    let mut state = 1_u32;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    let parameters = Preprocess { size: 8, ..Preprocess::default() };
    let sound = [
        encoded(gradient(20, 20), ImageFormat::Png),
        encoded(gradient(20, 20), ImageFormat::Jpeg),
        include_bytes!("pictures/progressive.jpg").to_vec(),
        include_bytes!("pictures/cmyk.jpg").to_vec(),
        include_bytes!("pictures/palette.png").to_vec(),
    ];
    let mut refused = 0;
    for round in 0..600 {
        let mut bytes = sound[round % sound.len()].clone();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            bytes[at] = next(256).to_le_bytes()[0];
        }
        refused += usize::from(prepare(&parameters, &bytes).is_err());
    }
    assert!(refused > 100, "{refused} of 600");
}

#[test]
fn a_view_is_a_part_of_the_picture_mirrored_or_not() {
    let views = |json: &str| Some(serde_json::from_str::<Views>(json).unwrap());
    let bytes = encoded(gradient(40, 30), ImageFormat::Png);
    let plain = Preprocess { resize: Resize::None, crop: Some(20), ..Preprocess::default() };
    let seen = prepare(&plain, &bytes).unwrap();
    assert_eq!((seen[0], seen[19], plain.pictures()), (10.0, 29.0, 1));

    let mirror = r#"{"count": 2, "crop": "centre", "flip": 1.0}"#;
    let mirrored = Preprocess { views: views(mirror), ..plain.clone() };
    assert_eq!(mirrored.pictures(), 3);
    assert_eq!(view(&mirrored, &bytes, 0).unwrap(), seen, "the plain view stays as it is");
    let found = view(&mirrored, &bytes, 1).unwrap();
    assert_eq!((found[0], found[19], found[400]), (29.0, 10.0, seen[400]));

    let shift = r#"{"count": 1, "crop": "shifted", "flip": 0.0}"#;
    let shifted = Preprocess { views: views(shift), ..plain.clone() };
    let found = view(&shifted, &bytes, 1).unwrap();
    assert!((found[19] - found[0] - 19.0).abs() < 1e-6, "as wide as it was: {:?}", &found[..20]);

    // A tenth of the area at most: 11 pixels wide, so red grows by about half a level a pixel.
    let part = r#"{"count": 1, "area": [0.1, 0.1], "ratio": [1.0, 1.0], "flip": 0.0}"#;
    let resized = Preprocess { views: views(part), ..plain };
    let found = view(&resized, &bytes, 1).unwrap();
    assert!((8.0..=11.0).contains(&(found[19] - found[0])), "{:?}", &found[..20]);
}
