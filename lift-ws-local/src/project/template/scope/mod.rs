//! What intrinsic functions of a template come to.

mod conditions;
mod names;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

use self::names::REGION;
use super::resources::Raw;
use crate::project::node::{Content, Entry, Node};
use crate::project::{Place, ProjectError};

/// How far one thing may lead to the next.
const MAX_DEPTH: usize = 64;
/// How many values may be looked at; what is above is made to take for ever.
const MAX_STEPS: usize = 1_000_000;
/// How many bytes the texts may have that come of it all, each counted wherever it is put.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// More are not read.
const MAX_WARNINGS: usize = 200;
/// A longer text is none that anybody has written.
const MAX_TEXT: usize = 64 * 1024;

/// Everything that a template's texts can refer to.
pub(super) struct Scope<'t> {
    parameters: BTreeMap<String, Node>,
    conditions: &'t Node,
    mappings: &'t Node,
    resources: &'t BTreeMap<String, Raw<'t>>,
    known_conditions: RefCell<HashMap<String, bool>>,
    steps: Cell<usize>,
    bytes: Cell<usize>,
    warnings: RefCell<Vec<String>>,
}

/// Where something is, for people.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    pub(super) path: &'p str,
    depth: usize,
}

impl<'p> At<'p> {
    pub(super) fn new(path: &'p str) -> Self {
        Self { path, depth: 0 }
    }

    fn deeper(self, node: &Node) -> Result<Self, ProjectError> {
        if self.depth >= MAX_DEPTH {
            return Err(node.problem(self.path, "this leads in a circle, or too far: write the value itself"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'t> Scope<'t> {
    pub(super) fn new(
        parameters: BTreeMap<String, Node>,
        conditions: &'t Node,
        mappings: &'t Node,
        resources: &'t BTreeMap<String, Raw<'t>>,
    ) -> Self {
        Self {
            parameters,
            conditions,
            mappings,
            resources,
            known_conditions: RefCell::default(),
            steps: Cell::new(0),
            bytes: Cell::new(0),
            warnings: RefCell::default(),
        }
    }

    pub(super) fn warn(&self, node: &Node, path: &str, text: impl std::fmt::Display) {
        let warning = format!("{}: {text}", Place::on_line(node.line, path));
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < MAX_WARNINGS && !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    pub(super) fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }

    /// The value with all functions done; `None` for `AWS::NoValue`.
    pub(super) fn resolve(&self, node: &Node, at: At<'_>) -> Result<Option<Node>, ProjectError> {
        self.count_steps(1, node, at)?;
        let at = at.deeper(node)?;
        match &node.content {
            Content::Map(entries) => match &entries[..] {
                [Entry { key, value, .. }] if key == "Ref" || key.starts_with("Fn::") => {
                    self.function(key, value, node, at)
                }
                _ => {
                    let mut resolved = Vec::with_capacity(entries.len());
                    for Entry { key, line, value } in entries {
                        if let Some(value) = self.resolve(value, at)? {
                            self.count_bytes(key.len(), node, at)?;
                            resolved.push(Entry { key: key.clone(), line: *line, value });
                        }
                    }
                    Ok(Some(Node::new(node.line, Content::Map(resolved))))
                }
            },
            Content::List(elements) => {
                let resolved = elements.iter().filter_map(|element| self.resolve(element, at).transpose());
                Ok(Some(Node::new(node.line, Content::List(resolved.collect::<Result<_, _>>()?))))
            }
            _ => {
                self.count_bytes(node.text_bytes(), node, at)?;
                Ok(Some(node.clone()))
            }
        }
    }

    fn count_steps(&self, steps: usize, node: &Node, at: At<'_>) -> Result<(), ProjectError> {
        self.steps.set(self.steps.get().saturating_add(steps));
        if self.steps.get() > MAX_STEPS {
            return Err(node.problem(at.path, "the template's functions lead to too many values"));
        }
        Ok(())
    }

    /// One long text can be referred to in very many places, and is a text of its own at each.
    fn count_bytes(&self, bytes: usize, node: &Node, at: At<'_>) -> Result<(), ProjectError> {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        if self.bytes.get() > MAX_BYTES {
            let problem =
                "the template's functions lead to more than 64 MiB of text: refer less often to long texts";
            return Err(node.problem(at.path, problem));
        }
        Ok(())
    }

    /// What a value stands for, put in place of a node.
    fn copied(&self, value: &Node, node: &Node, at: At<'_>) -> Result<Node, ProjectError> {
        self.count_steps(value.value_count(), node, at)?;
        self.count_bytes(value.text_bytes(), node, at)?;
        Ok(Node { line: node.line, ..value.clone() })
    }

    fn function(&self, name: &str, of: &Node, node: &Node, at: At<'_>) -> Result<Option<Node>, ProjectError> {
        let text = |text: String| {
            check_length(text.len(), node, at)?;
            self.count_bytes(text.len(), node, at)?;
            Ok(Some(Node::text(node.line, text)))
        };
        match name {
            "Ref" => self.reference(of.expect_text(at.path, "!Ref NAME")?, node, at),
            "Fn::GetAtt" => text(self.attribute_of(of, node, at)?),
            "Fn::Sub" => text(self.substitute(of, node, at)?),
            "Fn::Join" => {
                let [separator, list] = self.arguments(of, node, at, "!Join [SEPARATOR, [A, B]]")?;
                let mut parts = Vec::new();
                for part in list.elements() {
                    parts.push(self.text_of(part, at, "a part of !Join")?);
                }
                let separator = self.text_of(&separator, at, "the separator of !Join")?;
                let separators = separator.len().saturating_mul(parts.len().saturating_sub(1));
                let length = parts.iter().map(String::len).sum::<usize>().saturating_add(separators);
                check_length(length, node, at)?;
                text(parts.join(&separator))
            }
            "Fn::Split" => {
                let [separator, whole] = self.arguments(of, node, at, "!Split [SEPARATOR, TEXT]")?;
                let separator = self.text_of(&separator, at, "the separator of !Split")?;
                let whole = self.text_of(&whole, at, "the text of !Split")?;
                self.count_bytes(whole.len(), node, at)?;
                let parts = if separator.is_empty() {
                    vec![Node::text(node.line, whole)]
                } else {
                    self.count_steps(whole.matches(&separator).count(), node, at)?;
                    whole.split(&separator).map(|part| Node::text(node.line, part)).collect()
                };
                Ok(Some(Node::new(node.line, Content::List(parts))))
            }
            "Fn::Select" => {
                let [index, list] = self.arguments(of, node, at, "!Select [INDEX, [A, B]]")?;
                let index = index.to_number().and_then(|index| usize::try_from(index).ok());
                match index.and_then(|index| list.elements().get(index)) {
                    Some(element) => Ok(Some(self.copied(element, element, at)?)),
                    None => {
                        Err(node
                            .problem(at.path, "!Select has no such element: write an index within the list"))
                    }
                }
            }
            "Fn::If" => {
                let [condition, then, otherwise] = elements(of, node, at, "!If [CONDITION, A, B]")?;
                let holds =
                    self.condition(condition.expect_text(at.path, "the name of a condition")?, node, at)?;
                self.resolve(if holds { then } else { otherwise }, at)
            }
            "Fn::FindInMap" => self.find_in_map(of, node, at),
            "Fn::Base64" => {
                use base64::Engine;
                let of = self.resolved(of, node, at)?;
                let of = self.text_of(&of, at, "the text of !Base64")?;
                text(base64::engine::general_purpose::STANDARD.encode(of))
            }
            "Fn::GetAZs" => {
                let zones = ["a", "b", "c"].map(|zone| Node::text(node.line, format!("{REGION}{zone}")));
                Ok(Some(Node::new(node.line, Content::List(zones.into()))))
            }
            other => {
                let short = other.strip_prefix("Fn::").unwrap_or(other);
                self.warn(
                    node,
                    at.path,
                    format!("!{short} cannot be done at home; an empty text stands for it"),
                );
                text(String::new())
            }
        }
    }

    /// The resolved arguments of a function.
    fn arguments<const N: usize>(
        &self,
        of: &Node,
        node: &Node,
        at: At<'_>,
        form: &str,
    ) -> Result<[Node; N], ProjectError> {
        let mut resolved = Vec::new();
        for argument in elements::<N>(of, node, at, form)? {
            resolved.push(self.resolved(argument, node, at)?);
        }
        resolved.try_into().map_err(|_| node.problem(at.path, format!("write {form}")))
    }

    fn resolved(&self, of: &Node, node: &Node, at: At<'_>) -> Result<Node, ProjectError> {
        Ok(self.resolve(of, at)?.unwrap_or_else(|| Node::text(node.line, "")))
    }

    fn text_of(&self, node: &Node, at: At<'_>, what: &str) -> Result<String, ProjectError> {
        node.to_text()
            .ok_or_else(|| node.problem(at.path, format!("{what} is {}: write a text", node.kind())))
    }

    fn attribute_of(&self, of: &Node, node: &Node, at: At<'_>) -> Result<String, ProjectError> {
        let whole = match &of.content {
            Content::List(parts) => {
                let mut whole = Vec::new();
                for part in parts {
                    let part = self.resolved(part, node, at)?;
                    whole.push(self.text_of(&part, at, "a part of !GetAtt")?);
                }
                whole.join(".")
            }
            _ => of.expect_text(at.path, "!GetAtt NAME.Arn")?.to_owned(),
        };
        match whole.split_once('.') {
            Some((id, attribute)) => self.attribute(id, attribute, node, at),
            None => Err(node.problem(at.path, "write resource and attribute: !GetAtt NAME.Arn")),
        }
    }

    fn substitute(&self, of: &Node, node: &Node, at: At<'_>) -> Result<String, ProjectError> {
        let (text, values) = match &of.content {
            Content::List(parts) => match &parts[..] {
                [text, values] => (text, Some(values)),
                _ => return Err(node.problem(at.path, "write !Sub TEXT, or !Sub [TEXT, {NAME: VALUE}]")),
            },
            _ => (of, None),
        };
        let text = text.expect_text(at.path, "!Sub \"x-${NAME}\"")?;
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            whole.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                return Err(node.problem(at.path, "`${` of !Sub has no end: write ${NAME}"));
            };
            rest = behind;
            if let Some(literal) = name.strip_prefix('!') {
                whole.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let name = name.trim();
            let value = match values.and_then(|values| values.get(name)) {
                Some(value) => self.resolve(value, at)?,
                None if self.is_attribute(name) => {
                    let (id, attribute) = name.split_once('.').unwrap_or((name, ""));
                    Some(Node::text(node.line, self.attribute(id, attribute, node, at)?))
                }
                None => self.reference(name, node, at)?,
            };
            if let Some(value) = value {
                whole.push_str(&self.text_of(&value, at, &format!("`{name}`"))?);
            }
            check_length(whole.len(), node, at)?;
        }
        Ok(whole + rest)
    }

    fn find_in_map(&self, of: &Node, node: &Node, at: At<'_>) -> Result<Option<Node>, ProjectError> {
        let mut keys = Vec::new();
        for key in of.elements().iter().take(3) {
            let key = self.resolved(key, node, at)?;
            keys.push(self.text_of(&key, at, "a key of !FindInMap")?);
        }
        let found = keys.iter().try_fold(self.mappings, |map, key| map.get(key));
        match found.filter(|_| keys.len() == 3) {
            Some(found) => Ok(Some(self.copied(found, node, at)?)),
            None => Err(node
                .problem(at.path, format!("Mappings have no `{}`: write [MAP, KEY, KEY]", keys.join(".")))),
        }
    }
}

fn check_length(length: usize, node: &Node, at: At<'_>) -> Result<(), ProjectError> {
    if length > MAX_TEXT {
        return Err(node.problem(at.path, "this comes to a text of more than 64 KiB"));
    }
    Ok(())
}

fn elements<'n, const N: usize>(
    of: &'n Node,
    node: &Node,
    at: At<'_>,
    form: &str,
) -> Result<[&'n Node; N], ProjectError> {
    let elements: Vec<&Node> = match &of.content {
        Content::List(elements) => elements.iter().collect(),
        _ => Vec::new(),
    };
    elements.try_into().map_err(|_| node.problem(at.path, format!("write {form}")))
}
