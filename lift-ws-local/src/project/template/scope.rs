//! What names in a template stand for, and what intrinsic functions come to.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

use super::resources::Raw;
use crate::project::node::{Content, Entry, Node};
use crate::project::{Place, ProjectError, api_id, placeholder};

/// At home everything is here.
pub(super) const REGION: &str = "us-east-1";
pub(super) const ACCOUNT: &str = "000000000000";
const STACK: &str = "local";

/// How far one thing may lead to the next.
const MAX_DEPTH: usize = 64;
/// How many values may be looked at; what is above is made to take for ever.
const MAX_STEPS: usize = 1_000_000;
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
            warnings: RefCell::default(),
        }
    }

    pub(super) fn warn(&self, node: &Node, path: &str, text: impl std::fmt::Display) {
        let warning = format!("{}: {text}", Place::on_line(node.line, path));
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    pub(super) fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }

    /// The value with all functions done; `None` for `AWS::NoValue`.
    pub(super) fn resolve(&self, node: &Node, at: At<'_>) -> Result<Option<Node>, ProjectError> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS {
            return Err(node.problem(at.path, "the template's functions lead to too many values"));
        }
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
            _ => Ok(Some(node.clone())),
        }
    }

    fn function(&self, name: &str, of: &Node, node: &Node, at: At<'_>) -> Result<Option<Node>, ProjectError> {
        let text = |text: String| {
            if text.len() > MAX_TEXT {
                return Err(node.problem(at.path, "this comes to a text of more than 64 KiB"));
            }
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
                text(parts.join(&self.text_of(&separator, at, "the separator of !Join")?))
            }
            "Fn::Split" => {
                let [separator, whole] = self.arguments(of, node, at, "!Split [SEPARATOR, TEXT]")?;
                let separator = self.text_of(&separator, at, "the separator of !Split")?;
                let whole = self.text_of(&whole, at, "the text of !Split")?;
                let parts = match separator.as_str() {
                    "" => vec![whole],
                    separator => whole.split(separator).map(str::to_owned).collect(),
                };
                let parts = parts.into_iter().map(|part| Node::text(node.line, part)).collect();
                Ok(Some(Node::new(node.line, Content::List(parts))))
            }
            "Fn::Select" => {
                let [index, list] = self.arguments(of, node, at, "!Select [INDEX, [A, B]]")?;
                let index = index.to_number().and_then(|index| usize::try_from(index).ok());
                match index.and_then(|index| list.elements().get(index)) {
                    Some(element) => Ok(Some(element.clone())),
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

    fn reference(&self, name: &str, node: &Node, at: At<'_>) -> Result<Option<Node>, ProjectError> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(Node { line: node.line, ..value.clone() }));
        }
        let text = match pseudo(name) {
            Some(text) => text,
            None => self.name_of(name, node, at)?,
        };
        Ok(Some(Node::text(node.line, text)))
    }

    /// What `Ref` gives of a resource.
    pub(super) fn name_of(&self, id: &str, node: &Node, at: At<'_>) -> Result<String, ProjectError> {
        if let Some(raw) = self.resources.get(id) {
            let named = |key: &str| self.own_name(raw, key, at);
            return Ok(match raw.kind {
                "AWS::ApiGatewayV2::Api" | "AWS::Serverless::WebSocketApi" | "AWS::Serverless::HttpApi" => {
                    api_id(id)
                }
                "AWS::ApiGatewayV2::Stage" => named("StageName")?.unwrap_or_else(|| id.to_owned()),
                "AWS::ApiGatewayV2::DomainName" => named("DomainName")?.unwrap_or_else(|| id.to_owned()),
                "AWS::Lambda::Function" | "AWS::Serverless::Function" => {
                    named("FunctionName")?.unwrap_or_else(|| id.to_owned())
                }
                "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => {
                    named("TableName")?.unwrap_or_else(|| format!("{STACK}-stack-{id}"))
                }
                "AWS::SQS::Queue" => {
                    placeholder::queue_url(&named("QueueName")?.unwrap_or_else(|| id.to_owned()))
                }
                kind if kind.starts_with("AWS::ApiGatewayV2::") => id.to_owned(),
                _ => named("Name")?.unwrap_or_else(|| id.to_owned()),
            });
        }
        // SAM makes these itself: `Function.Alias`, `Function.Version`, `Api.Stage`.
        if let Some((of, made)) = id.split_once('.')
            && let Some(raw) = self.resources.get(of)
        {
            return Ok(match (raw.kind, made) {
                ("AWS::Serverless::Function", "Alias" | "Version") => self.attribute(of, "Arn", node, at)?,
                ("AWS::Serverless::WebSocketApi", "Stage") => {
                    self.own_name(raw, "StageName", at)?.unwrap_or_else(|| "default".to_owned())
                }
                _ => id.to_owned(),
            });
        }
        let known: Vec<_> = self.parameters.keys().chain(self.resources.keys()).collect();
        let near = known.iter().find(|known| known.eq_ignore_ascii_case(id));
        let hint = match near {
            Some(near) => format!("; is `{near}` meant?"),
            None => ": write the name of one under Parameters or Resources".to_owned(),
        };
        Err(node.problem(at.path, format!("there is no parameter or resource `{id}`{hint}")))
    }

    /// A name that the template gives to a resource itself.
    fn own_name(&self, raw: &Raw<'_>, key: &str, at: At<'_>) -> Result<Option<String>, ProjectError> {
        let Some(node) = raw.properties.and_then(|properties| properties.get(key)) else { return Ok(None) };
        Ok(self.resolve(node, at)?.and_then(|name| name.to_text()))
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

    pub(super) fn attribute(
        &self,
        id: &str,
        attribute: &str,
        node: &Node,
        at: At<'_>,
    ) -> Result<String, ProjectError> {
        let Some(raw) = self.resources.get(id) else {
            return Err(node.problem(at.path, format!("there is no resource `{id}`: write the name of one")));
        };
        let name = self.name_of(id, node, at)?;
        let plain = || match raw.properties.and_then(|properties| properties.get("QueueName")) {
            Some(_) => self.own_name(raw, "QueueName", at).map(|name| name.unwrap_or_default()),
            None => Ok(id.to_owned()),
        };
        Ok(match (raw.kind, attribute) {
            ("AWS::Lambda::Function" | "AWS::Serverless::Function", "Arn") => function_arn(&name),
            ("AWS::ApiGatewayV2::Api" | "AWS::Serverless::WebSocketApi", "ApiId") => name,
            ("AWS::ApiGatewayV2::Api" | "AWS::Serverless::WebSocketApi", "ApiEndpoint") => {
                format!("wss://{name}.execute-api.{REGION}.amazonaws.com")
            }
            ("AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable", "Arn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
            }
            ("AWS::DynamoDB::Table", "StreamArn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}/stream/local")
            }
            ("AWS::SQS::Queue", "Arn") => format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", plain()?),
            ("AWS::SQS::Queue", "QueueName") => plain()?,
            ("AWS::SQS::Queue", "QueueUrl") => name,
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            (kind, "Arn") => {
                let service = kind.split("::").nth(1).unwrap_or("service").to_ascii_lowercase();
                format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{name}")
            }
            _ => {
                self.warn(
                    node,
                    at.path,
                    format!("`{id}.{attribute}` is known only to AWS; its name stands for it"),
                );
                format!("{id}.{attribute}")
            }
        })
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
            if whole.len() > MAX_TEXT {
                return Err(node.problem(at.path, "this comes to a text of more than 64 KiB"));
            }
        }
        Ok(whole + rest)
    }

    /// Whether a name in `Fn::Sub` is `Resource.Attribute` rather than something that SAM makes.
    fn is_attribute(&self, name: &str) -> bool {
        name.split_once('.').is_some_and(|(id, attribute)| {
            let made = matches!(attribute, "Alias" | "Version" | "Stage");
            self.resources.contains_key(id) && !made
        })
    }

    fn find_in_map(&self, of: &Node, node: &Node, at: At<'_>) -> Result<Option<Node>, ProjectError> {
        let mut keys = Vec::new();
        for key in of.elements().iter().take(3) {
            let key = self.resolved(key, node, at)?;
            keys.push(self.text_of(&key, at, "a key of !FindInMap")?);
        }
        let found = keys.iter().try_fold(self.mappings, |map, key| map.get(key));
        match found.filter(|_| keys.len() == 3) {
            Some(found) => Ok(Some(Node { line: node.line, ..found.clone() })),
            None => Err(node
                .problem(at.path, format!("Mappings have no `{}`: write [MAP, KEY, KEY]", keys.join(".")))),
        }
    }

    /// Whether a condition of the template holds.
    pub(super) fn condition(&self, name: &str, node: &Node, at: At<'_>) -> Result<bool, ProjectError> {
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

fn pseudo(name: &str) -> Option<String> {
    Some(match name {
        "AWS::Region" => REGION.to_owned(),
        "AWS::AccountId" => ACCOUNT.to_owned(),
        "AWS::Partition" => "aws".to_owned(),
        "AWS::URLSuffix" => "amazonaws.com".to_owned(),
        "AWS::StackName" => STACK.to_owned(),
        "AWS::StackId" => format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/{STACK}"),
        "AWS::NotificationARNs" => String::new(),
        _ => return None,
    })
}

pub(super) fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}
