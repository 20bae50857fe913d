//! What well-known networks and papers feed, as values for parameters that are not written out.
//!
//! A preset is gone once parameters are filled in: what is keyed are the values, so a manifest that
//! writes them out shares its results with one that names the preset.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{ChannelOrder, Preprocess, Resize};

/// The mean colour of ImageNet and its deviation, of values 0..1, as torchvision states them.
const IMAGENET: ([f32; 3], [f32; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

/// The mean colour of ImageNet in blue, green, red, of values 0..255, as the models of the Caffe zoo
/// subtract it.
const CAFFE_MEAN: [f32; 3] = [103.939, 116.779, 123.68];

/// A name for a set of values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// The defaults of the other parameters: squashed to 224 x 224, RGB, 0..255, for networks whose
    /// first nodes normalise.
    None,
    /// Short side 256, centre 224, RGB 0..1, normalised by ImageNet's colours: torchvision's
    /// evaluation, AREN's test.
    Torchvision,
    /// The same at twice the size, short side 512 and centre 448, as GEM-ZSL trains.
    #[serde(rename = "torchvision-448")]
    Torchvision448,
    /// Short side 224, centre 224, normalised as above: the extraction of DAZLE; with `size = 448`
    /// the test of GEM-ZSL.
    Dazle,
    /// Short side 256, centre 224, BGR 0..255 less ImageNet's mean colour: networks from Caffe, such
    /// as the first ResNet of He et al.
    Caffe,
}

impl Preset {
    /// The values that it stands for.
    #[must_use]
    pub fn values(self) -> Preprocess {
        let (mean, std) = IMAGENET;
        let torchvision = |size, crop| Preprocess {
            resize: Resize::ShortSide,
            size,
            crop,
            scale: 1.0 / 255.0,
            mean,
            std,
            ..Preprocess::default()
        };
        match self {
            Self::None => Preprocess::default(),
            Self::Torchvision => torchvision(256, Some(224)),
            Self::Torchvision448 => torchvision(512, Some(448)),
            Self::Dazle => torchvision(224, None),
            Self::Caffe => Preprocess {
                resize: Resize::ShortSide,
                size: 256,
                crop: Some(224),
                order: ChannelOrder::Bgr,
                mean: CAFFE_MEAN,
                ..Preprocess::default()
            },
        }
    }
}

/// Reads parameters and fills in what their preset says.
///
/// # Errors
/// What does not fit, as `serde` says it.
pub fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Preprocess, D::Error> {
    let mut written = Value::deserialize(deserializer)?;
    let read = |value| serde_json::from_value(value).map_err(serde::de::Error::custom);
    let preset = written.as_object_mut().and_then(|fields| fields.remove("preset"));
    let preset = preset.filter(|preset| !preset.is_null());
    let preset = preset.map(serde_json::from_value::<Preset>).transpose();
    let Some(preset) = preset.map_err(serde::de::Error::custom)? else {
        return read(written);
    };
    let mut values = serde_json::to_value(preset.values()).map_err(serde::de::Error::custom)?;
    if let (Some(values), Value::Object(written)) = (values.as_object_mut(), written) {
        values.extend(written);
    }
    read(values)
}

#[cfg(test)]
mod tests;
