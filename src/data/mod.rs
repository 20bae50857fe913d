//! Data.

pub mod features;
pub mod images;
pub mod preprocess;

pub use features::{FeatureError, Features, FeaturesWriter, Storage, TensorInfo, TensorView};
pub use images::{Images, ImagesWriter};
pub use preprocess::{ChannelOrder, ImageError, Preparer, Preprocess, Resize};
