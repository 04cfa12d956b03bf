//! Stand-in until the codec is here: plain values only.

use minicbor::{Decoder, Encoder, data::Type};
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple},
};

/// How a value is decoded.
#[pyclass(frozen, module = "twinspan._native")]
pub(crate) struct Plan {}

fn bad(e: impl std::fmt::Display) -> PyErr {
    PyTypeError::new_err(e.to_string())
}

fn put(e: &mut Encoder<&mut Vec<u8>>, v: &Bound<'_, PyAny>) -> PyResult<()> {
    if v.is_none() {
        e.null().map_err(bad)?;
    } else if let Ok(b) = v.cast::<PyBool>() {
        e.bool(b.is_true()).map_err(bad)?;
    } else if v.is_instance_of::<PyInt>() {
        match v.extract::<i64>() {
            Ok(i) => e.i64(i).map_err(bad)?,
            Err(_) => e.u64(v.extract()?).map_err(bad)?,
        };
    } else if v.is_instance_of::<PyFloat>() {
        e.f64(v.extract()?).map_err(bad)?;
    } else if let Ok(s) = v.cast::<PyString>() {
        e.str(&s.to_cow()?).map_err(bad)?;
    } else if let Ok(b) = v.cast::<PyBytes>() {
        e.bytes(b.as_bytes()).map_err(bad)?;
    } else if let Ok(l) = v.cast::<PyList>() {
        e.array(l.len() as u64).map_err(bad)?;
        for x in l {
            put(e, &x)?;
        }
    } else if let Ok(l) = v.cast::<PyTuple>() {
        e.array(l.len() as u64).map_err(bad)?;
        for x in l {
            put(e, &x)?;
        }
    } else if let Ok(d) = v.cast::<PyDict>() {
        e.map(d.len() as u64).map_err(bad)?;
        for (k, x) in d {
            put(e, &k)?;
            put(e, &x)?;
        }
    } else {
        return Err(bad(format!("can't encode {}", v.get_type())));
    }
    Ok(())
}

fn get<'py>(py: Python<'py>, d: &mut Decoder<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match d.datatype().map_err(bad)? {
        Type::Null => {
            d.null().map_err(bad)?;
            py.None().into_bound(py)
        }
        Type::Bool => PyBool::new(py, d.bool().map_err(bad)?).to_owned().into_any(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => d.u64().map_err(bad)?.into_pyobject(py)?.into_any(),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => d.i64().map_err(bad)?.into_pyobject(py)?.into_any(),
        Type::F16 | Type::F32 | Type::F64 => d.f64().map_err(bad)?.into_pyobject(py)?.into_any(),
        Type::String => d.str().map_err(bad)?.into_pyobject(py)?.into_any(),
        Type::Bytes => PyBytes::new(py, d.bytes().map_err(bad)?).into_any(),
        Type::Array | Type::ArrayIndef => {
            let n = d.array().map_err(bad)?;
            let l = PyList::empty(py);
            while match n { Some(n) => (l.len() as u64) < n, None => d.datatype().map_err(bad)? != Type::Break } {
                l.append(get(py, d)?)?;
            }
            if n.is_none() {
                d.skip().map_err(bad)?;
            }
            l.into_any()
        }
        Type::Map | Type::MapIndef => {
            let n = d.map().map_err(bad)?;
            let m = PyDict::new(py);
            while match n { Some(n) => (m.len() as u64) < n, None => d.datatype().map_err(bad)? != Type::Break } {
                let k = get(py, d)?;
                m.set_item(k, get(py, d)?)?;
            }
            if n.is_none() {
                d.skip().map_err(bad)?;
            }
            m.into_any()
        }
        other => return Err(bad(format!("can't decode {other}"))),
    })
}

/// One value.
pub(crate) fn encode_value(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    put(&mut Encoder::new(&mut out), value)?;
    Ok(out)
}

/// Arguments.
pub(crate) fn encode_arguments(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    let e = &mut Encoder::new(&mut out);
    e.array(2).map_err(bad)?;
    put(e, args)?;
    match kwargs {
        Some(kwargs) => put(e, kwargs)?,
        None => {
            e.map(0).map_err(bad)?;
        }
    }
    Ok(out)
}

/// One value.
pub(crate) fn decode_value<'py>(py: Python<'py>, bytes: &[u8], _plan: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
    get(py, &mut Decoder::new(bytes))
}

/// Arguments.
pub(crate) fn decode_arguments<'py>(
    py: Python<'py>,
    bytes: &[u8],
    _plan: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let both = get(py, &mut Decoder::new(bytes))?;
    Ok((both.get_item(0)?, both.get_item(1)?))
}
