//! `google.protobuf.Value` to a payload's item.

use super::proto::{Fields, Wire, bad};
use crate::{
    error::Result,
    value::{Fault, Writer, deeper},
};
use std::collections::BTreeMap;

/// Doubles up to here count integers one by one; beyond it an integer comes as text.
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// A number that counts is an integer, any other a float: JSON tells `2` from `2.0` no more than `Value` does.
pub(super) fn write_number(number: f64, out: &mut Writer) {
    if number.fract() == 0.0 && number.abs() <= EXACT && !(number == 0.0 && number.is_sign_negative()) {
        out.signed(number as i64);
    } else {
        out.float(number);
    }
}

/// Writes a `Value`, inside of so many levels. One that says nothing is null.
pub(super) fn write_value(value: &[u8], depth: u32, out: &mut Writer) -> Result<()> {
    let mut fields = Fields::new(value);
    let mut last = None;
    while let Some((field, wire)) = fields.next()? {
        // Of several the last counts, as in any `oneof`.
        if (1..=6).contains(&field) {
            last = Some((field, wire));
        }
    }
    match last {
        None => out.null(),
        Some((1, wire)) => {
            wire.varint()?;
            out.null();
        }
        Some((2, wire)) => write_number(wire.double()?, out),
        Some((3, wire)) => out.text(wire.text()?),
        Some((4, wire)) => out.boolean(wire.varint()? != 0),
        Some((5, wire)) => write_struct(wire.bytes()?, down(depth)?, out)?,
        Some((_, wire)) => write_list(wire.bytes()?, down(depth)?, out)?,
    }
    Ok(())
}

fn down(depth: u32) -> Result<u32> {
    deeper(depth, 1).map_err(|fault: Fault| bad(fault.what()))
}

fn write_struct(message: &[u8], depth: u32, out: &mut Writer) -> Result<()> {
    let mut entries = Entries::default();
    let mut fields = Fields::new(message);
    while let Some((field, wire)) = fields.next()? {
        if field == 1 {
            let (key, value) = entry(wire.bytes()?)?;
            let key = key.map_or(Ok(""), Wire::text)?;
            entries.put(key, value.map_or(Ok(&[][..]), Wire::bytes)?);
        }
    }
    out.map(entries.len());
    for (key, value) in entries.in_order() {
        out.text(key);
        write_value(value, depth, out)?;
    }
    Ok(())
}

fn write_list(message: &[u8], depth: u32, out: &mut Writer) -> Result<()> {
    let mut count = 0;
    let mut fields = Fields::new(message);
    while let Some((field, _)) = fields.next()? {
        count += usize::from(field == 1);
    }
    out.array(count);
    let mut fields = Fields::new(message);
    while let Some((field, wire)) = fields.next()? {
        if field == 1 {
            write_value(wire.bytes()?, depth, out)?;
        }
    }
    Ok(())
}

/// Key and value of one entry of a map.
pub(super) fn entry(message: &[u8]) -> Result<(Option<Wire<'_>>, Option<Wire<'_>>)> {
    let (mut key, mut value) = (None, None);
    let mut fields = Fields::new(message);
    while let Some((field, wire)) = fields.next()? {
        match field {
            1 => key = Some(wire),
            2 => value = Some(wire),
            _ => {}
        }
    }
    Ok((key, value))
}

/// Entries of a map in the order in which their keys first came; of several with one key the last counts.
pub(super) struct Entries<K, V> {
    order: Vec<(K, V)>,
    places: BTreeMap<K, usize>,
}

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Entries { order: Vec::new(), places: BTreeMap::new() }
    }
}

impl<K: Ord + Copy, V> Entries<K, V> {
    pub(super) fn put(&mut self, key: K, value: V) {
        match self.places.get(&key).and_then(|at| self.order.get_mut(*at)) {
            Some(entry) => entry.1 = value,
            None => {
                self.places.insert(key, self.order.len());
                self.order.push((key, value));
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn in_order(self) -> Vec<(K, V)> {
        self.order
    }
}
