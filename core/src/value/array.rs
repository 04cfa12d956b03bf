//! Arrays of numbers: RFC 8746, little-endian.

use super::{Fault, Head, MAX_DIMENSIONS, Reader};

/// What one element of an array of numbers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// Float, 16 bits.
    F16,
    /// Float, 32 bits.
    F32,
    /// Float, 64 bits.
    F64,
}

impl Element {
    /// All of them.
    pub const ALL: [Element; 11] = [
        Element::U8,
        Element::U16,
        Element::U32,
        Element::U64,
        Element::I8,
        Element::I16,
        Element::I32,
        Element::I64,
        Element::F16,
        Element::F32,
        Element::F64,
    ];

    /// The tag of an array of these.
    pub fn tag(self) -> u64 {
        match self {
            Element::U8 => 64,
            Element::U16 => 69,
            Element::U32 => 70,
            Element::U64 => 71,
            Element::I8 => 72,
            Element::I16 => 77,
            Element::I32 => 78,
            Element::I64 => 79,
            Element::F16 => 84,
            Element::F32 => 85,
            Element::F64 => 86,
        }
    }

    /// The element that this tag announces.
    pub fn of_tag(tag: u64) -> Option<Element> {
        Element::ALL.into_iter().find(|e| e.tag() == tag)
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Element::U8 | Element::I8 => 1,
            Element::U16 | Element::I16 | Element::F16 => 2,
            Element::U32 | Element::I32 | Element::F32 => 4,
            Element::U64 | Element::I64 | Element::F64 => 8,
        }
    }

    /// The name as NumPy writes it.
    pub fn name(self) -> &'static str {
        match self {
            Element::U8 => "uint8",
            Element::U16 => "uint16",
            Element::U32 => "uint32",
            Element::U64 => "uint64",
            Element::I8 => "int8",
            Element::I16 => "int16",
            Element::I32 => "int32",
            Element::I64 => "int64",
            Element::F16 => "float16",
            Element::F32 => "float32",
            Element::F64 => "float64",
        }
    }
}

/// An array of numbers as it stands in the payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers<'a> {
    /// What its elements are.
    pub element: Element,
    /// The elements, little-endian, row-major.
    pub bytes: &'a [u8],
    /// Its dimensions; `None` for a plain array.
    pub shape: Option<Vec<usize>>,
}

impl<'a> Numbers<'a> {
    /// Reads the bytes of a plain array whose tag was just read.
    pub(super) fn plain(reader: &mut Reader<'a>, element: Element) -> Result<Numbers<'a>, Fault> {
        let Head::Bytes(length) = reader.head()? else {
            return Err(Fault::new("an array of numbers that isn't bytes"));
        };
        if length % element.size() != 0 {
            return Err(Fault::new(format!("{length} bytes are no whole number of {} elements", element.name())));
        }
        Ok(Numbers { element, bytes: reader.take(length)?, shape: None })
    }

    /// Reads an array with dimensions whose tag was just read.
    pub(super) fn with_shape(reader: &mut Reader<'a>) -> Result<Numbers<'a>, Fault> {
        if reader.head()? != Head::Array(2) {
            return Err(Fault::new("an n-D array that isn't [dimensions, elements]"));
        }
        let shape = match reader.head()? {
            Head::Array(1) => return Err(Fault::new("an n-D array of one dimension, which is written as a plain one")),
            Head::Array(count) if count <= MAX_DIMENSIONS => {
                let mut shape = Vec::with_capacity(count);
                for _ in 0..count {
                    match reader.head()? {
                        Head::Unsigned(n) if n <= isize::MAX as u64 => shape.push(n as usize),
                        _ => return Err(Fault::new("an n-D array with a dimension that is no length")),
                    }
                }
                shape
            }
            _ => return Err(Fault::new(format!("an n-D array without a list of at most {MAX_DIMENSIONS} dimensions"))),
        };
        let element = match reader.head()? {
            Head::Tag(number) => Element::of_tag(number),
            _ => None,
        };
        let Some(element) = element else {
            return Err(Fault::new("an n-D array whose elements aren't an array of numbers"));
        };
        let mut numbers = Numbers::plain(reader, element)?;
        // Zero dimensions don't excuse the others: NumPy multiplies them too.
        let spread = shape.iter().filter(|n| **n != 0).try_fold(element.size(), |all, n| all.checked_mul(*n));
        let spread = spread.filter(|bytes| *bytes <= isize::MAX as usize);
        let expected = if shape.contains(&0) { spread.map(|_| 0) } else { spread };
        if expected != Some(numbers.bytes.len()) {
            return Err(Fault::new(format!("{} elements don't fill the dimensions {shape:?}", numbers.bytes.len() / element.size())));
        }
        numbers.shape = Some(shape);
        Ok(numbers)
    }
}
