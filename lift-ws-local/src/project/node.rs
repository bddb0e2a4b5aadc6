//! What files consist of, whatever their language: texts, numbers, lists and maps, each with its line.

use serde_json::{Number, Value};

use super::{Place, ProjectError};

/// A value of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// From 1, where it is known.
    pub(super) line: Option<usize>,
    pub(super) content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file.
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: Option<usize>,
    pub(super) value: Node,
}

impl Node {
    pub(super) fn new(line: Option<usize>, content: Content) -> Self {
        Self { line, content }
    }

    pub(super) fn text(line: Option<usize>, text: impl Into<String>) -> Self {
        Self::new(line, Content::Text(text.into()))
    }

    /// What a map has under a key; nothing, if it is null or this is no map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let entry = self.entries().iter().find(|entry| entry.key == key)?;
        Some(&entry.value).filter(|value| value.content != Content::Null)
    }

    /// The entries of a map; none, if this is no map.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; of anything else, itself alone.
    pub(super) fn elements(&self) -> &[Self] {
        match &self.content {
            Content::List(elements) => elements,
            _ => std::slice::from_ref(self),
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, a number or a truth value as text.
    pub(super) fn to_text(&self) -> Option<String> {
        match &self.content {
            Content::Text(text) => Some(text.clone()),
            Content::Number(number) => Some(number.to_string()),
            Content::Bool(is_so) => Some(is_so.to_string()),
            Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// A whole number, also one that is written as a text.
    pub(super) fn to_number(&self) -> Option<u64> {
        match &self.content {
            Content::Number(number) => number.as_u64(),
            Content::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn to_bool(&self) -> Option<bool> {
        match &self.content {
            Content::Bool(is_so) => Some(*is_so),
            Content::Text(text) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(is_so) => (*is_so).into(),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => text.as_str().into(),
            Content::List(elements) => elements.iter().map(Self::to_json).collect(),
            Content::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
            }
        }
    }

    /// How many values it consists of: itself, all within it, and their keys.
    pub(super) fn value_count(&self) -> usize {
        match &self.content {
            Content::List(elements) => 1 + elements.iter().map(Self::value_count).sum::<usize>(),
            Content::Map(entries) => {
                1 + entries.iter().map(|entry| 1 + entry.value.value_count()).sum::<usize>()
            }
            _ => 1,
        }
    }

    /// How many bytes its texts have, keys and those within it included.
    pub(super) fn text_bytes(&self) -> usize {
        match &self.content {
            Content::Text(text) => text.len(),
            Content::List(elements) => elements.iter().map(Self::text_bytes).sum(),
            Content::Map(entries) => {
                entries.iter().map(|entry| entry.key.len() + entry.value.text_bytes()).sum()
            }
            Content::Null | Content::Bool(_) | Content::Number(_) => 0,
        }
    }

    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Null => "nothing",
            Content::Bool(_) => "true or false",
            Content::Number(_) => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a table",
        }
    }

    pub(super) fn problem(&self, path: impl Into<String>, text: impl Into<String>) -> ProjectError {
        ProjectError::new(Place::on_line(self.line, path), text)
    }

    /// The text that this must be.
    pub(super) fn expect_text(&self, path: &str, such_as: &str) -> Result<&str, ProjectError> {
        self.as_text().ok_or_else(|| {
            self.problem(path, format!("this is {}: write a text, such as {such_as}", self.kind()))
        })
    }

    /// The number within bounds that this must be.
    pub(super) fn expect_number(&self, path: &str, least: u64, most: u64) -> Result<u64, ProjectError> {
        self.to_number().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            let found = self.to_text().unwrap_or_else(|| self.kind().to_owned());
            self.problem(path, format!("this is {found}: write a number from {least} to {most}"))
        })
    }

    /// The table that this must be.
    pub(super) fn expect_map(&self, path: &str) -> Result<&[Entry], ProjectError> {
        match &self.content {
            Content::Map(entries) => Ok(entries),
            _ => Err(self.problem(path, format!("this is {}, but must be a table", self.kind()))),
        }
    }
}
