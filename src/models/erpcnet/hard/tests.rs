use super::*;
use crate::onnx::{ModelBuilder, Tail};

/// The mean colour of an image of any size, times 2 and 3.
fn extractor() -> Tail {
    let mut builder = ModelBuilder::new("input", &[2, 8, 8]);
    builder.weight("scale", &[2, 2, 1, 1], &[2.0, 0.0, 0.0, 3.0]);
    builder.node("Conv", &["input", "scale"], "scaled").ints("kernel_shape", &[1; 2]);
    builder.node("GlobalAveragePool", &["scaled"], "averaged");
    builder.node("Flatten", &["averaged"], "pooled");
    let graph = builder.finish(&["pooled"]).unwrap();
    Tail::between(&graph, "input", "pooled").unwrap()
}

#[test]
fn a_look_is_the_embedding_of_its_crop() {
    // Two images of 8x8, value = 100 image + 10 row + column; the second channel is its negative.
    let number = |at: usize| f32::from(u16::try_from(at).unwrap());
    let pixel = |at: usize| {
        let (image, row, column) = (at / 64, at / 8 % 8, at % 8);
        let value = 100.0 * number(image) + 10.0 * number(row) + number(column);
        [value, -value]
    };
    let images = Tensor::new(vec![2, 8, 8, 2], (0..128).flat_map(pixel).collect());
    let crops = Cells { window: 2, stride: 2, grid: [4, 4] };
    let (tail, mut parameters) = (extractor(), Parameters::default());
    let copy = tail.copy("second", &mut parameters);
    let sight = HardSight {
        extractor: BoundTail { tail: &tail, copy: &copy },
        parameters: &parameters,
        images,
        crops,
        workspace: &Workspace::default(),
    };
    assert_eq!(sight.sizes(), [2, 16]);
    let rows = sight.rows(&[Look { image: 1, cell: 6 }, Look { image: 0, cell: 0 }]);
    // Cell 6: row 1, column 2 of the grid, so pixels 2..4 x 4..6; the mean is 100 + 25 + 4.5.
    assert_eq!(rows, [2.0 * 129.5, -3.0 * 129.5, 2.0 * 5.5, -3.0 * 5.5]);
}

#[test]
fn the_papers_crops_are_the_footprints_of_its_cells() {
    let cells = Cells::of([14, 14], 5, 3).unwrap();
    assert_eq!(Some(CROPS), Cells::of([224, 224], 80, 48));
    for cell in 0..cells.count() {
        // 16 pixels of the image for one of the map.
        assert_eq!(CROPS.origin(cell), cells.origin(cell).map(|pixel| 16 * pixel));
    }
}

#[test]
#[should_panic(expected = "crops lie inside the images")]
fn a_crop_that_leaves_its_image_is_a_bug() {
    let _ = cut(
        &Tensor::<f32>::zeros(vec![1, 4, 4, 1]),
        3,
        [Corner { image: 0, row: 2, column: 0 }].into_iter(),
    );
}
