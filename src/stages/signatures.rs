//! The attributes of classes as networks take them.

use crate::data::attributes::Attributes;
use crate::nn::Tensor;
use crate::stage::StageError;

/// A row of attributes for each class, [C, A].
#[expect(clippy::cast_possible_truncation, reason = "networks compute in f32")]
pub(super) fn signatures(
    attributes: &Attributes,
    classes: &[String],
) -> Result<Tensor, StageError> {
    let rows = attributes.matrix(classes).map_err(|error| StageError::data(error.to_string()))?;
    let values = rows.iter().map(|value| *value as f32).collect();
    Ok(Tensor::new(rows.shape().to_vec(), values))
}
