//! A batch of events on its way into two arrays of Java: one crossing for many events.

use crate::{given, throw::Outcome};
use jni::{
    Env,
    objects::{JLongArray, JObject, JObjectArray},
    sys::jlong,
};
use twinspan::{
    bridge::{self, Error, Event, Given},
    env,
};

/// Words of an event: kind, token or call, node, method, remaining nanoseconds, depth and (from bit 8) `spare`, stream of the arguments.
const WORDS: usize = 7;

const DONE: jlong = 1;
const FAILED: jlong = 2;
const INVOKE: jlong = 3;
const CANCEL: jlong = 4;

/// Writes the events. A payload for which the heap has no room ends its own event only.
pub(crate) fn write<'l>(
    jvm: &mut Env<'l>,
    events: Vec<Event>,
    words: &JLongArray<'l>,
    objects: &JObjectArray<'l, JObject<'l>>,
) -> Outcome<usize> {
    let mut row = Vec::with_capacity(events.len() * WORDS);
    let count = events.len();
    let now = env::now();
    for (at, event) in events.into_iter().enumerate() {
        match event {
            Event::Done { token, outcome } => {
                let (kind, given) = match outcome {
                    Ok(given) => (DONE, given),
                    Err(error) => (FAILED, Given::Value(error.encode().into())),
                };
                let stream = if let Given::Stream(handle) = given { handle } else { 0 };
                // A DONE without an object tells Java that the heap was full.
                if !put(jvm, objects, at, given) && stream != 0 {
                    bridge::stream_close(stream);
                }
                row.extend([kind, signed(token), 0, 0, 0, 0, 0]);
            }
            Event::Invoke(it) => {
                if put(jvm, objects, at, Given::Value(it.payload)) {
                    let remaining = it.deadline.saturating_duration_since(now);
                    let nanos = jlong::try_from(remaining.as_nanos()).unwrap_or(jlong::MAX);
                    let flags = jlong::from(it.depth) | jlong::from(it.spare) << 8;
                    row.extend([INVOKE, signed(it.call), signed(it.node), it.method.into(), nanos, flags, signed(it.input)]);
                } else {
                    let error = Error::internal("the Java heap has no room for the arguments");
                    let _ = bridge::fail(it.call, &error.encode());
                    row.extend([0; WORDS]);
                }
            }
            Event::Cancel { call } => row.extend([CANCEL, signed(call), 0, 0, 0, 0, 0]),
        }
    }
    words.set_region(jvm, 0, &row)?;
    Ok(count)
}

fn put<'l>(jvm: &mut Env<'l>, objects: &JObjectArray<'l, JObject<'l>>, at: usize, given: Given) -> bool {
    let Ok(object) = given::object(jvm, given) else {
        jvm.exception_clear();
        return false;
    };
    let stored = objects.set_element(jvm, at, &object).is_ok();
    // The pump stays in one native frame for a whole batch: without this the frame would fill with references.
    jvm.delete_local_ref(object);
    stored
}

fn signed(id: u64) -> jlong {
    id.cast_signed()
}
