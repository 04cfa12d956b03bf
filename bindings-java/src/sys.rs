//! The one exported symbol, and the crate's only `unsafe`: handing the method table to the JVM.
#![allow(unsafe_code)]

use crate::{
    natives,
    throw::{Outcome, Throw},
};
use jni::{Env, NativeMethod, native_method, objects::JClass, sys::jint};
use twinspan::bridge;

// Exports `Java_io_twinspan_internal_Native_register__I`. Java passes its own class, so no class loader has to be guessed.
const _: NativeMethod = native_method! {
    java_type = "io.twinspan.internal.Native", error_policy = Throw, static extern fn register(abi: jint) -> jint,
};

/// Registers the table if both sides speak the same ABI; answers the core's number, so that Java can name both.
fn register<'l>(env: &mut Env<'l>, class: JClass<'l>, abi: jint) -> Outcome<jint> {
    let ours = jint::try_from(bridge::ABI).unwrap_or_default();
    if abi == ours {
        // SAFETY: `Native` declares each method of the table as static and native; the macro derives the signatures from the functions.
        unsafe { env.register_native_methods(class, natives::TABLE)? };
    }
    Ok(ours)
}
