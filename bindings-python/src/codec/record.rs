//! Records into instances of their class: by field name, with defaults for what is missing.

use super::decode::Decoder;
use super::plan::{Build, Node, Nodes, RecordPlan};
use super::trouble::{Outcome, Trouble};
use super::typed::Fit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use twinspan::value::{Head, RECORD_LEVELS, Segment, deeper, distinct, skip};

/// Fields that arrived, in the order of the class.
type Slots<'py> = Vec<Option<Bound<'py, PyAny>>>;

impl<'py> Decoder<'_, 'py> {
    /// From a record whose tag was just read.
    pub(super) fn record_of(&mut self, nodes: &Nodes, node: &Node, plan: &RecordPlan, depth: u32, fit: Fit) -> Outcome<Bound<'py, PyAny>> {
        let depth = deeper(depth, RECORD_LEVELS)?;
        let shape = self.record_head()?;
        let mut slots = vec![None; plan.fields.len()];
        for at in 0..self.shapes.get(shape).map_or(0, Vec::len) {
            let name = self.shapes.get(shape).and_then(|fields| fields.get(at)).copied().unwrap_or_default();
            self.field_of(nodes, plan, &mut slots, (at, name), depth, fit)?;
        }
        self.build(node, plan, slots)
    }

    /// From a map with the fields' names as keys.
    pub(super) fn record_of_map(
        &mut self,
        nodes: &Nodes,
        node: &Node,
        plan: &RecordPlan,
        pairs: usize,
        depth: u32,
        fit: Fit,
    ) -> Outcome<Bound<'py, PyAny>> {
        let mut slots = vec![None; plan.fields.len()];
        let mut names = Vec::with_capacity(pairs.min(64));
        for at in 0..pairs {
            let name = match self.reader.head()? {
                Head::Text(length) => self.reader.text(length)?,
                other => return Err(Trouble::new(format!("a map with {} as key where {} belongs", other.noun(), node.shown))),
            };
            names.push(name.as_bytes());
            self.field_of(nodes, plan, &mut slots, (at, name), depth, fit)?;
        }
        if !distinct(names.iter().copied()) {
            return Err(Trouble::new("a map with a key twice"));
        }
        self.build(node, plan, slots)
    }

    /// From an array with the fields of a named tuple.
    pub(super) fn record_of_array(
        &mut self,
        nodes: &Nodes,
        node: &Node,
        plan: &RecordPlan,
        length: usize,
        depth: u32,
        fit: Fit,
    ) -> Outcome<Bound<'py, PyAny>> {
        if length > plan.fields.len() {
            return Err(Trouble::new(format!("{length} elements where {} belongs, which has {}", node.shown, plan.fields.len())));
        }
        let mut slots = vec![None; plan.fields.len()];
        for (at, (slot, field)) in slots.iter_mut().zip(&plan.fields).take(length).enumerate() {
            *slot = Some(self.typed(nodes, field.node, depth, fit).map_err(|t| t.inside(Segment::Index(at)))?);
        }
        self.build(node, plan, slots)
    }

    /// One field's value into its slot; the value of an unknown field is checked and left out.
    fn field_of(
        &mut self,
        nodes: &Nodes,
        plan: &RecordPlan,
        slots: &mut Slots<'py>,
        (at, name): (usize, &str),
        depth: u32,
        fit: Fit,
    ) -> Outcome<()> {
        let inside = |t: Trouble| t.inside(Segment::Field(name.to_owned()));
        let known = plan.field(at, name).and_then(|at| Some((plan.fields.get(at)?, slots.get_mut(at)?)));
        match known {
            Some((field, slot)) if field.taken => {
                if slot.is_some() {
                    return Err(inside(Trouble::new(format!("a second value for the field {}", field.name))));
                }
                *slot = Some(self.typed(nodes, field.node, depth, fit).map_err(inside)?);
                Ok(())
            }
            None if fit == Fit::Close => Err(inside(Trouble::new("a field that the class doesn't have"))),
            _ => skip(&mut self.reader, &self.shapes, depth).map_err(|f| inside(f.into())),
        }
    }

    fn build(&self, node: &Node, plan: &RecordPlan, slots: Slots<'py>) -> Outcome<Bound<'py, PyAny>> {
        let py = self.py;
        let missing = plan.fields.iter().zip(&slots).find(|(field, slot)| field.required && slot.is_none());
        if let Some((field, _)) = missing {
            return Err(Trouble::new(format!("the field `{}` is missing, and {} has no default for it", field.name, node.shown)));
        }
        let class = plan.class.bind(py);
        let ordered = matches!(plan.build, Build::Positional | Build::Tuple);
        // Missing ones at the end take their defaults without being named.
        let given = slots.iter().take_while(|slot| slot.is_some()).count();
        let made = if ordered && slots.iter().skip(given).all(Option::is_none) {
            class.call1(PyTuple::new(py, slots.into_iter().take(given).flatten().collect::<Vec<_>>())?)
        } else {
            let fields = PyDict::new(py);
            for (field, slot) in plan.fields.iter().zip(slots) {
                if let Some(value) = slot {
                    fields.set_item(field.input.bind(py), value)?;
                }
            }
            if plan.build == Build::Dict {
                return Ok(fields.into_any());
            }
            class.call((), Some(&fields))
        };
        made.map_err(|e| Trouble::from(e).explained(py, &format!("{} refused it", node.shown)))
    }
}
