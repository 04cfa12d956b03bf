//! Payload bytes to plain Python values, for receivers without a type.

use super::crowd::Crowd;
use super::trouble::{Outcome, Trouble};
use super::whole::Whole;
use super::{arrays, decimal, moments, plan, references, tables};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyComplex, PyDict, PyFloat, PyInt, PyList, PySet, PyString, PyTuple, PyType};
use twinspan::value::{Head, Integer, KeyKind, RECORD_LEVELS, Reader, Scalar, Segment, SetKind, deeper, read_shapes, tag};

/// Most items for which room is made before the first one was read: claims are cheap, items aren't.
const ROOM: usize = 1024;

/// Reads one payload.
pub(super) struct Decoder<'a, 'py> {
    pub(super) py: Python<'py>,
    pub(super) whole: Whole<'a, 'py>,
    pub(super) reader: Reader<'a>,
    pub(super) shapes: Vec<Vec<&'a str>>,
    /// Names of the shapes' fields as Python strings, made when the first record of a shape arrives without a type.
    names: Vec<Option<Bound<'py, PyTuple>>>,
    /// Bytes that may still be read in vain, by trying members of unions.
    pub(super) patience: usize,
}

impl<'a, 'py> Decoder<'a, 'py> {
    /// At the item of the payload, behind its shape table.
    pub(super) fn new(py: Python<'py>, whole: Whole<'a, 'py>) -> Outcome<Decoder<'a, 'py>> {
        let payload = whole.bytes();
        let mut reader = Reader::new(payload);
        let shapes = read_shapes(&mut reader)?;
        let patience = payload.len().saturating_mul(32) + 4096;
        Ok(Decoder { py, whole, reader, names: vec![None; shapes.len()], shapes, patience })
    }

    /// The one value of the payload.
    pub(super) fn payload(&mut self) -> Outcome<Bound<'py, PyAny>> {
        let value = self.value(0)?;
        self.reader.end()?;
        Ok(value)
    }

    /// The next value, inside of so many levels.
    pub(super) fn value(&mut self, depth: u32) -> Outcome<Bound<'py, PyAny>> {
        let head = self.reader.head()?;
        self.value_of(head, depth)
    }

    /// The value whose head was just read.
    pub(super) fn value_of(&mut self, head: Head, depth: u32) -> Outcome<Bound<'py, PyAny>> {
        let py = self.py;
        Ok(match head {
            Head::Text(length) => PyString::new(py, self.reader.text(length)?).into_any(),
            Head::Unsigned(n) => n.into_pyobject(py)?.into_any(),
            Head::Negative(n) => negative(py, n)?,
            Head::Float(n) => PyFloat::new(py, n).into_any(),
            Head::Null => py.None().into_bound(py),
            Head::Boolean(b) => b.into_pyobject(py)?.to_owned().into_any(),
            Head::Bytes(length) => PyBytes::new(py, self.reader.take(length)?).into_any(),
            Head::Array(length) => {
                let depth = deeper(depth, 1)?;
                let mut items = Vec::with_capacity(length.min(ROOM));
                for at in 0..length {
                    items.push(self.value(depth).map_err(|t| t.inside(Segment::Index(at)))?);
                }
                PyList::new(py, items)?.into_any()
            }
            Head::Map(pairs) => self.map(pairs, deeper(depth, 1)?)?.into_any(),
            Head::Tag(tag::SET) => self.set(deeper(depth, 1)?)?.into_any(),
            Head::Tag(tag::RECORD) => {
                let shape = self.record_head()?;
                self.record(shape, deeper(depth, RECORD_LEVELS)?)?.into_any()
            }
            Head::Tag(tag::NAMED) => {
                let name = self.named_head()?;
                match plan::registered(py, name)? {
                    Some(plan) => self.registered(plan.bind(py).get(), depth)?,
                    None => {
                        self.expect_record()?;
                        self.value_of(Head::Tag(tag::RECORD), depth)?
                    }
                }
            }
            Head::Tag(tag::SHAPES) => return Err(Trouble::new("a shape table inside of the value")),
            Head::Tag(number) => match Scalar::read(&mut self.reader, number)? {
                Some(scalar) => self.scalar(&scalar)?,
                None => return Err(Trouble::new(format!("tag {number}, which has no meaning here"))),
            },
        })
    }

    /// A tagged value without parts of its own.
    pub(super) fn scalar(&self, scalar: &Scalar<'a>) -> Outcome<Bound<'py, PyAny>> {
        let py = self.py;
        match scalar {
            Scalar::Integer(number) => integer(py, *number),
            Scalar::Decimal { exponent, mantissa } => decimal::decode(py, *exponent, *mantissa),
            Scalar::Instant(moment) => moments::instant(py, *moment),
            Scalar::Offset(moment, minutes) => moments::with_offset(py, *moment, *minutes),
            Scalar::Zoned(moment, minutes, zone) => moments::zoned(py, *moment, *minutes, zone),
            Scalar::LocalTime(nanos) => moments::time(py, *nanos),
            Scalar::LocalDateTime(days, nanos) => moments::local(py, *days, *nanos),
            Scalar::Date(days) => moments::date(py, *days),
            Scalar::Duration(moment) => moments::duration(py, *moment),
            Scalar::Uuid(id) => uuid(py, id),
            Scalar::Complex(re, im) => Ok(PyComplex::from_doubles(py, *re, *im).into_any()),
            Scalar::Range(parts) => {
                let [start, stop, step] = parts;
                let parts = (integer(py, *start)?, integer(py, *stop)?, integer(py, *step)?);
                Ok(py.get_type::<pyo3::types::PyRange>().call1(parts)?)
            }
            Scalar::Numbers(numbers) => arrays::decode(py, self.whole, numbers),
            Scalar::Reference(reference) => references::decode(py, reference),
            Scalar::Table(bytes) => tables::decode(py, tables::table(py)?, self.whole, bytes),
        }
    }

    fn map(&mut self, pairs: usize, depth: u32) -> Outcome<Bound<'py, PyDict>> {
        let map = PyDict::new(self.py);
        let mut crowd = Crowd::of(pairs);
        for _ in 0..pairs {
            let key = self.key(depth)?;
            crowd.meet(&key)?;
            let value = self.value(depth).map_err(|t| t.inside(shown(&key)))?;
            map.set_item(key, value)?;
        }
        if map.len() == pairs { Ok(map) } else { Err(equal_keys()) }
    }

    /// The next value as a key of a map: arrays become tuples.
    pub(super) fn key(&mut self, depth: u32) -> Outcome<Bound<'py, PyAny>> {
        KeyKind::map_key(&self.reader)?;
        match self.reader.head()? {
            Head::Array(length) => {
                let depth = deeper(depth, 1)?;
                let mut parts = Vec::with_capacity(length.min(ROOM));
                for _ in 0..length {
                    parts.push(self.key(depth)?);
                }
                Ok(PyTuple::new(self.py, parts)?.into_any())
            }
            head => self.value_of(head, depth),
        }
    }

    fn set(&mut self, depth: u32) -> Outcome<Bound<'py, PySet>> {
        let set = PySet::empty(self.py)?;
        let length = self.set_head()?;
        let mut order = SetKind::default();
        let mut crowd = Crowd::of(length);
        for at in 0..length {
            let start = self.reader.position();
            let kind = order.next(&self.reader).map_err(|f| f.inside(Segment::Index(at)))?;
            let element = if kind == KeyKind::Key { self.key(depth) } else { self.value(depth) };
            let element = element.map_err(|t| t.inside(Segment::Index(at)))?;
            crowd.meet(&element)?;
            set.add(element)?;
            order.read(self.reader.since(start))?;
        }
        if set.len() == length { Ok(set) } else { Err(equal_elements()) }
    }

    pub(super) fn set_head(&mut self) -> Outcome<usize> {
        match self.reader.head()? {
            Head::Array(length) => Ok(length),
            _ => Err(Trouble::new("a set that isn't an array")),
        }
    }

    fn record(&mut self, shape: usize, depth: u32) -> Outcome<Bound<'py, PyDict>> {
        let py = self.py;
        let names = match self.names.get(shape) {
            Some(Some(names)) => names.clone(),
            _ => {
                let fields = self.shapes.get(shape).map(Vec::as_slice).unwrap_or_default();
                let names = PyTuple::new(py, fields.iter().map(|field| PyString::new(py, field)))?;
                if let Some(slot) = self.names.get_mut(shape) {
                    *slot = Some(names.clone());
                }
                names
            }
        };
        let record = PyDict::new(py);
        for (at, name) in names.iter_borrowed().enumerate() {
            let value = self.value(depth).map_err(|t| t.inside(self.field(shape, at)))?;
            record.set_item(name, value)?;
        }
        Ok(record)
    }

    /// The field of a shape as a step of a path.
    pub(super) fn field(&self, shape: usize, at: usize) -> Segment {
        Segment::Field(self.shapes.get(shape).and_then(|fields| fields.get(at)).copied().unwrap_or_default().to_owned())
    }

    /// Head and shape of a record whose tag was just read; as many values follow as the shape has fields.
    pub(super) fn record_head(&mut self) -> Outcome<usize> {
        let Head::Array(length @ 1..) = self.reader.head()? else {
            return Err(Trouble::new("a record that isn't [shape, value, …]"));
        };
        let Head::Unsigned(shape) = self.reader.head()? else {
            return Err(Trouble::new("a record whose shape isn't an index"));
        };
        let shape = usize::try_from(shape).unwrap_or(usize::MAX);
        match self.shapes.get(shape).map(Vec::len) {
            None => Err(Trouble::new(format!("a record of shape {shape}, which isn't in the shape table"))),
            Some(fields) if fields == length - 1 => Ok(shape),
            Some(fields) => Err(Trouble::new(format!("a record of {} values whose shape has {fields} fields", length - 1))),
        }
    }

    /// Name of a registered record whose tag was just read; its record follows.
    pub(super) fn named_head(&mut self) -> Outcome<&'a str> {
        if self.reader.head()? != Head::Array(2) {
            return Err(Trouble::new("a registered record that isn't [name, record]"));
        }
        match self.reader.head()? {
            Head::Text(length) => Ok(self.reader.text(length)?),
            other => Err(Trouble::new(format!("a registered record whose name is {}", other.noun()))),
        }
    }

    /// The tag of the record inside of a registered one.
    pub(super) fn expect_record(&mut self) -> Outcome<()> {
        match self.reader.head()? {
            Head::Tag(tag::RECORD) => Ok(()),
            other => Err(Trouble::new(format!("a registered record that holds {}", other.noun()))),
        }
    }
}

/// Two keys that Python takes for one.
pub(super) fn equal_keys() -> Trouble {
    Trouble::new("a map with a key twice, or with keys that are equal in Python")
}

/// Two elements that Python takes for one.
pub(super) fn equal_elements() -> Trouble {
    Trouble::new("a set with elements that are equal in Python")
}

/// A key as it is shown in a path.
pub(super) fn shown(key: &Bound<'_, PyAny>) -> Segment {
    if let Ok(key) = key.cast_exact::<PyString>() {
        return Segment::text_key(key.to_str().unwrap_or_default());
    }
    if key.is_exact_instance_of::<PyInt>() && key.extract::<i64>().is_ok() {
        return Segment::Key(key.to_string());
    }
    Segment::Key("…".to_owned())
}

fn negative(py: Python<'_>, n: u64) -> Outcome<Bound<'_, PyAny>> {
    Ok(match i64::try_from(n) {
        Ok(n) => (!n).into_pyobject(py)?.into_any(),
        Err(_) => (-1 - i128::from(n)).into_pyobject(py)?.into_any(),
    })
}

/// An `int` of any size.
pub(super) fn integer<'py>(py: Python<'py>, number: Integer<'_>) -> Outcome<Bound<'py, PyAny>> {
    match number {
        Integer::Unsigned(n) => Ok(n.into_pyobject(py)?.into_any()),
        Integer::Negative(n) => negative(py, n),
        Integer::Big { negative, magnitude } => {
            static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let from_bytes = CELL.get_or_try_init(py, || py.get_type::<PyInt>().getattr("from_bytes").map(Bound::unbind))?;
            let number = from_bytes.bind(py).call1((PyBytes::new(py, magnitude), intern!(py, "big")))?;
            Ok(if negative { number.call_method0(intern!(py, "__invert__"))? } else { number })
        }
    }
}

fn uuid<'py>(py: Python<'py>, id: &[u8; 16]) -> Outcome<Bound<'py, PyAny>> {
    let class: &Bound<'py, PyType> = super::known::uuid(py)?;
    let parts = PyDict::new(py);
    parts.set_item(intern!(py, "bytes"), PyBytes::new(py, id))?;
    Ok(class.call((), Some(&parts))?)
}
