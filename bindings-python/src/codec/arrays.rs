//! Arrays of numbers: NumPy, `array.array`, and `twinspan.NdArray` where NumPy isn't installed.

use super::known;
use super::trouble::{Outcome, Trouble};
use super::whole::Whole;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyImportError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyMemoryView, PyModule, PySlice, PyTuple};
use twinspan::value::{Element, MAX_DIMENSIONS, Numbers, Writer, tag};

/// Elements that are put into order at a time.
const PART: usize = 1 << 17;
/// Room behind a large part for what mostly comes after it; a payload that is a little too short would be moved.
const AFTER: usize = 64;

/// NumPy, imported when the first array arrives; `None` where it isn't installed.
fn numpy(py: Python<'_>) -> PyResult<Option<&Bound<'_, PyModule>>> {
    static CELL: PyOnceLock<Option<Py<PyModule>>> = PyOnceLock::new();
    let found = CELL.get_or_try_init(py, || match py.import("numpy") {
        Ok(module) => Ok(Some(module.unbind())),
        Err(e) if e.is_instance_of::<PyImportError>(py) => Ok(None),
        Err(e) => Err(e),
    })?;
    Ok(found.as_ref().map(|module| module.bind(py)))
}

/// Writes a NumPy array: one copy, into the payload.
pub(super) fn encode_numpy(out: &mut Writer, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let py = value.py();
    let dtype = value.getattr(intern!(py, "dtype"))?;
    let kind = dtype.getattr(intern!(py, "str"))?;
    let kind: &str = kind.extract()?;
    let Some(element) = element_of(kind.get(1..).unwrap_or_default()) else {
        let instead = match kind.get(1..2) {
            Some("b") => "send .astype('uint8')",
            Some("O") => "send .tolist()",
            Some("c") => "send its .real and .imag",
            Some("M" | "m") => "send .astype('int64') and the unit",
            Some("U" | "S") => "send .tolist()",
            Some("f") => "send .astype('float64'), which rounds",
            _ => "send its fields as arrays of their own",
        };
        return Err(Trouble::new(format!("a NumPy array of {dtype} can't cross; {instead}")));
    };
    let shape: Vec<usize> = value.getattr(intern!(py, "shape"))?.extract()?;
    // Whatever class it has, here it becomes plain numbers.
    let plain = py.import(intern!(py, "numpy"))?.call_method1(intern!(py, "asarray"), (value,))?;
    let length = shape.iter().product::<usize>() * element.size();
    let contiguous = plain.getattr(intern!(py, "flags"))?.getattr(intern!(py, "c_contiguous"))?.is_truthy()?;
    numbers_head(out, element, &shape, length)?;
    let start = out.0.len();
    if contiguous && !kind.starts_with('>') {
        append_numbers(out, &plain.call_method1(intern!(py, "reshape"), (-1,))?)?;
    } else {
        // Rows in another order, or bytes: a part at a time, so that no second array is made.
        let flat = plain.getattr(intern!(py, "flat"))?;
        let options = PyDict::new(py);
        options.set_item(intern!(py, "copy"), false)?;
        let order = format!("<{}", kind.get(1..).unwrap_or_default());
        let count: isize = plain.getattr(intern!(py, "size"))?.extract()?;
        for from in (0..count).step_by(PART) {
            let part = flat.get_item(PySlice::new(py, from, from + PART as isize, 1))?;
            append_numbers(out, &part.call_method(intern!(py, "astype"), (&order,), Some(&options))?)?;
        }
    }
    if out.0.len() - start == length { Ok(()) } else { Err(Trouble::new("an array that changed while it was read")) }
}

/// Appends a contiguous array of one dimension.
fn append_numbers(out: &mut Writer, flat: &Bound<'_, PyAny>) -> Outcome<()> {
    let py = flat.py();
    append(out, &PyBuffer::get(&flat.call_method1(intern!(py, "view"), (intern!(py, "uint8"),))?)?, py)
}

/// Writes an `array.array`.
pub(super) fn encode_array(out: &mut Writer, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let py = value.py();
    let code: String = value.getattr(intern!(py, "typecode"))?.extract()?;
    let size: usize = value.getattr(intern!(py, "itemsize"))?.extract()?;
    let Some(element) = element_of(&format!("{}{size}", class_of_code(&code))) else {
        return Err(Trouble::new(format!("an array of '{code}' can't cross; send a str")));
    };
    let length = value.len()?;
    let view = PyMemoryView::from(value)?.call_method1(intern!(py, "cast"), ("B",))?;
    numbers(out, element, &[length], &PyBuffer::get(&view)?, py)
}

/// Writes a `twinspan.NdArray`.
pub(super) fn encode_nd_array(out: &mut Writer, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let py = value.py();
    let name: String = value.getattr(intern!(py, "dtype"))?.extract()?;
    let element = Element::ALL.into_iter().find(|e| e.name() == name);
    let element = element.ok_or_else(|| Trouble::new(format!("an NdArray of {name}")))?;
    let shape: Vec<usize> = value.getattr(intern!(py, "shape"))?.extract()?;
    numbers(out, element, &shape, &PyBuffer::get(&value.getattr(intern!(py, "data"))?)?, py)
}

/// Writes a `memoryview` of bytes.
pub(super) fn encode_view(out: &mut Writer, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let py = value.py();
    let size: usize = value.getattr(intern!(py, "itemsize"))?.extract()?;
    let dimensions: usize = value.getattr(intern!(py, "ndim"))?.extract()?;
    if size != 1 || dimensions != 1 {
        return Err(Trouble::new("a memoryview of something else than bytes; send .cast('B'), or the array that it looks at"));
    }
    let contiguous: bool = value.getattr(intern!(py, "c_contiguous"))?.extract()?;
    if !contiguous {
        let length = value.len()?;
        out.bytes_head(length);
        out.0.reserve_exact(length + AFTER);
        for from in (0..length.cast_signed()).step_by(PART) {
            let part = value.get_item(PySlice::new(py, from, from + PART as isize, 1))?;
            out.0.extend_from_slice(part.call_method0(intern!(py, "tobytes"))?.extract()?);
        }
        return Ok(());
    }
    // Whatever letter its bytes have, the buffer is asked for as plain ones.
    let plain = value.call_method1(intern!(py, "cast"), ("B",))?;
    encode_buffer(out, &plain)
}

/// Writes a buffer of plain bytes as bytes: one copy, into the payload.
pub(super) fn encode_buffer(out: &mut Writer, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let buffer = PyBuffer::<u8>::get(value)?;
    out.bytes_head(buffer.len_bytes());
    out.0.reserve_exact(buffer.len_bytes() + AFTER);
    append(out, &buffer, value.py())
}

/// Appends what a contiguous buffer holds.
pub(super) fn append(out: &mut Writer, buffer: &PyBuffer<u8>, py: Python<'_>) -> Outcome<()> {
    let start = out.0.len();
    out.0.resize(start + buffer.len_bytes(), 0);
    Ok(buffer.copy_to_slice(py, &mut out.0[start..])?)
}

fn numbers(out: &mut Writer, element: Element, shape: &[usize], buffer: &PyBuffer<u8>, py: Python<'_>) -> Outcome<()> {
    let length = buffer.len_bytes();
    if shape.iter().product::<usize>() * element.size() != length {
        return Err(Trouble::new("an array that changed while it was read"));
    }
    numbers_head(out, element, shape, length)?;
    let start = out.0.len();
    append(out, buffer, py)?;
    if cfg!(target_endian = "big") {
        out.0[start..].chunks_exact_mut(element.size()).for_each(<[u8]>::reverse);
    }
    Ok(())
}

fn numbers_head(out: &mut Writer, element: Element, shape: &[usize], length: usize) -> Result<(), Trouble> {
    if shape.len() > MAX_DIMENSIONS {
        return Err(Trouble::new(format!("an array of {} dimensions; {MAX_DIMENSIONS} are the limit", shape.len())));
    }
    if shape.len() != 1 {
        out.tag(tag::ND_ARRAY);
        out.array(2);
        out.array(shape.len());
        for n in shape {
            out.unsigned(*n as u64);
        }
    }
    out.tag(element.tag());
    out.bytes_head(length);
    out.0.reserve_exact(length + AFTER);
    Ok(())
}

/// An array of numbers as this process has them: NumPy's, else `array.array`, or `NdArray` for what that can't hold.
pub(super) fn decode<'a, 'py>(py: Python<'py>, whole: Whole<'a, 'py>, numbers: &Numbers<'a>) -> Outcome<Bound<'py, PyAny>> {
    match (numpy(py)?, &numbers.shape) {
        (Some(numpy), _) => decode_numpy(numpy, whole, numbers),
        (None, None) if numbers.element != Element::F16 => decode_array(py, whole, numbers),
        (None, _) => decode_nd_array(py, whole, numbers),
    }
}

/// A NumPy array, for a hint that asks for one.
pub(super) fn decode_as_numpy<'a, 'py>(py: Python<'py>, whole: Whole<'a, 'py>, numbers: &Numbers<'a>) -> Outcome<Bound<'py, PyAny>> {
    match numpy(py)? {
        Some(numpy) => decode_numpy(numpy, whole, numbers),
        None => Err(Trouble::new("an array for a NumPy hint, but NumPy isn't installed")),
    }
}

fn decode_numpy<'a, 'py>(numpy: &Bound<'py, PyModule>, whole: Whole<'a, 'py>, numbers: &Numbers<'a>) -> Outcome<Bound<'py, PyAny>> {
    let py = numpy.py();
    // The array looks at the payload, so it can't be written to, whatever its size.
    let bytes = whole.part(py, numbers.bytes, numbers.element.size())?;
    let code = format!("<{}", code_of(numbers.element));
    let flat = numpy.call_method1(intern!(py, "frombuffer"), (bytes, code))?;
    match &numbers.shape {
        None => Ok(flat),
        Some(shape) => {
            let shaped = flat.call_method1(intern!(py, "reshape"), (PyTuple::new(py, shape)?,));
            shaped.map_err(|e| Trouble::caused("dimensions that NumPy refuses", e))
        }
    }
}

/// An `array.array`.
pub(super) fn decode_array<'a, 'py>(py: Python<'py>, whole: Whole<'a, 'py>, numbers: &Numbers<'a>) -> Outcome<Bound<'py, PyAny>> {
    let code = array_code(numbers.element);
    let array = known::array(py)?.call1((code,))?;
    array.call_method1(intern!(py, "frombytes"), (whole.part(py, numbers.bytes, 1)?,))?;
    if cfg!(target_endian = "big") {
        array.call_method0(intern!(py, "byteswap"))?;
    }
    Ok(array)
}

/// A `twinspan.NdArray`.
pub(super) fn decode_nd_array<'a, 'py>(py: Python<'py>, whole: Whole<'a, 'py>, numbers: &Numbers<'a>) -> Outcome<Bound<'py, PyAny>> {
    let shape = numbers.shape.clone().unwrap_or_else(|| vec![numbers.bytes.len() / numbers.element.size()]);
    let bytes = whole.part(py, numbers.bytes, 1)?;
    Ok(known::nd_array(py)?.call1((numbers.element.name(), PyTuple::new(py, shape)?, bytes))?)
}

/// The elements of a plain array as a list, for a hint such as `list[float]`.
pub(super) fn decode_list<'a, 'py>(py: Python<'py>, whole: Whole<'a, 'py>, numbers: &Numbers<'a>) -> Outcome<Bound<'py, PyList>> {
    let array = match numbers.element {
        Element::F16 => half_array(py, numbers)?,
        _ => decode_array(py, whole, numbers)?,
    };
    let list = array.call_method0(intern!(py, "tolist"))?;
    Ok(list.cast_into::<PyList>()?)
}

fn half_array<'py>(py: Python<'py>, numbers: &Numbers<'_>) -> Outcome<Bound<'py, PyAny>> {
    let length = numbers.bytes.len() / numbers.element.size();
    Ok(known::nd_array(py)?.call1((numbers.element.name(), (length,), PyBytes::new(py, numbers.bytes)))?)
}

fn element_of(code: &str) -> Option<Element> {
    Element::ALL.into_iter().find(|e| code_of(*e) == code)
}

/// NumPy's letter and size.
fn code_of(element: Element) -> &'static str {
    match element {
        Element::U8 => "u1",
        Element::U16 => "u2",
        Element::U32 => "u4",
        Element::U64 => "u8",
        Element::I8 => "i1",
        Element::I16 => "i2",
        Element::I32 => "i4",
        Element::I64 => "i8",
        Element::F16 => "f2",
        Element::F32 => "f4",
        Element::F64 => "f8",
    }
}

/// The letter of `array.array`; `I` and `i` have 4 bytes wherever Python runs today.
fn array_code(element: Element) -> &'static str {
    match element {
        Element::U8 => "B",
        Element::U16 => "H",
        Element::U32 => "I",
        Element::U64 => "Q",
        Element::I8 => "b",
        Element::I16 => "h",
        Element::I32 => "i",
        Element::I64 => "q",
        // Never asked for: `array.array` has no such element.
        Element::F16 => "e",
        Element::F32 => "f",
        Element::F64 => "d",
    }
}

fn class_of_code(code: &str) -> &'static str {
    match code {
        "B" | "H" | "I" | "L" | "Q" => "u",
        "b" | "h" | "i" | "l" | "q" => "i",
        "f" | "d" => "f",
        _ => "?",
    }
}
