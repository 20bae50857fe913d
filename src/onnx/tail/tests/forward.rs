//! Values: every operator, random graphs, maps of one pixel.

use super::*;

/// A graph `input` -> `out` of one operator, on 4 channels.
fn one(add: impl Fn(&mut ModelBuilder)) -> Graph {
    let mut builder = ModelBuilder::new("input", &[4, 7, 7]);
    add(&mut builder);
    builder.finish(&["out"]).unwrap()
}

fn agrees(add: impl Fn(&mut ModelBuilder)) {
    let graph = one(add);
    agree(&graph, ["input", "out"], [2, 4, 7, 7]);
    agree(&graph, ["input", "out"], [3, 4, 9, 6]);
}

#[test]
fn convolutions_are_those_of_the_embedded_kernels() {
    for (kernel, stride, groups) in
        [(1, 1, 1), (1, 2, 1), (3, 1, 1), (3, 2, 1), (3, 1, 2), (1, 1, 4)]
    {
        agrees(|builder| {
            weight(builder, "w", &[8, 4 / groups, kernel, kernel], 1);
            weight(builder, "b", &[8], 2);
            let node = &mut builder.node("Conv", &["input", "w", "b"], "out");
            node.ints("strides", &[stride; 2]).ints("pads", &[kernel / 2; 4]);
            node.int("group", i64::try_from(groups).unwrap());
        });
    }
}

#[test]
fn normalisations_and_what_follows_are_those_of_the_embedded_kernels() {
    agrees(|builder| batch_norm(builder, "input", "out", 4, 1));
    agrees(|builder| {
        batch_norm(builder, "input", "norm", 4, 1);
        builder.node("Relu", &["norm"], "out");
    });
    // The value before the ReLU is read, too; directly, or under another name.
    agrees(|builder| {
        batch_norm(builder, "input", "norm", 4, 1);
        builder.node("Relu", &["norm"], "relu");
        builder.node("Sub", &["norm", "relu"], "out");
    });
    agrees(|builder| {
        batch_norm(builder, "input", "norm", 4, 1);
        builder.node("Identity", &["norm"], "same");
        builder.node("Relu", &["same"], "relu");
        builder.node("Sub", &["norm", "relu"], "out");
    });
}

#[test]
fn constants_are_added_and_multiplied_as_by_the_embedded_kernels() {
    for operator in ["Add", "Sub", "Mul"] {
        for shape in [&[4, 1, 1][..], &[1, 4, 1, 1], &[1], &[]] {
            for side in [["input", "c"], ["c", "input"]] {
                agrees(|builder| {
                    let count = shape.iter().product();
                    let values: Vec<f32> = random(count, 3).into_iter().map(f32::of).collect();
                    builder.weight("c", shape, &values);
                    builder.node(operator, &side, "out");
                });
            }
        }
        agrees(|builder| {
            builder.node("Relu", &["input"], "relu");
            builder.node(operator, &["relu", "input"], "out");
        });
    }
}

#[test]
fn pools_are_those_of_the_embedded_kernels() {
    for operator in ["MaxPool", "AveragePool"] {
        for (kernel, stride, pad, ceil) in [(2, 2, 0, 0), (3, 2, 1, 0), (3, 2, 0, 1), (3, 1, 1, 0)]
        {
            for counted in [0, 1] {
                agrees(|builder| {
                    let node = &mut builder.node(operator, &["input"], "out");
                    node.ints("kernel_shape", &[kernel; 2]).ints("strides", &[stride; 2]);
                    node.ints("pads", &[pad; 4]).int("ceil_mode", ceil);
                    if operator == "AveragePool" {
                        node.int("count_include_pad", counted);
                    }
                });
            }
        }
    }
    agrees(|builder| {
        builder.node("GlobalAveragePool", &["input"], "out");
    });
    for keeps_axes in [0, 1] {
        agrees(|builder| {
            builder.integers("axes", &[-1, -2]);
            builder.node("ReduceMean", &["input", "axes"], "out").int("keepdims", keeps_axes);
        });
        agrees(|builder| {
            let node = &mut builder.node("ReduceMean", &["input"], "out");
            node.ints("axes", &[2, 3]).int("keepdims", keeps_axes);
        });
    }
}

#[test]
fn rows_behind_a_pooling_are_those_of_the_embedded_kernels() {
    for (is_turned, shape) in [(0, [4, 3]), (1, [3, 4])] {
        for (alpha, beta) in [(1.0, 1.0), (0.5, -2.0)] {
            agrees(|builder| {
                builder.node("GlobalAveragePool", &["input"], "pooled");
                builder.integers("row", &[0, -1]);
                builder.node("Reshape", &["pooled", "row"], "flat");
                builder.node("Flatten", &["flat"], "rows");
                weight(builder, "w", &shape, 1);
                weight(builder, "b", &[1, 3], 2);
                let node = &mut builder.node("Gemm", &["rows", "w", "b"], "logits");
                node.int("transB", is_turned).float("alpha", alpha).float("beta", beta);
                weight(builder, "scale", &[3], 4);
                builder.node("Mul", &["logits", "scale"], "scaled");
                builder.node("Concat", &["scaled", "rows"], "out").int("axis", -1);
            });
        }
    }
    agrees(|builder| {
        builder.node("GlobalAveragePool", &["input"], "pooled");
        builder.node("Flatten", &["pooled"], "rows");
        builder.integers("pixel", &[-1, 4, 1, 1]);
        builder.node("Reshape", &["rows", "pixel"], "maps");
        conv(builder, "maps", "out", [3, 4, 1, 1], 1);
    });
}

#[test]
fn every_part_of_a_network_agrees() {
    let graph = small();
    let ends: Vec<String> = graph.tensors().into_iter().map(str::to_owned).collect();
    for to in &ends {
        for from in graph.taps(to).unwrap() {
            let channels = match from.as_str() {
                "input" => 3,
                "maps" | "sum" => 6,
                from if from.starts_with('a') => 6,
                "vector" => continue,
                _ => 10,
            };
            let side = if from == "pooled" { 1 } else { 8 };
            agree(&graph, [&from, to], [2, channels, side, side]);
        }
    }
}

/// A network of random layers on maps of one size, then a head.
fn random_graph(seed: u32) -> Graph {
    let mut state = seed;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    let mut builder = ModelBuilder::new("input", &[3, 6, 6]);
    // Names and channels of the maps so far.
    let mut made: Vec<(String, usize)> = vec![("input".to_owned(), 3)];
    for (at, seed) in (0..12).zip((1000 * seed..).step_by(10)) {
        let name = format!("t{at}");
        let (input, channels) = made[made.len() - 1 - next(made.len().min(3))].clone();
        let (other, more) = made[next(made.len())].clone();
        let given = match next(7) {
            0 => {
                let side = 1 + 2 * next(2);
                conv(&mut builder, &input, &name, [4, channels, side, side], seed);
                4
            }
            1 => {
                batch_norm(&mut builder, &input, &name, channels, seed);
                channels
            }
            2 if channels == more => {
                builder.node("Add", &[&input, &other], &name);
                channels
            }
            3 if channels + more < 20 => {
                builder.node("Concat", &[&input, &other], &name).int("axis", 1);
                channels + more
            }
            4 => {
                let pool = ["MaxPool", "AveragePool"][next(2)];
                let node = &mut builder.node(pool, &[&input], &name);
                node.ints("kernel_shape", &[3, 3]).ints("pads", &[1; 4]);
                channels
            }
            _ => {
                builder.node("Relu", &[&input], &name);
                channels
            }
        };
        made.push((name, given));
    }
    let (last, channels) = made[made.len() - 1].clone();
    builder.node("GlobalAveragePool", &[&last], "pooled");
    builder.node("Flatten", &["pooled"], "vector");
    weight(&mut builder, "head", &[5, channels], 7);
    builder.node("Gemm", &["vector", "head"], "out").int("transB", 1);
    builder.finish(&["out"]).unwrap()
}

#[test]
fn random_networks_agree_with_the_embedded_kernels() {
    for seed in 1..40 {
        let graph = random_graph(seed);
        agree(&graph, ["input", "out"], [2, 3, 6, 6]);
        agree(&graph, ["input", "pooled"], [1, 3, 1, 1]);
        agree(&graph, ["input", "t11"], [2, 3, 5, 1]);
    }
}

#[test]
fn a_pool_larger_than_a_map_of_one_pixel_is_that_pixel() {
    for operator in ["MaxPool", "AveragePool"] {
        for (kernel, stride) in [(2, 2), (7, 1), (7, 7)] {
            let graph = one(|builder| {
                let node = &mut builder.node(operator, &["input"], "out");
                node.ints("kernel_shape", &[kernel; 2]).ints("strides", &[stride; 2]);
            });
            let tail = Tail::between(&graph, "input", "out").unwrap();
            let copy = TailCopy { ids: Vec::new() };
            let pixels = maps([3, 4, 1, 1], 5);
            assert_eq!(run(&tail, &copy, &Parameters::<f32>::default(), &pixels), pixels);
            // One axis shrinks, the other one slides.
            let across = tail.output([1, 14, 4]).unwrap();
            assert_eq!(across, Extent::Map([1, (14 - kernel) / stride + 1, 4]));
            // Two pixels are not one: a tap that does not fit is found out.
            let refused = tail.output([6, 14, 4]);
            assert_eq!(refused.is_err(), kernel > 6);
        }
    }
}

#[test]
fn a_strided_block_runs_on_one_pixel_by_its_centre_taps() {
    let mut builder = ModelBuilder::new("input", &[2, 7, 7]);
    weight(&mut builder, "w", &[3, 2, 3, 3], 1);
    let node = &mut builder.node("Conv", &["input", "w"], "out");
    node.ints("strides", &[2, 2]).ints("pads", &[1; 4]);
    let graph = builder.finish(&["out"]).unwrap();
    let tail = Tail::between(&graph, "input", "out").unwrap();
    let mut parameters = Parameters::<f64>::default();
    let copy = tail.copy("tail", &mut parameters);
    let pixels = maps([4, 2, 1, 1], 3);
    let found = run(&tail, &copy, &parameters, &pixels);
    let filters = parameters.get(copy.ids()[0]).value();
    for (image, pixel) in pixels.values().chunks_exact(2).enumerate() {
        for (output, filter) in filters.values().chunks_exact(18).enumerate() {
            // Tap 4 of 9, two channels a tap.
            let expected = filter[8] * f64::from(pixel[0]) + filter[9] * f64::from(pixel[1]);
            let found = f64::from(found.values()[image * 3 + output]);
            assert!((found - expected).abs() < 1e-6, "{found}, {expected}");
        }
    }
}
