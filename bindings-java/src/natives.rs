//! The native methods, each a few lines around one function of the neck.

use crate::{
    events, gather, given, lent, park, streams,
    throw::{Fault, Outcome, Throw},
};
use bytes::Bytes;
use jni::{
    Env, NativeMethod, native_method,
    objects::{JByteArray, JClass, JLongArray, JObject, JObjectArray, JString},
    sys::{jint, jlong},
};
use std::time::Duration;
use twinspan::bridge::{self, Call, Given, Kind, LaneKind, Op};

/// Most events of one batch; Java's arrays hold as many.
const BATCH: usize = 64;

/// The table that `Native` declares, method by method.
pub(crate) const TABLE: &[NativeMethod] = &[
    native_method! { error_policy = Throw, static fn lane_open() -> jlong },
    native_method! { error_policy = Throw, static fn lane_close(lane: jlong) },
    native_method! { error_policy = Throw, static fn poll(lane: jlong, words: jlong[], objects: JObject[], wait_nanos: jlong) -> jint },
    native_method! { error_policy = Throw, static fn block(op: jint, node: jlong, encoded: jbyte[]) -> jbyte[] },
    native_method! { error_policy = Throw, static fn submit(op: jint, node: jlong, encoded: jbyte[], token: jlong) },
    native_method! { error_policy = Throw, static fn call_blocking(method: jlong, parent: jlong, timeout_nanos: jlong, context: jbyte[], payload: jbyte[], parts: JObject[], input: jlong) -> JObject },
    native_method! { error_policy = Throw, static fn call(method: jlong, parent: jlong, timeout_nanos: jlong, context: jbyte[], payload: jbyte[], parts: JObject[], input: jlong, token: jlong) },
    native_method! { error_policy = Throw, static fn cancel(token: jlong) },
    native_method! { error_policy = Throw, static fn method(node: jlong, encoded: jbyte[]) -> jlong },
    native_method! { error_policy = Throw, static fn method_free(method: jlong) },
    native_method! { error_policy = Throw, static fn reply(call: jlong, payload: jbyte[], parts: JObject[]) },
    native_method! { error_policy = Throw, static fn body_free(handle: jlong) },
    native_method! { error_policy = Throw, static fn fail(call: jlong, encoded: jbyte[]) },
    native_method! { error_policy = Throw, static fn context(call: jlong) -> jbyte[] },
    native_method! { error_policy = Throw, static fn members(node: jlong) -> jbyte[] },
    native_method! { error_policy = Throw, static fn services(node: jlong) -> jbyte[] },
    native_method! { error_policy = Throw, static fn service(node: jlong, name: JString) -> jbyte[] },
    native_method! { error_policy = Throw, static fn stats(node: jlong) -> jbyte[] },
    native_method! { error_policy = Throw, static fn compare(wanted: jbyte[], offered: jbyte[]) -> jbyte[] },
    native_method! { error_policy = Throw, static fn explain_error(kind: jint) -> JString },
    native_method! { error_policy = Throw, fn = streams::open, static fn stream_open() -> jlong },
    native_method! { error_policy = Throw, fn = streams::answer, static fn stream_answer(call: jlong) -> jlong },
    native_method! { error_policy = Throw, fn = streams::send, static fn stream_send(stream: jlong, item: jbyte[], parts: JObject[]) -> jboolean },
    native_method! { error_policy = Throw, fn = streams::end, static fn stream_end(stream: jlong, encoded: jbyte[]) },
    native_method! { error_policy = Throw, fn = streams::close, static fn stream_close(stream: jlong) },
    native_method! { error_policy = Throw, fn = streams::stats, static fn stream_stats(stream: jlong) -> jbyte[] },
    native_method! { error_policy = Throw, fn = streams::next_blocking, static fn next_blocking(stream: jlong, parent: jlong, most: jint, bytes: jint) -> JObject },
    native_method! { error_policy = Throw, fn = streams::next, static fn next(stream: jlong, parent: jlong, most: jint, bytes: jint, token: jlong) },
];

fn lane_open<'l>(_: &mut Env<'l>, _: JClass<'l>) -> Outcome<jlong> {
    Ok(signed(bridge::lane_open(LaneKind::Pump)?))
}

fn lane_close<'l>(_: &mut Env<'l>, _: JClass<'l>, lane: jlong) -> Outcome<()> {
    Ok(bridge::lane_close(id(lane))?)
}

fn poll<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    lane: jlong,
    words: JLongArray<'l>,
    objects: JObjectArray<'l, JObject<'l>>,
    wait_nanos: jlong,
) -> Outcome<jint> {
    let events = bridge::poll(id(lane), BATCH, Duration::from_nanos(id(wait_nanos)))?;
    if events.is_empty() {
        return Ok(0);
    }
    let count = events::write(env, events, &words, &objects)?;
    Ok(jint::try_from(count).unwrap_or_default())
}

fn block<'l>(env: &mut Env<'l>, class: JClass<'l>, op: jint, node: jlong, encoded: JByteArray<'l>) -> Outcome<JByteArray<'l>> {
    let op = operation(op, node, env.convert_byte_array(encoded)?)?;
    match park::wait(env, &class, op)? {
        Some(given) => Ok(env.byte_array_from_slice(&given.value()?)?),
        None => Ok(JByteArray::default()),
    }
}

fn submit<'l>(env: &mut Env<'l>, _: JClass<'l>, op: jint, node: jlong, encoded: JByteArray<'l>, token: jlong) -> Outcome<()> {
    let op = operation(op, node, env.convert_byte_array(encoded)?)?;
    Ok(bridge::submit(op, id(token))?)
}

#[allow(clippy::too_many_arguments)] // Java's own signature; packing it into an array would cost a copy each call.
fn call_blocking<'l>(
    env: &mut Env<'l>,
    class: JClass<'l>,
    method: jlong,
    parent: jlong,
    timeout_nanos: jlong,
    context: JByteArray<'l>,
    payload: JByteArray<'l>,
    parts: JObjectArray<'l, JObject<'l>>,
    input: jlong,
) -> Outcome<JObject<'l>> {
    let op = call_of(env, method, parent, timeout_nanos, &context, &payload, &parts, input)?;
    answer(env, &class, op)
}

#[allow(clippy::too_many_arguments)] // As above.
fn call<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    method: jlong,
    parent: jlong,
    timeout_nanos: jlong,
    context: JByteArray<'l>,
    payload: JByteArray<'l>,
    parts: JObjectArray<'l, JObject<'l>>,
    input: jlong,
    token: jlong,
) -> Outcome<()> {
    let op = call_of(env, method, parent, timeout_nanos, &context, &payload, &parts, input)?;
    Ok(bridge::submit(op, id(token))?)
}

fn cancel<'l>(_: &mut Env<'l>, _: JClass<'l>, token: jlong) -> Outcome<()> {
    Ok(bridge::cancel(id(token))?)
}

fn method<'l>(env: &mut Env<'l>, _: JClass<'l>, node: jlong, encoded: JByteArray<'l>) -> Outcome<jlong> {
    let encoded = env.convert_byte_array(encoded)?;
    Ok(signed(bridge::method(id(node), &encoded)?))
}

fn method_free<'l>(_: &mut Env<'l>, _: JClass<'l>, method: jlong) -> Outcome<()> {
    bridge::method_free(id(method));
    Ok(())
}

fn body_free<'l>(_: &mut Env<'l>, _: JClass<'l>, handle: jlong) -> Outcome<()> {
    lent::free(id(handle));
    Ok(())
}

fn reply<'l>(env: &mut Env<'l>, _: JClass<'l>, call: jlong, payload: JByteArray<'l>, parts: JObjectArray<'l, JObject<'l>>) -> Outcome<()> {
    let payload = gather::payload(env, &payload, &parts)?;
    Ok(bridge::reply(id(call), payload)?)
}

fn fail<'l>(env: &mut Env<'l>, _: JClass<'l>, call: jlong, encoded: JByteArray<'l>) -> Outcome<()> {
    let encoded = env.convert_byte_array(encoded)?;
    Ok(bridge::fail(id(call), &encoded)?)
}

fn context<'l>(env: &mut Env<'l>, _: JClass<'l>, call: jlong) -> Outcome<JByteArray<'l>> {
    let encoded = bridge::context(id(call))?;
    Ok(env.byte_array_from_slice(&encoded)?)
}

fn members<'l>(env: &mut Env<'l>, _: JClass<'l>, node: jlong) -> Outcome<JByteArray<'l>> {
    let encoded = bridge::members(id(node))?;
    Ok(env.byte_array_from_slice(&encoded)?)
}

fn services<'l>(env: &mut Env<'l>, _: JClass<'l>, node: jlong) -> Outcome<JByteArray<'l>> {
    let encoded = bridge::services(id(node))?;
    Ok(env.byte_array_from_slice(&encoded)?)
}

fn service<'l>(env: &mut Env<'l>, _: JClass<'l>, node: jlong, name: JString<'l>) -> Outcome<JByteArray<'l>> {
    let name = name.try_to_string(env)?;
    let encoded = bridge::service(id(node), &name)?;
    Ok(env.byte_array_from_slice(&encoded)?)
}

fn stats<'l>(env: &mut Env<'l>, _: JClass<'l>, node: jlong) -> Outcome<JByteArray<'l>> {
    let encoded = bridge::stats(id(node))?;
    Ok(env.byte_array_from_slice(&encoded)?)
}

fn compare<'l>(env: &mut Env<'l>, _: JClass<'l>, wanted: JByteArray<'l>, offered: JByteArray<'l>) -> Outcome<JByteArray<'l>> {
    let (wanted, offered) = (env.convert_byte_array(wanted)?, env.convert_byte_array(offered)?);
    let changes = bridge::compare(&wanted, &offered)?;
    Ok(env.byte_array_from_slice(&changes)?)
}

fn explain_error<'l>(env: &mut Env<'l>, _: JClass<'l>, kind: jint) -> Outcome<JString<'l>> {
    let text = bridge::explain_error(u16::try_from(kind).unwrap_or(Kind::Internal as u16));
    Ok(env.new_string(text)?)
}

/// The object of the answer; null when the thread was interrupted.
pub(crate) fn answer<'l>(env: &mut Env<'l>, class: &JClass<'l>, op: Op) -> Outcome<JObject<'l>> {
    let Some(given) = park::wait(env, class, op)? else { return Ok(JObject::null()) };
    let stream = if let Given::Stream(handle) = given { handle } else { 0 };
    let object = given::object(env, given);
    if object.is_err() && stream != 0 {
        bridge::stream_close(stream);
    }
    object
}

#[allow(clippy::too_many_arguments)] // As above.
fn call_of<'l>(
    env: &mut Env<'l>,
    method: jlong,
    parent: jlong,
    timeout_nanos: jlong,
    context: &JByteArray<'l>,
    payload: &JByteArray<'l>,
    parts: &JObjectArray<'l, JObject<'l>>,
    input: jlong,
) -> Outcome<Op> {
    Ok(Op::Call(Call {
        method: id(method),
        parent: id(parent),
        timeout: u64::try_from(timeout_nanos).ok().map(Duration::from_nanos),
        context: if context.is_null() { Bytes::new() } else { env.convert_byte_array(context)?.into() },
        payload: gather::payload(env, payload, parts)?,
        input: id(input),
    }))
}

/// The numbers are those of `Native.JOIN` and its neighbours.
fn operation(op: jint, node: jlong, encoded: Vec<u8>) -> Outcome<Op> {
    Ok(match op {
        1 => Op::Join(encoded),
        2 => Op::Serve(id(node)),
        3 => Op::WaitFor(id(node), encoded),
        4 => Op::Drain(id(node), encoded),
        5 => Op::Close(id(node), encoded),
        6 => Op::Room { stream: id(node) },
        7 => Op::Offer(id(node), encoded),
        other => return Err(Fault::Core(bridge::Error::internal(format!("no operation has the number {other}")))),
    })
}

pub(crate) fn id(signed: jlong) -> u64 {
    signed.cast_unsigned()
}

pub(crate) fn signed(id: u64) -> jlong {
    id.cast_signed()
}
