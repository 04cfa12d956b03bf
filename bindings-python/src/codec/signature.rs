//! Arguments of a call, checked against the handler's signature.

use super::decode::Decoder;
use super::names;
use super::plan::{Nodes, Plan};
use super::trouble::{Outcome, Trouble};
use super::typed::Fit;
use super::whole::Whole;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use twinspan::value::{Head, Segment, tag};

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Positional,
    Keyword,
    Both,
    Rest,
    Extra,
}

struct Parameter {
    name: String,
    python: Py<PyString>,
    kind: Kind,
    node: usize,
    required: bool,
    stream: Option<Takes>,
}

/// How a parameter takes a stream.
struct Takes {
    /// Makes the object from a handle, or from a list that came in the place of a stream, and the plan of its items.
    make: Py<PyAny>,
    items: Option<Py<Plan>>,
    /// Lists are made streams too.
    wraps: bool,
}

type Described = (String, String, usize, bool, Option<(Py<PyAny>, Option<Py<Plan>>, bool)>);

/// A handler's parameters, compiled once when it is served.
#[pyclass(frozen, module = "twinspan._native")]
pub(crate) struct SignaturePlan {
    nodes: Nodes,
    parameters: Vec<Parameter>,
    /// How messages show the signature, such as `quote(sku: str, quantity: int = 1) -> Price`.
    text: String,
}

#[pymethods]
impl SignaturePlan {
    /// Parameters are tuples of name, kind (`positional`, `keyword`, `both`, `rest`, `extra`), node, whether it is required, and how it
    /// takes a stream: None, or what makes the object, the plan of the items, and whether lists are made streams too.
    #[new]
    fn new(py: Python<'_>, nodes: &Bound<'_, PyList>, parameters: Vec<Described>, text: String) -> PyResult<SignaturePlan> {
        let count = nodes.len();
        let nodes = Nodes::read(nodes)?;
        let parameters = parameters.into_iter().map(|(name, kind, node, required, stream)| {
            let kind = match kind.as_str() {
                "positional" => Kind::Positional,
                "keyword" => Kind::Keyword,
                "both" => Kind::Both,
                "rest" => Kind::Rest,
                "extra" => Kind::Extra,
                other => return Err(PyValueError::new_err(format!("a parameter of unknown kind {other}"))),
            };
            if node >= count {
                return Err(PyValueError::new_err(format!("node {node} of {count}")));
            }
            let stream = stream.map(|(make, items, wraps)| Takes { make, items, wraps });
            Ok(Parameter { python: PyString::intern(py, &name).unbind(), name, kind, node, required, stream })
        });
        Ok(SignaturePlan { nodes, parameters: parameters.collect::<PyResult<_>>()?, text })
    }

    fn __repr__(&self) -> String {
        format!("<SignaturePlan {}>", self.text)
    }
}

impl SignaturePlan {
    /// Positional and keyword arguments, each as its parameter's hint says.
    pub(super) fn decode<'py>(
        &self,
        py: Python<'py>,
        payload: Whole<'_, 'py>,
        input: &mut u64,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        // A path begins with the parameter's name; before one is known, with what the payload is.
        let mut root = "arguments".to_owned();
        self.read(py, payload, input, &mut root).map_err(|t| t.raise(py, &root))
    }

    fn read<'py>(
        &self,
        py: Python<'py>,
        payload: Whole<'_, 'py>,
        input: &mut u64,
        root: &mut String,
    ) -> Outcome<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let mut decoder = Decoder::new(py, payload)?;
        if decoder.reader.head()? != Head::Array(2) {
            return Err(Trouble::new("a payload that isn't [[positional…], {keyword: value…}]"));
        }
        let Head::Array(length) = decoder.reader.head()? else {
            return Err(Trouble::new("positional arguments that aren't an array"));
        };
        let mut given = vec![false; self.parameters.len()];
        let mut args = Vec::with_capacity(length.min(64));
        for at in 0..length {
            let (index, parameter) = self.positional(at).ok_or_else(|| self.too_many(length))?;
            let value = self.value(&mut decoder, parameter, input, root);
            args.push(value.map_err(|t| if parameter.kind == Kind::Rest { t.inside(Segment::Index(at - index)) } else { t })?);
            if let Some(slot) = given.get_mut(index) {
                *slot = true;
            }
        }
        "arguments".clone_into(root);
        let Head::Map(pairs) = decoder.reader.head()? else {
            return Err(Trouble::new("keyword arguments that aren't a map"));
        };
        let kwargs = PyDict::new(py);
        for _ in 0..pairs {
            let name = match decoder.reader.head()? {
                Head::Text(length) => decoder.reader.text(length)?,
                other => return Err(Trouble::new(format!("a keyword that is {}", other.noun()))),
            };
            let (index, parameter) = self.keyword(name).ok_or_else(|| self.unknown(name))?;
            let value = self.value(&mut decoder, parameter, input, root);
            if parameter.kind == Kind::Extra {
                let value = value.map_err(|t| t.inside(Segment::text_key(name)))?;
                if kwargs.contains(name)? {
                    return Err(self.twice(name));
                }
                kwargs.set_item(name, value)?;
                continue;
            }
            match given.get_mut(index) {
                Some(slot) if !*slot => *slot = true,
                _ => return Err(self.twice(&parameter.name)),
            }
            kwargs.set_item(parameter.python.bind(py), value?)?;
        }
        decoder.reader.end()?;
        let missing: Vec<&str> =
            self.parameters.iter().zip(&given).filter(|(p, given)| p.required && !**given).map(|(p, _)| p.name.as_str()).collect();
        if !missing.is_empty() {
            let noun = if missing.len() == 1 { "argument" } else { "arguments" };
            return Err(self.bad(format!("missing {noun} {}", list(&missing))));
        }
        Ok((PyTuple::new(py, args)?, kwargs))
    }

    fn value<'py>(
        &self,
        decoder: &mut Decoder<'_, 'py>,
        parameter: &Parameter,
        input: &mut u64,
        root: &mut String,
    ) -> Outcome<Bound<'py, PyAny>> {
        let start = decoder.reader;
        let value = if decoder.reader.head()? == Head::Tag(tag::STREAM) {
            decoder.stream(parameter, input)
        } else {
            decoder.reader = start;
            let value = decoder.typed(&self.nodes, parameter.node, 2, Fit::Lossless);
            match &parameter.stream {
                Some(takes) if takes.wraps => value.and_then(|value| takes.wrapped(value)),
                _ => value,
            }
        };
        if value.is_err() {
            root.clone_from(&parameter.name);
        }
        value
    }

    fn positional(&self, at: usize) -> Option<(usize, &Parameter)> {
        let parameters = || self.parameters.iter().enumerate();
        let plain = parameters().filter(|(_, p)| matches!(p.kind, Kind::Positional | Kind::Both)).nth(at);
        plain.or_else(|| parameters().find(|(_, p)| p.kind == Kind::Rest))
    }

    /// The parameter of a keyword: its own name first, then the other language's spelling of it.
    fn keyword(&self, name: &str) -> Option<(usize, &Parameter)> {
        let parameters = || self.parameters.iter().enumerate();
        let named = |p: &Parameter| matches!(p.kind, Kind::Keyword | Kind::Both);
        parameters()
            .find(|(_, p)| named(p) && p.name == name)
            .or_else(|| parameters().find(|(_, p)| named(p) && names::alias(&p.name).as_deref() == Some(name)))
            .or_else(|| parameters().find(|(_, p)| p.kind == Kind::Extra))
    }

    fn unknown(&self, name: &str) -> Trouble {
        if self.parameters.iter().any(|p| p.kind == Kind::Positional && p.name == name) {
            return self.bad(format!("`{name}` is taken by position only"));
        }
        let shown: String = name.chars().take(64).collect();
        let near = names::nearest(name, self.parameters.iter().map(|p| p.name.as_str()));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        self.bad(format!("no parameter `{shown}`{near}"))
    }

    fn too_many(&self, length: usize) -> Trouble {
        let most = self.parameters.iter().filter(|p| matches!(p.kind, Kind::Positional | Kind::Both)).count();
        self.bad(format!("{length} positional arguments, but at most {most} are taken"))
    }

    fn twice(&self, name: &str) -> Trouble {
        self.bad(format!("`{name}` is given twice"))
    }

    fn bad(&self, what: String) -> Trouble {
        Trouble::arguments(what, format!("The signature is {}.", self.text))
    }
}

impl Takes {
    /// A list as a stream; no stream is none.
    fn wrapped<'py>(&self, value: Bound<'py, PyAny>) -> Outcome<Bound<'py, PyAny>> {
        if value.is_none() { Ok(value) } else { Ok(self.make.bind(value.py()).call1((value,))?) }
    }
}

impl<'py> Decoder<'_, 'py> {
    /// The stream whose mark was just read.
    fn stream(&mut self, parameter: &Parameter, input: &mut u64) -> Outcome<Bound<'py, PyAny>> {
        if self.reader.head()? != Head::Null {
            return Err(Trouble::new("a mark of a stream that isn't null"));
        }
        let Some(takes) = &parameter.stream else {
            return Err(Trouble::new("a stream, which this parameter does not take; send a list"));
        };
        if *input == 0 {
            return Err(Trouble::new("a mark of a stream that did not come"));
        }
        let items = takes.items.as_ref().map(|items| items.clone_ref(self.py));
        let stream = takes.make.bind(self.py).call1((*input, items))?;
        *input = 0;
        Ok(stream)
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
