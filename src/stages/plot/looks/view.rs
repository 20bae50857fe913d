//! A picture as the network saw it.

use image::imageops::{FilterType, resize};
use image::{ImageBuffer, Rgb};

use crate::artifact::Picture;
use crate::data::Images;
use crate::data::preprocess::{Preparer, Preprocess};
use crate::stage::StageError;

/// The network's input of the picture at position `image`, `side` pixels of the nominal size wide.
pub(super) fn view(
    images: &Images,
    image: usize,
    preprocess: &Preprocess,
    side: f64,
) -> Result<Picture, StageError> {
    let plain = preprocess.for_people();
    let mut preparer = Preparer::new(&plain);
    let opened = preparer.open(images.name(image), images.bytes(image));
    let opened = opened.map_err(|error| StageError::data(error.to_string()))?;
    let mut planes = vec![0.0; plain.values()];
    preparer.view(&opened, 0, &mut planes);
    let pixels = planes.len() / 3;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "levels are whole numbers from 0 to 255, and a side is a small number"
    )]
    let (level, wide) =
        (|plane: usize, at: usize| planes[plane * pixels + at] as u8, (2.0 * side) as u32);
    let raw = (0..pixels).flat_map(|at| [0, 1, 2].map(|plane| level(plane, at))).collect();
    let whole = ImageBuffer::<Rgb<u8>, Vec<u8>>::from_raw(plain.side(), plain.side(), raw);
    let whole = whole.ok_or_else(|| StageError::Bug("a picture of another size".to_owned()))?;
    let fit = resize(&whole, wide, wide, FilterType::Triangle);
    Ok(Picture::new(wide, wide, fit.into_raw()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, RgbImage};

    use super::*;
    use crate::data::preprocess::{ChannelOrder, Resize};

    /// Four columns of ten pixels: black, red, blue, black; the network takes the middle square.
    #[test]
    fn a_view_is_cut_like_the_networks_input_and_keeps_its_colours() {
        let colour = |x: u32, _| match x / 10 {
            1 => Rgb([200, 0, 0]),
            2 => Rgb([0, 0, 200]),
            _ => Rgb([0; 3]),
        };
        let mut png = Cursor::new(Vec::new());
        RgbImage::from_fn(40, 20, colour).write_to(&mut png, ImageFormat::Png).unwrap();
        let images = Images::in_memory(&[("a.png", png.get_ref().as_slice())]);
        let preprocess = Preprocess {
            resize: Resize::ShortSide,
            size: 20,
            order: ChannelOrder::Bgr,
            mean: [100.0, 110.0, 120.0],
            scale: 0.5,
            ..Preprocess::default()
        };
        let found = view(&images, 0, &preprocess, 10.0).unwrap();
        let row: Vec<u8> = [[200, 0, 0], [0, 0, 200]].iter().flat_map(|c| c.repeat(10)).collect();
        assert_eq!(found, Picture::new(20, 20, row.repeat(20)));
    }
}
