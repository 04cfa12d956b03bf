//! A payload on its way in: a skeleton, and beside it the large arrays and buffers whose bytes belong into it. They are copied once,
//! from where the program keeps them to where the core sends them from.

use crate::{sys, throw::Outcome};
use bytes::Bytes;
use jni::{
    Env,
    objects::{
        JByteArray, JByteBuffer, JDoubleArray, JFloatArray, JIntArray, JLongArray, JObject, JObjectArray, JPrimitiveArray, JShortArray,
        TypeArray,
    },
    sys::{jlong, jsize},
};
use twinspan::bridge::Error;

/// Words of a part in the table: its place in the skeleton, its class, its first element, how many bytes it has.
const WORDS: usize = 4;

/// Elements that are on their way at once; they stay in the processor's cache.
const CHUNK: usize = 4096;

/// Reads the payload; `parts` is null when nothing stands beside it. The first part is the table of the others.
pub(crate) fn payload<'l>(env: &mut Env<'l>, skeleton: &JByteArray<'l>, parts: &JObjectArray<'l, JObject<'l>>) -> Outcome<Bytes> {
    let around = env.convert_byte_array(skeleton)?;
    if parts.is_null() {
        return Ok(around.into());
    }
    let table = parts.get_element(env, 0)?;
    let table = env.cast_local::<JLongArray>(table)?;
    let mut words = vec![0; table.len(env)?];
    table.get_region(env, 0, &mut words)?;
    let total: i64 = words.chunks_exact(WORDS).map(|part| part[3]).sum();
    let mut out = Vec::with_capacity(around.len() + number(total)?);
    let mut taken = 0;
    for (at, part) in words.chunks_exact(WORDS).enumerate() {
        let place = number(part[0])?;
        out.extend_from_slice(around.get(taken..place).ok_or_else(wrong)?);
        taken = place;
        let object = parts.get_element(env, at + 1)?;
        append(env, object, part, &mut out)?;
    }
    out.extend_from_slice(around.get(taken..).ok_or_else(wrong)?);
    Ok(out.into())
}

/// The numbers of the classes are those of `Part` in Java.
fn append<'l>(env: &mut Env<'l>, object: JObject<'l>, part: &[jlong], out: &mut Vec<u8>) -> Outcome<()> {
    let (first, bytes) = (number(part[2])?, number(part[3])?);
    match part[1] {
        0 => {
            let buffer = env.cast_local::<JByteBuffer>(object)?;
            let data = sys::memory(env, &buffer)?;
            out.extend_from_slice(data.get(first..first + bytes).ok_or_else(wrong)?);
            Ok(())
        }
        1 => octets(env, &env.cast_local::<JByteArray>(object)?, first, bytes, out),
        2 => copy(env, &env.cast_local::<JShortArray>(object)?, first, bytes, out, i16::to_le_bytes),
        3 => copy(env, &env.cast_local::<JIntArray>(object)?, first, bytes, out, i32::to_le_bytes),
        4 => copy(env, &env.cast_local::<JLongArray>(object)?, first, bytes, out, i64::to_le_bytes),
        5 => copy(env, &env.cast_local::<JFloatArray>(object)?, first, bytes, out, f32::to_le_bytes),
        6 => copy(env, &env.cast_local::<JDoubleArray>(object)?, first, bytes, out, f64::to_le_bytes),
        _ => Err(wrong().into()),
    }
}

fn octets(env: &Env<'_>, array: &JByteArray<'_>, first: usize, bytes: usize, out: &mut Vec<u8>) -> Outcome<()> {
    for at in (first..first + bytes).step_by(8 * CHUNK) {
        let filled = out.len();
        // Piece by piece: the zeros are still in the processor's cache when the bytes replace them.
        out.resize(filled + (first + bytes - at).min(8 * CHUNK), 0);
        array.get_region(env, jsize::try_from(at).map_err(|_| wrong())?, sys::signed(&mut out[filled..]))?;
    }
    Ok(())
}

fn copy<T: TypeArray + Copy + Default, const WIDTH: usize>(
    env: &Env<'_>,
    array: &JPrimitiveArray<'_, T>,
    first: usize,
    bytes: usize,
    out: &mut Vec<u8>,
    little_endian: fn(T) -> [u8; WIDTH],
) -> Outcome<()> {
    let mut elements = [T::default(); CHUNK];
    let mut encoded = vec![0; CHUNK * WIDTH];
    let (mut at, end) = (first, first + bytes / WIDTH);
    while at < end {
        let count = CHUNK.min(end - at);
        array.get_region(env, jsize::try_from(at).map_err(|_| wrong())?, &mut elements[..count])?;
        for (to, element) in encoded.chunks_exact_mut(WIDTH).zip(&elements[..count]) {
            to.copy_from_slice(&little_endian(*element));
        }
        out.extend_from_slice(&encoded[..count * WIDTH]);
        at += count;
    }
    Ok(())
}

fn number(word: jlong) -> Outcome<usize> {
    Ok(usize::try_from(word).map_err(|_| wrong())?)
}

fn wrong() -> Error {
    Error::internal("the table of a payload's parts is wrong")
}
