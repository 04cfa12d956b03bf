//! A payload on its way out whose byte strings are large: Java gets direct buffers over the core's memory instead of a copy, and the
//! rest as one array.

use crate::{sys, throw::Outcome};
use bytes::Bytes;
use jni::{
    Env,
    objects::{JLongArray, JObject, JObjectArray},
    sys::jlong,
};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::LazyLock};

/// From this size on a byte string is lent; below, a copy costs less than its bookkeeping.
pub(crate) const LARGE: usize = 64 << 10;

/// Most byte strings of one payload that are lent.
const MOST: usize = 256;

/// What Java may still look at. Each entry is freed by the cleaner of its buffer, or before that.
static LENT: LazyLock<Mutex<Lent>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Lent {
    last: u64,
    parts: HashMap<u64, Bytes>,
}

/// The memory of one buffer is not needed any more.
pub(crate) fn free(handle: u64) {
    let part = LENT.lock().parts.remove(&handle);
    drop(part); // Outside of the lock: it may be large.
}

/// Where the large byte strings are, as (start, end). A payload is a plain sequence of heads and the contents of strings, because
/// only definite lengths are legal. What isn't legal ends the search; the decoder will say what is wrong.
fn large(payload: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((major, argument, next)) = head(payload, at) {
        at = next;
        if major == 2 || major == 3 {
            let Some(end) = usize::try_from(argument).ok().and_then(|length| at.checked_add(length)).filter(|end| *end <= payload.len())
            else {
                break;
            };
            if major == 2 && end - at >= LARGE && found.len() < MOST {
                found.push((at, end));
            }
            at = end;
        }
    }
    found
}

/// Major type and argument of the head at `at`, and where it ends.
fn head(payload: &[u8], at: usize) -> Option<(u8, u64, usize)> {
    let first = *payload.get(at)?;
    let width = match first & 31 {
        info @ 0..=23 => return Some((first >> 5, info.into(), at + 1)),
        info @ 24..=27 => 1 << (info - 24),
        _ => return None,
    };
    let bytes = payload.get(at + 1..at + 1 + width)?;
    Some((first >> 5, bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), at + 1 + width))
}

/// The object for `Body` in Java: the rest as `byte[]`, a table of handles and places, and the buffers. `None`: nothing is large.
pub(crate) fn object<'l>(env: &mut Env<'l>, payload: &Bytes) -> Outcome<Option<JObject<'l>>> {
    if payload.len() < LARGE {
        return Ok(None);
    }
    let found = large(payload);
    if found.is_empty() {
        return Ok(None);
    }
    let mut around = Vec::with_capacity(payload.len() - found.iter().map(|(start, end)| end - start).sum::<usize>());
    let mut table: Vec<jlong> = Vec::with_capacity(2 * found.len());
    let mut taken = 0;
    for (start, end) in &found {
        around.extend_from_slice(&payload[taken..*start]);
        taken = *end;
        table.extend([0, jlong::try_from(around.len()).unwrap_or(jlong::MAX)]);
    }
    around.extend_from_slice(&payload[taken..]);
    match wrap(env, payload, &found, &around, &mut table) {
        Ok(object) => Ok(Some(object)),
        Err(fault) => {
            // A full heap: nobody will ever free what was lent until then.
            table.chunks_exact(2).for_each(|part| free(part[0].cast_unsigned()));
            Err(fault)
        }
    }
}

/// Fills the handles into the table, which counts two words a part, and puts everything into one array.
fn wrap<'l>(env: &mut Env<'l>, payload: &Bytes, found: &[(usize, usize)], around: &[u8], table: &mut [jlong]) -> Outcome<JObject<'l>> {
    let out = JObjectArray::<JObject>::new(env, found.len() + 2, JObject::null())?;
    let array = env.byte_array_from_slice(around)?;
    out.set_element(env, 0, &array)?;
    let words = JLongArray::new(env, table.len())?;
    for (at, (start, end)) in found.iter().enumerate() {
        let part = payload.slice(*start..*end);
        let buffer = sys::lend(env, &part)?;
        table[2 * at] = keep(part).cast_signed();
        out.set_element(env, at + 2, &buffer)?;
        env.delete_local_ref(buffer);
    }
    words.set_region(env, 0, table)?;
    out.set_element(env, 1, &words)?;
    Ok(out.into())
}

fn keep(part: Bytes) -> u64 {
    let mut lent = LENT.lock();
    lent.last += 1;
    let handle = lent.last;
    lent.parts.insert(handle, part);
    handle
}
