//! What a Python class is to the encoder: found out once a class.

use super::trouble::{Outcome, Trouble};
use super::{known, references};
use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyByteArray, PyBytes, PyComplex, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PyMemoryView, PyRange, PySet, PyString, PyTuple, PyType,
};
use std::collections::HashMap;
use std::sync::Arc;
use twinspan::value::Writer;

/// Classes that are remembered; beyond it all are forgotten, so that classes made by the thousand don't stay alive.
const MOST: usize = 4096;

/// How instances of a class are written.
#[derive(Debug)]
pub(super) enum Form {
    /// `str`.
    Text,
    /// `int`.
    Integer,
    /// `float`.
    Float,
    /// `bytes`.
    Bytes,
    /// `bytearray`.
    ByteArray,
    /// `memoryview`.
    MemoryView,
    /// `list`.
    List,
    /// `tuple`, named or not.
    Tuple,
    /// `set`, `frozenset`.
    Set,
    /// A subclass of `dict`, whose order is its own `items()`.
    Map,
    /// An enum: text of the member's name.
    Enum,
    /// `decimal.Decimal`.
    Decimal,
    /// `datetime`; whether it has `nanosecond`.
    DateTime(bool),
    /// `date`.
    Date,
    /// `time`; whether it has `nanosecond`.
    Time(bool),
    /// `timedelta`; whether it has `nanoseconds`.
    Delta(bool),
    /// `uuid.UUID`.
    Uuid,
    /// `complex`.
    Complex,
    /// `range`.
    Range,
    /// `numpy.ndarray`.
    NumPy,
    /// A NumPy scalar that `item()` turns into one of Python's.
    NumPyScalar,
    /// `array.array`.
    Array,
    /// `twinspan.NdArray`.
    NdArray,
    /// Anything that gives an Arrow stream.
    Table,
    /// A reference, or a live object that is sent as one.
    Reference,
    /// A pydantic model that is its `root`.
    Root,
    /// Dataclass, attrs class, pydantic model.
    Record(Record),
    /// An iterator or async iterator: a stream, where one can stand.
    Stream(String),
    /// Can't cross; what to do instead.
    Refused(String),
}

/// A class whose instances are records.
#[derive(Debug)]
pub(super) struct Record {
    /// Attributes in the order of the fields, and the names under which these cross.
    pub(super) attributes: Vec<(Py<PyString>, String)>,
    /// The fields as they stand in a shape table.
    pub(super) shape: Vec<u8>,
    /// Name under which the class is registered.
    pub(super) name: Option<String>,
    /// A pydantic model whose instances can hold what isn't declared.
    pub(super) open: bool,
}

/// A class that was looked at.
#[derive(Debug)]
pub(super) struct Class {
    /// Keeps the class alive, so that its address can't become another class's.
    _class: Py<PyType>,
    /// How its instances are written.
    pub(super) form: Form,
}

static CLASSES: Mutex<Option<HashMap<usize, Arc<Class>>>> = Mutex::new(None);

/// The class of a value that isn't exactly one of the common builtins.
pub(super) fn class_of(value: &Bound<'_, PyAny>) -> Outcome<Arc<Class>> {
    let address = value.get_type_ptr() as usize;
    if let Some(class) = CLASSES.lock().as_ref().and_then(|all| all.get(&address)) {
        return Ok(Arc::clone(class));
    }
    let class = value.get_type();
    // Runs Python code, so the lock isn't held.
    let form = form_of(&class, value).map_err(|t| t.explained(value.py(), "looking at its class failed"))?;
    let known = Arc::new(Class { _class: class.unbind(), form });
    let mut classes = CLASSES.lock();
    let all = classes.get_or_insert_default();
    let forgotten = if all.len() >= MOST { std::mem::take(all) } else { HashMap::new() };
    all.insert(address, Arc::clone(&known));
    drop(classes);
    // Dropping a class may run Python code as well.
    drop(forgotten);
    Ok(known)
}

fn form_of(class: &Bound<'_, PyType>, value: &Bound<'_, PyAny>) -> Outcome<Form> {
    let py = class.py();
    let is = |other: &Bound<'_, PyAny>| class.is_subclass(other);
    let loaded = |module: &str, name: &str| -> PyResult<bool> {
        match known::if_loaded(py, module, name)? {
            Some(other) => class.is_subclass(&other),
            None => Ok(false),
        }
    };
    if loaded("enum", "Enum")? {
        return Ok(Form::Enum);
    }
    if references::is_one(class)? {
        return Ok(Form::Reference);
    }
    if class.hasattr(intern!(py, "__pydantic_root_model__"))? && class.getattr(intern!(py, "__pydantic_root_model__"))?.is_truthy()? {
        return Ok(Form::Root);
    }
    if let Some(names) = record_fields(class)? {
        return record(class, names);
    }
    if loaded("numpy", "ndarray")? {
        let masked = loaded("numpy.ma", "MaskedArray")?;
        return Ok(if masked { refused("a masked array would lose its mask", "send data and mask as two arrays") } else { Form::NumPy });
    }
    if loaded("numpy", "generic")? {
        // NumPy calls a time difference an integer.
        let plain = !loaded("numpy", "timedelta64")?;
        for name in ["bool_", "integer", "floating", "complexfloating", "str_", "bytes_"] {
            if plain && loaded("numpy", name)? {
                return Ok(Form::NumPyScalar);
            }
        }
        return Ok(refused("a NumPy scalar of this type can't cross", "convert it with .item()"));
    }
    if class.name()?.to_string_lossy() == "NaTType" && loaded("pandas", "Timestamp")? | is(known::datetime(py)?)? {
        return Ok(refused("NaT is no moment", "send None"));
    }
    if is(known::datetime(py)?)? {
        return Ok(Form::DateTime(class.hasattr(intern!(py, "nanosecond"))?));
    }
    if is(known::date(py)?)? {
        return Ok(Form::Date);
    }
    if is(known::time(py)?)? {
        return Ok(Form::Time(class.hasattr(intern!(py, "nanosecond"))?));
    }
    if is(known::timedelta(py)?)? {
        return Ok(Form::Delta(class.hasattr(intern!(py, "nanoseconds"))?));
    }
    if loaded("decimal", "Decimal")? {
        return Ok(Form::Decimal);
    }
    if loaded("uuid", "UUID")? {
        return Ok(Form::Uuid);
    }
    if loaded("array", "array")? {
        return Ok(Form::Array);
    }
    if loaded("twinspan._types", "NdArray")? {
        return Ok(Form::NdArray);
    }
    for (builtin, form) in [
        (py.get_type::<PyString>(), Form::Text),
        (py.get_type::<PyInt>(), Form::Integer),
        (py.get_type::<PyFloat>(), Form::Float),
        (py.get_type::<PyBytes>(), Form::Bytes),
        (py.get_type::<PyByteArray>(), Form::ByteArray),
        (py.get_type::<PyMemoryView>(), Form::MemoryView),
        (py.get_type::<PyList>(), Form::List),
        (py.get_type::<PyTuple>(), Form::Tuple),
        (py.get_type::<PySet>(), Form::Set),
        (py.get_type::<PyFrozenSet>(), Form::Set),
        (py.get_type::<PyDict>(), Form::Map),
        (py.get_type::<PyComplex>(), Form::Complex),
        (py.get_type::<PyRange>(), Form::Range),
    ] {
        if is(&builtin)? {
            return Ok(form);
        }
    }
    unknown(class, value.is_callable())
}

/// A field as it crosses, and the attribute that holds it.
struct Held {
    name: String,
    attribute: String,
}

/// The fields, if the class is a kind of record.
fn record_fields(class: &Bound<'_, PyType>) -> Outcome<Option<Vec<Held>>> {
    let py = class.py();
    if class.hasattr(intern!(py, "__dataclass_fields__"))? {
        let fields = py.import("dataclasses")?.call_method1("fields", (class,))?;
        return Ok(Some(field_names(&fields)?));
    }
    if class.hasattr(intern!(py, "__attrs_attrs__"))? {
        return Ok(Some(field_names(&class.getattr("__attrs_attrs__")?)?));
    }
    if class.hasattr(intern!(py, "__pydantic_fields__"))? {
        let fields = class.getattr("__pydantic_fields__")?;
        let mut held = Vec::new();
        for field in fields.call_method0("items")?.try_iter()? {
            let (attribute, field): (String, Bound<'_, PyAny>) = field?.extract()?;
            // What the model leaves out wherever it is written stays out here too.
            if field.getattr("exclude")?.extract::<Option<bool>>()? == Some(true) {
                continue;
            }
            let alias: Option<String> = field.getattr("serialization_alias")?.extract()?;
            let alias = alias.map_or_else(|| field.getattr("alias")?.extract(), |alias| Ok::<_, PyErr>(Some(alias)))?;
            held.push(Held { name: alias.unwrap_or_else(|| attribute.clone()), attribute });
        }
        return Ok(Some(held));
    }
    Ok(None)
}

fn field_names(fields: &Bound<'_, PyAny>) -> PyResult<Vec<Held>> {
    let held = |field: Bound<'_, PyAny>| -> PyResult<Held> {
        let name: String = field.getattr("name")?.extract()?;
        Ok(Held { attribute: name.clone(), name })
    };
    fields.try_iter()?.map(|field| held(field?)).collect()
}

fn record(class: &Bound<'_, PyType>, fields: Vec<Held>) -> Outcome<Form> {
    let py = class.py();
    let mut shape = Writer::default();
    shape.array(fields.len());
    for field in &fields {
        shape.text(&field.name);
    }
    let attributes = fields.into_iter().map(|field| (PyString::intern(py, &field.attribute).unbind(), field.name)).collect();
    // Only the class's own name: a subclass of a registered class isn't registered.
    let own = class.getattr(intern!(py, "__dict__"))?;
    let name = own.call_method1(intern!(py, "get"), (intern!(py, "__twinspan_record__"),))?;
    let open = match class.getattr_opt(intern!(py, "model_config"))? {
        Some(config) => config.get_item("extra").is_ok_and(|extra| extra.eq("allow").unwrap_or(false)),
        None => false,
    };
    Ok(Form::Record(Record { attributes, shape: shape.0, name: name.extract()?, open }))
}

fn refused(why: &str, instead: &str) -> Form {
    Form::Refused(format!("{why}; {instead}"))
}

fn unknown(class: &Bound<'_, PyType>, callable: bool) -> Outcome<Form> {
    let py = class.py();
    let name = class.fully_qualified_name()?;
    let advice = [("__fspath__", "send str(path)"), ("keys", "send dict(...) of it"), ("__iter__", "send list(...) of it")];
    // Before iterators: a reader of record batches is both.
    if class.hasattr(intern!(py, "__arrow_c_stream__"))? {
        return Ok(Form::Table);
    }
    if class.hasattr(intern!(py, "__next__"))? || class.hasattr(intern!(py, "__anext__"))? {
        let text = format!("{name} is a stream, which can't stand here; give it as an argument or as the result itself, or make it a list");
        return Ok(Form::Stream(text));
    }
    if callable {
        return Ok(refused(&format!("{name} can't cross"), "send the result of calling it"));
    }
    for (attribute, instead) in advice {
        if class.hasattr(attribute)? {
            return Ok(refused(&format!("{name} can't cross"), instead));
        }
    }
    Ok(refused(&format!("{name} can't cross"), "make it a dataclass, or send a dict"))
}

impl Class {
    /// What to say about a value that can't cross.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        match &self.form {
            Form::Refused(why) | Form::Stream(why) => Some(Trouble::new(why.clone())),
            _ => None,
        }
    }
}
