//! Paths into a message's JSON.

use serde_json::Value;

/// What follows `request.body`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) steps: Vec<Step>,
}

/// One step from a value to its children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The member of an object with this name.
    Name(String),
    /// The element of an array at this place, from the end if negative.
    Index(i64),
    /// All members or elements.
    Every,
}

impl Path {
    /// Whether the path means one value at most.
    pub(super) fn is_definite(&self) -> bool {
        !self.steps.contains(&Step::Every)
    }

    /// The values that the path leads to.
    pub(super) fn select<'v>(&self, root: &'v Value) -> Vec<&'v Value> {
        let mut selected = vec![root];
        for step in &self.steps {
            selected = selected.into_iter().flat_map(|value| step.children(value)).collect();
        }
        selected
    }
}

impl Step {
    fn children<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Name(name), Value::Object(members)) => members.get(name).into_iter().collect(),
            (Self::Index(index), Value::Array(elements)) => element(elements, *index).into_iter().collect(),
            (Self::Every, Value::Object(members)) => members.values().collect(),
            (Self::Every, Value::Array(elements)) => elements.iter().collect(),
            _ => Vec::new(),
        }
    }
}

fn element(elements: &[Value], index: i64) -> Option<&Value> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    let index = if index < 0 { elements.len().checked_sub(distance)? } else { distance };
    elements.get(index)
}
