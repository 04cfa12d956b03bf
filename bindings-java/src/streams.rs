//! The native methods of streams.

use crate::{
    gather,
    natives::{answer as answer_of, id, signed},
    throw::Outcome,
};
use jni::{
    Env,
    objects::{JByteArray, JClass, JObject, JObjectArray},
    sys::{jboolean, jint, jlong},
};
use twinspan::bridge::{self, Op};

pub(crate) fn open<'l>(_: &mut Env<'l>, _: JClass<'l>) -> Outcome<jlong> {
    Ok(signed(bridge::stream_open()?))
}

pub(crate) fn answer<'l>(_: &mut Env<'l>, _: JClass<'l>, call: jlong) -> Outcome<jlong> {
    Ok(signed(bridge::stream_answer(id(call))?))
}

pub(crate) fn send<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    stream: jlong,
    item: JByteArray<'l>,
    parts: JObjectArray<'l, JObject<'l>>,
) -> Outcome<jboolean> {
    let item = gather::payload(env, &item, &parts)?;
    Ok(bridge::stream_send(id(stream), vec![item])?)
}

pub(crate) fn end<'l>(env: &mut Env<'l>, _: JClass<'l>, stream: jlong, encoded: JByteArray<'l>) -> Outcome<()> {
    let error = if encoded.is_null() { None } else { Some(env.convert_byte_array(encoded)?) };
    Ok(bridge::stream_end(id(stream), error)?)
}

pub(crate) fn close<'l>(_: &mut Env<'l>, _: JClass<'l>, stream: jlong) -> Outcome<()> {
    bridge::stream_close(id(stream));
    Ok(())
}

pub(crate) fn stats<'l>(env: &mut Env<'l>, _: JClass<'l>, stream: jlong) -> Outcome<JByteArray<'l>> {
    let encoded = bridge::stream_stats(id(stream))?;
    Ok(env.byte_array_from_slice(&encoded)?)
}

pub(crate) fn next_blocking<'l>(
    env: &mut Env<'l>,
    class: JClass<'l>,
    stream: jlong,
    parent: jlong,
    most: jint,
    bytes: jint,
) -> Outcome<JObject<'l>> {
    answer_of(env, &class, take(stream, parent, most, bytes))
}

pub(crate) fn next<'l>(_: &mut Env<'l>, _: JClass<'l>, stream: jlong, parent: jlong, most: jint, bytes: jint, token: jlong) -> Outcome<()> {
    Ok(bridge::submit(take(stream, parent, most, bytes), id(token))?)
}

fn take(stream: jlong, parent: jlong, most: jint, bytes: jint) -> Op {
    let positive = |number: jint| usize::try_from(number).unwrap_or(1);
    Op::Next { stream: id(stream), parent: id(parent), most: positive(most), bytes: positive(bytes) }
}
