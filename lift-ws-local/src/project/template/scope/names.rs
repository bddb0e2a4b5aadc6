//! What names in a template stand for: parameters, resources and their attributes.

use super::{At, Raw, Scope};
use crate::project::node::Node;
use crate::project::{ProjectError, api_id, placeholder};

/// At home everything is here.
pub(super) const REGION: &str = "us-east-1";
const ACCOUNT: &str = "000000000000";
const STACK: &str = "local";

impl Scope<'_> {
    pub(super) fn reference(
        &self,
        name: &str,
        node: &Node,
        at: At<'_>,
    ) -> Result<Option<Node>, ProjectError> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(self.copied(value, node, at)?));
        }
        let text = match pseudo(name) {
            Some(text) => text,
            None => self.name_of(name, node, at)?,
        };
        Ok(Some(Node::text(node.line, text)))
    }

    /// What `Ref` gives of a resource.
    pub(in crate::project::template) fn name_of(
        &self,
        id: &str,
        node: &Node,
        at: At<'_>,
    ) -> Result<String, ProjectError> {
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

    /// Whether a name in `Fn::Sub` is `Resource.Attribute` rather than something that SAM makes.
    pub(super) fn is_attribute(&self, name: &str) -> bool {
        name.split_once('.').is_some_and(|(id, attribute)| {
            let made = matches!(attribute, "Alias" | "Version" | "Stage");
            self.resources.contains_key(id) && !made
        })
    }
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

fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}
