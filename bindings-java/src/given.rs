//! What an operation brought, as an object of Java: `byte[]` for a value (or the parts of a large one, see `lent`), `Long` for the handle
//! of a stream, and for items either one `byte[]`, in which each follows its length (u32, little-endian), or, when one of them is large,
//! an `Object[][]` with an array for each: its `byte[]` alone, or its parts.

use crate::{lent, throw::Outcome};
use bytes::Bytes;
use jni::{
    Env, jni_sig, jni_str,
    objects::{JObject, JObjectArray, JValue},
};
use twinspan::bridge::{Error, Given};

/// From this size on an item gets an array of its own: cutting it out of a common one would copy it once more.
const LARGE: usize = 4 << 10;

/// Makes the object. An exception of Java (a full heap) stays pending.
pub(crate) fn object<'l>(env: &mut Env<'l>, given: Given) -> Outcome<JObject<'l>> {
    let mut kept = Vec::new();
    let object = made(env, given, &mut kept);
    if object.is_err() {
        // A full heap: nobody will ever free what was lent until then.
        kept.into_iter().for_each(lent::free);
    }
    object
}

/// `kept` grows by the handles of what is lent.
fn made<'l>(env: &mut Env<'l>, given: Given, kept: &mut Vec<u64>) -> Outcome<JObject<'l>> {
    match given {
        Given::Value(payload) => match lent::object(env, &payload, kept)? {
            Some(object) => Ok(object.into()),
            None => Ok(env.byte_array_from_slice(&payload)?.into()),
        },
        Given::Stream(handle) => {
            let handle = JValue::Long(handle.cast_signed());
            Ok(env.call_static_method(jni_str!("java/lang/Long"), jni_str!("valueOf"), jni_sig!("(J)Ljava/lang/Long;"), &[handle])?.l()?)
        }
        Given::Items(items) if items.iter().any(|item| item.len() >= LARGE) => large(env, &items, kept),
        Given::Items(items) => Ok(env.byte_array_from_slice(&framed(&items)?)?.into()),
    }
}

fn large<'l>(env: &mut Env<'l>, items: &[Bytes], kept: &mut Vec<u64>) -> Outcome<JObject<'l>> {
    let arrays = JObjectArray::<JObjectArray<JObject>>::new(env, items.len(), JObjectArray::<JObject>::null())?;
    for (at, item) in items.iter().enumerate() {
        let array = match lent::object(env, item, kept)? {
            Some(parts) => parts,
            None => {
                let bytes = env.byte_array_from_slice(item)?;
                let alone = JObjectArray::<JObject>::new(env, 1, &bytes)?;
                env.delete_local_ref(bytes);
                alone
            }
        };
        arrays.set_element(env, at, &array)?;
        // One native frame holds a whole batch: without this it would fill with references.
        env.delete_local_ref(array);
    }
    Ok(arrays.into())
}

fn framed(items: &[Bytes]) -> Outcome<Vec<u8>> {
    let mut all = Vec::with_capacity(items.iter().map(|item| item.len() + 4).sum());
    for item in items {
        let length = u32::try_from(item.len()).map_err(|_| Error::internal("an item is too large for its frame"))?;
        all.extend_from_slice(&length.to_le_bytes());
        all.extend_from_slice(item);
    }
    Ok(all)
}
