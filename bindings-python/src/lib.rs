//! The Python face of the neck.

mod codec;

use pyo3::prelude::*;

#[pymodule]
#[pyo3(name = "_native")]
mod native {
    #[pymodule_export]
    use crate::codec::exports::{arguments, check, decode, encode, taken};
    #[pymodule_export]
    use crate::codec::{Plan, SignaturePlan};
}
