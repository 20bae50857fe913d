use crate::artifact::BlobWriter;

use super::*;

fn writer() -> (tempfile::TempDir, BlobWriter) {
    let folder = tempfile::tempdir().unwrap();
    let writer = BlobWriter::create(folder.path().join("features")).unwrap();
    (folder, writer)
}

fn read(features: &Features, name: &str, sample: usize) -> Vec<f32> {
    let view = features.tensor(Some(name)).unwrap();
    let mut row = vec![0.0; view.width()];
    view.read_row(sample, &mut row);
    row
}

#[test]
fn rows_come_back_as_they_were_written() {
    let (_folder, writer) = writer();
    let tensors = vec![
        TensorInfo::new("map", vec![3, 1, 1], Storage::F16),
        TensorInfo::new("pooled", vec![2], Storage::F32),
    ];
    let mut writer = FeaturesWriter::new(writer, tensors.clone(), 2).unwrap();
    writer.push(&[&[1.0, -2.0, 0.25], &[0.1, 0.2]]).unwrap();
    writer.push(&[&[83_554.0, 0.0, -1.0], &[3.0, f32::MAX]]).unwrap();
    let features = writer.finish().unwrap();
    assert_eq!((features.len(), features.tensors()), (2, &tensors[..]));
    assert_eq!(read(&features, "map", 0), [1.0, -2.0, 0.25]);
    assert_eq!(read(&features, "pooled", 1), [3.0, f32::MAX]);
    let scaled = read(&features, "map", 1);
    assert!((scaled[0] - 83_554.0).abs() < 83_554.0 / 2048.0, "{scaled:?}");
    assert_eq!(scaled[1..], [0.0, -1.0]);
}

#[test]
fn a_value_that_is_not_finite_is_refused_with_its_place() {
    let (_folder, writer) = writer();
    let tensors = vec![TensorInfo::new("pooled", vec![2], Storage::F32)];
    let mut writer = FeaturesWriter::new(writer, tensors, 2).unwrap();
    writer.push(&[&[1.0, 2.0]]).unwrap();
    let error = writer.push(&[&[1.0, f32::NAN]]).unwrap_err();
    assert_eq!(error.to_string(), "image 1: tensor `pooled` is NaN at position 1");
    assert!(writer.finish().is_err(), "an image is missing");
}

#[test]
fn some_images_alone_may_be_stored() {
    let (_folder, writer) = writer();
    let tensors = vec![TensorInfo::new("pooled", vec![1], Storage::F32)];
    let mut writer = FeaturesWriter::partial(writer, tensors, 9, vec![2, 7]).unwrap();
    writer.push(&[&[2.5]]).unwrap();
    let error = writer.push(&[&[f32::NAN]]).unwrap_err();
    assert_eq!(error.to_string(), "image 7: tensor `pooled` is NaN at position 0");
    writer.push(&[&[7.5]]).unwrap();
    let features = writer.finish().unwrap();
    assert_eq!(features.len(), 9);
    let error = features.tensor(None).err().unwrap();
    assert_eq!(error.to_string(), "the features hold 2 of 9 images only");
    let view = features.partial_tensor(None).unwrap();
    let mut row = [0.0];
    view.read_row(7, &mut row);
    assert_eq!((row, view.missing(&[7, 2]), view.missing(&[2, 3, 4])), ([7.5], None, Some(3)));
}

#[test]
fn a_list_of_images_that_is_out_of_order_is_refused() {
    for stored in [vec![2, 2], vec![7, 2], vec![2, 9]] {
        let (_folder, writer) = writer();
        let tensors = vec![TensorInfo::new("pooled", vec![1], Storage::F32)];
        let mut writer = FeaturesWriter::partial(writer, tensors, 9, stored).unwrap();
        writer.push(&[&[1.0]]).unwrap();
        writer.push(&[&[2.0]]).unwrap();
        let error = writer.finish().err().unwrap().to_string();
        assert!(error.contains("out of order"), "{error}");
    }
}

#[test]
fn a_tensor_must_be_named_where_there_are_several() {
    let features = Features::in_memory("pooled", &Array2::ones((2, 3)));
    assert_eq!(features.tensor(None).unwrap().width(), 3);
    assert_eq!(read(&features, "pooled", 1), [1.0; 3]);
    let error = features.tensor(Some("map")).err().unwrap();
    assert_eq!(error.to_string(), "the features hold no tensor `map`, only pooled");
}

#[test]
fn bytes_that_are_no_features_are_refused() {
    let mut bytes = Vec::new();
    Features::in_memory("x", &Array2::ones((2, 3))).encode(&mut bytes).unwrap();
    assert!(Features::decode(Blob::from_bytes(&bytes)).is_ok());
    for end in [0, 7, 15, 30, bytes.len() - 1] {
        assert!(Features::decode(Blob::from_bytes(&bytes[..end])).is_err(), "{end} bytes");
    }
    bytes.push(0);
    assert!(Features::decode(Blob::from_bytes(&bytes)).is_err());
}

#[test]
fn bytes_have_a_scale_and_an_offset_for_each_channel() {
    let (_folder, writer) = writer();
    let tensors = vec![
        TensorInfo::new("map", vec![2, 1, 3], Storage::U8),
        TensorInfo::new("pooled", vec![2], Storage::F32),
    ];
    let mut writer = FeaturesWriter::new(writer, tensors, 2).unwrap();
    // Scales 510 / 255 = 2 and 0.255 / 255 = 0.001: one for both would lose the second channel.
    let map = [0.0, 510.0, 3.0, 1.0, 1.255, 1.1];
    writer.push(&[&map, &[0.5, -0.5]]).unwrap();
    let stride = writer.push(&[&[0.0; 6], &[1.0, 2.0]]).unwrap().len();
    assert_eq!(stride, 2 * 8 + 8 + 2 * 4, "two heads, six bytes padded, two floats");
    let losses: Vec<(String, f64)> =
        writer.losses().map(|(info, loss)| (info.name.clone(), loss.largest())).collect();
    assert_eq!(losses, [("map".to_owned(), 1.0 / 510.0)], "3 is stored as 4");
    let features = writer.finish().unwrap();
    assert_eq!(read(&features, "map", 0)[..3], [0.0, 510.0, 4.0]);
    let fine = read(&features, "map", 0)[3..].to_vec();
    assert!(fine.iter().zip([1.0, 1.255, 1.1]).all(|(a, b)| (a - b).abs() < 1e-5), "{fine:?}");
    assert_eq!(read(&features, "map", 1), [0.0; 6]);
    assert_eq!(read(&features, "pooled", 0), [0.5, -0.5]);
}
