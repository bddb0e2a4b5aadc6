//! Typed values beside a message's body, and the MD5 of them that SDKs check.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::error::{SqsError, SqsErrorKind};

const MAX_ATTRIBUTES: usize = 10;
const MAX_NAME_CHARACTERS: usize = 256;

/// One value, as requests and answers have it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MessageAttribute {
    pub(crate) data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) string_value: Option<String>,
    /// In base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) binary_value: Option<String>,
}

/// The attributes of one message, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct MessageAttributes(BTreeMap<String, MessageAttribute>);

/// What a value is, in the byte that the MD5 has for it.
#[derive(Clone, Copy)]
enum Transport {
    Text = 1,
    Binary = 2,
}

impl MessageAttributes {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &MessageAttribute)> {
        self.0.iter().map(|(name, attribute)| (name.as_str(), attribute))
    }

    /// The text of one attribute.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.string_value.as_deref()
    }

    /// What of them a receiver has asked for: a name, `prefix.*`, `.*` or `All`.
    pub(super) fn select(&self, wanted: &[String]) -> Self {
        let is_wanted = |name: &str| {
            wanted.iter().any(|wanted| match wanted.strip_suffix(".*") {
                _ if wanted == "All" => true,
                Some(prefix) => name.starts_with(prefix),
                None => name == wanted,
            })
        };
        Self(self.0.iter().filter(|(name, _)| is_wanted(name)).map(|(n, a)| (n.clone(), a.clone())).collect())
    }

    /// Bytes of names, types and values, which count towards the message's size.
    pub(super) fn size(&self) -> usize {
        let of_value = |attribute: &MessageAttribute| attribute.bytes().map_or(0, |bytes| bytes.len());
        self.0.iter().map(|(name, value)| name.len() + value.data_type.len() + of_value(value)).sum()
    }

    /// The MD5 of all of them in the order of their names; `None` if there are none.
    pub(crate) fn md5(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let mut context = md5::Context::new();
        let add = |context: &mut md5::Context, bytes: &[u8]| {
            context.consume(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            context.consume(bytes);
        };
        for (name, attribute) in &self.0 {
            add(&mut context, name.as_bytes());
            add(&mut context, attribute.data_type.as_bytes());
            context.consume([attribute.transport() as u8]);
            add(&mut context, &attribute.bytes().unwrap_or_default());
        }
        Some(format!("{:x}", context.compute()))
    }

    /// Refuses what SQS refuses.
    pub(super) fn check(&self) -> Result<(), SqsError> {
        if self.0.len() > MAX_ATTRIBUTES {
            let message = format!(
                "Number of message attributes [{}] exceeds the allowed maximum [{MAX_ATTRIBUTES}].",
                self.0.len()
            );
            return Err(SqsError::new(SqsErrorKind::InvalidParameterValue, message));
        }
        self.0.iter().try_for_each(|(name, attribute)| attribute.check(name))
    }
}

impl MessageAttribute {
    fn transport(&self) -> Transport {
        if self.data_type.starts_with("Binary") { Transport::Binary } else { Transport::Text }
    }

    /// The value's bytes, if it has one that can be read.
    fn bytes(&self) -> Option<Vec<u8>> {
        match self.transport() {
            Transport::Text => self.string_value.as_ref().map(|text| text.clone().into_bytes()),
            Transport::Binary => BASE64_STANDARD.decode(self.binary_value.as_deref()?).ok(),
        }
    }

    fn check(&self, name: &str) -> Result<(), SqsError> {
        let refuse = |message: String| Err(SqsError::new(SqsErrorKind::InvalidParameterValue, message));
        let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > MAX_NAME_CHARACTERS || !name.chars().all(is_legal) {
            return refuse(format!(
                "The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, \
                 underscore (_), hyphen (-), and period (.), at most {MAX_NAME_CHARACTERS} of them."
            ));
        }
        if name.starts_with('.') || name.ends_with('.') || name.contains("..") || is_reserved(name) {
            return refuse(format!(
                "The message attribute name '{name}' is invalid: it must not start or end with a period, hold \
                 two in a row, or start with AWS. or Amazon."
            ));
        }
        let kind = self.data_type.split('.').next().unwrap_or_default();
        if !["String", "Number", "Binary"].contains(&kind) || self.data_type.len() > MAX_NAME_CHARACTERS {
            return refuse(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type \
                 prefixes is Binary, Number, and String."
            ));
        }
        match self.bytes() {
            Some(bytes) if !bytes.is_empty() => {}
            _ => {
                return refuse(format!(
                    "The message attribute '{name}' must contain a non-empty message attribute value of type \
                     {kind}."
                ));
            }
        }
        if kind == "Number" && self.string_value.as_ref().is_some_and(|text| text.parse::<f64>().is_err()) {
            return refuse(format!("Can't cast the value of message attribute '{name}' to a number."));
        }
        Ok(())
    }
}

fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("aws.") || name.starts_with("amazon.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(json: &str) -> MessageAttributes {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_md5_is_the_one_that_sdks_compute() {
        // The values are boto3's expectations, computed by moto 5.
        for (json, expected) in [
            (r#"{"a":{"DataType":"String","StringValue":"x"}}"#, MD5_STRING),
            (
                r#"{"n":{"DataType":"Number.int","StringValue":"7"},"b":{"DataType":"Binary","BinaryValue":"AAEC"},
                    "a":{"DataType":"String","StringValue":"gr\u00fc\u00df"}}"#,
                MD5_MIXED,
            ),
        ] {
            assert_eq!(attributes(json).md5().as_deref(), Some(expected), "{json}");
        }
        assert_eq!(attributes("{}").md5(), None);
    }

    const MD5_STRING: &str = "a512aac9938034acb0b3c3d965944bf1";
    const MD5_MIXED: &str = "4f521f129af56533877ece558c45efb3";

    #[test]
    fn receivers_choose_by_name_prefix_or_all() {
        let value = r#"{"DataType":"String","StringValue":"x"}"#;
        let all = attributes(&format!(r#"{{"job.kind":{value},"job.id":{value},"other":{value}}}"#));
        let names = |wanted: &str| {
            let selected = all.select(&[wanted.to_owned()]);
            selected.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("job.*"), ["job.id", "job.kind"]);
        assert_eq!(names("other"), ["other"]);
        assert_eq!((names("All").len(), names(".*").len(), names("none").len()), (3, 3, 0));
    }

    #[test]
    fn what_sqs_does_not_take_is_refused_by_name() {
        for (name, value) in [
            ("AWS.mine", r#"{"DataType":"String","StringValue":"x"}"#),
            ("a..b", r#"{"DataType":"String","StringValue":"x"}"#),
            ("sp ace", r#"{"DataType":"String","StringValue":"x"}"#),
            ("empty", r#"{"DataType":"String","StringValue":""}"#),
            ("kind", r#"{"DataType":"Text","StringValue":"x"}"#),
            ("number", r#"{"DataType":"Number","StringValue":"many"}"#),
            ("binary", r#"{"DataType":"Binary","BinaryValue":"!"}"#),
        ] {
            let error = attributes(&format!(r#"{{"{name}":{value}}}"#)).check().unwrap_err();
            assert!(error.message.contains(&format!("'{name}'")), "{error}");
        }
        assert!(attributes(r#"{"ok-1.x":{"DataType":"Number","StringValue":"-1.5"}}"#).check().is_ok());
    }
}
