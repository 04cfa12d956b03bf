//! `twinspan._native`: the neck as Python functions. Thin on purpose: classes, futures and decorators are written in Python (rule N10).

mod body;
mod codec;
mod errors;
mod events;
mod gil;
mod handles;
mod look;
mod outbox;
mod park;
mod scatter;
mod streams;

use pyo3::prelude::*;

#[pymodule]
#[pyo3(name = "_native")]
mod native {
    use super::*;

    #[pymodule_export]
    use super::codec::{
        Plan, SignaturePlan,
        exports::{arguments, check, decode, encode, reference, reference_parts, taken},
    };
    #[pymodule_export]
    use super::events::{fail, lane_close, lane_fd, lane_open, next, poll, reply};
    #[pymodule_export]
    use super::handles::{Method, Payload, bind, method, pack};
    #[pymodule_export]
    use super::look::{compare, context, explain_error, main, members, service, services, stats};
    #[pymodule_export]
    use super::outbox::Outbox;
    #[pymodule_export]
    use super::park::{call, call_blocking, cancel, operate, submit};
    #[pymodule_export]
    use super::scatter::Scatter;
    #[pymodule_export]
    use super::streams::{Inlet, Outlet, is_stream};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("ABI", twinspan::bridge::ABI)?;
        module.add("VERSION", env!("CARGO_PKG_VERSION"))
    }
}
