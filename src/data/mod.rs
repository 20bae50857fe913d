//! Data sets: pictures, sample tables, class attributes, splits, features, and synthetic data with
//! known answers. Nothing here touches a path or a clock; stages open the files.

pub mod attribute_files;
pub mod attribute_table;
pub mod attributes;
pub mod class_list;
pub mod class_tree;
pub mod feature_table;
pub mod features;
pub mod folds;
pub mod glyphs;
pub mod images;
mod json;
pub mod measure_table;
pub mod photo_index;
pub mod planted;
pub mod preprocess;
pub mod published_files;
pub mod published_protocol;
pub mod published_split;
pub mod sample_table;
pub mod samples;
pub mod split;
pub mod split_audit;
pub mod splitting;

pub use features::{FeatureError, Features, FeaturesWriter, Loss, Storage, TensorInfo, TensorView};
pub use images::{Images, ImagesWriter};
pub(crate) use json::{decode_json, encode_json};
pub use preprocess::{ChannelOrder, ImageError, Preparer, Preprocess, Resize, filled};
