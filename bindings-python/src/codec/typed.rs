//! Payload bytes to what a type hint says: exactly that, or a fault at its path.

use super::crowd::Crowd;
use super::decode::{Decoder, equal_elements, equal_keys, shown};
use super::plan::{Build, Kind, Node, Nodes, Plan};
use super::trouble::{Outcome, Trouble};
use super::{arrays, moments, tables};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyComplex, PyDict, PyFloat, PyFrozenSet, PyList, PyMemoryView, PySet, PyString, PyTuple};
use twinspan::value::{Element, Head, KeyKind, Numbers, RECORD_LEVELS, Reader, Scalar, Segment, SetKind, deeper, skip_key, tag};

/// How far a value may be from what the hint says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// First try of a union: no widening, no unknown fields.
    Close,
    /// Lossless: integers widen to floats that hold them, unknown fields are left out.
    Lossless,
}

impl<'a, 'py> Decoder<'a, 'py> {
    /// The one value of the payload, as the plan says.
    pub(super) fn typed_payload(&mut self, plan: &Plan) -> Outcome<Bound<'py, PyAny>> {
        let value = self.typed(&plan.nodes, plan.top, 0, Fit::Lossless)?;
        self.reader.end()?;
        Ok(value)
    }

    /// A registered record whose name was just read, as an instance of the class that has it here.
    pub(super) fn registered(&mut self, plan: &Plan, depth: u32) -> Outcome<Bound<'py, PyAny>> {
        let node = plan.nodes.get(plan.top);
        let Kind::Record(record) = &node.kind else { return Err(Trouble::new("a name that no record has")) };
        self.expect_record()?;
        self.record_of(&plan.nodes, node, record, depth, Fit::Lossless)
    }

    /// The next value as node `at` says, inside of so many levels.
    pub(super) fn typed(&mut self, nodes: &Nodes, at: usize, depth: u32, fit: Fit) -> Outcome<Bound<'py, PyAny>> {
        let py = self.py;
        let node = nodes.get(at);
        let start = self.reader;
        match &node.kind {
            Kind::Any => return self.value(depth),
            Kind::Union(members) => return self.union(nodes, node, members, depth, fit),
            Kind::Literal(values) => return self.literal(node, values, depth),
            Kind::Root(class, inner) => {
                let value = self.typed(nodes, *inner, depth, fit)?;
                return class.bind(py).call1((value,)).map_err(|e| Trouble::from(e).explained(py, &format!("{} refused it", node.shown)));
            }
            _ => {}
        }
        let head = self.reader.head()?;
        let value = match (&node.kind, head) {
            (Kind::Text, Head::Text(_))
            | (Kind::Integer, Head::Unsigned(_) | Head::Negative(_) | Head::Tag(tag::BIGNUM | tag::NEGATIVE_BIGNUM))
            | (Kind::Float, Head::Float(_))
            | (Kind::Boolean, Head::Boolean(_))
            | (Kind::Null, Head::Null)
            | (Kind::Bytes, Head::Bytes(_))
            | (Kind::Decimal, Head::Tag(tag::DECIMAL))
            | (Kind::Date, Head::Tag(tag::DATE | tag::DATE_TEXT))
            | (Kind::Uuid, Head::Tag(tag::UUID))
            | (Kind::Complex, Head::Tag(tag::COMPLEX))
            | (Kind::Range, Head::Tag(tag::RANGE)) => self.value_of(head, depth)?,
            (Kind::Reference(wanted), Head::Tag(number @ tag::REFERENCE)) => match Scalar::read(&mut self.reader, number)? {
                Some(scalar @ Scalar::Reference(_)) if scalar.noun() == wanted.noun() => self.scalar(&scalar)?,
                _ => return Err(mismatch(start, node)),
            },
            (Kind::Record(record), Head::Tag(tag::RECORD)) => self.record_of(nodes, node, record, depth, fit)?,
            (Kind::Record(record), Head::Tag(tag::NAMED)) => {
                let name = self.named_head()?;
                if record.registered.as_deref().is_some_and(|own| own != name) {
                    return Err(Trouble::new(format!("a record {name:?} where {} belongs", node.shown)));
                }
                self.expect_record()?;
                self.record_of(nodes, node, record, depth, fit)?
            }
            (Kind::Record(record), Head::Map(pairs)) => self.record_of_map(nodes, node, record, pairs, deeper(depth, 1)?, fit)?,
            (Kind::Record(record), Head::Array(length)) if record.build == Build::Tuple => {
                self.record_of_array(nodes, node, record, length, deeper(depth, 1)?, fit)?
            }
            (Kind::List(item), Head::Array(length)) => self.typed_list(nodes, *item, length, deeper(depth, 1)?, fit)?,
            (Kind::Tuples(item), Head::Array(length)) => {
                self.typed_list(nodes, *item, length, deeper(depth, 1)?, fit)?.cast::<PyList>()?.to_tuple().into_any()
            }
            (Kind::Tuple(items), Head::Array(length)) if length == items.len() => {
                let depth = deeper(depth, 1)?;
                let mut parts = Vec::with_capacity(length);
                for (at, item) in items.iter().enumerate() {
                    parts.push(self.typed(nodes, *item, depth, fit).map_err(|t| t.inside(Segment::Index(at)))?);
                }
                PyTuple::new(py, parts)?.into_any()
            }
            (Kind::Tuple(items), Head::Array(length)) => {
                return Err(Trouble::new(format!("{length} elements where {} belongs, which has {}", node.shown, items.len())));
            }
            (Kind::Dict(key, value), Head::Map(pairs)) => self.typed_dict(nodes, (*key, *value), pairs, deeper(depth, 1)?, fit)?,
            (Kind::Dict(key, value), Head::Tag(tag::RECORD)) => self.dict_of_record(nodes, (*key, *value), depth, fit)?,
            (Kind::Dict(key, value), Head::Tag(tag::NAMED)) => {
                self.named_head()?;
                self.expect_record()?;
                self.dict_of_record(nodes, (*key, *value), depth, fit)?
            }
            (Kind::Set(item, frozen), Head::Tag(tag::SET)) => self.typed_set(nodes, *item, *frozen, deeper(depth, 1)?, fit)?,
            (Kind::Enum(members), Head::Text(length)) => {
                let name = self.reader.text(length)?;
                match members.get(name) {
                    Some(member) => member.bind(py).clone(),
                    None => return Err(Trouble::new(format!("{}, which is no member of {}", found(start), node.shown))),
                }
            }
            (Kind::ByteArray, Head::Bytes(length)) => PyByteArray::new(py, self.reader.take(length)?).into_any(),
            (Kind::MemoryView, Head::Bytes(length)) => {
                let bytes = self.reader.take(length)?;
                PyMemoryView::from(&self.whole.part(py, bytes, 1)?)?.into_any()
            }
            (Kind::Float, Head::Unsigned(n)) if fit == Fit::Lossless => self.widened(i128::from(n), start, node)?,
            (Kind::Float, Head::Negative(n)) if fit == Fit::Lossless => self.widened(-1 - i128::from(n), start, node)?,
            (Kind::Complex, Head::Float(re)) if fit == Fit::Lossless => PyComplex::from_doubles(py, re, 0.0).into_any(),
            (Kind::Decimal, Head::Unsigned(_) | Head::Negative(_)) if fit == Fit::Lossless => {
                super::known::decimal(py)?.call1((self.value_of(head, depth)?,))?
            }
            (_, Head::Tag(number)) => match Scalar::read(&mut self.reader, number)? {
                Some(scalar) => match self.typed_scalar(nodes, node, &scalar, fit)? {
                    Some(value) => value,
                    None => return Err(mismatch(start, node)),
                },
                None => return Err(mismatch(start, node)),
            },
            _ => return Err(mismatch(start, node)),
        };
        Ok(value)
    }

    /// Moments and arrays, whose hints can say more than what arrives.
    fn typed_scalar(&self, nodes: &Nodes, node: &Node, scalar: &Scalar<'a>, fit: Fit) -> Outcome<Option<Bound<'py, PyAny>>> {
        let py = self.py;
        let (class, nanos) = match (&node.kind, scalar) {
            (Kind::DateTime(class), Scalar::Instant(moment) | Scalar::Offset(moment, _) | Scalar::Zoned(moment, ..)) => {
                (class, u64::from(moment.nanos))
            }
            (Kind::DateTime(class), Scalar::LocalDateTime(_, nanos)) | (Kind::Time(class), Scalar::LocalTime(nanos)) => (class, *nanos),
            (Kind::Delta(class), Scalar::Duration(moment)) => (class, u64::from(moment.nanos)),
            (Kind::Table(make), Scalar::Table(bytes)) => return Ok(Some(tables::decode(py, make.bind(py), self.whole, bytes)?)),
            (_, Scalar::Numbers(numbers)) => return self.typed_numbers(nodes, node, numbers, fit),
            _ => return Ok(None),
        };
        let value = self.scalar(scalar)?;
        match class {
            Some(class) => Ok(Some(moments::keeping(class.bind(py), value, (nanos % 1000) as u32)?)),
            None => Ok(Some(value)),
        }
    }

    fn typed_numbers(&self, nodes: &Nodes, node: &Node, numbers: &Numbers<'a>, fit: Fit) -> Outcome<Option<Bound<'py, PyAny>>> {
        let py = self.py;
        let dimensions = numbers.shape.as_ref().map_or(1, Vec::len);
        let other = |element: &Option<Element>| element.is_some_and(|e| e != numbers.element);
        match &node.kind {
            Kind::NumPy { element, dimensions: wanted } => {
                if other(element) || wanted.is_some_and(|n| n != dimensions) {
                    let found = numbers.element.name();
                    return Err(Trouble::new(format!("an array of {found} in {dimensions} dimensions where {} belongs", node.shown)));
                }
                Ok(Some(arrays::decode_as_numpy(py, self.whole, numbers)?))
            }
            Kind::Array(element) if dimensions == 1 && numbers.element != Element::F16 => {
                if other(element) {
                    return Err(Trouble::new(format!("an array of {} where {} belongs", numbers.element.name(), node.shown)));
                }
                Ok(Some(arrays::decode_array(py, self.whole, numbers)?))
            }
            Kind::NdArray => Ok(Some(arrays::decode_nd_array(py, self.whole, numbers)?)),
            Kind::List(item) if dimensions == 1 => {
                let floats = matches!(numbers.element, Element::F16 | Element::F32 | Element::F64);
                match (&nodes.get(*item).kind, fit) {
                    (Kind::Any, _) => {}
                    (Kind::Float, Fit::Lossless) if floats => {}
                    (Kind::Integer, Fit::Lossless) if !floats => {}
                    _ => return Ok(None),
                }
                Ok(Some(arrays::decode_list(py, self.whole, numbers)?.into_any()))
            }
            _ => Ok(None),
        }
    }

    fn widened(&self, n: i128, start: Reader<'_>, node: &Node) -> Outcome<Bound<'py, PyAny>> {
        let wide = n as f64;
        if wide as i128 == n { Ok(PyFloat::new(self.py, wide).into_any()) } else { Err(mismatch(start, node)) }
    }

    fn typed_list(&mut self, nodes: &Nodes, item: usize, length: usize, depth: u32, fit: Fit) -> Outcome<Bound<'py, PyAny>> {
        let list = PyList::empty(self.py);
        for at in 0..length {
            list.append(self.typed(nodes, item, depth, fit).map_err(|t| t.inside(Segment::Index(at)))?)?;
        }
        Ok(list.into_any())
    }

    fn typed_set(&mut self, nodes: &Nodes, item: usize, frozen: bool, depth: u32, fit: Fit) -> Outcome<Bound<'py, PyAny>> {
        let length = self.set_head()?;
        let set = PySet::empty(self.py)?;
        let mut order = SetKind::default();
        let mut crowd = Crowd::of(length);
        for at in 0..length {
            let start = self.reader.position();
            let kind = order.next(&self.reader).map_err(|f| f.inside(Segment::Index(at)))?;
            let element = match kind {
                KeyKind::Key => self.typed_key(nodes, item, depth, fit),
                _ => self.typed(nodes, item, depth, fit),
            };
            let element = element.map_err(|t| t.inside(Segment::Index(at)))?;
            let added = crowd.meet(&element).and_then(|()| Ok(set.add(element)?));
            added.map_err(|t| t.explained(self.py, "it can't be an element of a set"))?;
            order.read(self.reader.since(start))?;
        }
        if set.len() != length {
            return Err(equal_elements());
        }
        Ok(if frozen { PyFrozenSet::new(self.py, set.iter())?.into_any() } else { set.into_any() })
    }

    fn typed_key(&mut self, nodes: &Nodes, at: usize, depth: u32, fit: Fit) -> Outcome<Bound<'py, PyAny>> {
        if let Kind::Any = nodes.get(at).kind {
            return self.key(depth);
        }
        // The hint decides what the key becomes; what stands in the payload must be one.
        skip_key(&mut self.reader.clone(), depth)?;
        self.typed(nodes, at, depth, fit)
    }

    fn typed_dict(
        &mut self,
        nodes: &Nodes,
        (key, value): (usize, usize),
        pairs: usize,
        depth: u32,
        fit: Fit,
    ) -> Outcome<Bound<'py, PyAny>> {
        let dict = PyDict::new(self.py);
        let mut crowd = Crowd::of(pairs);
        for _ in 0..pairs {
            KeyKind::map_key(&self.reader)?;
            let key = match nodes.get(key).kind {
                Kind::Text | Kind::Integer => self.typed(nodes, key, depth, fit)?,
                _ => self.typed_key(nodes, key, depth, fit)?,
            };
            let value = self.typed(nodes, value, depth, fit).map_err(|t| t.inside(shown(&key)))?;
            let set = crowd.meet(&key).and_then(|()| Ok(dict.set_item(key, value)?));
            set.map_err(|t| t.explained(self.py, "it can't be the key of a dict"))?;
        }
        if dict.len() == pairs { Ok(dict.into_any()) } else { Err(equal_keys()) }
    }

    fn dict_of_record(&mut self, nodes: &Nodes, (key, value): (usize, usize), depth: u32, fit: Fit) -> Outcome<Bound<'py, PyAny>> {
        if !matches!(nodes.get(key).kind, Kind::Any | Kind::Text) {
            return Err(Trouble::new(format!("a record where a dict with keys of {} belongs", nodes.get(key).shown)));
        }
        let depth = deeper(depth, RECORD_LEVELS)?;
        let shape = self.record_head()?;
        let dict = PyDict::new(self.py);
        for at in 0..self.shapes.get(shape).map_or(0, Vec::len) {
            let value = self.typed(nodes, value, depth, fit).map_err(|t| t.inside(self.field(shape, at)))?;
            let name = self.shapes.get(shape).and_then(|fields| fields.get(at)).copied().unwrap_or_default();
            dict.set_item(PyString::new(self.py, name), value)?;
        }
        Ok(dict.into_any())
    }

    fn literal(&mut self, node: &Node, values: &[(Py<PyAny>, Py<PyAny>)], depth: u32) -> Outcome<Bound<'py, PyAny>> {
        let start = self.reader;
        let arrived = self.value(depth)?;
        for (wire, value) in values {
            let wire = wire.bind(self.py);
            // `True` isn't `1` here.
            if wire.get_type().is(arrived.get_type()) && wire.eq(&arrived)? {
                return Ok(value.bind(self.py).clone());
            }
        }
        Err(mismatch(start, node))
    }
}

/// A value that isn't what the hint says.
pub(super) fn mismatch(start: Reader<'_>, node: &Node) -> Trouble {
    Trouble::new(format!("{} where {} belongs", found(start), node.shown))
}

/// The value at this place, as short as a message wants it.
pub(super) fn found(mut at: Reader<'_>) -> String {
    match at.head() {
        Ok(Head::Unsigned(n)) => n.to_string(),
        Ok(Head::Negative(n)) => (-1 - i128::from(n)).to_string(),
        Ok(Head::Float(n)) => format!("{n:?}"),
        Ok(Head::Boolean(b)) => b.to_string(),
        Ok(Head::Text(length)) => match Segment::text_key(at.text(length).unwrap_or_default()) {
            Segment::Key(shown) => shown,
            _ => "a text".to_owned(),
        },
        Ok(Head::Tag(tag::SET)) => "a set".to_owned(),
        Ok(Head::Tag(tag::RECORD | tag::NAMED)) => "a record".to_owned(),
        Ok(Head::Tag(number)) => match Scalar::read(&mut at, number) {
            Ok(Some(scalar)) => scalar.noun().to_owned(),
            _ => format!("tag {number}"),
        },
        Ok(head) => head.noun().to_owned(),
        Err(fault) => fault.what().to_owned(),
    }
}
