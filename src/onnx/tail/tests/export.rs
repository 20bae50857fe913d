//! Back into ONNX.

use super::*;
use crate::artifact::Blob;

#[test]
fn an_untrained_tail_gives_the_weights_it_was_made_of() {
    let graph = small();
    let tail = Tail::between(&graph, "maps", "out").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("tail", &mut parameters);
    let whole = tail.export_into(&graph, &copy, &parameters).unwrap();
    assert_eq!(whole.encode(), graph.cut(&graph.outputs()).unwrap().encode());
    let part = tail.export(&copy, &parameters).unwrap();
    assert_eq!(part.encode(), graph.part("maps", "out").unwrap().encode());
}

#[test]
fn a_trained_tail_runs_in_the_embedded_kernels() {
    let graph = small();
    let tail = Tail::between(&graph, "maps", "out").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("tail", &mut parameters);
    for (seed, id) in (50..).zip(copy.ids()) {
        let values = parameters.values_mut(*id);
        let changes = random(values.len(), seed);
        values.iter_mut().zip(changes).for_each(|(value, change)| *value += f32::of(change / 4.0));
    }
    let images = maps([2, 3, 8, 8], 6);
    let begin = embedded(&graph.cut(&["maps"]).unwrap(), &images);
    let expected = run(&tail, &copy, &parameters, &begin);

    let part = tail.export(&copy, &parameters).unwrap();
    let part = Graph::parse(&Blob::from_bytes(&part.encode())).unwrap();
    assert!(distance(&embedded(&part, &begin), &expected) < 1e-5);

    let whole = tail.export_into(&graph, &copy, &parameters).unwrap();
    let whole = Graph::parse(&Blob::from_bytes(&whole.encode())).unwrap();
    assert_eq!(whole.outputs(), graph.outputs());
    assert!(distance(&embedded(&whole, &images), &expected) < 1e-5);
    assert!(distance(&embedded(&graph, &images), &expected) > 1e-3, "it was changed");

    // Taken off what was exported, the tail is the same again.
    let again = Tail::between(&whole, "maps", "out").unwrap();
    let mut found = Parameters::<f32>::default();
    again.copy("tail", &mut found);
    for ((_, found), (_, expected)) in found.iter().zip(parameters.iter()) {
        assert_eq!((&found.name, found.value()), (&expected.name, expected.value()));
    }
}

#[test]
fn another_network_is_refused() {
    let tail = Tail::between(&small(), "maps", "out").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("tail", &mut parameters);
    let mut builder = ModelBuilder::new("input", &[4, 6, 6]);
    builder.node("Relu", &["input"], "out");
    let other = builder.finish(&["out"]).unwrap();
    let error = tail.export_into(&other, &copy, &parameters).unwrap_err();
    assert!(matches!(error, OnnxError::UnknownTensor { .. }), "{error}");
}

#[test]
fn a_part_for_single_pixels_has_the_windows_that_shrank() {
    let graph = small();
    let tail = Tail::between(&graph, "sum", "out").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("tail", &mut parameters);
    let pixels = maps([5, 6, 1, 1], 12);
    let expected = run(&tail, &copy, &parameters, &pixels);
    let open = Network::new(&tail.export(&copy, &parameters).unwrap()).unwrap();
    assert!(open.run(pixels.clone(), &mut Workspace::default()).is_err(), "2x2 on one pixel");
    let part = tail.export_for([1, 1, 6], &copy, &parameters).unwrap();
    assert!(distance(&embedded(&part, &pixels), &expected) < 1e-5);
    // Nothing shrinks where everything fits.
    let whole = tail.export_for([8, 8, 6], &copy, &parameters).unwrap();
    assert_eq!(whole.encode(), tail.export(&copy, &parameters).unwrap().encode());
}
