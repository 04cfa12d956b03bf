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
use twinspan::value::{Content, contents};

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

/// Where the large byte strings are, as (start, end). What the decoder will refuse is left to it.
fn large(payload: &[u8]) -> Vec<(usize, usize)> {
    let end = |content: &Content| usize::try_from(content.length).ok().and_then(|length| content.start.checked_add(length));
    contents(payload)
        .filter(|content| content.is_bytes && content.length >= LARGE as u64)
        .filter_map(|content| end(&content).filter(|end| *end <= payload.len()).map(|end| (content.start, end)))
        .take(MOST)
        .collect()
}

/// The parts for `Body` in Java: the rest as `byte[]`, a table of handles and places, and the buffers. `None`: nothing is large.
/// `kept` grows by the handles, which the caller frees if the array does not reach Java.
pub(crate) fn object<'l>(env: &mut Env<'l>, payload: &Bytes, kept: &mut Vec<u64>) -> Outcome<Option<JObjectArray<'l>>> {
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
    let first = kept.len();
    kept.extend(found.iter().map(|(start, end)| keep(payload.slice(*start..*end))));
    for (part, handle) in table.chunks_exact_mut(2).zip(&kept[first..]) {
        part[0] = handle.cast_signed();
    }
    wrap(env, payload, &found, &around, &table).map(Some)
}

/// Puts everything into one array.
fn wrap<'l>(env: &mut Env<'l>, payload: &Bytes, found: &[(usize, usize)], around: &[u8], table: &[jlong]) -> Outcome<JObjectArray<'l>> {
    let out = JObjectArray::<JObject>::new(env, found.len() + 2, JObject::null())?;
    let array = env.byte_array_from_slice(around)?;
    out.set_element(env, 0, &array)?;
    let words = JLongArray::new(env, table.len())?;
    for (at, (start, end)) in found.iter().enumerate() {
        let buffer = sys::lend(env, &payload.slice(*start..*end))?;
        out.set_element(env, at + 2, &buffer)?;
        env.delete_local_ref(buffer);
    }
    words.set_region(env, 0, table)?;
    out.set_element(env, 1, &words)?;
    Ok(out)
}

fn keep(part: Bytes) -> u64 {
    let mut lent = LENT.lock();
    lent.last += 1;
    let handle = lent.last;
    lent.parts.insert(handle, part);
    handle
}
