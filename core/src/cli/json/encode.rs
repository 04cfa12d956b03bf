//! From JSON to a payload: the types of the live method's parameters decide what a text or a number stands for.

use super::{
    CLASS, Json, base64,
    digits::Digits,
    grammar::Type,
    moments::{self, When},
};
use crate::{
    config::{MethodSpec, ParamKind, ParamSpec},
    error::Result,
    value::{Element, Fault, Reference, Segment, Writer, tag},
};

/// The arguments of one call as a payload, and the items of the stream among them.
pub(in crate::cli) struct Arguments {
    pub(in crate::cli) payload: Vec<u8>,
    /// Type of its items, if an argument is a stream.
    pub(in crate::cli) stream: Option<(Json, Type)>,
}

/// Encodes arguments for a method; without one (nobody serves it) JSON's own types decide.
pub(in crate::cli) fn arguments(positional: &[Json], named: &[(String, Json)], method: Option<&MethodSpec>) -> Result<Arguments> {
    let params = method.map(|method| method.params.as_slice()).unwrap_or_default();
    let mut encoder = Encoder::default();
    let mut stream = None;
    encoder.body.array(2);
    encoder.body.array(positional.len());
    for (at, value) in positional.iter().enumerate() {
        let param = by_position(params, at);
        let name = param.map_or_else(|| format!("argument {}", at + 1), |param| param.name.clone());
        encoder.argument(&name, param, value, &mut stream)?;
    }
    encoder.body.map(named.len());
    for (name, value) in named {
        encoder.body.text(name);
        encoder.argument(name, by_name(params, name), value, &mut stream)?;
    }
    Ok(Arguments { payload: encoder.end(), stream })
}

/// Encodes one value, an item of a stream.
pub(in crate::cli) fn item(value: &Json, kind: &Type) -> Result<Vec<u8>> {
    let mut encoder = Encoder::default();
    encoder.value(value, kind).map_err(|fault| fault.error("item"))?;
    Ok(encoder.end())
}

fn by_position(params: &[ParamSpec], at: usize) -> Option<&ParamSpec> {
    let takes = |param: &&ParamSpec| matches!(param.kind, ParamKind::Positional | ParamKind::Both);
    params.iter().filter(takes).nth(at).or_else(|| params.iter().find(|param| param.kind == ParamKind::Rest))
}

fn by_name<'p>(params: &'p [ParamSpec], name: &str) -> Option<&'p ParamSpec> {
    let takes = |param: &&ParamSpec| matches!(param.kind, ParamKind::Keyword | ParamKind::Both);
    let bare = |name: &str| name.replace('_', "").to_lowercase();
    params
        .iter()
        .filter(takes)
        .find(|param| param.name == name)
        .or_else(|| params.iter().filter(takes).find(|param| bare(&param.name) == bare(name)))
        .or_else(|| params.iter().find(|param| param.kind == ParamKind::Extra))
}

#[derive(Default)]
struct Encoder {
    body: Writer,
    /// Fields of the records in `body`.
    shapes: Vec<Vec<String>>,
}

impl Encoder {
    fn argument(&mut self, name: &str, param: Option<&ParamSpec>, value: &Json, stream: &mut Option<(Json, Type)>) -> Result<()> {
        let kind = param.map_or(Type::Any, |param| Type::read(&param.type_name));
        if let (Type::Stream(items), None) = (&kind, &stream) {
            self.body.tag(tag::STREAM);
            self.body.null();
            *stream = Some((value.clone(), (**items).clone()));
            return Ok(());
        }
        self.value(value, &kind).map_err(|fault| fault.error(name))
    }

    /// The body, after the table of its shapes if it has records.
    fn end(self) -> Vec<u8> {
        if self.shapes.is_empty() {
            return self.body.0;
        }
        let mut whole = Writer::new();
        whole.tag(tag::SHAPES);
        whole.array(2);
        whole.array(self.shapes.len());
        for fields in &self.shapes {
            whole.array(fields.len());
            fields.iter().for_each(|field| whole.text(field));
        }
        whole.0.extend_from_slice(&self.body.0);
        whole.0
    }

    fn value(&mut self, value: &Json, kind: &Type) -> Result<(), Fault> {
        match value {
            Json::Null => self.body.null(),
            Json::Bool(b) => self.body.boolean(*b),
            Json::Number(digits) => self.number(digits, kind)?,
            Json::Text(text) => self.text(text, kind)?,
            Json::List(items) => self.list(items, kind)?,
            Json::Object(members) => self.object(members, kind)?,
        }
        Ok(())
    }

    fn number(&mut self, text: &str, kind: &Type) -> Result<(), Fault> {
        match kind {
            Type::Decimal => return self.decimal(text),
            Type::Duration => return self.duration(text),
            _ => {}
        }
        let whole = !text.contains(['.', 'e', 'E']);
        let float: f64 = text.parse().unwrap_or(f64::INFINITY);
        // Where a float is wanted a whole number is one too, as long as nothing is lost.
        if whole && !(matches!(kind, Type::Float) && float.abs() < (1u64 << 53) as f64) {
            let digits = Digits::read(text).ok_or_else(|| Fault::new("an integer of too many digits"))?;
            // JSON's -0 is 0.
            let (negative, magnitude) = digits.integer().unwrap_or((false, Vec::new()));
            self.body.integer(negative, &magnitude);
            return Ok(());
        }
        if float.is_infinite() {
            return Err(Fault::new(format!("{text:.40} is too large for a float")));
        }
        self.body.float(float);
        Ok(())
    }

    fn decimal(&mut self, text: &str) -> Result<(), Fault> {
        let wrong = || Fault::new(format!("`{text:.40}` is no decimal: write digits, as in \"12.50\""));
        let digits = Digits::read(text).ok_or_else(wrong)?;
        let (negative, magnitude) = digits.integer().ok_or_else(wrong)?;
        self.body.tag(tag::DECIMAL);
        self.body.array(2);
        self.body.signed(digits.exponent.into());
        self.body.integer(negative, &magnitude);
        Ok(())
    }

    fn duration(&mut self, text: &str) -> Result<(), Fault> {
        let length = moments::duration(text)
            .ok_or_else(|| Fault::new(format!("`{text:.40}` is no duration: write \"PT1H30M\", \"PT1.5S\", or seconds")))?;
        self.body.moment(tag::DURATION, length.seconds, length.nanos);
        Ok(())
    }

    fn text(&mut self, text: &str, kind: &Type) -> Result<(), Fault> {
        let wrong = |what: &str| Fault::new(format!("`{text:.40}` is {what}"));
        match kind {
            Type::Decimal => return self.decimal(text),
            Type::Duration => return self.duration(text),
            Type::Float if matches!(text, "NaN" | "Infinity" | "-Infinity") => {
                self.body.float(text.parse().unwrap_or(f64::NAN));
            }
            Type::Bytes => self.body.bytes(&base64::decode(text).ok_or_else(|| wrong("no base64"))?),
            Type::DateTime => {
                let when = moments::when(text).ok_or_else(|| wrong("no date-time: write \"2026-11-23T09:30:00Z\""))?;
                self.when(&when);
            }
            Type::Date => {
                let days = crate::value::date_from_text(text).ok_or_else(|| wrong("no date: write \"2026-11-23\""))?;
                self.body.tag(tag::DATE);
                self.body.signed(days);
            }
            Type::Time => {
                let nanos = moments::time(text).ok_or_else(|| wrong("no time: write \"09:30:15\""))?;
                self.body.tag(tag::LOCAL_TIME);
                self.body.unsigned(nanos);
            }
            Type::Uuid => {
                let id = uuid(text).ok_or_else(|| wrong("no UUID"))?;
                self.body.tag(tag::UUID);
                self.body.bytes(&id);
            }
            Type::Reference(wanted) => {
                let reference = Reference::parse(text).ok().filter(|reference| reference.kind() == *wanted);
                let form = format!("no {}: write \"twinspan://CLUSTER/{}/NAME\"", &wanted.noun()[2..], wanted.word());
                self.body.reference(&reference.ok_or_else(|| wrong(&form))?);
            }
            _ => self.body.text(text),
        }
        Ok(())
    }

    fn when(&mut self, when: &When<'_>) {
        let parts = |body: &mut Writer, number, count| {
            body.tag(number);
            body.array(count);
        };
        match when {
            When::Instant(moment) => self.body.moment(tag::INSTANT, moment.seconds, moment.nanos),
            When::Offset(moment, minutes) => {
                parts(&mut self.body, tag::OFFSET, 2);
                self.body.moment(tag::INSTANT, moment.seconds, moment.nanos);
                self.body.signed((*minutes).into());
            }
            When::Zoned(moment, minutes, zone) => {
                parts(&mut self.body, tag::ZONED, 3);
                self.body.moment(tag::INSTANT, moment.seconds, moment.nanos);
                self.body.signed((*minutes).into());
                self.body.text(zone);
            }
            When::Local(days, nanos) => {
                parts(&mut self.body, tag::LOCAL_DATE_TIME, 2);
                self.body.signed(*days);
                self.body.unsigned(*nanos);
            }
        }
    }

    fn list(&mut self, items: &[Json], kind: &Type) -> Result<(), Fault> {
        match kind {
            Type::Set(of) => self.set(items, of),
            Type::Map(key, value) => self.pairs(items, key, value),
            Type::Complex | Type::Range => self.parts(items, kind),
            Type::Array => self.numbers(items),
            Type::List(of) => self.items(items, of),
            _ => self.items(items, &Type::Any),
        }
    }

    fn items(&mut self, items: &[Json], of: &Type) -> Result<(), Fault> {
        self.body.array(items.len());
        items.iter().enumerate().try_for_each(|(at, item)| self.value(item, of).map_err(|fault| fault.inside(Segment::Index(at))))
    }

    /// Elements stand sorted by their bytes, each once.
    fn set(&mut self, items: &[Json], of: &Type) -> Result<(), Fault> {
        let mut elements = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            elements.push(self.apart(item, of).map_err(|fault| fault.inside(Segment::Index(at)))?);
        }
        elements.sort_unstable();
        if elements.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Fault::new("a set with an element twice"));
        }
        self.body.tag(tag::SET);
        self.body.array(elements.len());
        elements.iter().for_each(|element| self.body.0.extend_from_slice(element));
        Ok(())
    }

    /// The bytes of a value that is placed later.
    fn apart(&mut self, value: &Json, kind: &Type) -> Result<Vec<u8>, Fault> {
        let before = std::mem::take(&mut self.body);
        let written = self.value(value, kind);
        let bytes = std::mem::replace(&mut self.body, before).0;
        written.map(|()| bytes)
    }

    /// `[[key, value], …]`: a map whose keys an object can't have.
    fn pairs(&mut self, items: &[Json], key: &Type, value: &Type) -> Result<(), Fault> {
        self.body.map(items.len());
        for (at, item) in items.iter().enumerate() {
            let Json::List(pair) = item else { return Err(Fault::new("a map's entry that isn't [key, value]").inside(Segment::Index(at))) };
            let [k, v] = pair.as_slice() else {
                return Err(Fault::new("a map's entry that isn't [key, value]").inside(Segment::Index(at)));
            };
            self.value(k, key).and_then(|()| self.value(v, value)).map_err(|fault| fault.inside(Segment::Index(at)))?;
        }
        Ok(())
    }

    /// `[re, im]` or `[start, stop, step]`.
    fn parts(&mut self, items: &[Json], kind: &Type) -> Result<(), Fault> {
        let (number, count, of) = if *kind == Type::Complex { (tag::COMPLEX, 2, Type::Float) } else { (tag::RANGE, 3, Type::Any) };
        if items.len() != count || !items.iter().all(|item| matches!(item, Json::Number(_) | Json::Text(_))) {
            let form = if count == 2 { "a complex number: write [re, im]" } else { "a range: write [start, stop, step]" };
            return Err(Fault::new(format!("a list that isn't {form}")));
        }
        self.body.tag(number);
        self.items(items, &of)
    }

    /// Integers of 64 bits if all are such, else floats of 64 bits; lists in lists are dimensions.
    fn numbers(&mut self, items: &[Json]) -> Result<(), Fault> {
        let mut shape = Vec::new();
        let mut flat = Vec::new();
        flatten(items, 0, &mut shape, &mut flat)?;
        let integers: Option<Vec<i64>> = flat.iter().map(|text| text.parse().ok()).collect();
        let (element, bytes): (_, Vec<u8>) = match integers {
            Some(integers) => (Element::I64, integers.iter().flat_map(|n| n.to_le_bytes()).collect()),
            None => (Element::F64, flat.iter().flat_map(|text| text.parse().unwrap_or(f64::NAN).to_le_bytes()).collect()),
        };
        if shape.len() > 1 {
            self.body.tag(tag::ND_ARRAY);
            self.body.array(2);
            self.body.array(shape.len());
            shape.iter().for_each(|length| self.body.unsigned(*length as u64));
        }
        self.body.tag(element.tag());
        self.body.bytes(&bytes);
        Ok(())
    }

    fn object(&mut self, members: &[(String, Json)], kind: &Type) -> Result<(), Fault> {
        let (key, value) = match kind {
            Type::Map(key, value) => (&**key, &**value),
            _ => (&Type::Any, &Type::Any),
        };
        if let Some((_, Json::Text(class))) = members.iter().find(|(name, _)| name == CLASS) {
            return self.named(class, members);
        }
        // Where no type tells, in a record's field or in `any`, the value says it itself: {"@date": "2026-11-23"}.
        if let [(name, member)] = members
            && let Some(word) = name.strip_prefix('@')
        {
            return match Type::read(word) {
                Type::Any | Type::Stream(_) => Err(Fault::new(format!("`@{word:.40}` names no type"))),
                said if fits(member, &said) => self.value(member, &said),
                _ => Err(Fault::new(format!("{member:.40} is no {word:.40}"))),
            };
        }
        self.body.map(members.len());
        for (name, member) in members {
            self.key(name, key).and_then(|()| self.value(member, value)).map_err(|fault| fault.inside(Segment::text_key(name)))?;
        }
        Ok(())
    }

    /// The key of an object is a text; the map's type may want something that is written as one.
    fn key(&mut self, name: &str, kind: &Type) -> Result<(), Fault> {
        self.text(name, kind)
    }

    fn named(&mut self, class: &str, members: &[(String, Json)]) -> Result<(), Fault> {
        let fields: Vec<_> = members.iter().filter(|(name, _)| name != CLASS).collect();
        let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
        let shape = self.shapes.iter().position(|known| *known == names).unwrap_or_else(|| {
            self.shapes.push(names);
            self.shapes.len() - 1
        });
        self.body.tag(tag::NAMED);
        self.body.array(2);
        self.body.text(class);
        self.body.tag(tag::RECORD);
        self.body.array(fields.len() + 1);
        self.body.unsigned(shape as u64);
        for (name, value) in fields {
            self.value(value, &Type::Any).map_err(|fault| fault.inside(Segment::Field(name.clone())))?;
        }
        Ok(())
    }
}

/// Whether this type is ever written so.
fn fits(value: &Json, kind: &Type) -> bool {
    match value {
        Json::Null => true,
        Json::Text(_) => !matches!(kind, Type::List(_) | Type::Set(_) | Type::Map(..) | Type::Complex | Type::Range | Type::Array),
        Json::Number(_) => matches!(kind, Type::Decimal | Type::Duration | Type::Float),
        Json::List(_) => matches!(kind, Type::List(_) | Type::Set(_) | Type::Map(..) | Type::Complex | Type::Range | Type::Array),
        Json::Object(_) => matches!(kind, Type::Map(..)),
        Json::Bool(_) => false,
    }
}

/// Collects the numbers of lists in lists, all of one length on each level.
fn flatten<'j>(items: &'j [Json], level: usize, shape: &mut Vec<usize>, flat: &mut Vec<&'j str>) -> Result<(), Fault> {
    match shape.get(level) {
        None => shape.push(items.len()),
        Some(length) if *length == items.len() => {}
        Some(length) => return Err(Fault::new(format!("an array with rows of {length} and of {} elements", items.len()))),
    }
    for (at, item) in items.iter().enumerate() {
        match item {
            Json::List(inner) if flat.is_empty() || shape.len() > level + 1 => flatten(inner, level + 1, shape, flat)?,
            Json::Number(text) if shape.len() == level + 1 => flat.push(text),
            Json::Text(text) if shape.len() == level + 1 && matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") => flat.push(text),
            _ => return Err(Fault::new("an array of numbers can hold numbers only").inside(Segment::Index(at))),
        }
    }
    Ok(())
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> = text.bytes().filter(|b| *b != b'-').collect();
    let dashes = text.bytes().enumerate().filter(|(_, b)| *b == b'-').map(|(at, _)| at).collect::<Vec<_>>();
    if digits.len() != 32 || !(dashes.is_empty() || dashes == [8, 13, 18, 23]) {
        return None;
    }
    let mut id = [0; 16];
    for (byte, pair) in id.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.iter().all(u8::is_ascii_hexdigit))?;
    }
    Some(id)
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
