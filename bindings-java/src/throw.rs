//! Every error and every panic of a native method becomes one Java exception.

use jni::{
    Env,
    errors::{Error as JniError, ErrorPolicy},
    jni_sig, jni_str,
    objects::{JThrowable, JValue},
};
use std::any::Any;
use twinspan::bridge::{Error, Kind};

/// Why a native method ends without a result.
pub(crate) enum Fault {
    /// The core said so.
    Core(Error),
    /// Java said so: an exception that is already on its way, or an argument that can't be read.
    Jni(JniError),
}

impl From<JniError> for Fault {
    fn from(error: JniError) -> Fault {
        Fault::Jni(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Core(error)
    }
}

/// What a native method answers.
pub(crate) type Outcome<T> = std::result::Result<T, Fault>;

/// Throws `NativeException` with the encoded error.
pub(crate) struct Throw;

impl<T: Default> ErrorPolicy<T, Fault> for Throw {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'l: 'n, 'n>(env: &mut Env<'l>, _: &mut (), fault: Fault) -> jni::errors::Result<T> {
        let error = match fault {
            Fault::Core(error) => error,
            Fault::Jni(error) => Error::new(Kind::Internal, format!("the call into the core failed: {error}")),
        };
        // An exception that Java raised itself, such as OutOfMemoryError, stays.
        if !env.exception_check() {
            let _ = throw(env, &error);
        }
        Ok(T::default())
    }

    fn on_panic<'l: 'n, 'n>(env: &mut Env<'l>, captures: &mut (), payload: Box<dyn Any + Send>) -> jni::errors::Result<T> {
        let text = payload.downcast_ref::<&str>().map(ToString::to_string).or_else(|| payload.downcast_ref::<String>().cloned());
        let error = Error::internal(format!("panic: {}", text.unwrap_or_default()));
        <Self as ErrorPolicy<T, Fault>>::on_error(env, captures, Fault::Core(error))
    }
}

fn throw(env: &mut Env<'_>, error: &Error) -> jni::errors::Result<()> {
    let encoded = env.byte_array_from_slice(&error.encode())?;
    let class = env.find_class(jni_str!("io/twinspan/internal/NativeException"))?;
    let exception = env.new_object(class, jni_sig!("([B)V"), &[JValue::Object(&encoded)])?;
    let exception = env.cast_local::<JThrowable>(exception)?;
    env.throw(exception)
}
