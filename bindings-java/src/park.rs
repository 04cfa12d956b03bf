//! Waiting natively on behalf of a platform thread of Java, which may lead the data links meanwhile.

use crate::throw::Outcome;
use jni::{Env, jni_sig, jni_str, objects::JClass};
use std::time::Duration;
use twinspan::bridge::{self, Given, Op};

/// How long an interrupt of the thread may go unnoticed: Java can't wake a thread that waits in native code.
const SLICE: Duration = Duration::from_millis(20);

/// Waits for the one answer of `op`. `None`: the thread was interrupted, the operation is cancelled and the flag is still set.
pub(crate) fn wait(env: &mut Env<'_>, class: &JClass<'_>, op: Op) -> Outcome<Option<Given>> {
    let mut pending = bridge::start(op)?;
    loop {
        if let Some(answer) = pending.park(SLICE) {
            return Ok(Some(answer?));
        }
        if env.call_static_method(class, jni_str!("interrupted"), jni_sig!("()Z"), &[])?.z()? {
            return Ok(None);
        }
    }
}
