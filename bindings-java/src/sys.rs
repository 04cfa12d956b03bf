//! The one exported symbol, and the crate's only `unsafe`: handing the method table to the JVM, and memory that both sides look at.
#![allow(unsafe_code)]

use crate::{
    natives,
    throw::{Outcome, Throw},
};
use bytes::Bytes;
use jni::{
    Env, NativeMethod, native_method,
    objects::{JByteBuffer, JClass},
    sys::jint,
};
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

/// A direct buffer over `bytes`. The caller keeps a clone of them until Java has no buffer over them any more, and Java hands out
/// read-only views only.
pub(crate) fn lend<'l>(env: &mut Env<'l>, bytes: &Bytes) -> Outcome<JByteBuffer<'l>> {
    // SAFETY: the memory is valid while a clone of `bytes` lives, see above; nobody writes through a read-only view.
    Ok(unsafe { env.new_direct_byte_buffer(bytes.as_ptr().cast_mut(), bytes.len())? })
}

/// The memory of a direct buffer, for as long as the caller holds the reference to it.
pub(crate) fn memory<'a>(env: &Env<'_>, buffer: &'a JByteBuffer<'_>) -> Outcome<&'a [u8]> {
    let (address, length) = (env.get_direct_buffer_address(buffer)?, env.get_direct_buffer_capacity(buffer)?);
    // SAFETY: the JVM keeps the memory of a direct buffer while it is referenced. A program that writes to it meanwhile sends a mix
    // of old and new bytes, as with every array that it sends.
    Ok(unsafe { std::slice::from_raw_parts(address, length) })
}

/// The same bytes with a sign, as Java sees them.
pub(crate) fn signed(bytes: &mut [u8]) -> &mut [i8] {
    // SAFETY: both are plain bytes of the same size and alignment, and the borrow goes on.
    unsafe { std::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len()) }
}
