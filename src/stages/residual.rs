//! What residual networks are made of, written as ONNX: normalised convolutions and bottlenecks.
//!
//! ```text
//! x ─▶ 1x1 to P ─▶ 3x3, stride ─▶ 1x1 to O ─▶ + ─▶ ReLU        every convolution is normalised
//! └──────────────── 1x1, stride ─────────────▲                 only where the shape changes
//! ```

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use crate::nn::Activation;
use crate::onnx::ModelBuilder;

const EPSILON: f32 = 1e-5;

/// Mean and variance of each channel.
pub(super) type Statistics = [Vec<f32>; 2];

/// A convolution and the normalisation behind it.
pub(super) struct Convolution {
    /// The tensor that it makes; those behind it are `NAME.norm` and `NAME.relu`.
    pub(super) name: String,
    pub(super) reads: String,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// What follows the normalisation.
    pub(super) activation: Activation,
}

/// A block of three convolutions beside a shortcut.
pub(super) struct Bottleneck {
    /// What the names of its tensors begin with.
    pub(super) name: String,
    pub(super) reads: String,
    /// The tensor that it makes.
    pub(super) makes: String,
    pub(super) stride: usize,
    pub(super) inputs: usize,
    /// The channels inside.
    pub(super) planes: usize,
    pub(super) outputs: usize,
}

impl Convolution {
    /// Weights of variance 2 over the number of inputs of an output (He et al., 2015).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "weights are f32, and inputs are few"
    )]
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let inputs = self.inputs * self.kernel * self.kernel;
        // A uniform number on [-1, 1) has variance 1/3.
        let scale = (6.0 / inputs as f64).sqrt();
        let uniform = |rng: &mut ChaCha8Rng| f64::from(rng.next_u32()) / 2_147_483_648.0 - 1.0;
        (0..inputs * self.outputs).map(|_| (uniform(rng) * scale) as f32).collect()
    }

    /// Adds it with these filters. A normalisation without statistics changes nothing yet.
    pub(super) fn write(
        &self,
        builder: &mut ModelBuilder,
        filters: &[f32],
        statistics: Option<&Statistics>,
    ) {
        let Self { name, reads, kernel, stride, inputs, outputs, activation } = self;
        let weight = format!("{name}.weight");
        builder.weight(&weight, &[*outputs, *inputs, *kernel, *kernel], filters);
        builder
            .node("Conv", &[reads, &weight], name)
            .ints("kernel_shape", &[*kernel; 2])
            .ints("strides", &[*stride; 2])
            .ints("pads", &[*kernel / 2; 4]);
        let (zeros, ones) = (vec![0.0; *outputs], vec![1.0; *outputs]);
        let (mean, variance) = match statistics {
            Some([mean, variance]) => (mean, variance),
            None => (&zeros, &ones),
        };
        let norm = format!("{name}.norm");
        let parts = ["weight", "bias", "running_mean", "running_var"];
        let parts = parts.map(|part| format!("{norm}.{part}"));
        for (part, values) in parts.iter().zip([&ones, &zeros, mean, variance]) {
            builder.weight(part, &[*outputs], values);
        }
        let [gamma, beta, mean, variance] = parts.each_ref().map(String::as_str);
        builder
            .node("BatchNormalization", &[name, gamma, beta, mean, variance], &norm)
            .float("epsilon", EPSILON);
        if *activation == Activation::Relu {
            builder.node("Relu", &[&norm], &format!("{name}.relu"));
        }
    }
}

impl Bottleneck {
    /// Its convolutions, the shortcut's last.
    pub(super) fn convolutions(&self) -> Vec<Convolution> {
        let own = |part: &str| format!("{}.{part}", self.name);
        let convolution = |part, reads, kernel, stride, inputs, outputs| Convolution {
            name: own(part),
            reads,
            kernel,
            stride,
            inputs,
            outputs,
            activation: Activation::None,
        };
        let Self { stride, inputs, planes, outputs, .. } = *self;
        let mut all = vec![
            convolution("conv1", self.reads.clone(), 1, 1, inputs, planes),
            convolution("conv2", own("conv1.relu"), 3, stride, planes, planes),
            convolution("conv3", own("conv2.relu"), 1, 1, planes, outputs),
        ];
        all[0].activation = Activation::Relu;
        all[1].activation = Activation::Relu;
        if self.is_projected() {
            let reads = self.reads.clone();
            all.push(convolution("downsample", reads, 1, stride, inputs, outputs));
        }
        all
    }

    /// Adds the end of the block, behind its convolutions: the sum with the shortcut, and a ReLU.
    pub(super) fn join(&self, builder: &mut ModelBuilder) {
        let own = |part: &str| format!("{}.{part}", self.name);
        let shortcut =
            if self.is_projected() { own("downsample.norm") } else { self.reads.clone() };
        builder.node("Add", &[&own("conv3.norm"), &shortcut], &own("sum"));
        builder.node("Relu", &[&own("sum")], &self.makes);
    }

    /// Whether the shortcut has a convolution of its own.
    fn is_projected(&self) -> bool {
        self.stride != 1 || self.inputs != self.outputs
    }
}
