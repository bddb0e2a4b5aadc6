//! Which conditions of a template hold.

use super::{At, Scope};
use crate::project::ProjectError;
use crate::project::node::{Entry, Node};

impl Scope<'_> {
    /// Whether a condition of the template holds.
    pub(in crate::project::template) fn condition(
        &self,
        name: &str,
        node: &Node,
        at: At<'_>,
    ) -> Result<bool, ProjectError> {
        if let Some(known) = self.known_conditions.borrow().get(name) {
            return Ok(*known);
        }
        let Some(condition) = self.conditions.get(name) else {
            return Err(node.problem(at.path, format!("there is no condition `{name}` under Conditions")));
        };
        let holds = self.holds(condition, At { path: name, ..at })?;
        self.known_conditions.borrow_mut().insert(name.to_owned(), holds);
        Ok(holds)
    }

    fn holds(&self, node: &Node, at: At<'_>) -> Result<bool, ProjectError> {
        let at = at.deeper(node)?;
        let [Entry { key, value, .. }] = node.entries() else {
            return Err(node
                .problem(at.path, "write a condition: !Equals [A, B], !And, !Or, !Not, or !Condition NAME"));
        };
        match key.as_str() {
            "Condition" => self.condition(value.expect_text(at.path, "the name of a condition")?, node, at),
            "Fn::Equals" => {
                let [a, b] = self.arguments::<2>(value, node, at, "!Equals [A, B]")?;
                Ok(match (a.to_text(), b.to_text()) {
                    (Some(a), Some(b)) => a == b,
                    _ => a.to_json() == b.to_json(),
                })
            }
            "Fn::And" | "Fn::Or" => {
                let mut all = Vec::new();
                for each in value.elements() {
                    all.push(self.holds(each, at)?);
                }
                Ok(if key == "Fn::And" { all.iter().all(|holds| *holds) } else { all.contains(&true) })
            }
            "Fn::Not" => match value.elements() {
                [of] => Ok(!self.holds(of, at)?),
                _ => Err(node.problem(at.path, "write !Not [CONDITION]")),
            },
            other => {
                Err(node
                    .problem(at.path, format!("`{other}` is no condition: write !Equals, !And, !Or or !Not")))
            }
        }
    }
}
