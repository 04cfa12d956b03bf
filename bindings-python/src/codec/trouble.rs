//! What can go wrong while a value crosses: a fault of the value at a path, or an exception that user code raised.

use super::known;
use pyo3::exceptions::{PyException, PyMemoryError, PyRecursionError};
use pyo3::prelude::*;
use pyo3::{CastError, CastIntoError};
use std::convert::Infallible;
use twinspan::value::{Fault, Segment};

/// Result of every step of the codec.
pub(super) type Outcome<T> = Result<T, Trouble>;

/// One pointer wide, so that the good case stays cheap.
#[derive(Debug)]
pub(super) struct Trouble(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: What,
    cause: Option<PyErr>,
}

#[derive(Debug)]
enum What {
    Value(Fault),
    Arguments { message: String, advice: String },
    Raised,
}

impl Trouble {
    /// A value that can't cross.
    pub(super) fn new(what: impl Into<String>) -> Trouble {
        Fault::new(what).into()
    }

    /// A value that can't cross because an exception says so.
    pub(super) fn caused(what: impl Into<String>, cause: PyErr) -> Trouble {
        Trouble(Box::new(Parts { kind: What::Value(Fault::new(what)), cause: Some(cause) }))
    }

    /// Arguments that don't fit the signature.
    pub(super) fn arguments(message: String, advice: String) -> Trouble {
        Trouble(Box::new(Parts { kind: What::Arguments { message, advice }, cause: None }))
    }

    /// The same trouble, seen from the container around it.
    #[must_use]
    pub(super) fn inside(mut self, step: Segment) -> Trouble {
        if let What::Value(fault) = self.0.kind {
            self.0.kind = What::Value(fault.inside(step));
        }
        self
    }

    /// What is wrong, without the path; empty for an exception of user code.
    pub(super) fn what(&self) -> &str {
        match &self.0.kind {
            What::Value(fault) => fault.what(),
            _ => "",
        }
    }

    /// Turns an ordinary exception of user code into a fault of the value that raised it: then the reader sees where it stands.
    pub(super) fn explained(mut self, py: Python<'_>, doing: &str) -> Trouble {
        if let (What::Raised, Some(cause)) = (&self.0.kind, &self.0.cause) {
            let ordinary = cause.is_instance_of::<PyException>(py);
            if ordinary && !cause.is_instance_of::<PyMemoryError>(py) && !cause.is_instance_of::<PyRecursionError>(py) {
                self.0.kind = What::Value(Fault::new(format!("{doing}: {cause}")));
            }
        }
        self
    }

    /// Whether the value is to blame, and another type may take it.
    pub(super) fn is_fault(&self) -> bool {
        matches!(self.0.kind, What::Value(_))
    }

    /// The exception to raise; `root` is what the outermost value is called.
    pub(super) fn raise(self, py: Python<'_>, root: &str) -> PyErr {
        let Parts { kind, cause } = *self.0;
        let raised = match kind {
            What::Value(fault) => known::unserializable(py, root, &fault),
            What::Arguments { message, advice } => known::bad_arguments(py, message, advice),
            What::Raised => return cause.unwrap_or_else(|| pyo3::exceptions::PyRuntimeError::new_err("an exception got lost")),
        };
        if cause.is_some() {
            raised.set_cause(py, cause);
        }
        raised
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble(Box::new(Parts { kind: What::Value(fault), cause: None }))
    }
}

impl From<Infallible> for Trouble {
    fn from(never: Infallible) -> Trouble {
        match never {}
    }
}

impl From<CastError<'_, '_>> for Trouble {
    fn from(error: CastError<'_, '_>) -> Trouble {
        PyErr::from(error).into()
    }
}

impl From<CastIntoError<'_>> for Trouble {
    fn from(error: CastIntoError<'_>) -> Trouble {
        PyErr::from(error).into()
    }
}

impl From<PyErr> for Trouble {
    fn from(raised: PyErr) -> Trouble {
        Trouble(Box::new(Parts { kind: What::Raised, cause: Some(raised) }))
    }
}
