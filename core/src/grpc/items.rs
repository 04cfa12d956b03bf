//! Items of a call's input out of the messages of a client.

use super::{
    arguments::{given, write_value_of, zero},
    proto::Wire,
    schema::{Param, Rpc},
    shape::{Shape, Unit},
};
use crate::{
    error::{Error, Kind, Result},
    value::Writer,
};
use bytes::Bytes;

/// The item that the first message brings beside the other arguments, if it has one.
pub(super) fn first_item(rpc: &Rpc, message: &[u8]) -> Result<Option<Bytes>> {
    let (at, param) = input(rpc)?;
    match given(rpc, message)?.get(at) {
        Some(wires) if !wires.is_empty() => write(param, wires).map(Some),
        _ => Ok(None),
    }
}

/// The item that a later message is. It has no place for another argument.
pub(super) fn later_item(rpc: &Rpc, message: &[u8]) -> Result<Bytes> {
    let (at, param) = input(rpc)?;
    let given = given(rpc, message)?;
    for (place, (other, wires)) in rpc.params.iter().zip(&given).enumerate() {
        if place != at && !wires.is_empty() {
            return Err(Error::new(Kind::BadArguments, format!("`{}` is given after the first message", other.name))
                .advice(format!("Send it in the first message; a later one holds `{}` only.", param.name)));
        }
    }
    write(param, given.get(at).map_or(&[][..], Vec::as_slice))
}

fn input(rpc: &Rpc) -> Result<(usize, &Param)> {
    rpc.input().ok_or_else(|| Error::internal("items for a method without a stream among its arguments"))
}

fn write(param: &Param, wires: &[Wire<'_>]) -> Result<Bytes> {
    let mut out = Writer::new();
    match (param.shape, wires.is_empty()) {
        (Shape::Maybe(unit), true) if !param.nullable && unit != Unit::Value => zero(param, unit, &mut out)?,
        _ if write_value_of(param, wires, &mut out)? => {}
        _ => {
            return Err(Error::new(Kind::BadArguments, format!("`{}` is missing", param.name))
                .advice("Give it in each message after the first; a null is `null`."));
        }
    }
    Ok(out.0.into())
}
