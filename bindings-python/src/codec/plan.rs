//! Type hints, compiled once into what the decoder walks along.

use super::names;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use std::collections::HashMap;
use twinspan::value::{Element, ReferenceKind};

/// A compiled type hint. `twinspan._types` makes the description; nodes name each other by index, so types may be recursive.
#[pyclass(frozen, module = "twinspan._native")]
pub(crate) struct Plan {
    /// What the outermost value is called in paths.
    pub(crate) root: String,
    pub(super) nodes: Nodes,
    pub(super) top: usize,
    /// Of the items, where a stream may come.
    pub(crate) items: Option<Py<Plan>>,
    /// A list that comes in the place of a stream is made one.
    pub(crate) wraps: bool,
}

/// The nodes of one or more hints.
pub(super) struct Nodes(Vec<Node>);

/// One type.
pub(super) struct Node {
    pub(super) kind: Kind,
    /// How messages call it.
    pub(super) shown: String,
}

/// What a value must be.
pub(super) enum Kind {
    Any,
    Null,
    Boolean,
    Integer,
    Float,
    Text,
    Bytes,
    ByteArray,
    MemoryView,
    Decimal,
    /// The class that keeps nanoseconds, if the hint names it.
    DateTime(Option<Py<PyAny>>),
    Date,
    Time(Option<Py<PyAny>>),
    Delta(Option<Py<PyAny>>),
    Uuid,
    Complex,
    Range,
    Reference(ReferenceKind),
    Enum(HashMap<String, Py<PyAny>>),
    /// What arrives, and what it stands for.
    Literal(Vec<(Py<PyAny>, Py<PyAny>)>),
    List(usize),
    Set(usize, bool),
    /// A tuple of so many, each with its own type.
    Tuple(Vec<usize>),
    /// A tuple of any length.
    Tuples(usize),
    Dict(usize, usize),
    Union(Vec<usize>),
    Record(RecordPlan),
    /// A class around one value, that crosses as the value.
    Root(Py<PyAny>, usize),
    NumPy {
        element: Option<Element>,
        dimensions: Option<usize>,
    },
    Array(Option<Element>),
    NdArray,
    /// What makes the object from the buffer of an Arrow stream.
    Table(Py<PyAny>),
}

/// How an instance of a record's class is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Build {
    /// Called with the fields in order.
    Positional,
    /// Called with the fields by name.
    Keywords,
    /// A `TypedDict`: a dict of the fields.
    Dict,
    /// A named tuple: as `Positional`, and an array of the fields is taken too.
    Tuple,
}

/// A class whose instances are records.
pub(super) struct RecordPlan {
    pub(super) class: Py<PyAny>,
    pub(super) build: Build,
    pub(super) registered: Option<String>,
    pub(super) fields: Vec<FieldPlan>,
    /// Fields by the names under which they cross, then by other names, then by the other language's spelling.
    by_name: HashMap<String, usize>,
}

/// A field of a record.
pub(super) struct FieldPlan {
    pub(super) name: String,
    /// The name under which the class takes it.
    pub(super) input: Py<PyString>,
    pub(super) node: usize,
    pub(super) required: bool,
    /// Whether the class takes it at all.
    pub(super) taken: bool,
}

impl RecordPlan {
    /// The field that arrives under this name, when `at` fields came before it.
    pub(super) fn field(&self, at: usize, name: &str) -> Option<usize> {
        match self.fields.get(at) {
            // Both sides mostly have the fields in one order.
            Some(field) if field.name == name => Some(at),
            _ => self.by_name.get(name).copied(),
        }
    }
}

impl Nodes {
    /// The node at an index. Indexes were checked when the plan was made.
    pub(super) fn get(&self, at: usize) -> &Node {
        static ANY: Node = Node { kind: Kind::Any, shown: String::new() };
        self.0.get(at).unwrap_or(&ANY)
    }

    /// Reads the descriptions: tuples of a kind, how it is shown, and what the kind needs.
    pub(super) fn read(described: &Bound<'_, PyList>) -> PyResult<Nodes> {
        let nodes = described.iter().map(|node| node_of(node.cast::<PyTuple>()?, described.len())).collect::<PyResult<_>>()?;
        let nodes = Nodes(nodes);
        match (0..described.len()).find(|at| nodes.is_itself(*at)) {
            Some(at) => Err(PyValueError::new_err(format!("the type {} is a member of itself", nodes.get(at).shown))),
            None => Ok(nodes),
        }
    }

    /// Whether a value of this type would be looked for in the same type again, without a level in between: without an end.
    fn is_itself(&self, start: usize) -> bool {
        let mut seen = vec![false; self.0.len()];
        let mut todo = self.inside(start).to_vec();
        while let Some(at) = todo.pop() {
            if at == start {
                return true;
            }
            if let Some(seen) = seen.get_mut(at)
                && !std::mem::replace(seen, true)
            {
                todo.extend(self.inside(at));
            }
        }
        false
    }

    /// Types that stand for this one at the same level.
    fn inside(&self, at: usize) -> &[usize] {
        match &self.get(at).kind {
            Kind::Union(members) => members,
            Kind::Root(_, inner) => std::slice::from_ref(inner),
            _ => &[],
        }
    }
}

#[pymethods]
impl Plan {
    #[new]
    #[pyo3(signature = (root, nodes, top, items = None, wraps = false))]
    fn new(root: String, nodes: &Bound<'_, PyList>, top: usize, items: Option<Py<Plan>>, wraps: bool) -> PyResult<Plan> {
        let nodes = Nodes::read(nodes)?;
        Ok(Plan { root, nodes, top, items, wraps })
    }

    fn __repr__(&self) -> String {
        format!("<Plan {}: {}>", self.root, self.nodes.get(self.top).shown)
    }
}

impl Plan {
    /// What the hint is called in messages.
    pub(crate) fn shown(&self) -> &str {
        &self.nodes.get(self.top).shown
    }
}

/// The plan of the class that is registered in this process under a name.
pub(super) fn registered<'py>(py: Python<'py>, name: &str) -> PyResult<Option<Py<Plan>>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let find: &Bound<'py, PyAny> = CELL.import(py, "twinspan._types", "registered_plan")?;
    Ok(find.call1((name,))?.extract()?)
}

fn node_of(node: &Bound<'_, PyTuple>, count: usize) -> PyResult<Node> {
    let name: String = node.get_item(0)?.extract()?;
    let shown = node.get_item(1)?.extract()?;
    let part = |at: usize| node.get_item(at);
    let index = |value: Bound<'_, PyAny>| -> PyResult<usize> {
        let at: usize = value.extract()?;
        if at < count { Ok(at) } else { Err(PyValueError::new_err(format!("node {at} of {count}"))) }
    };
    let indexes = |value: Bound<'_, PyAny>| -> PyResult<Vec<usize>> { value.try_iter()?.map(|at| index(at?)).collect() };
    let class = |value: Bound<'_, PyAny>| (!value.is_none()).then(|| value.unbind());
    let kind = match name.as_str() {
        "any" => Kind::Any,
        "none" => Kind::Null,
        "bool" => Kind::Boolean,
        "int" => Kind::Integer,
        "float" => Kind::Float,
        "str" => Kind::Text,
        "bytes" => Kind::Bytes,
        "bytearray" => Kind::ByteArray,
        "memoryview" => Kind::MemoryView,
        "decimal" => Kind::Decimal,
        "datetime" => Kind::DateTime(class(part(2)?)),
        "date" => Kind::Date,
        "time" => Kind::Time(class(part(2)?)),
        "timedelta" => Kind::Delta(class(part(2)?)),
        "uuid" => Kind::Uuid,
        "complex" => Kind::Complex,
        "range" => Kind::Range,
        "service_ref" => Kind::Reference(ReferenceKind::Service),
        "node_ref" => Kind::Reference(ReferenceKind::Node),
        "enum" => Kind::Enum(part(2)?.extract()?),
        "literal" => Kind::Literal(part(2)?.extract()?),
        "list" => Kind::List(index(part(2)?)?),
        "set" => Kind::Set(index(part(2)?)?, false),
        "frozenset" => Kind::Set(index(part(2)?)?, true),
        "tuple" => Kind::Tuple(indexes(part(2)?)?),
        "tuples" => Kind::Tuples(index(part(2)?)?),
        "dict" => Kind::Dict(index(part(2)?)?, index(part(3)?)?),
        "union" => Kind::Union(indexes(part(2)?)?),
        "record" => Kind::Record(record_of(part(2)?.cast::<PyDict>()?, &index)?),
        "root" => Kind::Root(part(2)?.unbind(), index(part(3)?)?),
        "ndarray" => Kind::NumPy { element: element_of(&part(2)?)?, dimensions: part(3)?.extract()? },
        "array" => Kind::Array(element_of(&part(2)?)?),
        "nd" => Kind::NdArray,
        "table" => Kind::Table(part(2)?.unbind()),
        other => return Err(PyValueError::new_err(format!("a plan of unknown kind {other}"))),
    };
    Ok(Node { kind, shown })
}

fn element_of(name: &Bound<'_, PyAny>) -> PyResult<Option<Element>> {
    let name: Option<String> = name.extract()?;
    let Some(name) = name else { return Ok(None) };
    match Element::ALL.into_iter().find(|e| e.name() == name) {
        Some(element) => Ok(Some(element)),
        None => Err(PyValueError::new_err(format!("arrays of {name} can't cross"))),
    }
}

fn record_of(described: &Bound<'_, PyDict>, index: &dyn Fn(Bound<'_, PyAny>) -> PyResult<usize>) -> PyResult<RecordPlan> {
    let py = described.py();
    let part = |name: &str| described.get_item(name)?.ok_or_else(|| PyValueError::new_err(format!("a record's plan without {name}")));
    let build = match part("build")?.extract::<String>()?.as_str() {
        "positional" => Build::Positional,
        "dict" => Build::Dict,
        "tuple" => Build::Tuple,
        _ => Build::Keywords,
    };
    let mut fields = Vec::new();
    let mut others: Vec<(String, usize)> = Vec::new();
    for field in part("fields")?.try_iter()? {
        let field = field?;
        let field = field.cast::<PyTuple>()?;
        let input: String = field.get_item(1)?.extract()?;
        let also: Vec<String> = field.get_item(5)?.extract()?;
        others.extend(also.into_iter().map(|name| (name, fields.len())));
        fields.push(FieldPlan {
            name: field.get_item(0)?.extract()?,
            input: PyString::intern(py, &input).unbind(),
            node: index(field.get_item(2)?)?,
            required: field.get_item(3)?.extract()?,
            taken: field.get_item(4)?.extract()?,
        });
    }
    let mut by_name: HashMap<String, usize> = fields.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect();
    for (name, at) in others {
        by_name.entry(name).or_insert(at);
    }
    for (at, field) in fields.iter().enumerate() {
        if let Some(alias) = names::alias(&field.name) {
            by_name.entry(alias).or_insert(at);
        }
    }
    let class = part("class")?.unbind();
    let registered = part("registered")?.extract()?;
    Ok(RecordPlan { class, build, registered, fields, by_name })
}
