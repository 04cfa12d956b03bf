//! Classes of the standard library and of `twinspan`, looked up once, when the first value needs them.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};
use pyo3::{exceptions::PyTypeError, intern};
use twinspan::value::Fault;

macro_rules! lazy {
    ($($name:ident = $module:literal $attr:literal;)*) => {
        $(pub(super) fn $name(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
            static CELL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
            CELL.import(py, $module, $attr)
        })*
    };
}

lazy! {
    datetime = "datetime" "datetime";
    date = "datetime" "date";
    time = "datetime" "time";
    timedelta = "datetime" "timedelta";
    timezone = "datetime" "timezone";
    zone_info = "zoneinfo" "ZoneInfo";
    decimal = "decimal" "Decimal";
    uuid = "uuid" "UUID";
    array = "array" "array";
    service_ref = "twinspan._references" "ServiceRef";
    node_ref = "twinspan._references" "NodeRef";
    nd_array = "twinspan._types" "NdArray";
    unserializable_class = "twinspan._errors" "Unserializable";
    bad_arguments_class = "twinspan._errors" "BadArguments";
}

/// The class, if its module was imported already: an instance of it can't exist otherwise.
pub(super) fn if_loaded<'py>(py: Python<'py>, module: &str, class: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let modules = MODULES.get_or_try_init(py, || -> PyResult<_> {
        Ok(py.import("sys")?.getattr(intern!(py, "modules"))?.cast_into::<PyDict>().map_err(PyErr::from)?.unbind())
    })?;
    match modules.bind(py).get_item(module)? {
        Some(module) if !module.is_none() => module.getattr_opt(class),
        _ => Ok(None),
    }
}

/// `datetime.timezone.utc`.
pub(super) fn utc(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Ok(CELL.get_or_try_init(py, || timezone(py)?.getattr("utc").map(Bound::unbind))?.bind(py))
}

/// `timezone(timedelta(0), "UTC")`: an offset of 0 that isn't `timezone.utc` itself.
pub(super) fn no_offset(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = CELL.get_or_try_init(py, || timezone(py)?.call1((timedelta(py)?.call1((0,))?, "UTC")).map(Bound::unbind))?;
    Ok(made.bind(py))
}

/// 1970-01-01T00:00 without a zone.
pub(super) fn epoch(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Ok(CELL.get_or_try_init(py, || datetime(py)?.call1((1970, 1, 1)).map(Bound::unbind))?.bind(py))
}

/// 1970-01-01T00:00Z.
pub(super) fn epoch_utc(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || -> PyResult<Py<PyAny>> {
        let zone = PyDict::new(py);
        zone.set_item("tzinfo", utc(py)?)?;
        datetime(py)?.call((1970, 1, 1), Some(&zone)).map(Bound::unbind)
    };
    Ok(CELL.get_or_try_init(py, make)?.bind(py))
}

/// `Unserializable` with its path.
pub(super) fn unserializable(py: Python<'_>, root: &str, fault: &Fault) -> PyErr {
    let mut path = format!("{root}{}", fault.path());
    if root.is_empty() && path.starts_with('.') {
        path.remove(0);
    }
    let message = format!("{path}: {}", fault.what());
    let make = || -> PyResult<PyErr> {
        let error = unserializable_class(py)?.call1((&message,))?;
        error.setattr(intern!(py, "path"), &path)?;
        Ok(PyErr::from_value(error))
    };
    make().unwrap_or_else(|_| PyTypeError::new_err(message.clone()))
}

/// `BadArguments`.
pub(super) fn bad_arguments(py: Python<'_>, message: String, advice: String) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let parts = PyDict::new(py);
        parts.set_item("advice", &advice)?;
        Ok(PyErr::from_value(bad_arguments_class(py)?.call((&message,), Some(&parts))?))
    };
    make().unwrap_or_else(|_| PyTypeError::new_err(message.clone()))
}
