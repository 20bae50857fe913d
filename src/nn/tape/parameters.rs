//! What a network has learnt, by name.

use std::collections::BTreeMap;

use super::super::{Real, Tensor};

/// Which parameter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ParameterId(usize);

/// What becomes of a parameter in training.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParameterKind {
    /// It is learnt.
    Weight,
    /// It stays as it is.
    Frozen,
    /// A running statistic, which normalisations update.
    Buffer,
}

impl ParameterKind {
    /// Whether it has a gradient.
    #[must_use]
    pub fn is_trained(self) -> bool {
        self == Self::Weight
    }
}

/// One tensor of a network.
#[derive(Clone, Debug)]
pub struct Parameter<T = f32> {
    /// As files call it, such as `pconv.weight`.
    pub name: String,
    /// What becomes of it.
    pub kind: ParameterKind,
    value: Tensor<T>,
}

impl<T> Parameter<T> {
    /// Its value.
    #[must_use]
    pub fn value(&self) -> &Tensor<T> {
        &self.value
    }
}

/// All tensors of a network, in the order in which they were added.
#[derive(Clone, Debug)]
pub struct Parameters<T = f32> {
    all: Vec<Parameter<T>>,
    by_name: BTreeMap<String, ParameterId>,
}

impl<T> Default for Parameters<T> {
    fn default() -> Self {
        Self { all: Vec::new(), by_name: BTreeMap::new() }
    }
}

impl<T: Real> Parameters<T> {
    /// Adds a tensor.
    ///
    /// # Panics
    /// If the name is taken.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        kind: ParameterKind,
        value: Tensor<T>,
    ) -> ParameterId {
        let (name, id) = (name.into(), ParameterId(self.all.len()));
        assert!(self.by_name.insert(name.clone(), id).is_none(), "`{name}` is there already");
        self.all.push(Parameter { name, kind, value });
        id
    }

    /// The parameter of an id.
    #[must_use]
    pub fn get(&self, id: ParameterId) -> &Parameter<T> {
        &self.all[id.0]
    }

    /// The id of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ParameterId> {
        self.by_name.get(name).copied()
    }

    /// Every parameter with its id.
    pub fn iter(&self) -> impl Iterator<Item = (ParameterId, &Parameter<T>)> {
        self.all.iter().enumerate().map(|(at, parameter)| (ParameterId(at), parameter))
    }

    /// Every parameter, to be frozen or released.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Parameter<T>> {
        self.all.iter_mut()
    }

    /// The values of a parameter, to be changed. Copied first if a tape still holds them.
    pub fn values_mut(&mut self, id: ParameterId) -> &mut [T] {
        self.all[id.0].value.values_mut()
    }

    /// Puts another value in a parameter's place.
    ///
    /// # Panics
    /// If its shape is another.
    pub fn replace(&mut self, id: ParameterId, value: Tensor<T>) {
        let parameter = &mut self.all[id.0];
        assert_eq!(parameter.value.shape(), value.shape(), "`{}` keeps its shape", parameter.name);
        parameter.value = value;
    }

    /// Takes over what a pass has left of running statistics.
    pub fn update_buffers(&mut self, buffers: BTreeMap<ParameterId, Tensor<T>>) {
        for (id, value) in buffers {
            self.replace(id, value);
        }
    }

    /// The names and values of all parameters in another kind of number.
    #[must_use]
    pub fn cast<U: Real>(&self) -> Parameters<U> {
        let mut cast = Parameters::default();
        for parameter in &self.all {
            let values = parameter.value.values().iter().map(|value| U::of(value.wide())).collect();
            let value = Tensor::new(parameter.value.shape().to_vec(), values);
            cast.add(parameter.name.clone(), parameter.kind, value);
        }
        cast
    }
}
