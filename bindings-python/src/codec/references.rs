//! References to services and nodes. What is sent as one says so by `__twinspan_reference__`: kind, cluster and name.

use super::known;
use super::trouble::{Outcome, Trouble};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use twinspan::value::{Fault, Reference, ReferenceKind, Writer};

/// Whether instances of a class are sent as references.
pub(super) fn is_one(class: &Bound<'_, PyAny>) -> PyResult<bool> {
    class.hasattr(intern!(class.py(), "__twinspan_reference__"))
}

pub(super) fn encode(out: &mut Writer, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let (kind, cluster, name): (String, String, String) = value.getattr(intern!(value.py(), "__twinspan_reference__"))?.extract()?;
    out.reference(&of_parts(&kind, &cluster, &name).map_err(Trouble::from)?);
    Ok(())
}

pub(super) fn decode<'py>(py: Python<'py>, reference: &Reference<'_>) -> Outcome<Bound<'py, PyAny>> {
    let class = match reference.kind() {
        ReferenceKind::Service => known::service_ref(py)?,
        ReferenceKind::Node => known::node_ref(py)?,
    };
    Ok(class.call1((reference.cluster(), reference.name()))?)
}

fn of_parts<'a>(kind: &str, cluster: &'a str, name: &'a str) -> Result<Reference<'a>, Fault> {
    let kind = ReferenceKind::of(kind).ok_or_else(|| Fault::new("a reference of a kind that is not known here"))?;
    Reference::new(kind, cluster, name)
}

fn refused(fault: &Fault) -> PyErr {
    PyValueError::new_err(fault.what().to_owned())
}

/// The URI of a reference; `ValueError` where a part can't be a name.
#[pyfunction]
#[pyo3(signature = (kind, cluster, name, /))]
pub(crate) fn reference(kind: &str, cluster: &str, name: &str) -> PyResult<String> {
    of_parts(kind, cluster, name).map(|reference| reference.uri()).map_err(|fault| refused(&fault))
}

/// Kind, cluster and name of a URI; `ValueError` where it is none.
#[pyfunction]
#[pyo3(signature = (uri, /))]
pub(crate) fn reference_parts(uri: &str) -> PyResult<(&'static str, String, String)> {
    let reference = Reference::parse(uri).map_err(|fault| refused(&fault))?;
    Ok((reference.kind().word(), reference.cluster().to_owned(), reference.name().to_owned()))
}
