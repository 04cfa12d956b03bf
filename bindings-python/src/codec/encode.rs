//! Python objects to payload bytes.

use super::classes::{self, Class, Form, Record};
use super::trouble::{Outcome, Trouble};
use super::{arrays, decimal, moments, references, tables};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::sync::Arc;
use twinspan::value::{
    Fault, Head, KeyKind, MAX_BIGNUM, MAX_DEPTH, RECORD_LEVELS, Reader, Segment, Writer, deeper, distinct, shapes_fit, tag,
};

/// Writes one payload.
pub(super) struct Encoder<'py> {
    py: Python<'py>,
    out: Writer,
    /// Classes whose shapes were written, in the order of their first record.
    shapes: Vec<Arc<Class>>,
    /// Fields of all these shapes.
    fields: usize,
    /// The last class that wasn't a common builtin: lists mostly hold one class.
    last: Option<(usize, Arc<Class>)>,
    /// The stream among the arguments.
    stream: Option<Bound<'py, PyAny>>,
}

impl<'py> Encoder<'py> {
    pub(super) fn new(py: Python<'py>) -> Encoder<'py> {
        Encoder { py, out: Writer::new(), shapes: Vec::new(), fields: 0, last: None, stream: None }
    }

    /// The payload: what was written, behind a shape table if it has records.
    pub(super) fn finish(self) -> Vec<u8> {
        if self.shapes.is_empty() {
            return self.out.0;
        }
        let mut whole = Writer(Vec::with_capacity(self.out.0.len() + 64 * self.shapes.len() + 64));
        whole.tag(tag::SHAPES);
        whole.array(2);
        whole.array(self.shapes.len());
        for class in &self.shapes {
            if let Form::Record(record) = &class.form {
                whole.0.extend_from_slice(&record.shape);
            }
        }
        whole.0.extend_from_slice(&self.out.0);
        whole.0
    }

    /// Writes `[[positional…], {keyword: value…}]`.
    pub(super) fn arguments(&mut self, args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> Outcome<()> {
        self.out.array(2);
        self.out.array(args.len());
        for (at, value) in args.iter_borrowed().enumerate() {
            self.argument(&value).map_err(|t| t.inside(Segment::Index(at)).inside(Segment::Field("args".to_owned())))?;
        }
        // Nobody else holds the dict of a call's keywords, but a caller may pass its own.
        let kwargs = kwargs.map(|k| k.copy()).transpose()?;
        self.out.map(kwargs.as_ref().map_or(0, |k| k.len()));
        for (name, value) in kwargs.iter().flatten() {
            let name = name.cast_into::<PyString>()?;
            let name = text(&name)?;
            self.out.text(name);
            self.argument(&value).map_err(|t| t.inside(Segment::Field(name.to_owned())))?;
        }
        Ok(())
    }

    /// The stream among the arguments that were written.
    pub(super) fn take_stream(&mut self) -> Option<Bound<'py, PyAny>> {
        self.stream.take()
    }

    /// Writes one argument; an iterator is sent as a stream, for which a mark stands here.
    fn argument(&mut self, value: &Bound<'py, PyAny>) -> Outcome<()> {
        let Err(refused) = self.value(value, 2) else { return Ok(()) };
        // Of what can't cross nothing was written, and its class is known by now.
        if !refused.is_fault() || !matches!(classes::class_of(value)?.form, Form::Stream(_)) {
            return Err(refused);
        }
        if self.stream.replace(value.clone()).is_some() {
            let text = "a second stream among the arguments; a call takes one".to_owned();
            return Err(Trouble::arguments(text, "Make all but one of them lists.".to_owned()));
        }
        self.out.tag(tag::STREAM);
        self.out.null();
        Ok(())
    }

    /// Writes one value inside of so many levels.
    pub(super) fn value(&mut self, value: &Bound<'py, PyAny>, depth: u32) -> Outcome<()> {
        if let Ok(value) = value.cast_exact::<PyString>() {
            self.out.text(text(value)?);
        } else if let Ok(value) = value.cast_exact::<PyInt>() {
            self.integer(value)?;
        } else if let Ok(value) = value.cast_exact::<PyFloat>() {
            self.out.float(value.value());
        } else if value.is_none() {
            self.out.null();
        } else if let Ok(value) = value.cast_exact::<PyBool>() {
            self.out.boolean(value.is_true());
        } else if let Ok(value) = value.cast_exact::<PyList>() {
            self.list(value, depth)?;
        } else if let Ok(value) = value.cast_exact::<PyDict>() {
            self.dict(value, depth)?;
        } else if let Ok(value) = value.cast_exact::<PyBytes>() {
            self.out.bytes(value.as_bytes());
        } else if let Ok(value) = value.cast_exact::<PyTuple>() {
            self.tuple(value, depth)?;
        } else {
            return self.other(value, depth);
        }
        Ok(())
    }

    fn class_of(&mut self, value: &Bound<'py, PyAny>) -> Outcome<Arc<Class>> {
        let address = value.get_type_ptr() as usize;
        if let Some((last, class)) = &self.last
            && *last == address
        {
            return Ok(Arc::clone(class));
        }
        let class = classes::class_of(value)?;
        self.last = Some((address, Arc::clone(&class)));
        Ok(class)
    }

    fn other(&mut self, value: &Bound<'py, PyAny>, depth: u32) -> Outcome<()> {
        let class = self.class_of(value)?;
        if let Some(trouble) = class.trouble() {
            return Err(trouble);
        }
        self.formed(value, &class, depth).map_err(|t| t.explained(self.py, "reading it failed"))
    }

    fn formed(&mut self, value: &Bound<'py, PyAny>, class: &Arc<Class>, depth: u32) -> Outcome<()> {
        let py = self.py;
        match &class.form {
            Form::Record(record) => return self.record(value, class, record, depth),
            Form::Enum => return self.member(value),
            Form::Text => self.out.text(text(value.cast::<PyString>()?)?),
            Form::Integer => self.integer(value.cast::<PyInt>()?)?,
            Form::Float => self.out.float(value.cast::<PyFloat>()?.value()),
            Form::Bytes => self.out.bytes(value.cast::<PyBytes>()?.as_bytes()),
            Form::ByteArray => arrays::encode_buffer(&mut self.out, value)?,
            Form::MemoryView => arrays::encode_view(&mut self.out, value)?,
            Form::List => self.list(value.cast::<PyList>()?, depth)?,
            Form::Tuple => self.tuple(value.cast::<PyTuple>()?, depth)?,
            Form::Set => self.set(value, depth)?,
            Form::Map => {
                let plain = PyDict::new(py);
                let length = value.len()?;
                for item in value.call_method0(intern!(py, "items"))?.try_iter()? {
                    let (key, value): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item?.extract()?;
                    plain.set_item(key, value)?;
                    if plain.len() > length {
                        return Err(Trouble::new("a mapping with more items than its length says"));
                    }
                }
                self.dict(&plain, depth)?;
            }
            Form::Decimal => decimal::encode(&mut self.out, value)?,
            Form::DateTime(nanos) => moments::encode_datetime(&mut self.out, value, *nanos)?,
            Form::Date => moments::encode_date(&mut self.out, value)?,
            Form::Time(nanos) => moments::encode_time(&mut self.out, value, *nanos)?,
            Form::Delta(nanos) => moments::encode_delta(&mut self.out, value, *nanos)?,
            Form::Uuid => {
                let bytes = value.getattr(intern!(py, "bytes"))?;
                self.out.tag(tag::UUID);
                self.out.bytes(bytes.cast::<PyBytes>()?.as_bytes());
            }
            Form::Complex => {
                let value = value.cast::<PyComplex>()?;
                self.out.tag(tag::COMPLEX);
                self.out.array(2);
                self.out.float(value.getattr(intern!(py, "real"))?.extract()?);
                self.out.float(value.getattr(intern!(py, "imag"))?.extract()?);
            }
            Form::Range => {
                self.out.tag(tag::RANGE);
                self.out.array(3);
                for part in [intern!(py, "start"), intern!(py, "stop"), intern!(py, "step")] {
                    self.integer(value.getattr(part)?.cast::<PyInt>()?)?;
                }
            }
            Form::NumPy => arrays::encode_numpy(&mut self.out, value)?,
            Form::NumPyScalar => {
                // `item()` of a long double gives itself: no plain value holds it.
                let plain = value.call_method0(intern!(py, "item"))?;
                if plain.get_type().is(value.get_type()) {
                    return Err(Trouble::new(format!("{} can't cross; convert it to float or Decimal", value.get_type().name()?)));
                }
                self.value(&plain, depth)?;
            }
            Form::Array => arrays::encode_array(&mut self.out, value)?,
            Form::Reference => references::encode(&mut self.out, value)?,
            Form::Table => tables::encode(&mut self.out, value)?,
            Form::NdArray => arrays::encode_nd_array(&mut self.out, value)?,
            Form::Root => self.value(&value.getattr(intern!(py, "root"))?, self.deeper(depth, 1)?)?,
            Form::Refused(_) | Form::Stream(_) => {}
        }
        Ok(())
    }

    /// Levels are counted here, so a value that contains itself ends here too.
    fn deeper(&self, depth: u32, levels: u32) -> Outcome<u32> {
        deeper(depth, levels).map_err(|_| Trouble::new(format!("nested deeper than {MAX_DEPTH} levels, or it contains itself")))
    }

    fn integer(&mut self, value: &Bound<'py, PyInt>) -> Outcome<()> {
        if let Ok(small) = value.extract::<i64>() {
            self.out.signed(small);
            return Ok(());
        }
        let py = self.py;
        let negative = value.lt(0)?;
        let magnitude = if negative { value.call_method0(intern!(py, "__invert__"))? } else { value.clone().into_any() };
        let bits: usize = magnitude.call_method0(intern!(py, "bit_length"))?.extract()?;
        if bits > MAX_BIGNUM * 8 {
            return Err(Trouble::new(format!("an integer of {bits} bits; {} are the limit", MAX_BIGNUM * 8)));
        }
        let bytes = magnitude.call_method1(intern!(py, "to_bytes"), (bits.div_ceil(8), intern!(py, "big")))?;
        self.out.integer(negative, bytes.cast::<PyBytes>()?.as_bytes());
        Ok(())
    }

    fn list(&mut self, value: &Bound<'py, PyList>, depth: u32) -> Outcome<()> {
        let depth = self.deeper(depth, 1)?;
        let length = value.len();
        self.out.array(length);
        let mut written = 0;
        for item in value.iter() {
            self.value(&item, depth).map_err(|t| t.inside(Segment::Index(written)))?;
            written += 1;
        }
        // Other threads run while a record's properties do.
        if written == length { Ok(()) } else { Err(Trouble::new("a list that changed while it was read")) }
    }

    fn tuple(&mut self, value: &Bound<'py, PyTuple>, depth: u32) -> Outcome<()> {
        let depth = self.deeper(depth, 1)?;
        self.out.array(value.len());
        for (at, item) in value.iter_borrowed().enumerate() {
            self.value(&item, depth).map_err(|t| t.inside(Segment::Index(at)))?;
        }
        Ok(())
    }

    fn dict(&mut self, value: &Bound<'py, PyDict>, depth: u32) -> Outcome<()> {
        let depth = self.deeper(depth, 1)?;
        if value.is_empty() {
            self.out.map(0);
            return Ok(());
        }
        // A copy can't change while values run Python code; iterating over the original would panic then.
        let entries = value.copy()?;
        self.out.map(entries.len());
        let mut others = false;
        for (key, value) in entries.iter() {
            if let Ok(key) = key.cast_exact::<PyString>() {
                self.out.text(text(key)?);
            } else if let Ok(key) = key.cast_exact::<PyInt>() {
                self.integer(key)?;
            } else {
                self.key(&key, depth)?;
                others = true;
            }
            self.value(&value, depth).map_err(|t| t.inside(shown(&key)))?;
        }
        if others { self.distinct_keys(&entries, depth) } else { Ok(()) }
    }

    /// Keys that differ in Python can have the same bytes: an enum's member and its name.
    fn distinct_keys(&self, entries: &Bound<'py, PyDict>, depth: u32) -> Outcome<()> {
        let mut keys = Encoder::new(self.py);
        let mut ranges = Vec::with_capacity(entries.len());
        for key in entries.keys().iter() {
            let start = keys.out.0.len();
            keys.key(&key, depth)?;
            ranges.push(start..keys.out.0.len());
        }
        if !distinct(ranges.iter().map(|range| &keys.out.0[range.clone()])) {
            return Err(Trouble::new("two keys that are equal at the receiver"));
        }
        Ok(())
    }

    /// Writes a key of a map or an element of a set, if it can be one.
    fn key(&mut self, value: &Bound<'py, PyAny>, depth: u32) -> Outcome<()> {
        if let Ok(parts) = value.cast::<PyTuple>() {
            let depth = self.deeper(depth, 1)?;
            self.out.array(parts.len());
            return parts.iter_borrowed().try_for_each(|part| self.key(&part, depth));
        }
        let start = self.out.0.len();
        self.value(value, depth)?;
        let head = Reader::new(&self.out.0[start..]).head()?;
        match KeyKind::of(head) {
            Some(KeyKind::Key) if !matches!(head, Head::Array(_)) => Ok(()),
            _ => Err(Trouble::new(format!("a {} can't be a key", value.get_type().name()?))),
        }
    }

    fn set(&mut self, value: &Bound<'py, PyAny>, depth: u32) -> Outcome<()> {
        let depth = self.deeper(depth, 1)?;
        let length = value.len()?;
        self.out.tag(tag::SET);
        self.out.array(length);
        let start = self.out.0.len();
        let mut ranges = Vec::with_capacity(length);
        let mut kind = None;
        for item in value.try_iter()? {
            let item = item?;
            if ranges.len() == length {
                return Err(Trouble::new("a set that changed while it was read"));
            }
            let at = self.out.0.len();
            let this = if item.is_exact_instance_of::<PyBool>() {
                self.value(&item, depth)?;
                KeyKind::Boolean
            } else if item.is_instance_of::<PyFloat>() {
                self.value(&item, depth)?;
                KeyKind::Float
            } else {
                self.key(&item, depth).map_err(|t| t.inside(shown(&item)))?;
                KeyKind::Key
            };
            if kind.replace(this).is_some_and(|before| before != this) {
                return Err(Trouble::new("a set that mixes booleans or floats with other elements"));
            }
            ranges.push(at..self.out.0.len());
        }
        if ranges.len() != length {
            return Err(Trouble::new("a set that changed while it was read"));
        }
        let bytes = &self.out.0;
        if ranges.is_sorted_by(|a, b| bytes[a.clone()] < bytes[b.clone()]) {
            return Ok(());
        }
        ranges.sort_unstable_by(|a, b| bytes[a.clone()].cmp(&bytes[b.clone()]));
        if ranges.windows(2).any(|pair| bytes[pair[0].clone()] == bytes[pair[1].clone()]) {
            return Err(Trouble::new("two elements that are equal at the receiver"));
        }
        let sorted: Vec<u8> = ranges.iter().flat_map(|range| &bytes[range.clone()]).copied().collect();
        self.out.0[start..].copy_from_slice(&sorted);
        Ok(())
    }

    fn member(&mut self, value: &Bound<'py, PyAny>) -> Outcome<()> {
        let name = value.getattr(intern!(self.py, "_name_"))?;
        let Ok(name) = name.cast_exact::<PyString>() else {
            return Err(Trouble::new(format!("{}, a flag without a name of its own", value.repr()?)));
        };
        let name = text(name)?;
        // A combination of flags has a name that no member has.
        if name.contains('|') {
            return Err(Trouble::new(format!("{}, a combination of flags; send a set of them", value.repr()?)));
        }
        self.out.text(name);
        Ok(())
    }

    fn record(&mut self, value: &Bound<'py, PyAny>, class: &Arc<Class>, record: &Record, depth: u32) -> Outcome<()> {
        let depth = self.deeper(depth, RECORD_LEVELS)?;
        if record.open {
            let extra = value.getattr(intern!(self.py, "__pydantic_extra__"))?;
            if let Ok(extra) = extra.cast::<PyDict>()
                && let Some(first) = extra.keys().iter().next()
            {
                let field = Segment::Field(first.str()?.to_string_lossy().into_owned());
                return Err(Trouble::new("a value that the model doesn't declare, so no record has a field for it").inside(field));
            }
        }
        let shape = self.shape(class, record)?;
        if let Some(name) = &record.name {
            self.out.tag(tag::NAMED);
            self.out.array(2);
            self.out.text(name);
        }
        self.out.tag(tag::RECORD);
        self.out.array(1 + record.attributes.len());
        self.out.unsigned(shape as u64);
        for (attribute, name) in &record.attributes {
            let part = value.getattr(attribute.bind(self.py)).map_err(Trouble::from);
            let written = part.map_err(|t| t.explained(self.py, "reading it failed")).and_then(|part| self.value(&part, depth));
            written.map_err(|t| t.inside(Segment::Field(name.clone())))?;
        }
        Ok(())
    }

    /// Index of the class's shape in the table; classes with the same fields share one.
    fn shape(&mut self, class: &Arc<Class>, record: &Record) -> Outcome<usize> {
        let same =
            |other: &Arc<Class>| Arc::ptr_eq(other, class) || matches!(&other.form, Form::Record(other) if other.shape == record.shape);
        match self.shapes.iter().position(same) {
            Some(at) => Ok(at),
            None => {
                self.fields += record.attributes.len();
                shapes_fit(self.shapes.len() + 1, self.fields)?;
                self.shapes.push(Arc::clone(class));
                Ok(self.shapes.len() - 1)
            }
        }
    }
}

/// The text of a `str`, unless a lone surrogate is in it.
fn text<'a>(value: &'a Bound<'_, PyString>) -> Outcome<&'a str> {
    value.to_str().map_err(|_| Fault::new("a text with a lone surrogate, which isn't Unicode text").into())
}

/// A key as it is shown in a path.
fn shown(key: &Bound<'_, PyAny>) -> Segment {
    if let Ok(key) = key.cast::<PyString>()
        && let Ok(key) = key.to_str()
    {
        return Segment::text_key(key);
    }
    let shown = key.repr().map(|r| r.to_string_lossy().into_owned()).unwrap_or_default();
    Segment::Key(shown.chars().take(40).collect())
}
